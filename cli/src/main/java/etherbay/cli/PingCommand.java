// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.Reply;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.Ping;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@code etherbay ping}: whether a disk answers, and how fast. */
@Command(
        name = "ping",
        description = {
            "Send requests to a disk and tell round trips and losses.",
            "",
            "Exit code 0: something was answered; 8: nothing was."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class PingCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Mixin
    private DiskOptions disk = new DiskOptions();

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "requests, at most 100000 (default ${DEFAULT-VALUE})")
    private int count = 4;

    @Option(
            names = {"-i", "--interval"},
            paramLabel = "MS",
            description = "from one request to the next (default ${DEFAULT-VALUE})")
    private int intervalMs = 1000;

    @Option(
            names = {"-W", "--timeout"},
            paramLabel = "MS",
            description = "for each answer (default ${DEFAULT-VALUE})")
    private int timeoutMs = 1000;

    @Option(
            names = {"-w", "--deadline"},
            paramLabel = "MS",
            description = "for all of it (default: none)")
    private int deadlineMs = Integer.MAX_VALUE;

    @Option(names = "--identify", description = "send IDENTIFY DEVICE instead of config queries")
    private boolean identify;

    @Override
    public void run() {
        Ping.Plan plan = plan();
        AtomicBoolean stopped = new AtomicBoolean();
        try (StopSignal _ = new StopSignal(() -> stopped.set(true));
                OpenPorts ports = disk.open()) {
            FoundPath path = disk.find(ports);
            Ping.Result result = new Ping(path, plan)
                    .run((number, reply, rttNs) -> line(path, number, reply, rttNs), stopped::get);
            end(path, result);
        }
    }

    private Ping.Plan plan() {
        require(count >= 1 && count <= Ping.COUNT_MAX, "--count", "1 to " + Ping.COUNT_MAX);
        require(intervalMs >= 0, "--interval", "0 or more");
        require(timeoutMs > 0, "--timeout", "1 or more");
        require(deadlineMs > 0, "--deadline", "1 or more");
        return new Ping.Plan(
                count,
                TimeUnit.MILLISECONDS.toNanos(intervalMs),
                TimeUnit.MILLISECONDS.toNanos(timeoutMs),
                TimeUnit.MILLISECONDS.toNanos(deadlineMs),
                identify);
    }

    private static void require(boolean holds, String option, String allowed) {
        if (!holds) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    option + " is out of range",
                    "it may be " + allowed,
                    "leave it out for its default: etherbay ping --help");
        }
    }

    private void line(FoundPath path, int number, Optional<Reply> reply, long rttNs) {
        if (disk.json()) {
            return;
        }
        String outcome = reply.map(answer -> "%d bytes, %s ms".formatted(answer.bytes(), ms(rttNs))
                        + answer.refusal()
                                .map(code -> ", refused with AoE error " + code)
                                .orElse(""))
                .orElse("no answer");
        spec.commandLine().getOut().printf("%s: %d: %s%n", path.where(), number, outcome);
        spec.commandLine().getOut().flush();
    }

    private void end(FoundPath path, Ping.Result result) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(disk.json() ? JsonText.of(object(path, result)) : summary(path, result));
        out.flush();
        if (result.rttsNs().isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    path.where() + " did not answer",
                    "it answered a config query before, and then nothing of " + result.sentCount(),
                    "see whether its target still runs, and the path: etherbay sancheck");
        }
    }

    private static String summary(FoundPath path, Ping.Result result) {
        String text = "%s: %d sent, %d answered, %s%% lost"
                .formatted(
                        path.disk(),
                        result.sentCount(),
                        result.rttsNs().size(),
                        lostPercent(result));
        return result.rttsNs().isEmpty()
                ? text
                : "%s, rtt min/avg/max/p99 %s/%s/%s/%s ms"
                        .formatted(
                                text,
                                ms(result.rttNsMin().orElseThrow()),
                                ms(result.rttNsAverage().orElseThrow()),
                                ms(result.rttNsMax().orElseThrow()),
                                ms(result.rttNs99().orElseThrow()));
    }

    private static Map<String, Object> object(FoundPath path, Ping.Result result) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("disk", path.disk().toString());
        values.put("mac", path.mac().toString());
        values.put("interface", path.port().name());
        values.put("sent", result.sentCount());
        values.put("answered", result.rttsNs().size());
        result.rttNsMin().ifPresent(ns -> values.put("rttNsMin", ns));
        result.rttNsAverage().ifPresent(ns -> values.put("rttNsAverage", ns));
        result.rttNsMax().ifPresent(ns -> values.put("rttNsMax", ns));
        result.rttNs99().ifPresent(ns -> values.put("rttNs99", ns));
        return values;
    }

    private static String lostPercent(Ping.Result result) {
        return String.format(Locale.ROOT, "%.1f", 100.0 * result.lostCount() / result.sentCount());
    }

    private static String ms(long ns) {
        return String.format(Locale.ROOT, "%.3f", ns / 1e6);
    }
}
