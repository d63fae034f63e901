// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.AuditLog;
import etherbay.admin.Caller;
import etherbay.admin.PeerSpec;
import etherbay.admin.Peers;
import etherbay.admin.Role;
import etherbay.base.EtherbayException;

import jdk.net.ExtendedSocketOptions;

import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Who asks. Whoever could open the Unix socket is an admin, by the name of the user at its other
 * end; over TCP a bearer token says it, or the certificate of a node, and nothing else does: there
 * are no cookies, so no page of another site can ask in somebody's name.
 */
final class Gate {
    private static final String BEARER = "Bearer ";
    private static final int TOKEN_LENGTH_MAX = 256;

    private final Tokens tokens;
    private final Peers peers;
    private final AtomicLong refusedCount = new AtomicLong();

    Gate(Tokens tokens, Peers peers) {
        this.tokens = tokens;
        this.peers = peers;
    }

    /** The caller; empty when it is not known: {@link #whyUnknown} says why. */
    Optional<Caller> caller(Request request) {
        String reason = reason(request);
        if (isByUnixSocket(request)) {
            return Optional.of(new Caller(peer(request), Role.ADMIN, "unix", reason));
        }
        String from = Request.getRemoteAddr(request);
        Optional<Caller> caller = hasToken(request)
                ? token(request)
                        .flatMap(tokens::find)
                        .map(holder -> new Caller(holder.name(), holder.role(), from, reason))
                : node(request).map(peer -> Caller.node(peer.name(), from, reason));
        if (caller.isEmpty()) {
            refusedCount.incrementAndGet();
        }
        return caller;
    }

    /** Whoever sends one is who it says, or nobody. */
    private static boolean hasToken(Request request) {
        return request.getHeaders().contains("Authorization");
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

    /** The node at the other end, by its certificate. TLS has seen that it has the key. */
    private Optional<PeerSpec> node(Request request) {
        return shown(request)
                .flatMap(peers::holder)
                .filter(peer -> peers.complaint(peer).isEmpty());
    }

    private static Optional<X509Certificate> shown(Request request) {
        EndPoint.SslSessionData tls =
                request.getConnectionMetaData().getConnection().getEndPoint().getSslSessionData();
        X509Certificate[] chain = tls == null ? null : tls.peerCertificates();
        return chain == null || chain.length == 0 ? Optional.empty() : Optional.of(chain[0]);
    }

    /** Why the caller is not known, and what to do: cause and correction. */
    Unknown whyUnknown(Request request) {
        Optional<X509Certificate> shown = shown(request);
        if (hasToken(request) || shown.isEmpty()) {
            return new Unknown(
                    "there is no token with the request, or one that is not in the node's file",
                    "send Authorization: Bearer TOKEN; an admin makes one: etherbay token create"
                            + " NAME");
        }
        return shown.flatMap(peers::holder)
                .map(peer -> new Unknown(
                        "it is node %s, and %s".formatted(peer.name(), peers.complaint(peer)),
                        "make another there: etherbay node certificate; and copy it to the others"))
                .orElse(new Unknown(
                        "its certificate is none of [nodes] in the settings of " + peers.ownName(),
                        "copy it there, and name it in a table [nodes.NAME]"));
    }

    /** Of a caller who is not let in. */
    record Unknown(String cause, String correction) {}

    /** Tells, also when the request is over, whether who made it would be let in now. */
    BooleanSupplier standing(Request request) {
        if (isByUnixSocket(request)) {
            return () -> true;
        }
        if (!hasToken(request)) {
            return () -> node(request).isPresent();
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
