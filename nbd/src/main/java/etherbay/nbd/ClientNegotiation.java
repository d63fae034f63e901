// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The negotiation from the client's side: structured replies where there are some, then GO. Bytes
 * in, bytes out; whoever owns the socket.
 */
final class ClientNegotiation {
    /** What the server told of the export. */
    record Terms(long bytes, int flags, boolean structured, int minimumBytes, int maximumBytes) {
        boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    private enum State {
        GREETING,
        STRUCTURED,
        GO,
        AGREED
    }

    /** Longest data of a reply that is looked at: a sentence for people, or a name. */
    private static final int REPLY_BYTES_MAX = 32 * 1024;

    private static final int BLOCK_BYTES_MAX = 64 * 1024;

    private final NbdUri uri;
    private final OutQueue out = new OutQueue();
    private State state = State.GREETING;
    private boolean structured;
    private long bytes = -1;
    private int flags;
    private int minimumBytes = 1;
    private int maximumBytes = NbdWire.PAYLOAD_BYTES_MAX;

    ClientNegotiation(NbdUri uri) {
        this.uri = uri;
    }

    OutQueue output() {
        return out;
    }

    /** What was agreed on; null before. */
    @Nullable
    Terms terms() {
        return state == State.AGREED
                ? new Terms(bytes, flags, structured, minimumBytes, maximumBytes)
                : null;
    }

    /**
     * Takes from {@code in} what it understands.
     *
     * @return whether anything happened
     * @throws EtherbayException when the server refuses, or is none
     */
    boolean advance(ByteBuffer in) {
        return switch (state) {
            case GREETING -> in.remaining() >= NbdWire.GREETING_BYTES && greet(in);
            case STRUCTURED, GO -> takeReply(in);
            case AGREED -> false;
        };
    }

    private boolean greet(ByteBuffer in) {
        boolean nbd = in.getLong() == NbdWire.NBDMAGIC;
        boolean newstyle = in.getLong() == NbdWire.IHAVEOPT;
        int server = in.getShort() & 0xffff;
        if (!nbd || !newstyle || (server & NbdWire.FLAG_FIXED_NEWSTYLE) == 0) {
            throw failed(
                    ErrorCode.UNAVAILABLE,
                    nbd ? "it speaks an older NBD than fixed newstyle" : "it is no NBD server",
                    "name an NBD server of this century, as qemu-nbd or nbdkit");
        }
        int both = NbdWire.FLAG_FIXED_NEWSTYLE | NbdWire.FLAG_NO_ZEROES;
        out.add(ByteBuffer.allocate(Integer.BYTES).putInt(server & both).flip());
        send(NbdWire.OPT_STRUCTURED_REPLY, new byte[0]);
        state = State.STRUCTURED;
        return true;
    }

    private void send(int option, byte[] data) {
        out.add(ByteBuffer.allocate(NbdWire.OPTION_HEADER_BYTES + data.length)
                .putLong(NbdWire.IHAVEOPT)
                .putInt(option)
                .putInt(data.length)
                .put(data)
                .flip());
    }

    private boolean takeReply(ByteBuffer in) {
        if (in.remaining() < NbdWire.OPTION_REPLY_HEADER_BYTES) {
            return false;
        }
        int at = in.position();
        long length =
                in.getInt(at + NbdWire.OPTION_REPLY_HEADER_BYTES - Integer.BYTES) & 0xffffffffL;
        if (in.getLong(at) != NbdWire.OPTION_REPLY_MAGIC || length > REPLY_BYTES_MAX) {
            throw failed(
                    ErrorCode.UNAVAILABLE,
                    "its answer to an option is none",
                    "see its log, and that nothing in between changes what it says");
        }
        if (in.remaining() < NbdWire.OPTION_REPLY_HEADER_BYTES + length) {
            return false;
        }
        int reply = in.getInt(at + Long.BYTES + Integer.BYTES);
        in.position(at + NbdWire.OPTION_REPLY_HEADER_BYTES);
        ByteBuffer data = in.slice(in.position(), (int) length);
        in.position(in.position() + (int) length);
        if (state == State.STRUCTURED) {
            structured = reply == NbdWire.REP_ACK;
            go(reply, data);
        } else {
            answer(reply, data);
        }
        return true;
    }

    private void go(int reply, ByteBuffer data) {
        if (reply == NbdWire.REP_ERR_TLS_REQD) {
            answer(reply, data);
        }
        byte[] name = uri.name().getBytes(StandardCharsets.UTF_8);
        byte[] asked = new byte[Integer.BYTES + name.length + 2 * Short.BYTES];
        ByteBuffer.wrap(asked).putInt(name.length).put(name).putShort((short) 1).putShort((short)
                NbdWire.INFO_BLOCK_SIZE);
        send(NbdWire.OPT_GO, asked);
        state = State.GO;
    }

    private void answer(int reply, ByteBuffer data) {
        switch (reply) {
            case NbdWire.REP_INFO -> inform(data);
            case NbdWire.REP_ACK -> agree();
            case NbdWire.REP_ERR_UNKNOWN ->
                throw failed(
                        ErrorCode.NOT_FOUND,
                        "the server has no export `" + EtherbayException.shown(uri.name()) + "`",
                        "see what it has: nbdinfo --list " + uri);
            case NbdWire.REP_ERR_TLS_REQD ->
                throw failed(
                        ErrorCode.DENIED,
                        "the server wants TLS, and we speak none as a client",
                        "let it serve without TLS on a socket or network that you trust");
            default ->
                throw failed(
                        ErrorCode.DENIED,
                        "the server refuses: "
                                + EtherbayException.shown(
                                        StandardCharsets.UTF_8.decode(data).toString())
                                + " (reply " + Integer.toHexString(reply) + ")",
                        "see the server's log");
        }
    }

    private void inform(ByteBuffer data) {
        int type = data.remaining() < Short.BYTES ? -1 : data.getShort() & 0xffff;
        if (type == NbdWire.INFO_EXPORT && data.remaining() == Long.BYTES + Short.BYTES) {
            bytes = data.getLong();
            flags = data.getShort() & 0xffff;
        }
        if (type == NbdWire.INFO_BLOCK_SIZE && data.remaining() == 3 * Integer.BYTES) {
            minimumBytes = data.getInt();
            data.getInt();
            int maximum = data.getInt();
            maximumBytes = maximum <= 0 ? maximumBytes : Math.min(maximum, maximumBytes);
        }
    }

    private void agree() {
        boolean blocks = minimumBytes > 0
                && minimumBytes <= BLOCK_BYTES_MAX
                && Integer.bitCount(minimumBytes) == 1
                && maximumBytes >= minimumBytes;
        if (bytes < 0 || !blocks) {
            throw failed(
                    ErrorCode.UNAVAILABLE,
                    "it tells no size, or block sizes that are none",
                    "report it to those who make the server");
        }
        state = State.AGREED;
    }

    private EtherbayException failed(ErrorCode code, String why, String correction) {
        return new EtherbayException(code, uri + " cannot be used", why, correction);
    }
}
