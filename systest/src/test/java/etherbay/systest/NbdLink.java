// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * A client of an NBD server on a Unix socket that waits for each answer, from the protocol document
 * of the NBD project (doc/proto.md). One thread.
 */
final class NbdLink implements SectorLedger.Reader, AutoCloseable {
    private static final int SECTOR_BYTES = SectorLedger.SECTOR_BYTES;
    private static final long IHAVEOPT = 0x4948_4156_454F_5054L;
    private static final int OPT_EXPORT_NAME = 1;
    private static final int GREETING_BYTES = 18;
    private static final int C_FIXED_NEWSTYLE_NO_ZEROES = 3;
    private static final int REQUEST_MAGIC = 0x2560_9513;
    private static final int REPLY_MAGIC = 0x6744_6698;
    private static final int REQUEST_BYTES = 28;
    private static final int REPLY_BYTES = 16;
    private static final int READ_SECTORS = 2048;

    private enum Command {
        READ(0),
        WRITE(1),
        FLUSH(3);

        private final int number;

        Command(int number) {
            this.number = number;
        }
    }

    private final SocketChannel channel;
    private final long sectors;
    private long handle;

    private NbdLink(SocketChannel channel, long sectors) {
        this.channel = channel;
        this.sectors = sectors;
    }

    /** The default export. */
    static NbdLink open(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        receive(channel, GREETING_BYTES);
        send(
                channel,
                ByteBuffer.allocate(20)
                        .putInt(C_FIXED_NEWSTYLE_NO_ZEROES)
                        .putLong(IHAVEOPT)
                        .putInt(OPT_EXPORT_NAME)
                        .putInt(0));
        ByteBuffer answer = receive(channel, Long.BYTES + Short.BYTES);
        return new NbdLink(channel, answer.getLong() / SECTOR_BYTES);
    }

    long sectors() {
        return sectors;
    }

    /**
     * Writes.
     *
     * @return 0, or the error that the server gave
     */
    int write(long lba, byte[] data) throws IOException {
        return ask(Command.WRITE, lba, data.length, data);
    }

    /** Reads as much as fits. @return 0, or the error that the server gave */
    int readInto(long lba, byte[] data) throws IOException {
        int error = ask(Command.READ, lba, data.length, new byte[0]);
        if (error == 0) {
            receive(channel, data.length).get(data);
        }
        return error;
    }

    /** FLUSH. @return 0, or the error that the server gave */
    int flush() throws IOException {
        return ask(Command.FLUSH, 0, 0, new byte[0]);
    }

    @Override
    public byte[] read(long lba, int count) {
        try {
            byte[] data = new byte[count * SECTOR_BYTES];
            int error = readInto(lba, data);
            if (error != 0) {
                throw new AssertionError("a read of sector " + lba + " ended with error " + error);
            }
            return data;
        } catch (IOException lost) {
            throw new UncheckedIOException(lost);
        }
    }

    /** All that the disk holds. */
    byte[] readAll() {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(sectors * SECTOR_BYTES));
        while (all.hasRemaining()) {
            int count = Math.min(READ_SECTORS, all.remaining() / SECTOR_BYTES);
            all.put(read(all.position() / SECTOR_BYTES, count));
        }
        return all.array();
    }

    private int ask(Command command, long lba, int bytes, byte[] data) throws IOException {
        send(
                channel,
                ByteBuffer.allocate(REQUEST_BYTES + data.length)
                        .putInt(REQUEST_MAGIC)
                        .putShort((short) 0)
                        .putShort((short) command.number)
                        .putLong(++handle)
                        .putLong(lba * SECTOR_BYTES)
                        .putInt(bytes)
                        .put(data));
        ByteBuffer reply = receive(channel, REPLY_BYTES);
        int magic = reply.getInt();
        int error = reply.getInt();
        if (magic != REPLY_MAGIC || reply.getLong() != handle) {
            throw new AssertionError("not the reply to request " + handle);
        }
        return error;
    }

    private static void send(SocketChannel channel, ByteBuffer bytes) throws IOException {
        bytes.flip();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static ByteBuffer receive(SocketChannel channel, int bytes) throws IOException {
        ByteBuffer received = ByteBuffer.allocate(bytes);
        while (received.hasRemaining()) {
            if (channel.read(received) < 0) {
                throw new EOFException("the server is gone");
            }
        }
        return received.flip();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
