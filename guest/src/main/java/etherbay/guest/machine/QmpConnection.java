// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation with one QEMU by its machine protocol: a JSON object a line in either direction
 * (QEMU's {@code docs/interop/qmp-spec}). QEMU talks to one client at a time, others wait in its
 * backlog: so a connection is short. One thread; every call has an end in time.
 */
final class QmpConnection implements AutoCloseable {
    private static final int LINE_BYTES_MAX = 16 << 20;
    private static final int READ_BYTES = 1 << 16;
    private static final int EVENT_COUNT_MAX = 1000;
    private static final long RETRY_MS = 10;

    /** QEMU understood a command and does not do it. */
    static final class Refused extends EtherbayException {
        Refused(String command, String reason) {
            super(
                    ErrorCode.CONFLICT,
                    "QEMU refuses " + command,
                    EtherbayException.shown(reason),
                    "see how the guest is, and try again");
        }
    }

    private final SocketChannel channel;
    private final Selector selector;
    private final Duration timeout;
    private final ByteBuffer input = ByteBuffer.allocate(READ_BYTES).flip();
    private final List<QmpValue> events = new ArrayList<>();
    private long lastId;

    private QmpConnection(SocketChannel channel, Selector selector, Duration timeout) {
        this.channel = channel;
        this.selector = selector;
        this.timeout = timeout;
    }

    /**
     * Connects and agrees on capabilities.
     *
     * @param timeout of this and of each command
     * @throws IOException when nobody listens there, or who does is no QEMU
     * @throws EtherbayException UNAVAILABLE when it does not answer in time
     */
    static QmpConnection open(Path socket, Duration timeout) throws IOException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        SocketChannel channel = connected(socket, deadlineNs);
        Selector selector;
        try {
            selector = Selector.open();
        } catch (IOException failure) {
            channel.close();
            throw failure;
        }
        QmpConnection connection = new QmpConnection(channel, selector, timeout);
        boolean agreed = false;
        try {
            channel.register(selector, SelectionKey.OP_READ);
            QmpValue first = connection.read("the greeting", deadlineNs);
            while (first.at("event").isPresent()) {
                // Of who was connected before: QEMU takes it for that one until it greets.
                first = connection.read("the greeting", deadlineNs);
            }
            QmpValue greeting = first.at("QMP");
            if (!greeting.isPresent()) {
                throw new IOException("what listens at " + socket + " is no QEMU");
            }
            boolean outOfBand = greeting.at("capabilities").list().stream()
                    .anyMatch(each -> each.text().equals("oob"));
            connection.execute(
                    "qmp_capabilities", outOfBand ? Map.of("enable", List.of("oob")) : Map.of());
            agreed = true;
            return connection;
        } finally {
            if (!agreed) {
                connection.close();
            }
        }
    }

    /** A full backlog refuses a connection that need not wait: then it is tried again. */
    private static SocketChannel connected(Path socket, long deadlineNs) throws IOException {
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.configureBlocking(false);
                if (channel.connect(UnixDomainSocketAddress.of(socket))) {
                    return channel;
                }
                channel.close();
            } catch (IOException failure) {
                channel.close();
                if (!String.valueOf(failure.getMessage()).contains("temporarily unavailable")) {
                    throw failure;
                }
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw late("a connection to " + socket);
            }
            Waiting.pauseMs(RETRY_MS);
        }
    }

    /** @throws Refused when QEMU does not do it */
    QmpValue execute(String command, Map<String, ?> arguments) throws IOException {
        return request("execute", command, arguments);
    }

    QmpValue execute(String command) throws IOException {
        return execute(command, Map.of());
    }

    /** By QEMU's other thread, past commands that wait; only few commands can be. */
    QmpValue executeOutOfBand(String command, Map<String, ?> arguments) throws IOException {
        return request("exec-oob", command, arguments);
    }

    private QmpValue request(String verb, String command, Map<String, ?> arguments)
            throws IOException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        long id = ++lastId;
        Map<String, Object> request = new LinkedHashMap<>();
        request.put(verb, command);
        request.put("id", id);
        request.put("arguments", arguments);
        write(QmpValue.json(request) + "\n", command, deadlineNs);
        while (true) {
            QmpValue answer = read(command, deadlineNs);
            boolean mine = answer.at("id").isPresent() && answer.at("id").number() == id;
            if (answer.at("event").isPresent()) {
                if (events.size() < EVENT_COUNT_MAX) {
                    events.add(answer);
                }
            } else if (answer.at("error").isPresent()
                    && (mine || !answer.at("id").isPresent())) {
                throw new Refused(command, answer.at("error").at("desc").text());
            } else if (mine) {
                return answer.at("return");
            }
            // Else the answer to a command that was given up.
        }
    }

    /** What happened since this connection began, as far as it has been read. */
    List<QmpValue> events() {
        return List.copyOf(events);
    }

    private void write(String line, String command, long deadlineNs) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                await(SelectionKey.OP_WRITE, command, deadlineNs);
            }
        }
    }

    private QmpValue read(String what, long deadlineNs) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (input.hasRemaining()) {
                byte next = input.get();
                if (next == '\n') {
                    return parsed(line.toString(StandardCharsets.UTF_8));
                }
                line.write(next);
                if (line.size() > LINE_BYTES_MAX) {
                    throw new IOException("QEMU sends a line without end");
                }
            }
            input.clear();
            int count = channel.read(input);
            input.flip();
            if (count < 0) {
                throw new EOFException("QEMU has hung up, asked for " + what);
            }
            if (count == 0) {
                await(SelectionKey.OP_READ, what, deadlineNs);
            }
        }
    }

    private static QmpValue parsed(String line) throws IOException {
        try {
            return QmpValue.parse(line);
        } catch (IllegalArgumentException failure) {
            throw new IOException("QEMU sends what is no JSON: " + failure.getMessage(), failure);
        }
    }

    private void await(int operation, String what, long deadlineNs) throws IOException {
        SelectionKey key = channel.keyFor(selector);
        if (key == null) {
            throw new EOFException("the connection is closed");
        }
        key.interestOps(operation);
        long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
        if (leftMs <= 0) {
            throw late(what);
        }
        selector.select(leftMs);
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            throw Waiting.cancelled();
        }
    }

    private static EtherbayException late(String what) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "QEMU does not answer",
                "it was asked for " + what + "; while its disk or the other node is away it waits",
                "see that the guest's disk is served, and try again; or kill the guest");
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (IOException failure) {
            // The descriptor is gone either way (close(2)), and nothing of it is wanted any more.
        }
    }
}
