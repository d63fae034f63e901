// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.PortAddress;

import java.nio.file.Path;

/** Where a server listens, as a person writes it: {@code unix:PATH} or {@code tcp:HOST:PORT}. */
public sealed interface NbdAddress {
    /** What IANA assigned to NBD. */
    int PORT_DEFAULT = 10809;

    String TCP_PREFIX = "tcp:";

    /** A socket in the file system. */
    record Unix(Path path) implements NbdAddress {
        @Override
        public String toString() {
            return PortAddress.UNIX_PREFIX + path;
        }
    }

    /**
     * A name or address of this machine, and a port; 0 lets the system choose.
     *
     * @param host without the brackets of an IPv6 address
     */
    record Tcp(String host, int port) implements NbdAddress {
        @Override
        public String toString() {
            return TCP_PREFIX + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * Reads an address.
     *
     * @throws EtherbayException INVALID for what is none
     */
    static NbdAddress parse(String text) {
        if (text.startsWith(PortAddress.UNIX_PREFIX)) {
            return new Unix(PortAddress.parseUnix(text).path());
        }
        if (!text.startsWith(TCP_PREFIX)) {
            throw invalid(text, "it begins with neither `unix:` nor `tcp:`");
        }
        String rest = text.substring(TCP_PREFIX.length());
        int colon = rest.endsWith("]") ? -1 : rest.lastIndexOf(':');
        String host = colon < 0 ? rest : rest.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty()) {
            throw invalid(text, "it names no host");
        }
        return new Tcp(host, colon < 0 ? PORT_DEFAULT : port(text, rest.substring(colon + 1)));
    }

    private static int port(String text, String digits) {
        if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > 0xffff) {
            throw invalid(text, "`" + digits + "` is no port: it has to lie between 0 and 65535");
        }
        return Integer.parseInt(digits);
    }

    private static EtherbayException invalid(String text, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no address for an NBD server",
                why,
                "write unix:PATH or tcp:HOST:PORT, as tcp:127.0.0.1:10809");
    }
}
