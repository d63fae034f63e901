// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** The TLS of a server: a mode, and certificates where it needs them. Any thread. */
public final class NbdTls {
    private final TlsMode mode;
    private final @Nullable SSLContext context;
    private final boolean verifiesClients;

    private NbdTls(TlsMode mode, @Nullable SSLContext context, boolean verifiesClients) {
        this.mode = mode;
        this.context = context;
        this.verifiesClients = verifiesClients;
    }

    public static NbdTls off() {
        return new NbdTls(TlsMode.OFF, null, false);
    }

    /**
     * Reads {@code server-cert.pem}, {@code server-key.pem} and, to verify clients, {@code
     * ca-cert.pem}: the layout of QEMU's {@code tls-creds-x509} and nbdkit's {@code
     * --tls-certificates}.
     *
     * @throws etherbay.base.EtherbayException for what is missing or cannot be read
     */
    public static NbdTls ofFolder(TlsMode mode, Path folder) {
        if (mode == TlsMode.OFF) {
            return off();
        }
        TlsFolder files = new TlsFolder(folder);
        return new NbdTls(mode, files.serverContext(), files.hasAuthority());
    }

    TlsMode mode() {
        return mode;
    }

    SSLEngine serverEngine() {
        SSLContext present = context;
        Check.that(present != null, "TLS begins only where there is some");
        SSLEngine engine = present.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(verifiesClients);
        return engine;
    }
}
