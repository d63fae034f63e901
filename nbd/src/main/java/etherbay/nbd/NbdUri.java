// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where an export is, as people write it (the NBD project's doc/uri.md): {@code
 * nbd://HOST[:PORT]/NAME} or {@code nbd+unix:///NAME?socket=PATH}.
 *
 * @param server the address to connect to
 * @param name of the export; empty for the server's default
 */
public record NbdUri(NbdAddress server, String name) {
    private static final String SOCKET = "socket=";

    /** Whether it looks like the address of an NBD server, well-formed or not. */
    public static boolean isOne(String text) {
        return text.matches("(?s)nbds?(\\+\\w+)?:.*");
    }

    /**
     * Reads an address.
     *
     * @throws EtherbayException INVALID for what is none, or what we cannot speak
     */
    public static NbdUri parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException cause) {
            throw invalid(text, String.valueOf(cause.getReason()));
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme();
        return switch (scheme) {
            case "nbd+unix" -> unix(text, uri);
            case "nbd" -> tcp(text, uri);
            case "nbds", "nbds+unix" -> throw invalid(text, "we speak no TLS as a client");
            default -> throw invalid(text, "it begins with neither `nbd://` nor `nbd+unix://`");
        };
    }

    private static NbdUri unix(String text, URI uri) {
        String query = uri.getRawQuery() == null ? "" : uri.getRawQuery();
        if (uri.getHost() != null) {
            throw invalid(text, "a socket is on no host: there are three slashes");
        }
        if (!query.startsWith(SOCKET) || query.length() == SOCKET.length()) {
            throw invalid(text, "it names no socket");
        }
        if (query.contains("&")) {
            throw invalid(text, "nothing but `socket` is understood after the `?`");
        }
        String path = URLDecoder.decode(
                query.substring(SOCKET.length()).replace("+", "%2B"), StandardCharsets.UTF_8);
        NbdAddress server = NbdAddress.parse("unix:" + path);
        return new NbdUri(server, name(text, uri));
    }

    private static NbdUri tcp(String text, URI uri) {
        if (uri.getHost() == null || uri.getHost().isEmpty()) {
            throw invalid(text, "it names no host");
        }
        if (uri.getRawQuery() != null || uri.getUserInfo() != null) {
            throw invalid(text, "host, port and name are all that is understood");
        }
        String host = uri.getHost().replaceAll("[\\[\\]]", "");
        int port = uri.getPort() < 0 ? NbdAddress.PORT_DEFAULT : uri.getPort();
        if (port > 0xffff || port == 0) {
            throw invalid(text, "`" + port + "` is no port");
        }
        return new NbdUri(new NbdAddress.Tcp(host, port), name(text, uri));
    }

    private static String name(String text, URI uri) {
        String path = uri.getPath() == null ? "" : uri.getPath();
        String name = path.startsWith("/") ? path.substring(1) : path;
        if (name.getBytes(StandardCharsets.UTF_8).length > NbdWire.STRING_BYTES_MAX) {
            throw invalid(text, "the name of the export is too long");
        }
        return name;
    }

    private static EtherbayException invalid(String text, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no NBD address",
                why,
                "write nbd://HOST:PORT/NAME or nbd+unix:///NAME?socket=PATH");
    }

    /** As it is written. */
    @Override
    public String toString() {
        String export = encoded(name);
        return switch (server) {
            case NbdAddress.Unix(Path path) ->
                "nbd+unix:///" + export + "?socket=" + encoded(path.toString());
            case NbdAddress.Tcp tcp ->
                "nbd://" + tcp.toString().substring(NbdAddress.TCP_PREFIX.length()) + "/" + export;
        };
    }

    private static String encoded(String text) {
        StringBuilder out = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = (each >= 'a' && each <= 'z')
                    || (each >= 'A' && each <= 'Z')
                    || (each >= '0' && each <= '9')
                    || "-._~/".indexOf(each) >= 0;
            out.append(plain ? Character.toString(each) : "%%%02X".formatted(each & 0xff));
        }
        return out.toString();
    }
}
