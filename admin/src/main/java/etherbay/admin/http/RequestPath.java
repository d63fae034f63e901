// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The path of a request in plain words. Whatever is ambiguous is none. */
final class RequestPath {
    /** A name of anything here, as it may stand in a path once decoded; a volume has a slash. */
    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._:@+/-]{1,128}");

    private RequestPath() {}

    /**
     * The decoded segments; empty for a path that goes up, holds other letters than names have, or
     * is too long. One slash at the end says nothing.
     */
    static Optional<List<String>> segments(HttpURI uri) {
        String path = uri.getPath();
        if (path == null || !path.startsWith("/") || path.length() > ApiLimits.PATH_LENGTH_MAX) {
            return Optional.empty();
        }
        String inner = path.substring(
                1, path.endsWith("/") ? Math.max(1, path.length() - 1) : path.length());
        List<String> segments = new ArrayList<>();
        if (inner.isEmpty()) {
            return Optional.of(segments);
        }
        for (String raw : inner.split("/", -1)) {
            String segment = decoded(raw);
            if (!SEGMENT.matcher(segment).matches()
                    || segment.equals(".")
                    || segment.contains("..")) {
                return Optional.empty();
            }
            segments.add(segment);
        }
        return Optional.of(segments);
    }

    /** Nothing for what is wrongly encoded; a plus sign is itself. */
    private static String decoded(String raw) {
        try {
            return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException wrong) {
            return "";
        }
    }

    /** The parameters of the query. */
    static Fields query(Request request) {
        try {
            return Request.extractQueryParameters(request);
        } catch (IllegalArgumentException | IllegalStateException wrong) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the query of the address cannot be read",
                    "it is wrongly encoded",
                    "write KEY=VALUE, joined by &");
        }
    }
}
