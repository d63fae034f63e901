// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.UnixStream;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A client's side of the NBD handshake, after which the connection is ready for the kernel: fixed
 * newstyle, one export by NBD_OPT_GO, or by NBD_OPT_EXPORT_NAME where a server is older. Source:
 * doc/proto.md of the NetworkBlockDevice project. All numbers are big-endian. Blocks; the thread
 * that owns the stream.
 *
 * <p>Not the one of our client, in module nbd: that one agrees on structured replies, which the
 * kernel does not understand, and reads on behind the end, which is the kernel's.
 */
final class NbdHandshake {
    private static final long NBDMAGIC = 0x4e42444d41474943L;
    private static final long IHAVEOPT = 0x49484156454f5054L;
    private static final long REPLY_MAGIC = 0x0003e889045565a9L;
    private static final int FLAG_FIXED_NEWSTYLE = 1;
    private static final int FLAG_NO_ZEROES = 2;
    private static final int OPT_EXPORT_NAME = 1;
    private static final int OPT_GO = 7;
    private static final int REP_ACK = 1;
    private static final int REP_ERR = 1 << 31;
    private static final int REP_ERR_UNSUP = REP_ERR | 1;
    private static final int REP_ERR_POLICY = REP_ERR | 2;
    private static final int REP_ERR_TLS_REQD = REP_ERR | 5;
    private static final int REP_ERR_UNKNOWN = REP_ERR | 6;
    private static final int REP_INFO = 3;
    private static final short INFO_EXPORT = 0;
    private static final short INFO_BLOCK_SIZE = 3;
    private static final int EXPORT_BYTES = Long.BYTES + Short.BYTES;
    private static final int ZEROES_BYTES = 124;
    private static final int REPLY_BYTES = 20;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final short CMD_DISC = 2;
    private static final int REQUEST_BYTES = 28;

    /** The longest string that the protocol has, and so the longest reply to expect. */
    private static final int DATA_BYTES_MAX = 4096 + 64;

    /** Replies before the last one: a server sends what it likes to tell. */
    private static final int REPLY_COUNT_MAX = 64;

    /**
     * What the server serves.
     *
     * @param flags the transmission flags, NBD_FLAG_...
     * @param blockBytes the least that it wants to be asked for; 512 where it does not say
     */
    record Export(long sizeBytes, int flags, int blockBytes) {
        private static final int CAN_MULTI_CONN = 0x100;
        private static final int BLOCK_BYTES_DEFAULT = 512;

        /** Whether all connections see the same disk, flushes included. */
        boolean multiConn() {
            return (flags & CAN_MULTI_CONN) != 0;
        }
    }

    private final UnixStream stream;
    private final String name;

    private NbdHandshake(UnixStream stream, String name) {
        this.stream = stream;
        this.name = name;
    }

    /**
     * Agrees with the server on an export.
     *
     * @param name of the export; empty for the server's default
     * @throws EtherbayException NOT_FOUND when it has none such, DENIED when it wants another
     *     client, UNAVAILABLE when it speaks something else or not at all
     */
    static Export agree(UnixStream stream, String name) {
        return new NbdHandshake(stream, name).agree();
    }

    /** Says goodbye on a connection that is not needed after all (NBD_CMD_DISC). */
    static void leave(UnixStream stream) {
        stream.write(ByteBuffer.allocate(REQUEST_BYTES)
                .putInt(REQUEST_MAGIC)
                .putShort((short) 0)
                .putShort(CMD_DISC)
                .array());
    }

    private Export agree() {
        ByteBuffer greeting = read(Long.BYTES + Long.BYTES + Short.BYTES);
        require(greeting.getLong() == NBDMAGIC, "it does not greet as an NBD server");
        require(greeting.getLong() == IHAVEOPT, "it speaks the protocol from before 2011");
        int serverFlags = greeting.getShort();
        int ours = serverFlags & (FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES);
        stream.write(ByteBuffer.allocate(Integer.BYTES).putInt(ours).array());
        boolean noZeroes = (ours & FLAG_NO_ZEROES) != 0;
        if ((ours & FLAG_FIXED_NEWSTYLE) == 0) {
            return byExportName(noZeroes);
        }
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        int infoCount = 1;
        send(
                OPT_GO,
                ByteBuffer.allocate(Integer.BYTES + text.length + 2 * Short.BYTES)
                        .putInt(text.length)
                        .put(text)
                        .putShort((short) infoCount)
                        .putShort(INFO_BLOCK_SIZE)
                        .array());
        return goReply(noZeroes);
    }

    private Export goReply(boolean noZeroes) {
        List<ByteBuffer> infos = new ArrayList<>();
        for (int count = 0; count < REPLY_COUNT_MAX; count++) {
            ByteBuffer head = read(REPLY_BYTES);
            require(head.getLong() == REPLY_MAGIC, "its reply does not begin as one");
            require(head.getInt() == OPT_GO, "it answers what was not asked");
            int type = head.getInt();
            int bytes = head.getInt();
            require(bytes >= 0 && bytes <= DATA_BYTES_MAX, "its reply has " + bytes + " bytes");
            ByteBuffer data = read(bytes);
            if (type == REP_ACK) {
                return exportOf(infos);
            }
            if (type == REP_ERR_UNSUP) {
                return byExportName(noZeroes);
            }
            if (type < 0) {
                throw refused(type, StandardCharsets.UTF_8.decode(data).toString());
            }
            if (type == REP_INFO) {
                infos.add(data);
            }
        }
        throw strange("it does not come to an end");
    }

    private Export exportOf(List<ByteBuffer> infos) {
        int blockBytes = Export.BLOCK_BYTES_DEFAULT;
        ByteBuffer export = ByteBuffer.allocate(0);
        for (ByteBuffer info : infos) {
            int bytes = info.remaining();
            short kind = bytes >= Short.BYTES ? info.getShort() : -1;
            if (kind == INFO_EXPORT && bytes == Short.BYTES + EXPORT_BYTES) {
                export = info;
            } else if (kind == INFO_BLOCK_SIZE && bytes == Short.BYTES + 3 * Integer.BYTES) {
                blockBytes = Math.max(blockBytes, info.getInt());
            }
        }
        require(export.remaining() == EXPORT_BYTES, "it does not say how large the disk is");
        return new Export(export.getLong(), Short.toUnsignedInt(export.getShort()), blockBytes);
    }

    /** A server that does not have the name hangs up. */
    private Export byExportName(boolean noZeroes) {
        send(OPT_EXPORT_NAME, name.getBytes(StandardCharsets.UTF_8));
        ByteBuffer export = read(EXPORT_BYTES);
        if (!noZeroes) {
            stream.read(ZEROES_BYTES);
        }
        return new Export(
                export.getLong(),
                Short.toUnsignedInt(export.getShort()),
                Export.BLOCK_BYTES_DEFAULT);
    }

    private void send(int option, byte[] bytes) {
        stream.write(ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + bytes.length)
                .putLong(IHAVEOPT)
                .putInt(option)
                .putInt(bytes.length)
                .put(bytes)
                .array());
    }

    private ByteBuffer read(int bytes) {
        return ByteBuffer.wrap(stream.read(bytes));
    }

    private EtherbayException refused(int type, String said) {
        String why = said.isEmpty()
                ? "its error is " + Integer.toHexString(type)
                : "it says: " + EtherbayException.shown(said);
        return switch (type) {
            case REP_ERR_UNKNOWN ->
                new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "the NBD server has no export `" + name + "`",
                        why,
                        "name one that it has: --export");
            case REP_ERR_POLICY, REP_ERR_TLS_REQD ->
                new EtherbayException(
                        ErrorCode.DENIED,
                        "the NBD server refuses the export `" + name + "`",
                        why,
                        "allow it there; TLS is not spoken over a Unix socket");
            default -> strange(why);
        };
    }

    private static void require(boolean met, String why) {
        if (!met) {
            throw strange(why);
        }
    }

    private static EtherbayException strange(String why) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the server's handshake is not NBD's",
                why,
                "name the socket of an NBD server");
    }
}
