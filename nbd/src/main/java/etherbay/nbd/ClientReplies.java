// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads the replies of a server, simple and structured. Bytes in; what ended is told to the owner.
 * Owned by the loop.
 */
final class ClientReplies {
    /** Longest chunk that is no data: an error with a sentence. */
    private static final int CHUNK_BYTES_MAX = 8192;

    private final Map<Long, ClientCommand> commands;
    private final Consumer<ClientCommand> ended;

    /** The command whose data is arriving, where it goes, and how much is to come. */
    private @Nullable ClientCommand reading;

    private long readAt;
    private long readLeft;
    private boolean readEnds;

    /**
     * @param commands under way, by cookie; what has ended is taken out
     */
    ClientReplies(Map<Long, ClientCommand> commands, Consumer<ClientCommand> ended) {
        this.commands = commands;
        this.ended = ended;
    }

    /**
     * Takes from {@code in} what it can.
     *
     * @return whether anything happened
     * @throws MalformedReply when the server says what it may not
     */
    boolean advance(ByteBuffer in) throws MalformedReply {
        ClientCommand data = reading;
        if (data != null) {
            return takeData(data, in);
        }
        if (in.remaining() < NbdWire.SIMPLE_REPLY_BYTES) {
            return false;
        }
        return switch (in.getInt(in.position())) {
            case NbdWire.SIMPLE_REPLY_MAGIC -> takeSimple(in);
            case NbdWire.STRUCTURED_REPLY_MAGIC -> takeChunk(in);
            default -> throw new MalformedReply("a reply begins with no magic number");
        };
    }

    private boolean takeData(ClientCommand command, ByteBuffer in) {
        int count = (int) Math.min(readLeft, in.remaining());
        if (count > 0) {
            ClientMemory.fill(command.job.io, readAt, in, count);
            readAt += count;
            readLeft -= count;
            command.received += count;
        }
        if (readLeft > 0) {
            return count > 0;
        }
        reading = null;
        if (readEnds) {
            end(command);
        }
        return true;
    }

    private void end(ClientCommand command) {
        commands.remove(command.cookie);
        if (command.isRead() && command.status.isOk() && command.received != command.bytes) {
            command.status = IoStatus.FAILED;
        }
        ended.accept(command);
    }

    private ClientCommand command(long cookie) throws MalformedReply {
        ClientCommand command = commands.get(cookie);
        if (command == null) {
            throw new MalformedReply("a reply to what was not asked");
        }
        if (!command.isSent()) {
            throw new MalformedReply("a reply to what was not sent yet");
        }
        return command;
    }

    private boolean takeSimple(ByteBuffer in) throws MalformedReply {
        in.getInt();
        int error = in.getInt();
        ClientCommand command = command(in.getLong());
        if (error == 0 && command.isRead()) {
            read(command, command.at, command.bytes, true);
            return true;
        }
        failed(command, error);
        end(command);
        return true;
    }

    private static void failed(ClientCommand command, int error) {
        if (command.status.isOk()) {
            command.status = NbdError.statusOf(error);
        }
    }

    private void read(ClientCommand command, long at, long bytes, boolean ends) {
        reading = command;
        readAt = at;
        readLeft = bytes;
        readEnds = ends;
    }

    private boolean takeChunk(ByteBuffer in) throws MalformedReply {
        if (in.remaining() < NbdWire.STRUCTURED_REPLY_BYTES) {
            return false;
        }
        int at = in.position();
        int type = in.getShort(at + Integer.BYTES + Short.BYTES) & 0xffff;
        long length = in.getInt(at + NbdWire.STRUCTURED_REPLY_BYTES - Integer.BYTES) & 0xffffffffL;
        boolean data = type == NbdWire.REPLY_TYPE_OFFSET_DATA;
        long needed = data ? NbdWire.OFFSET_BYTES : length;
        if (needed > CHUNK_BYTES_MAX || (data && length <= NbdWire.OFFSET_BYTES)) {
            throw new MalformedReply("a chunk of a length that it cannot have");
        }
        if (in.remaining() < NbdWire.STRUCTURED_REPLY_BYTES + needed) {
            return false;
        }
        in.getInt();
        boolean done = (in.getShort() & NbdWire.REPLY_FLAG_DONE) != 0;
        in.getShort();
        ClientCommand command = command(in.getLong());
        in.getInt();
        ByteBuffer body = in.slice(in.position(), (int) needed);
        in.position(in.position() + (int) needed);
        if (data) {
            takeOffsetData(command, body.getLong(), length - NbdWire.OFFSET_BYTES, done);
            return true;
        }
        takeBody(command, type, body);
        if (done) {
            end(command);
        }
        return true;
    }

    private void takeOffsetData(ClientCommand command, long offset, long bytes, boolean done)
            throws MalformedReply {
        read(command, placeOf(command, offset, bytes), bytes, done);
    }

    /** Where in the Io that range of the export lies. */
    private static long placeOf(ClientCommand command, long offset, long bytes)
            throws MalformedReply {
        long at = offset - command.job.io.lba() * NbdClient.SECTOR_BYTES;
        boolean within = command.isRead()
                && at >= command.at
                && bytes <= command.bytes
                && at - command.at <= command.bytes - bytes;
        if (!within) {
            throw new MalformedReply("data that was not asked for");
        }
        return at;
    }

    private static void takeBody(ClientCommand command, int type, ByteBuffer body)
            throws MalformedReply {
        if (type == NbdWire.REPLY_TYPE_NONE) {
            return;
        }
        if (type == NbdWire.REPLY_TYPE_OFFSET_HOLE
                && body.remaining() == Long.BYTES + Integer.BYTES) {
            long offset = body.getLong();
            long bytes = body.getInt() & 0xffffffffL;
            ClientMemory.zero(command.job.io, placeOf(command, offset, bytes), bytes);
            command.received += bytes;
            return;
        }
        boolean error = (type & NbdWire.REPLY_TYPE_FLAG_ERROR) != 0;
        if (!error || body.remaining() < Integer.BYTES) {
            throw new MalformedReply("a chunk that is none of those we know");
        }
        int number = body.getInt();
        failed(command, number == 0 ? NbdError.EINVAL.number() : number);
    }

    /** What a server may not say: the connection is of no use any more. */
    static final class MalformedReply extends java.io.IOException {
        MalformedReply(String message) {
            super(message);
        }
    }
}
