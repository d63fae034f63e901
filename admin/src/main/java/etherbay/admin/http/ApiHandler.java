// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.AuditLog;
import etherbay.admin.Caller;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The way of a request: path, caller, route, role, body, endpoint, audit. Runs on a virtual thread
 * of its own. What an endpoint throws that it should not, Jetty catches, and {@link ErrorPages}
 * answers without saying what it was.
 */
final class ApiHandler extends Handler.Abstract {
    private static final HttpField[] SECURE = {
        new HttpField(
                "Content-Security-Policy",
                "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        new HttpField("X-Content-Type-Options", "nosniff"),
        new HttpField("X-Frame-Options", "DENY"),
        new HttpField("Referrer-Policy", "no-referrer"),
        new HttpField("Cross-Origin-Resource-Policy", "same-origin"),
    };

    private final Routes routes;
    private final Gate gate;
    private final Stream stream;
    private final AuditLog audit;
    private final ConsolePages console;
    private final AnswerRoom unixRoom = new AnswerRoom();
    private final AnswerRoom tcpRoom = new AnswerRoom();

    ApiHandler(Administration parts, Gate gate, Stream stream) {
        routes = new Routes(parts);
        audit = parts.audit();
        this.gate = gate;
        this.stream = stream;
        console = new ConsolePages(new StaticFiles(ApiHandler.class.getClassLoader()));
    }

    static void secure(HttpFields.Mutable headers) {
        for (HttpField field : SECURE) {
            headers.put(field);
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback)
            throws IOException {
        secure(response.getHeaders());
        Optional<List<String>> segments = RequestPath.segments(request.getHttpURI());
        if (segments.isEmpty()) {
            write(request, response, callback, Failures.reply(400));
        } else if (ConsolePages.isOurs(segments.get())) {
            console.answer(segments.get(), request, response, callback);
        } else {
            response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
            answer(segments.get(), request, response, callback);
        }
        return true;
    }

    private void answer(
            List<String> segments, Request request, Response response, Callback callback)
            throws IOException {
        Optional<Caller> caller = gate.caller(request);
        if (caller.isEmpty()) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"etherbay\"");
            write(request, response, callback, unknown(gate.whyUnknown(request)));
            return;
        }
        Optional<Routes.Match> match = routes.find(request.getMethod(), segments);
        if (match.isEmpty()) {
            write(request, response, callback, noRoute(segments, response));
            return;
        }
        Admitted admitted = new Admitted(match.get(), caller.get(), request, response, callback);
        try {
            if (match.get().route().method().equals("GET")) {
                read(admitted);
            } else {
                send(admitted, callback, run(admitted));
            }
        } catch (EtherbayException failure) {
            write(request, response, callback, Failures.reply(failure));
        }
    }

    /** A request that was let in, and found its route. */
    private record Admitted(
            Routes.Match match,
            Caller caller,
            Request request,
            Response response,
            Callback callback) {}

    /**
     * What is read may be large, so it waits for its turn; a change is never held up by readers.
     */
    private void read(Admitted admitted) throws IOException {
        AnswerRoom room = Gate.isByUnixSocket(admitted.request()) ? unixRoom : tcpRoom;
        Reply reply;
        Callback callback = admitted.callback();
        try (AnswerRoom.Turn turn = room.enter()) {
            reply = run(admitted);
            if (reply instanceof Reply.Whole whole) {
                callback = turn.send(whole.body().length, callback);
            }
        }
        send(admitted, callback, reply);
    }

    private void send(Admitted admitted, Callback callback, Reply reply) {
        Request request = admitted.request();
        Response response = admitted.response();
        switch (reply) {
            case Reply.Whole whole -> write(request, response, callback, whole);
            case Reply.Written written ->
                new WrittenReply(request, response, callback).write(written);
            case Reply.Streamed streamed
            when HttpMethod.HEAD.is(request.getMethod()) ->
                write(request, response, callback, Reply.text("text/event-stream", ""));
            case Reply.Streamed streamed -> {
                response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
                stream.attach(request, response, callback, gate.standing(request));
            }
        }
    }

    private static Reply.Whole unknown(Gate.Unknown why) {
        return Failures.reply(
                401, ErrorCode.DENIED, "who asks is not known", why.cause(), why.correction());
    }

    private Reply.Whole noRoute(List<String> segments, Response response) {
        List<String> methods = routes.methods(segments);
        if (methods.isEmpty()) {
            return Failures.reply(
                    404,
                    ErrorCode.NOT_FOUND,
                    "nothing is answered at this path",
                    "no route is called so",
                    "see what can be asked: GET /api/v1/openapi.json");
        }
        String allowed = String.join(", ", methods);
        response.getHeaders().put(HttpHeader.ALLOW, allowed);
        return Failures.reply(
                405,
                ErrorCode.INVALID,
                "this path is not asked with that method",
                "it knows " + allowed,
                "ask it with " + methods.getFirst());
    }

    private Reply run(Admitted admitted) throws IOException {
        Routes.Match match = admitted.match();
        Caller caller = admitted.caller();
        Request request = admitted.request();
        Exchange.Note note = new Exchange.Note();
        Route route = match.route();
        if (!route.isAudited()) {
            return call(match, caller, note, request);
        }
        String result = "failed: an error of Etherbay itself";
        boolean isRefused = false;
        try {
            Reply reply = call(match, caller, note, request);
            result = "done";
            return reply;
        } catch (EtherbayException refused) {
            result = "refused: %s: %s".formatted(refused.code(), refused.getMessage());
            isRefused = true;
            throw refused;
        } finally {
            String object =
                    route.object().replace("{name}", match.names().getOrDefault("name", ""));
            String verb = route.method() + " " + lastWord(route.path());
            AuditLog.Change change =
                    new AuditLog.Change(verb, object, note.before(), note.after(), result);
            if (isRefused) {
                audit.addRefused(caller, change);
            } else {
                audit.add(caller, change);
            }
        }
    }

    private static String lastWord(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private Reply call(Routes.Match match, Caller caller, Exchange.Note note, Request request)
            throws IOException {
        Route route = match.route();
        if (!route.isFor(caller)) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "%s may not do this".formatted(caller.name()),
                    caller.isNode()
                            ? "a node may read, and do what nodes do for each other"
                            : "it needs the role %s, the token has %s"
                                    .formatted(route.role(), caller.role()),
                    "ask with a token of that role, or on the node itself");
        }
        boolean isRead = route.method().equals("GET");
        byte[] body = isRead ? new byte[0] : RequestBody.read(request);
        if (route.path().endsWith("/stream")) {
            stream.checkReady();
        }
        return route.endpoint()
                .answer(new Exchange(
                        caller,
                        match.names(),
                        RequestPath.query(request),
                        request.getHeaders(),
                        body,
                        note));
    }

    static void write(Request request, Response response, Callback callback, Reply.Whole reply) {
        response.setStatus(reply.status());
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, reply.contentType());
        headers.put(HttpHeader.CONTENT_LENGTH, reply.body().length);
        for (Map.Entry<String, String> header : reply.headers().entrySet()) {
            headers.put(header.getKey(), header.getValue());
        }
        boolean isHead = HttpMethod.HEAD.is(request.getMethod());
        response.write(true, isHead ? null : ByteBuffer.wrap(reply.body()), callback);
    }
}
