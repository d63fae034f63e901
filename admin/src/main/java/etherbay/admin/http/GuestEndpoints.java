// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport;
import etherbay.admin.Task;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is asked about guests: by people, and by other nodes. */
final class GuestEndpoints {
    /** Names of the kinds of tasks that a node with guests registers. */
    private static final String CREATE = "guest-create";

    private static final String MIGRATE = "guest-migrate";
    private static final String NAME = "name";

    private final Administration parts;

    GuestEndpoints(Administration parts) {
        this.parts = parts;
    }

    Reply guests(Exchange exchange) {
        exchange.checkQuery(List.of());
        return Reply.json(parts.watch().latest().guests());
    }

    Reply guest(Exchange exchange) {
        exchange.checkQuery(List.of());
        return Reply.json(known(exchange.name()));
    }

    /** One that has just been made is not in the last report yet. */
    private NodeReport.Guest known(String name) {
        return in(parts.watch().latest(), name)
                .or(() -> parts.watch().seeWhatCame().flatMap(report -> in(report, name)))
                .orElseThrow(() -> Routes.notFound("guest " + name, "etherbay guest list"));
    }

    private static Optional<NodeReport.Guest> in(NodeReport report, String name) {
        return report.guests().stream()
                .filter(guest -> guest.name().equals(name))
                .findFirst();
    }

    Reply create(Exchange exchange) {
        exchange.checkQuery(List.of());
        Map<String, String> options = exchange.json().options();
        String name = options.getOrDefault(NAME, "");
        if (name.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the new guest has no name",
                    "the options have no `name`",
                    "etherbay guest create NAME");
        }
        return begin(exchange, CREATE, name, options);
    }

    Reply migrate(Exchange exchange) {
        exchange.checkQuery(List.of());
        Map<String, String> options = exchange.json().options();
        NodeReport.Guest guest = known(exchange.name());
        exchange.note().before(guest.state());
        return begin(exchange, MIGRATE, guest.name(), options);
    }

    private Reply begin(Exchange exchange, String kind, String name, Map<String, String> options) {
        Map<String, String> arguments = new TreeMap<>(options);
        arguments.put(NAME, name);
        exchange.note().after(Documents.json(withoutSecrets(options)));
        Task task = parts.tasks()
                .begin(kind, "guest " + name, arguments, exchange.caller().name());
        return Reply.json(task);
    }

    private static Map<String, String> withoutSecrets(Map<String, String> options) {
        Map<String, String> shown = new TreeMap<>(options);
        shown.computeIfPresent("password", (key, secret) -> "(kept)");
        return shown;
    }

    Reply act(Exchange exchange, String verb) {
        exchange.checkQuery(List.of());
        Map<String, String> options = exchange.json().options();
        exchange.note().after(Documents.json(options));
        NodeReport.Guest guest = known(exchange.name());
        exchange.note().before(guest.state());
        String text = parts.node().guest(guest.name(), verb, options);
        parts.watch().seeWhatCame();
        return Reply.json(new ChangeEndpoints.Done(text));
    }

    /** An admin who tries it speaks for no node. */
    Reply peer(Exchange exchange, String verb) {
        exchange.checkQuery(List.of());
        String caller = exchange.caller().name();
        if (!exchange.caller().isNode()) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "that is asked by other nodes only",
                    caller + " is none",
                    "see etherbay guest --help for what a person does");
        }
        String node = caller.substring("node ".length());
        return Reply.json(parts.node().peerGuest(node, exchange.name(), verb, exchange.text()));
    }
}
