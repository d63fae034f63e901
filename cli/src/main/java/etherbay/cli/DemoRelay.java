// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.guest.KillAtExit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;

/**
 * A TCP port of 127.0.0.1, each of whose connections is handed to a program's standard input and
 * output: to one that runs where the other end is, in another network namespace. Its threads end
 * with it.
 */
final class DemoRelay implements AutoCloseable {
    private static final int BACKLOG = 16;

    private final ServerSocket listening;
    private final List<String> command;

    private DemoRelay(ServerSocket listening, List<String> command) {
        this.listening = listening;
        this.command = command;
    }

    /**
     * Listens.
     *
     * @param command run once for each connection
     */
    static DemoRelay to(List<String> command) {
        try {
            DemoRelay relay = new DemoRelay(
                    new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()), command);
            Thread.ofVirtual().name("demo-relay").start(relay::acceptAll);
            return relay;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return listening.getLocalPort();
    }

    private void acceptAll() {
        try {
            while (true) {
                Socket socket = listening.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The demo has ended.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Process program = KillAtExit.hold(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
            try (OutputStream in = program.getOutputStream()) {
                Thread.ofVirtual().start(() -> answer(program, socket));
                pass(socket.getInputStream(), in);
            } finally {
                KillAtExit.kill(program);
            }
        } catch (IOException ended) {
            // Either side has gone; the other is told by the end of its connection.
        }
    }

    private static void answer(Process program, Socket socket) {
        try (socket) {
            pass(program.getInputStream(), socket.getOutputStream());
        } catch (IOException ended) {
            // As above.
        }
    }

    private static void pass(InputStream from, OutputStream to) throws IOException {
        byte[] bytes = new byte[8192];
        for (int count = from.read(bytes); count >= 0; count = from.read(bytes)) {
            to.write(bytes, 0, count);
            to.flush();
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
