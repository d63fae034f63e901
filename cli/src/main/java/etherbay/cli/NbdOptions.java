// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.NbdFront;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.Optional;

/** The options of every command that serves a disk over NBD: a picocli mixin. */
final class NbdOptions {
    @Option(
            names = "--nbd",
            paramLabel = "ADDRESS",
            description = "serve over NBD at unix:PATH or tcp:HOST:PORT")
    private @Nullable String address;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "of the NBD export (default: the empty name)")
    private String name = "";

    @Option(
            names = "--tls",
            paramLabel = "MODE",
            description = "off, allow or require: whether NBD clients encrypt (default off)")
    private TlsMode tls = TlsMode.OFF;

    @Option(
            names = "--tls-dir",
            paramLabel = "DIR",
            description = "server-cert.pem, server-key.pem, and ca-cert.pem to verify clients")
    private @Nullable Path tlsFolder;

    /** Whether something was said about a front that there is none of without {@code --nbd}. */
    boolean isIncomplete() {
        return address == null && (!name.isEmpty() || tls != TlsMode.OFF || tlsFolder != null);
    }

    /** What was asked for; empty without {@code --nbd}. */
    Optional<NbdFront.Options> front(boolean readOnly) {
        return Optional.ofNullable(address)
                .map(NbdAddress::parse)
                .map(at -> new NbdFront.Options(
                        at, name, readOnly, tls, Optional.ofNullable(tlsFolder)));
    }
}
