// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;

import javax.net.ssl.SSLException;

/** Requests to another node; what keeps them from it is said in the words of the settings. */
final class PeerTransport implements ApiTransport {
    private final PeerSpec peer;
    private final TcpTransport tcp;

    PeerTransport(PeerSpec peer, TcpTransport tcp) {
        this.peer = peer;
        this.tcp = tcp;
    }

    @Override
    public Response send(Request request, boolean bounded) throws IOException {
        return tcp.send(request, bounded);
    }

    @Override
    public EtherbayException unavailable(IOException cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            switch (at) {
                case PeerTls.AnotherCertificate another -> {
                    return another(another);
                }
                case PeerTls.EndedCertificate ended -> {
                    return new EtherbayException(
                            ErrorCode.DEVIATES,
                            "the certificate of node %s is not good now".formatted(peer.name()),
                            String.valueOf(ended.getMessage()),
                            "look at the clocks of both; make another there (etherbay node"
                                    + " certificate), and copy it to " + peer.file());
                }
                default -> {}
            }
        }
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "node %s does not answer at %s".formatted(peer.name(), peer.address()),
                why(cause),
                correction(cause));
    }

    private EtherbayException another(PeerTls.AnotherCertificate shown) {
        return new EtherbayException(
                ErrorCode.DEVIATES,
                "node %s at %s shows another certificate than %s"
                        .formatted(peer.name(), peer.address(), peer.file()),
                "%s; expected is %s"
                        .formatted(shown.getMessage(), peer.certificate().fingerprint()),
                "see that the address is the right one; if its certificate is a new one, copy it"
                        + " to " + peer.file());
    }

    private static String why(IOException cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            switch (at) {
                case UnresolvedAddressException _ -> {
                    return "no address is known for that name";
                }
                case UnknownHostException _ -> {
                    return "no address is known for that name";
                }
                case HttpTimeoutException late -> {
                    return EtherbayException.shown(String.valueOf(late.getMessage()));
                }
                case SSLException tls -> {
                    return "no TLS came about: "
                            + EtherbayException.shown(String.valueOf(tls.getMessage()));
                }
                case ConnectException refused
                when refused.getMessage() != null -> {
                    return EtherbayException.shown(String.valueOf(refused.getMessage()));
                }
                default -> {}
            }
        }
        String message = cause.getMessage();
        return message == null
                ? "the connection was refused, or ended"
                : EtherbayException.shown(message);
    }

    private String correction(IOException cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof SSLException) {
                return "see that its [api] has a certificate, and that the port is that of its"
                        + " listen";
            }
        }
        return "see whether its daemon runs and listens there: [api] listen of " + peer.name()
                + "; and a firewall between";
    }
}
