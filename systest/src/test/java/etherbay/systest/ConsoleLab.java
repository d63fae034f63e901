// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import com.sun.net.httpserver.HttpServer;

import etherbay.admin.Administration;
import etherbay.admin.Role;
import etherbay.admin.http.ApiServer;
import etherbay.admin.http.ApiSettings;
import etherbay.admin.http.Tokens;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The real server over a {@link ConsoleNode}, and a second port on which a test in the browser's
 * process says what happens to that node: {@code POST /fail}, and {@code GET /asked}.
 */
final class ConsoleLab implements AutoCloseable {
    private final ConsoleNode node;
    private final Administration parts;
    private final ApiSettings settings;
    private final HttpServer control;

    /** One thread: who mutes the node lets it speak again. */
    private final ExecutorService voice = Executors.newSingleThreadExecutor();

    private final String token;
    private final String viewer;
    private ApiServer server;
    private int port;

    ConsoleLab(Path folder) throws IOException {
        node = new ConsoleNode(Path.of("state"));
        parts = Administration.open(
                node, folder.resolve("state"), node, () -> {}, System.err::println);
        parts.tasks().register(node.moves());
        Path tokens = folder.resolve("tokens");
        token = new Tokens(tokens).create("console", Role.ADMIN);
        viewer = new Tokens(tokens).create("looker", Role.VIEWER);
        settings = ApiSettings.unix(folder.resolve("api.sock"), tokens);
        server = start();
        port = server.tcpPort();
        parts.watch().look();
        parts.watch().start();
        control = HttpServer.create(loopback(0), 0);
        control.setExecutor(voice);
        control.createContext("/", exchange -> {
            String said = answer(exchange.getRequestURI().getPath().substring(1));
            byte[] bytes = said.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
            try (var body = exchange.getResponseBody()) {
                body.write(bytes);
            }
        });
        control.start();
    }

    private ApiServer start() {
        return ApiServer.start(settings.withTcp(loopback(port), Optional.empty()), parts);
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private String answer(String what) {
        switch (what) {
            case "asked" -> {
                return String.join("\n", node.asked);
            }
            case "audit" -> {
                return parts.audit().latest(20).toString();
            }
            case "look" -> parts.watch().look(); // what changes next is another change
            case "down" -> server.close();
            case "up" -> server = start();
            default -> node.become(what);
        }
        return "";
    }

    /** Where the console is. */
    String address() {
        return "http://127.0.0.1:%d/console/".formatted(port);
    }

    /** Where the node is told what becomes of it. */
    String controlAddress() {
        return "http://127.0.0.1:%d/".formatted(control.getAddress().getPort());
    }

    String token() {
        return token;
    }

    /** Of one who may only look. */
    String viewer() {
        return viewer;
    }

    @Override
    public void close() {
        control.stop(0);
        voice.shutdownNow();
        server.close();
        parts.close();
    }

    /** Serves until it is ended, for a look by hand. */
    public static void main(String[] arguments) throws Exception {
        try (ConsoleLab lab = new ConsoleLab(Path.of(arguments[0]))) {
            System.out.println(String.join(
                    " ", lab.address(), lab.token(), lab.controlAddress(), lab.viewer()));
            Thread.currentThread().join();
        }
    }
}
