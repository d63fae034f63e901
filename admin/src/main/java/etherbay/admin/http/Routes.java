// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.ApiInfo;
import etherbay.admin.AuditLog;
import etherbay.admin.Event;
import etherbay.admin.Health;
import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.admin.Role;
import etherbay.admin.Task;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** All that can be asked, in one table; {@code openapi.json} is compared with it. */
final class Routes {
    static final String BASE = "/api/v1";

    /** Verbs of a mirror that act on what is there, and those that change what there is. */
    private static final Map<String, Role> MIRROR_VERBS = Map.of(
            "check", Role.OPERATOR,
            "repair", Role.OPERATOR,
            "cancel", Role.OPERATOR,
            "fail", Role.OPERATOR,
            "add", Role.ADMIN,
            "remove", Role.ADMIN,
            "grow", Role.ADMIN);

    private static final Map<String, Role> GUEST_VERBS = Map.of(
            "start", Role.OPERATOR,
            "pause", Role.OPERATOR,
            "stop", Role.OPERATOR,
            "power-off", Role.OPERATOR,
            "reset", Role.OPERATOR,
            "recover", Role.ADMIN,
            "delete", Role.ADMIN);

    /** What nodes ask each other about guests, and whether it changes something worth a line. */
    private static final Map<String, Boolean> PEER_VERBS = new TreeMap<>(Map.of(
            "check", false,
            "prepare", true,
            "own", true,
            "finish", true,
            "abandon", true,
            "outcome", false,
            "ask", false,
            "tell", false,
            "forget", true));

    private final List<Route> table = new ArrayList<>();

    /** A route that fits a path, and what its names are. */
    record Match(Route route, Map<String, String> names) {}

    Routes(Administration parts) {
        node(new NodeEndpoints(parts));
        history(new HistoryEndpoints(parts));
        changes(new ChangeEndpoints(parts));
        guests(new GuestEndpoints(parts));
    }

    private void node(NodeEndpoints it) {
        get("", "Name and versions", Route.Answer.one(ApiInfo.class), it::info);
        get("/report", "How the node is", Route.Answer.one(NodeReport.class), it::report);
        get("/health", "How well it is", Route.Answer.one(Health.class), it::health);
        get("/exports", "Disks served", Route.Answer.list(NodeReport.Export.class), it::exports);
        get(
                "/exports/{name}",
                "One disk that is served",
                Route.Answer.one(NodeReport.Export.class),
                it::export);
        table.add(new Route(
                "GET",
                BASE + "/exports/{name}/pcap",
                Role.ADMIN, // frames hold what stands on the disk
                false,
                "export {name}",
                "Its latest frames; query: seconds",
                Route.Answer.text("application/vnd.tcpdump.pcap"),
                it::pcap));
        get(
                "/interfaces",
                "Interfaces in use",
                Route.Answer.list(NodeReport.Interface.class),
                it::interfaces);
        get("/disks", "Disks used", Route.Answer.list(NodeReport.Disk.class), it::disks);
        get("/mirrors", "Mirrors held", Route.Answer.list(NodeReport.Mirror.class), it::mirrors);
        get("/mirrors/{name}", "One mirror", Route.Answer.one(NodeReport.Mirror.class), it::mirror);
        get("/volumes", "Volumes", Route.Answer.list(NodeReport.Volume.class), it::volumes);
        get("/peers", "Other nodes", Route.Answer.list(NodeReport.Peer.class), it::peers);
        get(
                "/settings",
                "The applied settings; the ETag is their generation",
                Route.Answer.text("application/toml"),
                it::settings);
        table.add(new Route(
                "GET",
                "/metrics",
                Role.VIEWER,
                false,
                "",
                "Metrics, as Prometheus reads them",
                Route.Answer.text("text/plain; version=0.0.4; charset=utf-8"),
                it::metrics));
    }

    private void guests(GuestEndpoints it) {
        get("/guests", "Guests known here", Route.Answer.list(NodeReport.Guest.class), it::guests);
        get("/guests/{name}", "One guest", Route.Answer.one(NodeReport.Guest.class), it::guest);
        post(
                "/guests",
                Role.ADMIN,
                "guests",
                "etherbay guest create, with its options as a JSON object; name among them",
                Route.Answer.one(Task.class),
                it::create);
        post(
                "/guests/{name}/migrate",
                Role.OPERATOR,
                "guest {name}",
                "etherbay guest migrate, with its options as a JSON object; node among them",
                Route.Answer.one(Task.class),
                it::migrate);
        GUEST_VERBS.keySet().stream()
                .sorted()
                .forEach(verb -> post(
                        "/guests/{name}/" + verb,
                        GUEST_VERBS.getOrDefault(verb, Role.ADMIN),
                        "guest {name}",
                        "etherbay guest " + verb + ", with its options as a JSON object",
                        Route.Answer.one(ChangeEndpoints.Done.class),
                        exchange -> it.act(exchange, verb)));
        PEER_VERBS.forEach((verb, changes) -> table.add(new Route(
                        "POST",
                        BASE + "/peer/guests/{name}/" + verb,
                        Role.ADMIN,
                        false,
                        changes ? "guest {name}" : "",
                        "What nodes ask each other about guests",
                        Route.Answer.text("application/json"),
                        exchange -> it.peer(exchange, verb))
                .forNodes()));
    }

    private void history(HistoryEndpoints it) {
        get(
                "/tasks",
                "Long operations, newest first; as many as have 4 MiB",
                Route.Answer.list(Task.class),
                it::tasks);
        get("/tasks/{name}", "One of them", Route.Answer.one(Task.class), it::task);
        get(
                "/events",
                "What happened; query: since, limit",
                Route.Answer.list(Event.class),
                it::events);
        get(
                "/audit",
                "Who changed what, newest first; query: limit",
                Route.Answer.list(AuditLog.Entry.class),
                it::audit);
        get(
                "/stream",
                "What changes, as server-sent events",
                Route.Answer.text("text/event-stream"),
                exchange -> new Reply.Streamed());
        get(
                "/openapi.json",
                "This description",
                Route.Answer.text("application/json"),
                it::description);
    }

    private void changes(ChangeEndpoints it) {
        post(
                "/settings/plan",
                Role.ADMIN,
                "",
                "What applying a text would do",
                Route.Answer.one(ChangeEndpoints.Plan.class),
                it::plan);
        table.add(new Route(
                "PUT",
                BASE + "/settings",
                Role.ADMIN,
                false,
                "settings",
                "Applies a text; If-Match: the generation seen; Etherbay-Reason: why",
                Route.Answer.one(NodeAdmin.Applied.class),
                it::apply));
        post(
                "/exports/{name}/trace",
                Role.OPERATOR,
                "export {name}",
                "Switches its trace",
                Route.Answer.one(NodeReport.Export.class),
                it::trace);
        post(
                "/tasks/{name}/cancel",
                Role.OPERATOR,
                "task {name}",
                "Asks a task to end",
                Route.Answer.one(Task.class),
                it::cancel);
        table.add(new Route(
                        "POST",
                        BASE + "/peers/{name}/look",
                        Role.OPERATOR,
                        false,
                        "peer {name}",
                        "Asks another node now how it is",
                        Route.Answer.one(NodeReport.Peer.class),
                        it::look)
                .forNodes());
        MIRROR_VERBS.keySet().stream()
                .sorted()
                .forEach(verb -> post(
                        "/mirrors/{name}/" + verb,
                        MIRROR_VERBS.getOrDefault(verb, Role.ADMIN),
                        "mirror {name}",
                        "etherbay mirror " + verb + ", with its options as a JSON object",
                        Route.Answer.one(ChangeEndpoints.Done.class),
                        exchange -> it.mirror(exchange, verb)));
    }

    private void get(String path, String summary, Route.Answer answers, Route.Endpoint endpoint) {
        table.add(
                new Route("GET", BASE + path, Role.VIEWER, false, "", summary, answers, endpoint));
    }

    private void post(
            String path,
            Role role,
            String object,
            String summary,
            Route.Answer answers,
            Route.Endpoint endpoint) {
        table.add(new Route("POST", BASE + path, role, false, object, summary, answers, endpoint));
    }

    List<Route> table() {
        return List.copyOf(table);
    }

    /** The route of a method and path; HEAD is answered as GET. */
    Optional<Match> find(String method, List<String> segments) {
        String asked = method.equals("HEAD") ? "GET" : method;
        for (Route route : table) {
            Optional<Map<String, String>> names = route.match(segments);
            if (route.method().equals(asked) && names.isPresent()) {
                return Optional.of(new Match(route, names.get()));
            }
        }
        return Optional.empty();
    }

    /** The methods that a path knows; empty for one that nobody answers. */
    List<String> methods(List<String> segments) {
        return table.stream()
                .filter(route -> route.match(segments).isPresent())
                .map(Route::method)
                .distinct()
                .sorted()
                .toList();
    }

    static EtherbayException notFound(String what, String see) {
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "there is no " + EtherbayException.shown(what),
                "the node has none of that name",
                "see which there are: " + see);
    }
}
