// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.Doorkeeper;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.NbdExport;
import etherbay.nbd.NbdServer;
import etherbay.nbd.NbdTls;
import etherbay.nbd.TlsMode;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One device served over NBD: what {@code etherbay nbd serve} and whatever else has a device and
 * the option {@code --nbd} begin. On the device's loop, or before that runs.
 */
public final class NbdFront implements AutoCloseable {
    /**
     * How a person wants it.
     *
     * @param name of the export; clients that name none get it too
     * @param tlsFolder the certificates, as QEMU lays them out
     */
    public record Options(
            NbdAddress address,
            String name,
            boolean readOnly,
            TlsMode tls,
            Optional<Path> tlsFolder) {
        public Options {
            if (tls != TlsMode.OFF && tlsFolder.isEmpty()) {
                throw new EtherbayException(
                        ErrorCode.USAGE,
                        "TLS without certificates",
                        "`--tls` says that clients may or must encrypt, and nothing says with what",
                        "add --tls-dir DIR with server-cert.pem and server-key.pem in it");
            }
        }
    }

    private final NbdServer server;

    private NbdFront(NbdServer server) {
        this.server = server;
    }

    /**
     * Listens, and serves as soon as the loop turns; its socket ends with it.
     *
     * @param device which the caller closes, some time after this
     * @param description for people: what it is
     * @throws EtherbayException where it cannot listen, or has no certificates
     */
    public static NbdFront serve(
            Loop loop, BlockDevice device, String description, Options options, Counters counters) {
        NbdExport export = new NbdExport(options.name(), description, device, options.readOnly());
        return serve(loop, export, options, counters, Doorkeeper.NOBODY);
    }

    /** The same with somebody who may keep its socket. */
    static NbdFront serve(
            Loop loop, NbdExport export, Options options, Counters counters, Doorkeeper keeper) {
        NbdTls tls = options.tlsFolder()
                .map(folder -> NbdTls.ofFolder(options.tls(), folder))
                .orElseGet(NbdTls::off);
        NbdServer server = NbdServer.open(
                NbdServer.Settings.of(options.address(), tls, keeper),
                loop,
                List.of(export),
                counters);
        server.attach();
        return new NbdFront(server);
    }

    /** Where it listens, with the port that the system chose. */
    public NbdAddress address() {
        return server.address();
    }

    /** No client is served any more; on the loop. What is under way ends at the device. */
    @Override
    public void close() {
        server.close();
    }
}
