// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.ChannelWatcher;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * One connection of a client: connecting, negotiating, then commands out and replies in. Owned by
 * the loop. When it is lost, what was under way is handed back; a lost link is not used again.
 *
 * <p>A server that lets the oldest command wait for {@link NbdClient#PATIENCE_NS}, since it is the
 * oldest, is a lost one: it answers nothing, or has forgotten that command.
 */
final class ClientLink {
    private static final int INPUT_BYTES = 256 * 1024;
    private static final int GATHER_COUNT = 64;
    private static final long NONE = -1;

    private final SocketChannel channel;
    private final ChannelWatcher.Watched watched;
    private final ClientNegotiation negotiation;
    private final ByteBuffer input = ByteBuffer.allocateDirect(INPUT_BYTES);
    private final ByteBuffer[] gathered = new ByteBuffer[GATHER_COUNT];
    private final SequencedMap<Long, ClientCommand> commands = new LinkedHashMap<>();
    private final Deque<ClientCommand> unsent = new ArrayDeque<>();
    private final ClientReplies replies;
    private final long negotiatedByNs;
    private boolean connected;
    private boolean writeBlocked;
    private boolean hot = true;
    private boolean lost;
    private String refusal = "";

    /** The oldest command under way, and when its answer is due; {@link #NONE} without one. */
    private long oldestCookie = NONE;

    private long answerByNs = Long.MAX_VALUE;

    /** Acknowledged writes before this link was there: it says nothing of their durability. */
    private long writesBefore;

    ClientLink(
            SocketChannel channel,
            ChannelWatcher.Watched watched,
            ClientNegotiation negotiation,
            long negotiatedByNs,
            Consumer<ClientCommand> ended) {
        this.channel = channel;
        this.watched = watched;
        this.negotiation = negotiation;
        this.negotiatedByNs = negotiatedByNs;
        connected = channel.isConnected();
        replies = new ClientReplies(commands, ended);
    }

    boolean isLost() {
        return lost;
    }

    /** What was agreed on; null while it is not. */
    ClientNegotiation.@Nullable Terms terms() {
        return negotiation.terms();
    }

    /** The server is not the one that we need. */
    void refuse(String why) {
        lost = true;
        refusal = why;
    }

    /** Why there was no agreement; empty while there is one, or where nobody said. */
    String refusal() {
        return refusal;
    }

    int commandCount() {
        return commands.size();
    }

    long writesBefore() {
        return writesBefore;
    }

    void writesBefore(long count) {
        writesBefore = count;
    }

    /** When a turn is due if nothing arrives. */
    long deadlineNs() {
        return terms() == null ? negotiatedByNs : answerByNs;
    }

    void send(ClientCommand command, ByteBuffer zeroes, long nowNs) {
        command.encode(zeroes);
        commands.put(command.cookie, command);
        unsent.add(command);
        watchOldest(nowNs);
    }

    /** The time for an answer begins anew with each command that becomes the oldest. */
    private void watchOldest(long nowNs) {
        long oldest = commands.isEmpty() ? NONE : commands.firstEntry().getKey();
        if (oldest != oldestCookie) {
            oldestCookie = oldest;
            answerByNs = oldest == NONE ? Long.MAX_VALUE : nowNs + NbdClient.PATIENCE_NS;
        }
    }

    /** Reads and acts. @return pieces of work done */
    int poll(long nowNs) {
        if (watched.takeReady()) {
            hot = true;
            writeBlocked = false;
        }
        try {
            if (!connected) {
                connected = channel.finishConnect();
            }
            if (terms() == null && nowNs >= negotiatedByNs) {
                lost = true;
                return 1;
            }
            int work = connected && hot ? read() : 0;
            watchOldest(nowNs);
            lost |= nowNs >= answerByNs;
            return lost ? 1 : work;
        } catch (EtherbayException refused) {
            refuse(refused.why());
            return 1;
        } catch (IOException gone) {
            lost = true;
            return 1;
        }
    }

    private int read() throws IOException {
        int bytes = channel.read(input);
        if (bytes < 0) {
            lost = true;
            return 1;
        }
        input.flip();
        while (terms() == null ? negotiation.advance(input) : replies.advance(input)) {
            hot = true;
        }
        input.compact();
        return bytes > 0 ? 1 : 0;
    }

    /** Sends what waits. */
    void flush() {
        if (!connected || writeBlocked || lost) {
            return;
        }
        try {
            OutQueue greeting = negotiation.output();
            while (!greeting.isEmpty() && !writeBlocked) {
                writeBlocked = channel.write(gathered, 0, greeting.gather(gathered)) == 0;
                greeting.releaseTaken();
            }
            while (!unsent.isEmpty() && !writeBlocked) {
                writeBlocked = sendSome() == 0;
            }
        } catch (IOException gone) {
            lost = true;
        }
    }

    private long sendSome() throws IOException {
        List<ClientCommand> touched = new ArrayList<>();
        int count = 0;
        for (ClientCommand command : unsent) {
            if (count + command.unsent().size() > GATHER_COUNT && count > 0) {
                break;
            }
            touched.add(command);
            for (ByteBuffer part : command.unsent()) {
                if (part.hasRemaining() && count < GATHER_COUNT) {
                    gathered[count++] = part;
                }
            }
        }
        for (ClientCommand command : touched) {
            command.begun(); // before the socket is asked: an error may come after some bytes
        }
        long bytes = channel.write(gathered, 0, count);
        while (!unsent.isEmpty() && unsent.element().isSent()) {
            unsent.remove().unsent().clear();
        }
        return bytes;
    }

    /** Sees to it that the selector wakes the loop. */
    boolean readyToIdle() {
        if (lost) {
            return false;
        }
        hot = false;
        int write = writeBlocked ? SelectionKey.OP_WRITE : 0;
        watched.arm(connected ? SelectionKey.OP_READ | write : SelectionKey.OP_CONNECT);
        return true;
    }

    /**
     * Gives the socket up, with a good-bye where nothing is in the way. @return what was under way
     */
    List<ClientCommand> close() {
        try {
            if (!lost && terms() != null && unsent.isEmpty()) {
                channel.write(ByteBuffer.allocate(NbdWire.REQUEST_BYTES)
                        .putInt(NbdWire.REQUEST_MAGIC)
                        .putShort((short) 0)
                        .putShort((short) NbdWire.CMD_DISC)
                        .clear());
            }
            channel.close();
        } catch (IOException nothingLeftToDo) {
            lost = true;
        }
        lost = true;
        watched.forget();
        List<ClientCommand> left = new ArrayList<>(commands.values());
        commands.clear();
        unsent.clear();
        return left;
    }
}
