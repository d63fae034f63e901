// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport;
import etherbay.admin.Rates;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code etherbay top}: what each export and each initiator does, again and again. */
@Command(
        name = "top",
        description = {
            "Show what each export does, and each initiator of it, the busiest first: requests",
            "and bytes a second, queue, latency, and requests that were asked again."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TopCommand extends ApiVerb {
    private static final double INTERVAL_S_MIN = 0.5; // the node looks at itself so often
    private static final double INTERVAL_S_MAX = 3600;

    @Option(names = "--once", description = "show one interval, and end")
    private boolean once;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "how long one is (default ${DEFAULT-VALUE})")
    private double intervalSeconds;

    @Option(names = "--json", description = "print one JSON document an interval, each on a line")
    private boolean json;

    @Override
    int ask(ApiClient client) {
        if (!(intervalSeconds >= INTERVAL_S_MIN && intervalSeconds <= INTERVAL_S_MAX)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--interval %s is none".formatted(intervalSeconds),
                    "it is in seconds, from %s to %s".formatted(INTERVAL_S_MIN, INTERVAL_S_MAX),
                    "write for instance --interval 2");
        }
        Duration interval = Duration.ofMillis(Math.round(1000 * intervalSeconds));
        boolean redraws = !once && !json && DemoProgress.onTerminal();
        NodeReport before = report(client);
        while (pause(interval)) {
            NodeReport after = report(client);
            show(after, Rates.between(before, after), redraws);
            if (once || out().checkError()) {
                break;
            }
            before = after;
        }
        return 0;
    }

    private static NodeReport report(ApiClient client) {
        return Documents.read(client.get("/report").text(), "the report", NodeReport.class);
    }

    private void show(NodeReport report, Rates rates, boolean redraws) {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("name", report.name());
            document.put("atMs", report.atMs());
            document.put("seconds", rates.seconds());
            document.put("exports", TopTable.sorted(rates.exports(), Rates.Export::flow));
            out().println(Documents.json(document));
        } else if (redraws) {
            Terminal.Size size = Terminal.size();
            Terminal.draw(out(), new TopTable(report, rates).lines(size.columns()), size);
        } else {
            new TopTable(report, rates).lines(Integer.MAX_VALUE).forEach(out()::println);
            if (!once) {
                out().println();
            }
        }
        out().flush();
    }
}
