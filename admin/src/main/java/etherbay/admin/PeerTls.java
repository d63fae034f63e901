// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Clock;

import org.jspecify.annotations.Nullable;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;

import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** TLS to one node: it has to show its pinned certificate, and is shown ours. */
final class PeerTls {
    private PeerTls() {}

    /** The node shows a certificate that is not the one of the settings. */
    static final class AnotherCertificate extends CertificateException {
        AnotherCertificate(String why) {
            super(why);
        }
    }

    /** The certificate of the settings is not good now. */
    static final class EndedCertificate extends CertificateException {
        EndedCertificate(String why) {
            super(why);
        }
    }

    static SSLContext context(TlsIdentity own, NodeCertificate pinned, Clock clock)
            throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                new KeyManager[] {new Ours(keyManager(own))},
                new TrustManager[] {new Pinned(pinned, clock)},
                null);
        return context;
    }

    private static X509ExtendedKeyManager keyManager(TlsIdentity own)
            throws GeneralSecurityException {
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore store = own.store();
        factory.init(store, own.password().toCharArray());
        for (KeyManager manager : factory.getKeyManagers()) {
            if (manager instanceof X509ExtendedKeyManager extended) {
                return extended;
            }
        }
        throw new GeneralSecurityException("this Java knows no keys of X.509");
    }

    /**
     * Trusts one certificate, whatever names stand in it. An extended one, so that nobody compares
     * host names besides.
     */
    private static final class Pinned extends X509ExtendedTrustManager {
        private final NodeCertificate pinned;
        private final Clock clock;

        Pinned(NodeCertificate pinned, Clock clock) {
            this.pinned = pinned;
            this.clock = clock;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            if (chain.length == 0 || !pinned.isShownBy(chain[0])) {
                throw new AnotherCertificate(
                        chain.length == 0
                                ? "it shows none"
                                : "it shows one with SHA-256 "
                                        + NodeCertificate.fingerprint(chain[0]));
            }
            String complaint = pinned.complaint(clock.wallMillis());
            if (!complaint.isEmpty()) {
                throw new EndedCertificate(complaint);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("nobody is served here");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /**
     * Shows our certificate whoever the server says should have signed it: a node that does not
     * know it then says so.
     */
    private static final class Ours extends X509ExtendedKeyManager {
        private final X509ExtendedKeyManager keys;

        Ours(X509ExtendedKeyManager keys) {
            this.keys = keys;
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] types, Principal @Nullable [] issuers, SSLEngine engine) {
            return keys.chooseEngineClientAlias(types, null, engine);
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] types, Principal @Nullable [] issuers, Socket socket) {
            return keys.chooseClientAlias(types, null, socket);
        }

        @Override
        public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
            return keys.getClientAliases(type, null);
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(
                String type, Principal @Nullable [] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return keys.getCertificateChain(alias);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return keys.getPrivateKey(alias);
        }
    }
}
