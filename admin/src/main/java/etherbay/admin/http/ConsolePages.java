// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pages of the console, for anybody: they hold nothing of the node, and ask for it with a
 * token. A browser asks each time whether they are still the same.
 */
final class ConsolePages {
    private final StaticFiles files;

    ConsolePages(StaticFiles files) {
        this.files = files;
    }

    static boolean isOurs(List<String> segments) {
        return segments.isEmpty() || segments.getFirst().equals("console");
    }

    void answer(List<String> segments, Request request, Response response, Callback callback) {
        if (!request.getMethod().equals("GET") && !request.getMethod().equals("HEAD")) {
            response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
            ApiHandler.write(
                    request,
                    response,
                    callback,
                    Failures.reply(
                            405,
                            ErrorCode.INVALID,
                            "a page is not asked with that method",
                            "it knows GET and HEAD",
                            "ask it with GET"));
            return;
        }
        boolean needsSlash = segments.isEmpty()
                || (segments.size() == 1 && !request.getHttpURI().getPath().endsWith("/"));
        if (needsSlash) {
            redirect(request, response, callback);
            return;
        }
        String path = String.join("/", segments.subList(1, segments.size()));
        Optional<StaticFiles.StaticFile> file = files.find(path);
        if (file.isPresent()) {
            answer(file.get(), request, response, callback);
        } else {
            ApiHandler.write(
                    request,
                    response,
                    callback,
                    Failures.reply(
                            404,
                            ErrorCode.NOT_FOUND,
                            "the console has no such page",
                            "no file is called so",
                            "begin at /console/"));
        }
    }

    private static void redirect(Request request, Response response, Callback callback) {
        ApiHandler.write(
                request,
                response,
                callback,
                new Reply.Whole(302, "text/plain", new byte[0], Map.of("Location", "/console/")));
    }

    private static void answer(
            StaticFiles.StaticFile file, Request request, Response response, Callback callback) {
        boolean isPacked = request.getHeaders().contains(HttpHeader.ACCEPT_ENCODING, "gzip")
                && file.packed().length < file.plain().length;
        String tag = file.tag(isPacked);
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.ETAG, tag);
        headers.put(HttpHeader.CACHE_CONTROL, "no-cache");
        headers.put(HttpHeader.VARY, "Accept-Encoding");
        String known = request.getHeaders().get(HttpHeader.IF_NONE_MATCH);
        if (known != null && List.of(known.split("\\s*,\\s*")).contains(tag)) {
            response.setStatus(304);
            response.write(true, ByteBuffer.allocate(0), callback);
            return;
        }
        Map<String, String> packing = isPacked ? Map.of("Content-Encoding", "gzip") : Map.of();
        byte[] body = isPacked ? file.packed() : file.plain();
        ApiHandler.write(
                request,
                response,
                callback,
                new Reply.Whole(200, file.contentType(), body, packing));
    }
}
