// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the API of a node is, besides the Unix socket in its state folder.
 *
 * @param listen host and port, not resolved
 * @param certificate in PEM, with its chain; or a PKCS12 store
 * @param key of it in PEM; the password of the store
 * @param tokens who may ask over TCP; empty for {@code tokens} in the state folder
 */
public record ApiSpec(
        Optional<InetSocketAddress> listen,
        Optional<Path> certificate,
        Optional<Path> key,
        Optional<Path> tokens) {
    /** The Unix socket alone. */
    public static final ApiSpec NONE =
            new ApiSpec(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private static final Pattern HOST_AND_PORT =
            Pattern.compile("(\\[[0-9a-fA-F:]+]|[0-9A-Za-z.-]+):([0-9]{1,5})");
    private static final int PORT_MAX = 65_535;

    /** The Unix socket of the daemon that runs with that state folder. */
    public static Path socket(Path stateFolder) {
        return stateFolder.resolve("run").resolve("api.sock");
    }

    /** Who may ask over TCP, where the settings name no other file. */
    public static Path tokensIn(Path stateFolder) {
        return stateFolder.resolve("tokens");
    }

    /**
     * Reads {@code HOST:PORT}.
     *
     * @throws EtherbayException INVALID
     */
    public static InetSocketAddress address(String text) {
        Matcher parts = HOST_AND_PORT.matcher(text);
        if (!parts.matches() || Integer.parseInt(parts.group(2)) > PORT_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(text) + "` is nowhere to listen",
                    "it is a host or an address of this machine, a colon, and a port up to "
                            + PORT_MAX,
                    "write 127.0.0.1:8420 or [::]:8420");
        }
        String host = parts.group(1).replaceAll("[\\[\\]]", "");
        return InetSocketAddress.createUnresolved(host, Integer.parseInt(parts.group(2)));
    }

    /** {@code HOST:PORT} as {@link #address} reads it. */
    public static String text(InetSocketAddress address) {
        String host = address.getHostString();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }
}
