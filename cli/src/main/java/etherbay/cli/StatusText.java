// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.Health;
import etherbay.admin.Health.Reason;
import etherbay.admin.NodeReport;
import etherbay.admin.Task;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What {@code etherbay status} prints, for a person. */
final class StatusText {
    private static final String ONE_GOOD_COPY = "ONE_GOOD_COPY";

    private final NodeReport report;
    private final Health health;
    private final List<Task> tasks;

    /** @param tasks that have not ended */
    StatusText(NodeReport report, Health health, List<Task> tasks) {
        this.report = report;
        this.health = health;
        this.tasks = List.copyOf(tasks);
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        String single = health.reasons().stream()
                .filter(reason -> reason.code().equals(ONE_GOOD_COPY))
                .map(Reason::object)
                .collect(Collectors.joining(", "));
        if (!single.isEmpty()) {
            lines.add("ONE GOOD COPY is left of " + single + ": the next failure loses data");
        }
        lines.add("%s is %s; up %s, version %s, generation %d of the applied settings"
                .formatted(
                        report.name(),
                        health.word(),
                        Quantity.duration(report.atMs() - report.startedMs()),
                        report.version(),
                        report.generation()));
        health.reasons().forEach(reason -> lines.addAll(reason(reason)));
        lines.add("%s, %s, %s, %s"
                .formatted(
                        counted("export", report.exports(), NodeReport.Export::trouble),
                        counted("disk", report.disks(), NodeReport.Disk::trouble),
                        counted("mirror", report.mirrors(), NodeReport.Mirror::trouble),
                        counted("volume", report.volumes(), NodeReport.Volume::trouble)));
        if (!report.peers().isEmpty()) {
            lines.add("other nodes: "
                    + report.peers().stream()
                            .map(StatusText::peer)
                            .collect(Collectors.joining(", ")));
        }
        tasks.forEach(task -> lines.add("task " + TaskText.line(task)));
        return lines.stream().map(EtherbayException::shown).toList();
    }

    private static String peer(NodeReport.Peer peer) {
        return "%s %s%s"
                .formatted(
                        peer.name(),
                        peer.state(),
                        peer.health() == null ? "" : " and " + peer.health());
    }

    /** A reason in two lines; {@code doctor} shows them so, too. */
    static List<String> reason(Reason reason) {
        return List.of(
                "  %s: %s: %s [%s]"
                        .formatted(reason.word(), reason.object(), reason.text(), reason.code()),
                "    do: " + reason.correction());
    }

    private static <T> String counted(
            String what, List<T> all, Function<T, NodeReport.@Nullable Trouble> trouble) {
        long troubled = all.stream().map(trouble).filter(Objects::nonNull).count();
        return "%d %s%s%s"
                .formatted(
                        all.size(),
                        what,
                        all.size() == 1 ? "" : "s",
                        troubled == 0 ? "" : " (" + troubled + " not there)");
    }
}
