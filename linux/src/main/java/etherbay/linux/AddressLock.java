// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * A name that one process of this machine, or rather of its network namespace, can hold at a time:
 * so that no two serve one address on one interface. It is the name of an abstract socket, unix(7),
 * so it ends with the process, however that ends, and leaves nothing behind.
 */
public final class AddressLock implements AutoCloseable {
    private static final int NAME_BYTES_MAX = 107;
    private static final int BACKLOG_COUNT = 16;
    private static final int TYPE =
            Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC | Constants.SOCK_NONBLOCK;

    private int fd;

    private AddressLock(int fd) {
        this.fd = fd;
    }

    /**
     * Takes the name.
     *
     * @param name for instance {@code etherbay/eth0/e1.0}, at most 107 bytes
     * @throws EtherbayException CONFLICT when a process holds it, and which, where it can be known
     */
    public static AddressLock take(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > NAME_BYTES_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the name of the lock " + name + " is too long",
                    "it has %d bytes, the kernel takes %d".formatted(bytes.length, NAME_BYTES_MAX),
                    "use a shorter name");
        }
        try (Arena arena = Arena.ofConfined()) {
            long sockaddr = arena.allocate(Layouts.SOCKADDR_UN).address();
            // An abstract name begins with a zero byte, and its length is the address's.
            Memory.putShort(sockaddr, (short) Constants.AF_UNIX);
            Memory.putBytes(sockaddr + Short.BYTES + 1, bytes);
            int sockaddrBytes = Short.BYTES + 1 + bytes.length;
            int fd = Linux.expect(Libc.socket(Constants.AF_UNIX, TYPE, 0), "a unix socket");
            int bound = Libc.bind(fd, sockaddr, sockaddrBytes);
            if (bound == 0) {
                Libc.listen(fd, BACKLOG_COUNT);
                return new AddressLock(fd);
            }
            Libc.close(fd);
            if (bound == -Errno.EADDRINUSE) {
                throw held(name, holder(sockaddr, sockaddrBytes, arena));
            }
            Linux.expect(bound, "the lock " + name);
            throw new AssertionError("a refused bind has an errno");
        }
    }

    /** The process that listens on the name. */
    private static OptionalInt holder(long sockaddr, int sockaddrBytes, Arena arena) {
        int fd = Linux.expect(Libc.socket(Constants.AF_UNIX, TYPE, 0), "a unix socket");
        long credentials = arena.allocate(Layouts.UCRED).address();
        long bytes = arena.allocate(Long.BYTES, Long.BYTES).address();
        Memory.putInt(bytes, (int) Layouts.UCRED.byteSize());
        boolean known = Libc.connect(fd, sockaddr, sockaddrBytes) == 0
                && QuietLibc.getsockopt(
                                fd, Constants.SOL_SOCKET, Constants.SO_PEERCRED, credentials, bytes)
                        == 0;
        Libc.close(fd);
        return known ? OptionalInt.of(Memory.getInt(credentials)) : OptionalInt.empty();
    }

    private static EtherbayException held(String name, OptionalInt holder) {
        String who = holder.isPresent() ? "process " + holder.getAsInt() : "another process";
        return new EtherbayException(
                ErrorCode.CONFLICT,
                name + " is in use on this machine",
                who + " holds it",
                holder.isPresent()
                        ? "stop it, or choose another address: ps -fp " + holder.getAsInt()
                        : "stop it, or choose another address");
    }

    /** Gives the name up. */
    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }
}
