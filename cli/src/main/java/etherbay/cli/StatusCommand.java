// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.Health;
import etherbay.admin.NodeReport;
import etherbay.admin.Task;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** {@code etherbay status}: whether the node is well, and if not, what to do. */
@Command(
        name = "status",
        description = {
            "Say how well this machine's daemon is: every reason with what to do about it, what",
            "it has, and what is under way. Ends with 0 when it is healthy, with 9 when not."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StatusCommand extends ApiVerb {
    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    int ask(ApiClient client) {
        NodeReport report =
                Documents.read(client.get("/report").text(), "the report", NodeReport.class);
        Health health = Documents.read(client.get("/health").text(), "the health", Health.class);
        List<Task> tasks = TaskText.list(client).stream()
                .filter(task -> !TaskText.hasEnded(task))
                .toList();
        if (json) {
            out().println(Documents.json(document(report, health, tasks)));
        } else {
            new StatusText(report, health, tasks).lines().forEach(out()::println);
        }
        return health.word().equals("healthy") ? 0 : DEVIATES;
    }

    private static Map<String, Object> document(
            NodeReport report, Health health, List<Task> tasks) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", report.name());
        document.put("version", report.version());
        document.put("startedMs", report.startedMs());
        document.put("atMs", report.atMs());
        document.put("generation", report.generation());
        document.put("health", health);
        Map<String, Object> counts = new LinkedHashMap<>();
        counts.put("exports", count(report.exports().stream().map(NodeReport.Export::trouble)));
        counts.put("disks", count(report.disks().stream().map(NodeReport.Disk::trouble)));
        counts.put("mirrors", count(report.mirrors().stream().map(NodeReport.Mirror::trouble)));
        counts.put("volumes", count(report.volumes().stream().map(NodeReport.Volume::trouble)));
        document.put("counts", counts);
        document.put("peers", report.peers());
        document.put("tasks", tasks);
        return document;
    }

    /** How many there are, and how many of them have a trouble. */
    private static Map<String, Object> count(Stream<NodeReport.@Nullable Trouble> troubles) {
        List<Boolean> troubled = troubles.map(Objects::nonNull).toList();
        Map<String, Object> count = new LinkedHashMap<>();
        count.put("count", troubled.size());
        count.put("troubled", (int) troubled.stream().filter(it -> it).count());
        return count;
    }
}
