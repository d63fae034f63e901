// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.ChannelWatcher;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/**
 * One socket of a server with its session: moves bytes between the two. Owned by the loop.
 *
 * <p>What the session cannot act on stays in the input; when that is full nothing more is read, and
 * the client waits in its own socket.
 */
final class NbdConnection {
    private static final int GATHER_COUNT = 64;

    private final SocketChannel channel;
    private final ChannelWatcher.Watched watched;
    private final NbdSession session;
    private final ByteBuffer input;
    private final ByteBuffer[] gathered = new ByteBuffer[GATHER_COUNT];
    private final long negotiatedByNs;
    private final TlsStarter tls;
    private Transport transport;
    private int hotTurns = Limits.HOT_TURN_COUNT;
    private boolean inputEnded;
    private boolean writeBlocked;

    /** Output was sent or memory came back: the session may get on without new input. */
    private boolean again;

    private @Nullable EndReason endReason;

    /** Puts TLS on a connection whose client asked for it. */
    interface TlsStarter {
        Transport start(SocketChannel channel, ByteBuffer received) throws IOException;
    }

    /**
     * @param input of {@link Limits#INPUT_BYTES}, the connection's own until it is gone
     */
    NbdConnection(
            ChannelWatcher.Watched watched,
            SocketChannel channel,
            NbdSession session,
            ByteBuffer input,
            Terms terms) {
        this.watched = watched;
        this.channel = channel;
        this.session = session;
        this.input = input;
        negotiatedByNs = terms.negotiatedByNs;
        tls = terms.tls;
        transport = new PlainTransport(channel);
    }

    /**
     * What the server lays down for a connection.
     *
     * @param negotiatedByNs when the negotiation has to be over
     */
    record Terms(long negotiatedByNs, TlsStarter tls) {}

    private record PlainTransport(SocketChannel channel) implements Transport {
        @Override
        public int read(ByteBuffer into) throws IOException {
            return channel.read(into);
        }

        @Override
        public boolean write(ByteBuffer[] from, int count) throws IOException {
            return channel.write(from, 0, count) > 0;
        }
    }

    /** Why it ended; null while it has not. */
    @Nullable
    EndReason endReason() {
        return endReason;
    }

    /** When a turn is due even if nothing arrives. */
    long deadlineNs() {
        return session.negotiating() ? negotiatedByNs : Long.MAX_VALUE;
    }

    /** Reads and acts. @return pieces of work done */
    int poll(long nowNs) {
        if (watched.takeReady()) {
            hotTurns = Limits.HOT_TURN_COUNT;
            writeBlocked = false;
        }
        if (session.negotiating() && nowNs >= negotiatedByNs) {
            endReason = EndReason.TIMEOUT;
            return 1;
        }
        try {
            if (!session.output().isEmpty()) {
                flush(); // who is gone is seen to be gone before anything more of it is begun
                if (endReason != null) {
                    return 1;
                }
            }
            if (transport.buffered()) {
                hotTurns = Limits.HOT_TURN_COUNT;
            }
            int work = read();
            if (again || session.wantsMemory()) {
                work += act() ? 1 : 0;
            }
            if (session.startsTls() && session.output().isEmpty()) {
                startTls();
                work++;
            }
            end();
            return work;
        } catch (IOException lost) {
            endReason = transport instanceof PlainTransport ? EndReason.FAILED : EndReason.TLS;
            return 1;
        }
    }

    private int read() throws IOException {
        int fills = 0;
        while (fills < Limits.READ_COUNT_MAX && wantsInput() && hotTurns > 0) {
            int bytes = transport.read(input);
            if (bytes < 0) {
                inputEnded = true;
                session.inputEnded();
                return fills + 1;
            }
            if (bytes == 0) {
                hotTurns--;
                if (hotTurns == 0) {
                    arm();
                }
                return fills;
            }
            hotTurns = Limits.HOT_TURN_COUNT;
            fills++;
            act();
        }
        return fills;
    }

    private boolean wantsInput() {
        return transport.hasRoom(input) && !inputEnded && !session.startsTls() && !session.ended();
    }

    private boolean act() {
        again = false;
        input.flip();
        boolean any = session.receive(input);
        if (input.position() > 0) {
            input.compact();
        } else {
            input.position(input.limit()).limit(input.capacity());
        }
        return any;
    }

    private void startTls() throws IOException {
        input.flip();
        transport = tls.start(channel, input);
        input.clear();
        session.tlsStarted();
        hotTurns = Limits.HOT_TURN_COUNT;
    }

    private void end() {
        if (session.ended() && session.output().isEmpty()) {
            endReason = session.endReason();
        }
    }

    /** Sends what waits; the last step of a turn. */
    void flush() {
        if (writeBlocked || endReason != null) {
            return;
        }
        OutQueue out = session.output();
        try {
            boolean drained = transport.flush();
            while (drained && !out.isEmpty()) {
                boolean taken = transport.write(gathered, out.gather(gathered));
                out.releaseTaken();
                drained = transport.flush() && taken;
                again |= taken;
            }
            writeBlocked = !drained;
            if (writeBlocked) {
                arm();
            }
            again |= session.ended();
        } catch (IOException lost) {
            endReason = EndReason.FAILED;
        }
    }

    /** Sees to it that the selector wakes the loop. @return false when there is work already */
    boolean readyToIdle() {
        boolean buffered = transport.buffered() && wantsInput();
        if (again || buffered || session.canGoOn() || endReason != null) {
            return false;
        }
        arm();
        return true;
    }

    private void arm() {
        watched.arm((wantsInput() ? SelectionKey.OP_READ : 0)
                | (writeBlocked ? SelectionKey.OP_WRITE : 0));
    }

    /** Gives the socket up. The session lives on until nothing of it is under way. */
    void close() {
        transport.close();
        try {
            channel.close();
        } catch (IOException nothingLeftToDo) {
            // The descriptor is gone all the same: close(2).
            writeBlocked = true;
        }
        watched.forget();
        session.abandon();
    }

    /** Whether nothing of it is under way any more: its input may serve another. */
    boolean isGone() {
        return session.isGone();
    }

    ByteBuffer input() {
        return input;
    }
}
