// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Peers;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the API listens.
 *
 * @param socket of the Unix socket; who may open it is an admin
 * @param tcp where else, if anywhere; needs {@code tls} unless the address is this machine's own
 * @param tls certificate and key
 * @param tokens the file that says who may ask over TCP: {@link Tokens}
 * @param peers the nodes that are known by their certificates
 */
public record ApiSettings(
        Path socket, Optional<InetSocketAddress> tcp, Optional<Tls> tls, Path tokens, Peers peers) {

    /** Only the Unix socket. */
    public static ApiSettings unix(Path socket, Path tokens) {
        return new ApiSettings(socket, Optional.empty(), Optional.empty(), tokens, Peers.NONE);
    }

    /** With TCP besides. */
    public ApiSettings withTcp(InetSocketAddress address, Optional<Tls> certificate) {
        return new ApiSettings(socket, Optional.of(address), certificate, tokens, peers);
    }

    /** With other nodes that may ask, over TCP with TLS. */
    public ApiSettings withPeers(Peers others) {
        return new ApiSettings(socket, tcp, tls, tokens, others);
    }

    /**
     * Files that the server shows itself by.
     *
     * @param certificate a chain in PEM, the server's own first; or a PKCS12 store ({@code .p12}),
     *     which holds the key as well
     * @param key in PEM (PKCS#8); for a PKCS12 store the file that holds its password on one line
     */
    public record Tls(Path certificate, Path key) {}
}
