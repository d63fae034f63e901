// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.Event;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.time.Duration;
import java.util.List;

/** {@code etherbay events}: what happened on a node, and with {@code --follow} what happens. */
@Command(
        name = "events",
        description = {
            "Print what happened, oldest first: legs that failed and came back, exports that",
            "came and went, tasks that began and ended."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class EventsCommand extends ApiVerb {
    private static final int LIMIT_MAX = 10_000; // as the API has it
    private static final int TRIES_MAX = 60;
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final long NOT_GIVEN = -1;

    @Option(
            names = "--since",
            paramLabel = "ID",
            defaultValue = "" + NOT_GIVEN,
            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
            description = "only those after the event of that number")
    private long since;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "the latest N, or with --since the next N (default ${DEFAULT-VALUE})")
    private int limit;

    @Option(
            names = {"-f", "--follow"},
            description = "go on with what happens, until stopped")
    private boolean follow;

    @Option(names = "--json", description = "print each event as JSON, one a line")
    private boolean json;

    private long lastId;

    @Override
    int ask(ApiClient client) {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--limit %d is none".formatted(limit),
                    "it is from 1 to " + LIMIT_MAX,
                    "leave it out, or write --limit 100");
        }
        lastId = since;
        print(events(client));
        if (follow) {
            follow(client);
        }
        return 0;
    }

    private List<Event> events(ApiClient client) {
        String path = "/events?limit=" + limit + (lastId < 0 ? "" : "&since=" + lastId);
        return Documents.readList(client.get(path).text(), "the list of events", Event.class);
    }

    private void print(List<Event> events) {
        for (Event event : events) {
            if (event.id() > lastId) {
                lastId = event.id();
                out().println(json ? Documents.json(event) : line(event));
            }
        }
        out().flush();
    }

    private static String line(Event event) {
        return EtherbayException.shown("%6d  %s  %-7s  %s: %s [%s]"
                .formatted(
                        event.id(),
                        Quantity.time(event.atMs()),
                        event.severity(),
                        event.object(),
                        event.text(),
                        event.code()));
    }

    /** Listens; a node that restarts, or cuts off who reads too slowly, is asked again. */
    private void follow(ApiClient client) {
        for (int tries = 0; ; tries++) {
            boolean[] wasHeard = new boolean[1];
            try {
                client.stream(message -> {
                    wasHeard[0] = true;
                    take(client, message);
                    return !out().checkError();
                });
            } catch (EtherbayException failure) {
                boolean mayComeBack = failure.code() == ErrorCode.UNAVAILABLE && tries < TRIES_MAX;
                if (!mayComeBack && !Thread.currentThread().isInterrupted()) {
                    throw failure;
                }
            }
            tries = wasHeard[0] ? 0 : tries;
            if (out().checkError() || !pause(RETRY)) {
                return;
            }
        }
    }

    /**
     * What came between the list and the stream is asked for when the stream begins, from which on
     * nothing is missed.
     */
    private void take(ApiClient client, ApiClient.Message message) {
        if (message.event().equals("hello")) {
            print(events(client));
        } else if (message.event().equals("event")) {
            print(List.of(Documents.read(message.data(), "an event", Event.class)));
        }
    }
}
