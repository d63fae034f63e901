// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;

/**
 * A disk of a guest with a write cache that loses its contents when the power goes: what was
 * written since the last flush survives a {@link #cut} block by block, or not, as the seed has it.
 * In memory; QEMU reaches it by NBD (the "fixed newstyle" handshake and simple replies of the NBD
 * project's proto.md). One connection at a time, each served by a thread of its own.
 */
final class PowerCutDisk implements AutoCloseable {
    /** What a real disk writes whole or not at all. */
    private static final int BLOCK_BYTES = 4096;

    private static final long NBDMAGIC = 0x4e42_444d_4147_4943L;
    private static final long IHAVEOPT = 0x4948_4156_454f_5054L;
    private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
    private static final int OPT_EXPORT_NAME = 1;
    private static final int OPT_ABORT = 2;
    private static final int OPT_GO = 7;
    private static final long REPLY_MAGIC = 0x0003_e889_0455_65a9L;
    private static final int REP_ACK = 1;
    private static final int REP_INFO = 3;
    private static final int REP_ERR_UNSUP = 0x8000_0001;
    private static final int INFO_BYTES = 12;
    private static final int HAS_FLAGS_FLUSH_FUA = 1 | 1 << 2 | 1 << 3;
    private static final int REQUEST_MAGIC = 0x2560_9513;
    private static final int SIMPLE_REPLY_MAGIC = 0x6744_6698;
    private static final int COMMAND_READ = 0;
    private static final int COMMAND_WRITE = 1;
    private static final int COMMAND_DISCONNECT = 2;
    private static final int COMMAND_FLUSH = 3;
    private static final int FLAG_FUA = 1;
    private static final int EINVAL = 22;

    private final Path socket;
    private final ServerSocketChannel server;
    private final Prng prng;
    private final byte[] seen;
    private final byte[] lasting;
    private final BitSet unflushed = new BitSet();
    private @Nullable SocketChannel connection;

    /**
     * @param contents of the disk at the beginning, all of it durable
     * @param socket where QEMU finds it; at most 107 bytes long
     */
    PowerCutDisk(byte[] contents, Path socket, long seed) {
        this.socket = socket;
        seen = contents.clone();
        lasting = contents.clone();
        prng = new Prng(seed);
        try {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::acceptAll);
    }

    /** Contents with an empty ext4; {@code image} is where it is made. */
    static byte[] fileSystem(Path image, int kib) throws IOException {
        String mke2fs = Tool.require("mke2fs", "e2fsprogs").toString();
        Tool.check(List.of(mke2fs, "-q", "-t", "ext4", image.toString(), kib + "k"));
        return Files.readAllBytes(image);
    }

    /** QEMU's arguments for this disk, as the virtio disk {@code id}. */
    String[] qemuArguments(String id) {
        return new String[] {
            "-drive",
            "if=none,format=raw,cache=writeback,id=" + id + ",file=nbd:unix:" + socket,
            "-device",
            "virtio-blk-pci,drive=" + id
        };
    }

    /** The power goes: the connection breaks, and of the unflushed blocks some are as before. */
    synchronized void cut() {
        disconnect();
        unflushed.stream().forEach(block -> {
            boolean kept = prng.below(2) == 0;
            copyBlock(kept ? seen : lasting, kept ? lasting : seen, block);
        });
        unflushed.clear();
    }

    /** Blocks written since the last flush. */
    synchronized int unflushedBlocks() {
        return unflushed.cardinality();
    }

    private static void copyBlock(byte[] from, byte[] to, int block) {
        int at = block * BLOCK_BYTES;
        System.arraycopy(from, at, to, at, Math.min(BLOCK_BYTES, from.length - at));
    }

    private void acceptAll() {
        try {
            while (true) {
                SocketChannel accepted = server.accept();
                replaceConnection(accepted);
                Thread.ofPlatform().daemon().name("power-cut-disk").start(() -> serve(accepted));
            }
        } catch (AsynchronousCloseException closed) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void replaceConnection(SocketChannel accepted) {
        disconnect();
        connection = accepted;
    }

    private synchronized void disconnect() {
        try {
            if (connection != null) {
                connection.close();
                connection = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                DataInputStream in = new DataInputStream(Channels.newInputStream(client));
                DataOutputStream out = new DataOutputStream(Channels.newOutputStream(client))) {
            if (handshake(in, out)) {
                while (executed(client, in, out)) {
                    out.flush();
                }
            }
        } catch (AsynchronousCloseException | EOFException gone) {
            return;
        } catch (IOException reset) {
            return; // QEMU was killed with answers on their way
        }
    }

    /** @return whether the client wants to use the disk */
    private boolean handshake(DataInputStream in, DataOutputStream out) throws IOException {
        out.writeLong(NBDMAGIC);
        out.writeLong(IHAVEOPT);
        out.writeShort(FIXED_NEWSTYLE_NO_ZEROES);
        in.readInt(); // the client's flags
        while (true) {
            if (in.readLong() != IHAVEOPT) {
                throw new IOException("no NBD client");
            }
            int option = in.readInt();
            in.skipNBytes(in.readInt());
            switch (option) {
                case OPT_EXPORT_NAME -> {
                    writeSize(out);
                    return true;
                }
                case OPT_GO -> {
                    optionReply(out, option, REP_INFO, INFO_BYTES);
                    out.writeShort(0); // NBD_INFO_EXPORT
                    writeSize(out);
                    optionReply(out, option, REP_ACK, 0);
                    return true;
                }
                case OPT_ABORT -> {
                    return false;
                }
                default -> optionReply(out, option, REP_ERR_UNSUP, 0);
            }
        }
    }

    private void writeSize(DataOutputStream out) throws IOException {
        out.writeLong(seen.length);
        out.writeShort(HAS_FLAGS_FLUSH_FUA);
    }

    private static void optionReply(DataOutputStream out, int option, int type, int bytes)
            throws IOException {
        out.writeLong(REPLY_MAGIC);
        out.writeInt(option);
        out.writeInt(type);
        out.writeInt(bytes);
    }

    /** One request. @return false when it was the last */
    private boolean executed(SocketChannel client, DataInputStream in, DataOutputStream out)
            throws IOException {
        if (in.readInt() != REQUEST_MAGIC) {
            throw new IOException("no NBD request");
        }
        int flags = in.readUnsignedShort();
        int type = in.readUnsignedShort();
        long handle = in.readLong();
        long offset = in.readLong();
        int bytes = in.readInt();
        if (type == COMMAND_DISCONNECT) {
            return false;
        }
        byte[] data = type == COMMAND_WRITE ? in.readNBytes(bytes) : new byte[0];
        boolean inside = offset >= 0 && bytes >= 0 && offset + bytes <= seen.length;
        boolean known = type == COMMAND_READ || type == COMMAND_WRITE || type == COMMAND_FLUSH;
        synchronized (this) {
            if (!client.isOpen()) {
                return false; // the power went before this was executed
            }
            if (known && inside) {
                change(type, (int) offset, data, (flags & FLAG_FUA) != 0);
            }
        }
        out.writeInt(SIMPLE_REPLY_MAGIC);
        out.writeInt(known && inside ? 0 : EINVAL);
        out.writeLong(handle);
        if (type == COMMAND_READ && inside) {
            out.write(seen, (int) offset, bytes);
        }
        return true;
    }

    private void change(int type, int offset, byte[] data, boolean fua) {
        if (type == COMMAND_FLUSH) {
            unflushed.stream().forEach(block -> copyBlock(seen, lasting, block));
            unflushed.clear();
        } else if (type == COMMAND_WRITE && data.length > 0) {
            System.arraycopy(data, 0, seen, offset, data.length);
            if (fua) {
                System.arraycopy(data, 0, lasting, offset, data.length);
            } else {
                unflushed.set(offset / BLOCK_BYTES, (offset + data.length - 1) / BLOCK_BYTES + 1);
            }
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            disconnect();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
