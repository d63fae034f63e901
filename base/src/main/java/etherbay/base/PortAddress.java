// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where a port is plugged in, as a person writes it: a NIC ({@code eth0}), or {@code unix:PATH} for
 * a segment that needs no privileges. {@code toString()} gives what was written.
 */
public sealed interface PortAddress {
    /** What an address of a segment begins with. */
    String UNIX_PREFIX = "unix:";

    /** Longest path of a socket: {@code sun_path} of unix(7) less its final zero. */
    int SOCKET_PATH_BYTES_MAX = 107;

    /** Longest name of a NIC: {@code IFNAMSIZ} of netdevice(7) less its final zero. */
    int NIC_NAME_BYTES_MAX = 15;

    /** A network interface of this machine. */
    record Nic(String name) implements PortAddress {
        @Override
        public String toString() {
            return name;
        }
    }

    /** The socket of a segment: {@code etherbay segment run unix:PATH}. */
    record UnixSocket(Path path) implements PortAddress {
        @Override
        public String toString() {
            return UNIX_PREFIX + path;
        }
    }

    /**
     * Reads an interface argument. Says nothing about whether the interface exists.
     *
     * @throws EtherbayException INVALID for what can be neither
     */
    static PortAddress parse(String text) {
        return text.startsWith(UNIX_PREFIX) ? parseUnix(text) : parseNic(text);
    }

    /**
     * Reads {@code unix:PATH}.
     *
     * @throws EtherbayException INVALID for anything else, a NIC too
     */
    static UnixSocket parseUnix(String text) {
        String path = text.startsWith(UNIX_PREFIX) ? text.substring(UNIX_PREFIX.length()) : "";
        if (path.isEmpty()) {
            throw invalid(
                    "`" + EtherbayException.shown(text) + "` is no segment",
                    "a segment is named by its socket",
                    "write unix:PATH, as unix:/tmp/segment.sock");
        }
        int bytes = path.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > SOCKET_PATH_BYTES_MAX) {
            throw invalid(
                    "the path of `" + EtherbayException.shown(text) + "` is too long",
                    "it has %d bytes, a socket's may have %d"
                            .formatted(bytes, SOCKET_PATH_BYTES_MAX),
                    "put the socket into a folder with a shorter name, as /run or /tmp");
        }
        try {
            return new UnixSocket(Path.of(path));
        } catch (InvalidPathException cause) {
            throw invalid(
                    "`" + EtherbayException.shown(text) + "` is no segment",
                    "its path is none: " + cause.getReason(),
                    "write unix:PATH, as unix:/tmp/segment.sock");
        }
    }

    private static Nic parseNic(String text) {
        String why = nicRefusal(text);
        if (!why.isEmpty()) {
            throw invalid(
                    "`" + EtherbayException.shown(text) + "` is no network interface",
                    why,
                    "name a NIC (`ip link` shows them), or write unix:PATH for a segment");
        }
        return new Nic(text);
    }

    /** The rules of the kernel's dev_valid_name. */
    private static String nicRefusal(String name) {
        if (name.isEmpty() || ".".equals(name) || "..".equals(name)) {
            return "no interface has such a name";
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > NIC_NAME_BYTES_MAX) {
            return "names of interfaces have at most " + NIC_NAME_BYTES_MAX + " bytes";
        }
        return name.chars().allMatch(PortAddress::isNicLetter)
                ? ""
                : "names of interfaces have no '/', ':' or spaces";
    }

    /** Whether it may stand in the name of a NIC. */
    static boolean isNicLetter(int letter) {
        return letter != '/' && letter != ':' && letter > ' ';
    }

    private static EtherbayException invalid(String message, String why, String correction) {
        return new EtherbayException(ErrorCode.INVALID, message, why, correction);
    }
}
