// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The network in front of a node's API: what goes to that node passes here, and a test lets it
 * pass, holds it up, or cuts it. What is held arrives later, all of it. Any thread.
 */
final class ApiRelay implements AutoCloseable {
    private enum State {
        OPEN,
        HELD,
        CUT
    }

    private static final int BUFFER_BYTES = 64 * 1024;

    private final ServerSocket listener;
    private final int to;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private State state = State.OPEN; // guarded by this

    /** @param to the port of the node */
    ApiRelay(int to) {
        this.to = to;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("relay").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> carry(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void carry(Socket client) {
        try (client;
                Socket node = new Socket(InetAddress.getLoopbackAddress(), to)) {
            open.add(client);
            open.add(node);
            if (awaitOpen()) {
                Thread back = Thread.ofVirtual().start(() -> pump(node, client));
                pump(client, node);
                back.join();
            }
            open.remove(node);
        } catch (IOException nobodyListens) {
            // The client sees its connection end.
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
        open.remove(client);
    }

    private void pump(Socket from, Socket into) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (from;
                into) {
            int count = from.getInputStream().read(buffer);
            while (count > 0 && awaitOpen()) {
                into.getOutputStream().write(buffer, 0, count);
                count = from.getInputStream().read(buffer);
            }
        } catch (IOException ended) {
            // Both ends are closed now.
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return false when it is cut */
    private synchronized boolean awaitOpen() throws InterruptedException {
        while (state == State.HELD) {
            wait();
        }
        return state == State.OPEN;
    }

    private synchronized void become(State next) {
        state = next;
        notifyAll();
    }

    void hold() {
        become(State.HELD);
    }

    /** Ends all connections, and each that is made, at once. */
    void cut() {
        become(State.CUT);
        open.forEach(ApiRelay::end);
        open.clear();
    }

    /** What was held arrives. */
    void open() {
        become(State.OPEN);
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
