// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.PeerSpec;
import etherbay.admin.Peers;

import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CRL;
import java.security.cert.X509Certificate;
import java.util.Collection;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS of a server that asks for a certificate while it knows other nodes, and gets on without one.
 * TLS itself lets every certificate pass whose key the other side has; whose it is, {@link Gate}
 * says with each request, so that what is listed can change, and who is not known is told so.
 */
final class NodesWelcome extends SslContextFactory.Server {
    private final Peers peers;

    NodesWelcome(Peers peers) {
        this.peers = peers;
    }

    @Override
    public SSLParameters customize(SSLParameters parameters) {
        SSLParameters customized = super.customize(parameters);
        customized.setWantClientAuth(!peers.all().isEmpty());
        return customized;
    }

    @Override
    protected TrustManager[] getTrustManagers(
            @Nullable KeyStore store, @Nullable Collection<? extends CRL> lists) {
        return new TrustManager[] {new AnyKeyHolder()};
    }

    /** Names the nodes as who may ask, so that browsers offer no other certificate. */
    private final class AnyKeyHolder extends X509ExtendedTrustManager {
        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return peers.all().stream()
                    .map(PeerSpec::certificate)
                    .map(certificate -> certificate.x509())
                    .toArray(X509Certificate[]::new);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // the gate looks at it
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
            // the gate looks at it
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            // the gate looks at it
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            throw new IllegalStateException("a server asks no server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            throw new IllegalStateException("a server asks no server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            throw new IllegalStateException("a server asks no server");
        }
    }
}
