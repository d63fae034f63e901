// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.Documents;
import etherbay.admin.Task;
import etherbay.base.Check;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What happened and what is under way; and the description of the API itself. */
final class HistoryEndpoints {
    private final Administration parts;
    private final byte[] description;

    HistoryEndpoints(Administration parts) {
        this.parts = parts;
        try (InputStream in = HistoryEndpoints.class.getResourceAsStream("openapi.json")) {
            Check.that(in != null, "openapi.json is on the class path");
            description = in.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    Reply tasks(Exchange exchange) {
        exchange.checkQuery(List.of());
        return Reply.json(withinBytes(parts.tasks().list()));
    }

    /** Those under way, and of the others the newest; all in their order. */
    private static List<Task> withinBytes(List<Task> newestFirst) {
        Set<String> taken = new HashSet<>();
        long bytes = 0;
        for (boolean ended : new boolean[] {false, true}) {
            for (Task task : newestFirst) {
                if ((task.endedMs() > 0) == ended) {
                    bytes += Documents.bytes(task).length;
                    if (bytes > ApiLimits.ANSWERS_BYTES_MAX && !taken.isEmpty()) {
                        break;
                    }
                    taken.add(task.id());
                }
            }
        }
        return newestFirst.stream().filter(task -> taken.contains(task.id())).toList();
    }

    Reply task(Exchange exchange) {
        exchange.checkQuery(List.of());
        return Reply.json(parts.tasks().find(exchange.name()));
    }

    /** What came after {@code since}, oldest first; without it the latest, in the same order. */
    Reply events(Exchange exchange) {
        exchange.checkQuery(List.of("since", "limit"));
        int limit = (int) exchange.number("limit", 1000, ApiLimits.LIST_MAX);
        long latest = Math.max(0, parts.events().lastId() - limit);
        return Reply.json(
                parts.events().since(exchange.number("since", latest, Long.MAX_VALUE), limit));
    }

    Reply audit(Exchange exchange) {
        exchange.checkQuery(List.of("limit"));
        return Reply.json(
                parts.audit().latest((int) exchange.number("limit", 1000, ApiLimits.LIST_MAX)));
    }

    Reply description(Exchange exchange) {
        exchange.checkQuery(List.of());
        return new Reply.Whole(200, "application/json", description, Map.of());
    }
}
