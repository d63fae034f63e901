// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.AuditLog;
import etherbay.admin.Documents;
import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.admin.Task;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What changes something. Each looks at the node again before it answers, so that it is seen; where
 * that fails, the change has been made all the same, and the answer says so.
 */
final class ChangeEndpoints {
    private static final Pattern ETAG = Pattern.compile("(?:W/)?\"?([0-9]{1,18})\"?");
    private static final String NAME = "the settings sent";

    private final Administration parts;

    /** What an apply would do, one line each. */
    public record Plan(List<String> lines) {}

    /** What came of an order, for a person. */
    public record Done(String text) {}

    ChangeEndpoints(Administration parts) {
        this.parts = parts;
    }

    Reply plan(Exchange exchange) {
        exchange.checkQuery(List.of());
        return Reply.json(new Plan(parts.node().plan(exchange.text(), NAME)));
    }

    Reply apply(Exchange exchange) {
        exchange.checkQuery(List.of());
        long generation = ifMatch(exchange);
        String text = exchange.text();
        exchange.note()
                .before("sha256:"
                        + AuditLog.digest(parts.node().exportSettings().text()));
        exchange.note().after("sha256:" + AuditLog.digest(text));
        NodeAdmin.Applied applied = parts.node().apply(text, NAME, generation);
        parts.watch().seeWhatCame();
        return Reply.json(applied);
    }

    private static long ifMatch(Exchange exchange) {
        String seen = exchange.headers().get("If-Match");
        if (seen == null || seen.equals("*")) {
            return -1;
        }
        Matcher matcher = ETAG.matcher(seen);
        if (!matcher.matches()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "If-Match holds no generation",
                    "it is a number, as GET " + Routes.BASE + "/settings gives it in its ETag",
                    "send it as it came, or leave the header out to overwrite whatever is there");
        }
        return Long.parseLong(matcher.group(1));
    }

    Reply trace(Exchange exchange) {
        exchange.checkQuery(List.of());
        boolean on = exchange.json("on").truth("on");
        NodeReport.Export export = NodeEndpoints.export(parts.watch().latest(), exchange.name());
        exchange.note().before("on: " + export.traceIo());
        exchange.note().after("on: " + on);
        parts.node().trace(export.name(), on);
        return Reply.json(parts.watch()
                .seeWhatCame()
                .flatMap(report -> NodeEndpoints.findExport(report, export.name()))
                .orElse(export));
    }

    Reply cancel(Exchange exchange) {
        exchange.checkQuery(List.of());
        exchange.json("");
        Task task = parts.tasks().find(exchange.name());
        exchange.note().before(task.kind() + " of " + task.object() + ", " + task.state());
        return Reply.json(parts.tasks().cancel(task.id()));
    }

    Reply look(Exchange exchange) {
        exchange.checkQuery(List.of());
        exchange.json("");
        NodeReport.Peer peer = parts.node().look(exchange.name());
        exchange.note().after(peer.state());
        parts.watch().seeWhatCame();
        return Reply.json(peer);
    }

    Reply mirror(Exchange exchange, String verb) {
        exchange.checkQuery(List.of());
        Map<String, String> options = exchange.json().options();
        exchange.note().after(Documents.json(options));
        NodeReport.Mirror mirror = NodeEndpoints.mirror(parts.watch().latest(), exchange.name());
        exchange.note().before(mirror.state());
        String text = parts.node().mirror(mirror.name(), verb, options);
        parts.watch().seeWhatCame();
        return Reply.json(new Done(text));
    }
}
