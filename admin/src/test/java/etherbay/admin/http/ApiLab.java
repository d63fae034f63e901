// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.Administration;
import etherbay.admin.FakeNode;
import etherbay.admin.Role;
import etherbay.admin.TaskKind;
import etherbay.admin.TaskRun;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A server over a node that is made up, and requests as raw as one likes. */
final class ApiLab implements AutoCloseable {
    private final FakeNode node = new FakeNode();
    private final Path folder;
    private final Administration parts;
    private final ApiServer server;
    private final Tokens tokens;

    ApiLab(Path folder) {
        this.folder = folder;
        parts = Administration.open(node, folder.resolve("state"), node, () -> {}, line -> {});
        tokens = new Tokens(folder.resolve("tokens"));
        server = ApiServer.start(
                ApiSettings.unix(socket(), folder.resolve("tokens"))
                        .withTcp(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                Optional.empty()),
                parts);
        parts.watch().look();
    }

    FakeNode node() {
        return node;
    }

    Administration parts() {
        return parts;
    }

    ApiServer server() {
        return server;
    }

    Path socket() {
        return folder.resolve("api.sock");
    }

    String token(Role role) {
        return tokens.create("test-" + role.name(), role);
    }

    /** Lets time pass in looks of half a second, so that once a second comes once. */
    void turn(long ms) {
        for (long passed = 0; passed < Math.max(ms, 1000); passed += 500) {
            node.nowMs.addAndGet(500);
            parts.watch().look();
        }
    }

    /** Begins a task that fails, and waits for its end. */
    void failTask(String kind, String object) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        parts.tasks().register(new FailingKind(kind));
        parts.tasks().listen(task -> {
            if (task.endedMs() > 0) {
                ended.countDown();
            }
        });
        assertThat(parts.tasks().begin(kind, object, Map.of(), "eva").state()).isNotBlank();
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }

    /** What a node with guests does besides, done at once. */
    void registerGuestTasks() {
        for (String kind : List.of("guest-create", "guest-migrate")) {
            parts.tasks().register(new DoneKind(kind));
        }
    }

    private record DoneKind(String name) implements TaskKind {
        @Override
        public void run(TaskRun run) {
            run.log(run.arguments().toString());
        }
    }

    private record FailingKind(String name) implements TaskKind {
        @Override
        public void run(TaskRun run) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND, "it is gone", "somebody took it", "look");
        }
    }

    RawAnswer unix(String method, String path, String body, String... headers) throws IOException {
        return ask(UnixDomainSocketAddress.of(socket()), request(method, path, body, headers));
    }

    RawAnswer tcp(String method, String path, String body, String token, String... headers)
            throws IOException {
        String request = request(method, path, body, headers);
        if (!token.isEmpty()) {
            request = request.replaceFirst("\r\n", "\r\nAuthorization: Bearer " + token + "\r\n");
        }
        return ask(tcpAddress(), request);
    }

    SocketAddress tcpAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.tcpPort());
    }

    static String request(String method, String path, String body, String... headers) {
        StringBuilder text =
                new StringBuilder("%s %s HTTP/1.1\r\nHost: localhost\r\n".formatted(method, path));
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return text.append("Connection: close\r\nContent-Length: ")
                .append(body.length())
                .append("\r\n\r\n")
                .append(body)
                .toString();
    }

    /** Sends letters as one byte each, and reads until the other side closes. */
    static RawAnswer ask(SocketAddress where, String request) throws IOException {
        return ask(where, request.getBytes(StandardCharsets.ISO_8859_1));
    }

    static RawAnswer ask(SocketAddress where, byte[] request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(where)) {
            ByteBuffer out = ByteBuffer.wrap(request);
            try {
                while (out.hasRemaining()) {
                    channel.write(out);
                }
            } catch (IOException refused) {
                // what it answered may still be read
            }
            return RawAnswer.parse(readAll(channel));
        }
    }

    private static byte[] readAll(SocketChannel channel) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer in = ByteBuffer.allocate(64 << 10);
        try {
            while (channel.read(in) >= 0) {
                all.write(in.array(), 0, in.position());
                in.clear();
            }
        } catch (IOException reset) {
            return all.toByteArray(); // closed with bytes of ours unread
        }
        return all.toByteArray();
    }

    @Override
    public void close() {
        server.close();
        parts.close();
    }
}
