// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.AuditLog;
import etherbay.admin.Caller;
import etherbay.admin.Role;
import etherbay.base.EtherbayException;

import jdk.net.ExtendedSocketOptions;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Who asks. Whoever could open the Unix socket is an admin, by the name of the user at its other
 * end; over TCP a bearer token says it, and nothing else does: there are no cookies, so no page of
 * another site can ask in somebody's name.
 */
final class Gate {
    private static final String BEARER = "Bearer ";
    private static final int TOKEN_LENGTH_MAX = 256;

    private final Tokens tokens;
    private final AtomicLong refusedCount = new AtomicLong();

    Gate(Tokens tokens) {
        this.tokens = tokens;
    }

    /** The caller; empty when a token is needed and there is none, or a wrong one. */
    Optional<Caller> caller(Request request) {
        String reason = reason(request);
        if (isByUnixSocket(request)) {
            return Optional.of(new Caller(peer(request), Role.ADMIN, "unix", reason));
        }
        Optional<Caller> caller = token(request)
                .flatMap(tokens::find)
                .map(holder -> new Caller(
                        holder.name(), holder.role(), Request.getRemoteAddr(request), reason));
        if (caller.isEmpty()) {
            refusedCount.incrementAndGet();
        }
        return caller;
    }

    private static Optional<String> token(Request request) {
        String header = request.getHeaders().get("Authorization");
        if (header != null
                && header.length() <= TOKEN_LENGTH_MAX
                && header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(header.substring(BEARER.length()).strip());
        }
        return Optional.empty();
    }

    /** Tells, also when the request is over, whether who made it would be let in now. */
    BooleanSupplier standing(Request request) {
        if (isByUnixSocket(request)) {
            return () -> true;
        }
        Optional<String> digest = token(request).map(AuditLog::digest);
        return () -> digest.flatMap(tokens::withDigest).isPresent();
    }

    /** Requests that came without a token that is known. */
    long refusedCount() {
        return refusedCount.get();
    }

    static boolean isByUnixSocket(Request request) {
        return request.getConnectionMetaData().getConnector() instanceof UnixDomainServerConnector;
    }

    private static String reason(Request request) {
        String reason = request.getHeaders().get("Etherbay-Reason");
        if (reason == null) {
            return "";
        }
        int length = Math.min(reason.length(), ApiLimits.REASON_LENGTH_MAX);
        return EtherbayException.shown(reason.substring(0, length));
    }

    private static String peer(Request request) {
        Object transport =
                request.getConnectionMetaData().getConnection().getEndPoint().getTransport();
        if (transport instanceof SocketChannel channel) {
            try {
                return channel.getOption(ExtendedSocketOptions.SO_PEERCRED)
                        .user()
                        .getName();
            } catch (IOException | UnsupportedOperationException unknown) {
                return "unknown";
            }
        }
        return "unknown";
    }
}
