// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A connected stream socket, unix(7), whose descriptor can be given to the kernel, which Java's own
 * channels do not show. Until it is given away, a peer that is silent for longer than the time-out
 * is an error. Blocks; one platform thread at a time.
 */
public final class UnixStream implements AutoCloseable {
    private static final int PATH_BYTES_MAX = 107;
    private static final long SEC_AT = Layouts.at(Layouts.TIMEVAL, "tv_sec");
    private static final int TIMEVAL_BYTES = (int) Layouts.TIMEVAL.byteSize();
    private static final String SERVER_CURE = "see what the server says; is it an NBD server?";

    private final Path path;
    private final Arena arena = Arena.ofShared();
    private final long timeval = arena.allocate(Layouts.TIMEVAL).address();
    private final long optionBytes = arena.allocate(Long.BYTES, Long.BYTES).address();
    private int fd;

    private UnixStream(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Connects to the socket at a path.
     *
     * @param timeoutSeconds for which each call waits at most
     * @throws EtherbayException NOT_FOUND when there is no socket, UNAVAILABLE when nobody listens,
     *     DENIED, INVALID for a path that is too long
     */
    public static UnixStream connect(Path path, int timeoutSeconds) {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > PATH_BYTES_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the path of the socket " + path + " is too long",
                    "it has %d bytes, a socket's may have %d"
                            .formatted(bytes.length, PATH_BYTES_MAX),
                    "put the socket into a folder with a shorter name, as /run or /tmp");
        }
        int type = Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC;
        UnixStream stream = new UnixStream(
                path, Linux.expect(Libc.socket(Constants.AF_UNIX, type, 0), "a unix socket"));
        try {
            stream.limit(timeoutSeconds);
            stream.connect(bytes);
            return stream;
        } catch (EtherbayException refused) {
            stream.close();
            throw refused;
        }
    }

    private void connect(byte[] name) {
        long sockaddr = arena.allocate(Layouts.SOCKADDR_UN).address();
        Memory.putShort(sockaddr, (short) Constants.AF_UNIX);
        Memory.putBytes(sockaddr + Short.BYTES, name);
        int result = Libc.connect(fd, sockaddr, (int) Layouts.SOCKADDR_UN.byteSize());
        if (result < 0) {
            ErrorCode code = codeOf(-result);
            throw new EtherbayException(
                    code,
                    "cannot connect to the socket " + path,
                    Errno.name(-result),
                    code == ErrorCode.DENIED
                            ? "run as a user who may write to it: ls -l " + path
                            : "start the server, or name its socket");
        }
    }

    private static ErrorCode codeOf(int errno) {
        return switch (errno) {
            case Errno.ENOENT -> ErrorCode.NOT_FOUND;
            case Errno.EACCES, Errno.EPERM -> ErrorCode.DENIED;
            default -> ErrorCode.UNAVAILABLE;
        };
    }

    /** Sends all of it. @throws EtherbayException UNAVAILABLE when the peer is gone or silent */
    public void write(byte[] bytes) {
        try (Arena call = Arena.ofConfined()) {
            long memory = call.allocate(Math.max(bytes.length, 1)).address();
            Memory.putBytes(memory, bytes);
            for (long done = 0; done < bytes.length; ) {
                long sent =
                        Libc.send(fd, memory + done, bytes.length - done, Constants.MSG_NOSIGNAL);
                if (sent < 0) {
                    throw unavailable("cannot send to", (int) -sent);
                }
                done += sent;
            }
        }
    }

    /**
     * Receives that many bytes.
     *
     * @throws EtherbayException UNAVAILABLE when the peer is gone or silent
     */
    public byte[] read(int count) {
        try (Arena call = Arena.ofConfined()) {
            long memory = call.allocate(Math.max(count, 1)).address();
            for (long done = 0; done < count; ) {
                long received = Libc.recv(fd, memory + done, count - done, 0);
                if (received == 0) {
                    throw new EtherbayException(
                            ErrorCode.UNAVAILABLE,
                            "the server at " + path + " hung up",
                            "it ended the connection within a handshake",
                            SERVER_CURE);
                }
                if (received < 0) {
                    throw unavailable("no answer from", (int) -received);
                }
                done += received;
            }
            return Memory.getBytes(memory, count);
        }
    }

    private EtherbayException unavailable(String what, int errno) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                what + " the server at " + path,
                errno == Errno.EAGAIN ? "it does not answer in time" : Errno.name(errno),
                SERVER_CURE);
    }

    /** Makes it ready for the kernel: without time-outs of ours. */
    void release() {
        limit(0);
    }

    /**
     * Whether the kernel's NBD driver uses it: it sets the time-out for sending to that of the
     * device, and ours is none after {@link #release}. (A driver that has no use for a socket does
     * not say so.)
     */
    boolean isTaken() {
        Memory.putInt(optionBytes, TIMEVAL_BYTES);
        int result = QuietLibc.getsockopt(
                fd, Constants.SOL_SOCKET, Constants.SO_SNDTIMEO, timeval, optionBytes);
        return result == 0 && Memory.getLong(timeval + SEC_AT) > 0;
    }

    private void limit(int seconds) {
        Memory.zero(timeval, TIMEVAL_BYTES);
        Memory.putLong(timeval + SEC_AT, seconds);
        for (int option : new int[] {Constants.SO_RCVTIMEO, Constants.SO_SNDTIMEO}) {
            Linux.expect(
                    Libc.setsockopt(fd, Constants.SOL_SOCKET, option, timeval, TIMEVAL_BYTES),
                    "a time-out of a socket");
        }
    }

    int fd() {
        return fd;
    }

    /** Gives the descriptor up; a connection that the kernel uses stays. */
    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
            arena.close();
        }
    }
}
