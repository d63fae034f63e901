// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Asks a node, blocking: over its Unix socket, or over TCP with a token. What the node refuses is
 * the {@link EtherbayException} that it would have been there; a node that does not answer is
 * UNAVAILABLE. Each call has a connection of its own; an instance may be used by any thread.
 */
public final class ApiClient {
    /** Of an answer that is taken whole: a report of some ten thousand exports. */
    static final int BODY_BYTES_MAX = 64 << 20;

    private static final String BASE = "/api/v1";

    private final ApiTransport transport;

    private ApiClient(ApiTransport transport) {
        this.transport = transport;
    }

    /** Asks over the node's socket, {@code run/api.sock} in its state folder. */
    public static ApiClient unix(Path socket) {
        return new ApiClient(new UnixTransport(socket));
    }

    /**
     * Asks over TCP.
     *
     * @param node {@code https://host:port}; plain http only for this machine itself
     * @param certificate in PEM, of the node or whoever signed its own; empty for what the machine
     *     trusts
     */
    public static ApiClient tcp(URI node, String token, Optional<Path> certificate) {
        return new ApiClient(new TcpTransport(node, token, certificate));
    }

    static ApiClient of(ApiTransport transport) {
        return new ApiClient(transport);
    }

    /**
     * A whole answer.
     *
     * @param etag of the answer, or nothing
     */
    public record Answer(String text, String etag) {}

    /** Gets a document: {@code /report}. */
    public Answer get(String path) {
        return whole(new ApiTransport.Request("GET", BASE + path, "", "", Map.of()));
    }

    /**
     * Posts a JSON document.
     *
     * @param body what {@link Documents#json} can write
     * @param reason why, for the audit log; may be nothing
     */
    public Answer post(String path, Object body, String reason) {
        return whole(new ApiTransport.Request(
                "POST", BASE + path, "application/json", Documents.json(body), reason(reason)));
    }

    /** Posts a text, such as settings to plan. */
    public Answer postText(String path, String text) {
        return whole(
                new ApiTransport.Request("POST", BASE + path, "application/toml", text, Map.of()));
    }

    /**
     * Puts a text in the place of what is there.
     *
     * @param etag of what was seen there; nothing to overwrite whatever it is
     */
    public Answer put(String path, String text, String etag, String reason) {
        Map<String, String> headers = new LinkedHashMap<>(reason(reason));
        headers.put("If-Match", etag.isEmpty() ? "*" : etag);
        return whole(
                new ApiTransport.Request("PUT", BASE + path, "application/toml", text, headers));
    }

    private static Map<String, String> reason(String reason) {
        StringBuilder ascii = new StringBuilder();
        reason.chars().forEach(it -> ascii.append(it >= ' ' && it < 127 ? (char) it : '?'));
        return reason.isEmpty() ? Map.of() : Map.of("Etherbay-Reason", ascii.toString());
    }

    private Answer whole(ApiTransport.Request request) {
        try (ApiTransport.Response response = transport.send(request, true)) {
            byte[] body = response.body().readNBytes(BODY_BYTES_MAX + 1);
            if (body.length > BODY_BYTES_MAX) {
                throw new IOException(
                        "the answer is larger than %d bytes".formatted(BODY_BYTES_MAX));
            }
            check(response.status(), body);
            return new Answer(new String(body, StandardCharsets.UTF_8), response.header("ETag"));
        } catch (IOException failure) {
            throw transport.unavailable(failure);
        }
    }

    /**
     * Gets what may be long, as it comes: {@code /exports/e0.0/pcap?seconds=5}.
     *
     * @throws IOException when {@code out} takes no more
     */
    public void download(String path, OutputStream out) throws IOException {
        ApiTransport.Request request =
                new ApiTransport.Request("GET", BASE + path, "", "", Map.of());
        try (ApiTransport.Response response = transport.send(request, false)) {
            if (response.status() >= 400) {
                check(response.status(), response.body().readNBytes(BODY_BYTES_MAX));
            }
            response.body().transferTo(out);
        }
    }

    /** One message of the stream. */
    public record Message(String event, String data) {}

    /**
     * Listens to the stream until the receiver has enough or the node ends it.
     *
     * @param receiver gives false when it has enough
     */
    public void stream(Predicate<Message> receiver) {
        ApiTransport.Request request =
                new ApiTransport.Request("GET", BASE + "/stream", "", "", Map.of());
        try (ApiTransport.Response response = transport.send(request, false)) {
            if (response.status() >= 400) {
                check(response.status(), response.body().readNBytes(BODY_BYTES_MAX));
            }
            BufferedReader lines = new BufferedReader(
                    new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            String event = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("event: ")) {
                    event = line.substring("event: ".length());
                } else if (line.startsWith("data: ")
                        && !receiver.test(new Message(event, line.substring("data: ".length())))) {
                    return;
                }
            }
        } catch (IOException failure) {
            throw transport.unavailable(failure);
        }
    }

    /** An error of the node is ours. */
    private static void check(int status, byte[] body) {
        if (status < 400) {
            return;
        }
        String text = new String(body, StandardCharsets.UTF_8);
        Map<?, ?> fields = Map.of();
        try {
            if (Documents.read(text, "the answer") instanceof Map<?, ?> read) {
                fields = read;
            }
        } catch (EtherbayException noJson) {
            fields = Map.of(); // something stands between us and the node
        }
        Object name = fields.get("code");
        ErrorCode code = Arrays.stream(ErrorCode.values())
                .filter(it -> it.name().equals(name))
                .findFirst()
                .orElse(ErrorCode.UNAVAILABLE);
        throw new EtherbayException(
                code,
                text(fields, "message", "the node refused the request"),
                text(fields, "cause", "HTTP status " + status),
                text(fields, "correction", "see the node's log: journalctl -u etherbay"));
    }

    private static String text(Map<?, ?> fields, String key, String otherwise) {
        return fields.get(key) instanceof String text ? EtherbayException.shown(text) : otherwise;
    }
}
