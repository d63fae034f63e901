// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A stream socket that listens at a path, unix(7), by its descriptor: that can be given to another
 * process and come from one, which Java's channels cannot. One at a time may {@linkplain #channel
 * accept} from it as a channel of Java's. Its owner closes it; one thread at a time.
 */
final class ListeningSocket implements AutoCloseable {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int PATH_AT = Short.BYTES;
    private static final int ADDRESS_BYTES = (int) Layouts.SOCKADDR_UN.byteSize();
    private static final int PATH_BYTES_MAX = ADDRESS_BYTES - PATH_AT - 1;
    private static final long INODE_AT = Layouts.at(Layouts.STATX, "stx_ino");
    private static final long DEV_MAJOR_AT = Layouts.at(Layouts.STATX, "stx_dev_major");
    private static final long DEV_MINOR_AT = Layouts.at(Layouts.STATX, "stx_dev_minor");

    private final Path path;
    private final int fd;

    private ListeningSocket(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Makes the file and listens.
     *
     * @throws EtherbayException DENIED when that cannot be
     */
    static ListeningSocket listen(Path path, int backlogCount) {
        byte[] name = bytes(path);
        if (name.length > PATH_BYTES_MAX) {
            throw refused(path, "a socket's path may have %d bytes".formatted(PATH_BYTES_MAX));
        }
        int type = Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC | Constants.SOCK_NONBLOCK;
        int fd = Linux.expect(Libc.socket(Constants.AF_UNIX, type, 0), "a unix socket");
        int result;
        try (Arena call = Arena.ofConfined()) {
            long address = call.allocate(Layouts.SOCKADDR_UN).address();
            Memory.putShort(address, (short) Constants.AF_UNIX);
            Memory.putBytes(address + PATH_AT, name);
            result = Libc.bind(fd, address, ADDRESS_BYTES);
        }
        if (result == 0) {
            result = Libc.listen(fd, backlogCount);
        }
        if (result < 0) {
            Libc.close(fd);
            throw refused(path, Errno.name(-result));
        }
        return new ListeningSocket(path, fd);
    }

    private static EtherbayException refused(Path path, String why) {
        return new EtherbayException(
                ErrorCode.DENIED,
                "cannot listen at unix:" + path,
                why,
                "name a socket in a folder that you may write to, as unix:/run/disk.sock");
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * One that somebody else has made.
     *
     * @param fd not ours any more when this is not empty
     * @return empty for what is no stream socket that listens at a path
     */
    static Optional<ListeningSocket> of(int fd) {
        boolean listens = option(fd, Constants.SO_TYPE) == Constants.SOCK_STREAM
                && option(fd, Constants.SO_ACCEPTCONN) == 1;
        byte[] name = listens ? nameOf(fd) : new byte[0];
        return name.length == 0
                ? Optional.empty()
                : Optional.of(
                        new ListeningSocket(Path.of(new String(name, StandardCharsets.UTF_8)), fd));
    }

    private static int option(int fd, int option) {
        try (Arena call = Arena.ofConfined()) {
            long value = call.allocate(Integer.BYTES, Integer.BYTES).address();
            long bytes = call.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(bytes, Integer.BYTES);
            int result = QuietLibc.getsockopt(fd, Constants.SOL_SOCKET, option, value, bytes);
            return result == 0 ? Memory.getInt(value) : -1;
        }
    }

    /** The path that a Unix socket is bound to; no bytes for anything else. */
    private static byte[] nameOf(int fd) {
        try (Arena call = Arena.ofConfined()) {
            long address = call.allocate(Layouts.SOCKADDR_UN).address();
            long bytes = call.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(bytes, ADDRESS_BYTES);
            if (Libc.getsockname(fd, address, bytes) < 0
                    || Memory.getShort(address) != Constants.AF_UNIX) {
                return new byte[0];
            }
            int length = Math.clamp(Memory.getInt(bytes) - PATH_AT, 0, ADDRESS_BYTES - PATH_AT);
            int end = 0;
            while (end < length && Memory.getByte(address + PATH_AT + end) != 0) {
                end++;
            }
            return Memory.getBytes(address + PATH_AT, end);
        }
    }

    Path path() {
        return path;
    }

    int fd() {
        return fd;
    }

    /**
     * Tells the file at a path from every other one as long as it is there or a socket that was
     * bound to it lives, since that holds its inode: {@code DEVICE-INODE}; empty when there is
     * none.
     */
    static String fileAt(Path path) {
        try (Arena call = Arena.ofConfined()) {
            long name = call.allocateFrom(path.toString()).address();
            long statx = call.allocate(Layouts.STATX).address();
            int result = Libc.statx(
                    DiskErrors.AT_FDCWD,
                    name,
                    Constants.AT_SYMLINK_NOFOLLOW,
                    Constants.STATX_BASIC_STATS,
                    statx);
            return result < 0
                    ? ""
                    : "%x.%x-%x"
                            .formatted(
                                    Memory.getInt(statx + DEV_MAJOR_AT),
                                    Memory.getInt(statx + DEV_MINOR_AT),
                                    Memory.getLong(statx + INODE_AT));
        }
    }

    /**
     * A channel of Java's that accepts from this socket; its own address is of no meaning. Closing
     * it ends neither this socket nor its backlog. The way there: a channel that listens at a name
     * which nobody else has, so that its descriptor is found, and gets this socket in its place.
     *
     * @return not blocking
     * @throws IOException where this Java or this system does not let that be done
     */
    ServerSocketChannel channel() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean accepts = false;
        try {
            channel.bind(null);
            Path own = ((UnixDomainSocketAddress) channel.getLocalAddress()).getPath();
            try {
                replace(descriptorAt(own)
                        .orElseThrow(() -> new IOException("no descriptor is bound to " + own)));
            } finally {
                Files.deleteIfExists(own);
            }
            channel.configureBlocking(false);
            accepts = true;
            return channel;
        } finally {
            if (!accepts) {
                channel.close();
            }
        }
    }

    private static OptionalInt descriptorAt(Path own) throws IOException {
        byte[] name = bytes(own);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path each : all) {
                int candidate = Integer.parseInt(each.getFileName().toString());
                if (Arrays.equals(nameOf(candidate), name)) {
                    return OptionalInt.of(candidate);
                }
            }
        }
        return OptionalInt.empty();
    }

    private void replace(int other) throws IOException {
        int result = Libc.dup3(fd, other, Constants.O_CLOEXEC);
        if (result < 0) {
            throw new IOException(Errno.name(-result));
        }
    }

    /** Gives the descriptor up; the file stays. */
    @Override
    public void close() {
        Libc.close(fd);
    }
}
