// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.AuditLog;
import etherbay.admin.Documents;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay audit}: who changed what, when and why. */
@Command(
        name = "audit",
        description = {
            "Print who changed what, when and why, and who tried to, the newest first. With",
            "--verify: whether the lines follow each other as they were written."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class AuditCommand extends ApiVerb {
    private static final int LIMIT_MAX = 10_000; // as the API has it

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "the latest N; --verify takes all it can get (default ${DEFAULT-VALUE})")
    private int limit;

    @Option(
            names = "--verify",
            description = "follow the chain of digests; end with 9 where it is broken")
    private boolean verify;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    int ask(ApiClient client) {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--limit %d is none".formatted(limit),
                    "it is from 1 to " + LIMIT_MAX,
                    "leave it out, or write --limit 100");
        }
        List<AuditLog.Entry> entries = Documents.readList(
                client.get("/audit?limit=" + (verify ? LIMIT_MAX : limit)).text(),
                "the audit log",
                AuditLog.Entry.class);
        if (verify) {
            AuditLog.verify(entries);
            tellVerified(entries);
        } else if (json) {
            out().println(Documents.json(entries));
        } else {
            entries.forEach(entry -> out().println(line(entry)));
        }
        return 0;
    }

    private void tellVerified(List<AuditLog.Entry> entries) {
        long first = entries.isEmpty() ? 0 : entries.getLast().id();
        long last = entries.isEmpty() ? 0 : entries.getFirst().id();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("verified", true);
            document.put("count", entries.size());
            document.put("firstId", first);
            document.put("lastId", last);
            out().println(Documents.json(document));
        } else {
            out().println("%d entries, %d to %d, follow each other as they were written"
                    .formatted(entries.size(), first, last));
        }
    }

    private static String line(AuditLog.Entry entry) {
        StringBuilder line = new StringBuilder("%6d  %s  %s (%s, %s)  %s %s: %s"
                .formatted(
                        entry.id(),
                        Quantity.time(entry.atMs()),
                        entry.who(),
                        entry.role(),
                        entry.source(),
                        entry.verb(),
                        entry.object(),
                        entry.result()));
        if (!entry.before().isEmpty() || !entry.after().isEmpty()) {
            line.append("; was ").append(entry.before()).append(", to be ").append(entry.after());
        }
        if (!entry.reason().isEmpty()) {
            line.append("; because: ").append(entry.reason());
        }
        return EtherbayException.shown(line.toString());
    }
}
