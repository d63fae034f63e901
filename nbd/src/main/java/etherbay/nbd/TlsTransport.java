// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS over a socket, not blocking: records in and out through two bounded buffers. Owned by the
 * loop; only the arithmetic of the handshake runs on a thread of its own, which wakes the loop.
 */
final class TlsTransport implements Transport {
    private final SocketChannel channel;
    private final SSLEngine engine;
    private final Runnable wakeUp;
    private final ByteBuffer netIn;
    private final ByteBuffer netOut;
    private final ByteBuffer[] none = {OutPiece.NOTHING};
    private volatile boolean taskRuns;
    private boolean starved;
    private boolean socketEnded;
    private int appBytes;

    /**
     * @param received what the socket gave already
     */
    TlsTransport(SocketChannel channel, SSLEngine engine, ByteBuffer received, Runnable wakeUp) {
        this.channel = channel;
        this.engine = engine;
        this.wakeUp = wakeUp;
        int packetBytes = engine.getSession().getPacketBufferSize();
        appBytes = engine.getSession().getApplicationBufferSize();
        netIn = ByteBuffer.allocateDirect(Math.max(packetBytes, Limits.INPUT_BYTES) + packetBytes);
        netOut = ByteBuffer.allocateDirect(4 * packetBytes);
        netIn.put(received);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int before = into.position();
        boolean goOn = !taskRuns;
        while (goOn) {
            goOn = switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> startTask();
                case NEED_WRAP -> wrapHandshake();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> unwrap(into);
            };
        }
        int bytes = into.position() - before;
        return bytes == 0 && (engine.isInboundDone() || (socketEnded && starved)) ? -1 : bytes;
    }

    /** @return false: the loop goes on when it is done */
    private boolean startTask() {
        Runnable task = engine.getDelegatedTask();
        if (task == null) {
            return true;
        }
        taskRuns = true;
        starved = false;
        Thread.ofVirtual().name("tls").start(() -> {
            try {
                task.run();
            } finally {
                taskRuns = false;
                wakeUp.run();
            }
        });
        return false;
    }

    private boolean wrapHandshake() throws IOException {
        SSLEngineResult result = engine.wrap(none, 0, 1, netOut);
        boolean drained = flush();
        return result.getStatus() == Status.OK
                || (drained
                        && netOut.position() == 0
                        && result.getStatus() == Status.BUFFER_OVERFLOW);
    }

    /** @return whether there may be more to do */
    private boolean unwrap(ByteBuffer into) throws IOException {
        if (!hasRoom(into)) {
            starved = false;
            return false;
        }
        netIn.flip();
        SSLEngineResult result;
        try {
            result = engine.unwrap(netIn, into);
        } finally {
            netIn.compact();
        }
        return switch (result.getStatus()) {
            case OK -> result.getHandshakeStatus() != HandshakeStatus.NEED_TASK || startTask();
            case BUFFER_UNDERFLOW -> fill();
            case BUFFER_OVERFLOW -> {
                appBytes = engine.getSession().getApplicationBufferSize();
                yield hasRoom(into);
            }
            case CLOSED -> {
                starved = true;
                socketEnded = true;
                yield false;
            }
        };
    }

    private boolean fill() throws IOException {
        if (!netIn.hasRemaining()) {
            throw new SSLException("a record of TLS is longer than allowed");
        }
        int bytes = socketEnded ? -1 : channel.read(netIn);
        socketEnded |= bytes < 0;
        starved = bytes <= 0;
        return bytes > 0;
    }

    /** A record is taken whole, or not at all. */
    @Override
    public boolean hasRoom(ByteBuffer into) {
        return into.remaining() >= appBytes;
    }

    @Override
    public boolean buffered() {
        return !taskRuns && !starved;
    }

    @Override
    public boolean write(ByteBuffer[] from, int count) throws IOException {
        if (taskRuns) {
            return false;
        }
        SSLEngineResult result = engine.wrap(from, 0, count, netOut);
        if (result.getStatus() == Status.CLOSED) {
            throw new SSLException("the other end has ended TLS");
        }
        return result.bytesConsumed() > 0;
    }

    @Override
    public boolean flush() throws IOException {
        netOut.flip();
        try {
            channel.write(netOut);
            return !netOut.hasRemaining();
        } finally {
            netOut.compact();
        }
    }

    /** Says good-bye as far as the socket takes it. */
    @Override
    public void close() {
        try {
            engine.closeOutbound();
            if (!taskRuns) {
                engine.wrap(none, 0, 1, netOut);
                flush();
            }
        } catch (IOException goneAlready) {
            socketEnded = true;
        }
    }
}
