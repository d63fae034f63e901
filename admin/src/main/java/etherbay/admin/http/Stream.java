// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.Documents;
import etherbay.admin.Health;
import etherbay.admin.HealthRules;
import etherbay.admin.NodeReport;
import etherbay.admin.ReportObject;
import etherbay.admin.Watch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * Tells everybody who listens what changes, as server-sent events: {@code hello} once, {@code
 * changed} and {@code gone} for each thing of the report, {@code node}'s own generation as a thing
 * of that kind, {@code health} when it differs, {@code live} once a second, {@code event}, {@code
 * task}, and {@code beat} every five seconds, when a reader whose token was taken out is cut off.
 * Each message is made once, as bytes, and only while somebody listens. Runs on the thread of the
 * watch, or of whoever ends a task.
 */
final class Stream implements Watch.Watcher {
    private static final long BEAT_MS = 5_000;

    private final Administration parts;
    private final Set<StreamReader> readers = ConcurrentHashMap.newKeySet();
    private final LiveRates rates = new LiveRates();
    private Map<String, ReportObject> known = Map.of();
    private Health health = new Health("healthy", List.of());
    private long beatMs;

    /** The message {@code hello}. */
    public record Hello(
            String name, String version, long atMs, long generation, long lastEventId) {}

    /** The message {@code changed}. */
    public record Changed(String kind, String name, Record object) {}

    /** The message {@code gone}. */
    public record Gone(String kind, String name) {}

    /** The message {@code beat}. */
    public record Beat(long atMs) {}

    /** What of the node itself can change. */
    public record NodeFacts(String name, String version, long generation) {}

    Stream(Administration parts) {
        this.parts = parts;
        parts.watch().listen(this);
        parts.events().listen(event -> tell("event", event));
        parts.tasks().listen(task -> tell("task", task));
    }

    /**
     * Whether another may listen: UNAVAILABLE when there are too many, and before there is anything
     * to tell.
     */
    void checkReady() {
        parts.watch().latest();
        if (readers.size() >= ApiLimits.STREAMS_MAX) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "no further reader of the stream is taken",
                    ApiLimits.STREAMS_MAX + " are listening",
                    "close some pages, or ask for the report now and then");
        }
    }

    /**
     * Makes a request one that listens.
     *
     * @param standing whether who asks may still listen; looked at with every beat
     */
    void attach(Request request, Response response, Callback done, BooleanSupplier standing) {
        StreamReader[] self = new StreamReader[1];
        StreamReader reader =
                new StreamReader(request, response, done, standing, () -> readers.remove(self[0]));
        self[0] = reader;
        NodeReport report = parts.watch().latest();
        reader.expect(message(
                "hello",
                new Hello(
                        report.name(),
                        report.version(),
                        report.atMs(),
                        report.generation(),
                        parts.events().lastId())));
        readers.add(reader);
        reader.iterate();
    }

    /** How many listen. */
    int readerCount() {
        return readers.size();
    }

    @Override
    public void seen(@Nullable NodeReport before, NodeReport now) {
        Map<String, ReportObject> objects = ReportObject.all(now);
        if (!readers.isEmpty()) {
            differences(objects);
            if (before != null && !facts(before).equals(facts(now))) {
                tell("changed", new Changed("node", now.name(), facts(now)));
            }
        }
        known = objects;
        judge(now);
        if (rates.isDue(now)) {
            tell("live", rates.live(now));
        }
        if (now.atMs() - beatMs >= BEAT_MS || now.atMs() < beatMs) {
            beatMs = now.atMs();
            readers.forEach(StreamReader::checkStanding);
            tell("beat", new Beat(now.atMs()));
        }
    }

    private static NodeFacts facts(NodeReport report) {
        return new NodeFacts(report.name(), report.version(), report.generation());
    }

    private void differences(Map<String, ReportObject> now) {
        now.forEach((title, object) -> {
            ReportObject former = known.get(title);
            if (former == null || !former.still().equals(object.still())) {
                tell("changed", new Changed(object.kind(), object.name(), object.object()));
            }
        });
        known.forEach((title, object) -> {
            if (!now.containsKey(title)) {
                tell("gone", new Gone(object.kind(), object.name()));
            }
        });
    }

    private void judge(NodeReport now) {
        Health judged = HealthRules.of(now, parts.clock().wallMillis());
        if (!judged.equals(health)) {
            health = judged;
            tell("health", judged);
        }
    }

    private void tell(String type, Record data) {
        if (!readers.isEmpty()) {
            byte[] message = message(type, data);
            readers.forEach(reader -> reader.offer(message));
        }
    }

    private static byte[] message(String type, Record data) {
        String text = "event: %s\ndata: %s\n\n".formatted(type, Documents.json(data));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Ends all connections. */
    void close() {
        readers.forEach(reader -> reader.cut("the server stops"));
    }
}
