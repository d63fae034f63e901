// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * System calls of a running loop of which nobody asks why they fail: each returns its value or -1.
 * Such a call makes no object even when it is too rare to be compiled, or is compiled anew, while
 * one of {@link Libc}, which fetches errno, makes one of 40 bytes then. Otherwise as there.
 */
final class QuietLibc {
    private static final int NOT_VARIADIC = Libc.NOT_VARIADIC;
    private static final MethodHandle READ =
            bind("read", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE =
            bind("write", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE =
            bind("pwrite", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle IOCTL =
            bind("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PPOLL =
            bind("ppoll", NOT_VARIADIC, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CLOCK_GETTIME =
            bind("clock_gettime", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle GETSOCKOPT = bind(
            "getsockopt",
            NOT_VARIADIC,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG);
    private static final MethodHandle RECV =
            bind("recv", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle IO_URING_ENTER = bind(
            "syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG,
            JAVA_LONG);
    private static final MethodHandle STATX = bind(
            "statx", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle RECVMMSG = bind(
            "recvmmsg", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle SENDMMSG =
            bind("sendmmsg", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle MINCORE =
            bind("mincore", NOT_VARIADIC, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /**
     * CUSTOMIZE_THRESHOLD of java.lang.invoke and one more: a handle called that often from code
     * that is not compiled gets code of its own, which costs the caller 30 kB, once.
     */
    private static final int CALL_COUNT_CUSTOMIZED = 128;

    static {
        // What a loop calls once a second would come to it minutes later, in the midst of frames.
        for (int call = 0; call < CALL_COUNT_CUSTOMIZED; call++) {
            statx(-1, 0, 0, 0, 0);
            getsockopt(-1, 0, 0, 0, 0);
            ioctl(-1, 0, 0);
        }
    }

    private QuietLibc() {}

    /** read(2). @return bytes read, or -1 */
    static long read(int fd, long address, long bytes) {
        try {
            return (long) READ.invokeExact(fd, address, bytes);
        } catch (Throwable bug) {
            throw Libc.broken("read", bug);
        }
    }

    /** write(2). @return bytes written, or -1 */
    static long write(int fd, long address, long bytes) {
        try {
            return (long) WRITE.invokeExact(fd, address, bytes);
        } catch (Throwable bug) {
            throw Libc.broken("write", bug);
        }
    }

    /** pwrite(2). @return bytes written, perhaps fewer than asked, or -1 */
    static long pwrite(int fd, long address, long bytes, long offsetBytes) {
        try {
            return (long) PWRITE.invokeExact(fd, address, bytes, offsetBytes);
        } catch (Throwable bug) {
            throw Libc.broken("pwrite", bug);
        }
    }

    /** ioctl(2) with an address as its argument. @return what the request returns, or -1 */
    static int ioctl(int fd, long request, long argument) {
        try {
            return (int) IOCTL.invokeExact(fd, request, argument);
        } catch (Throwable bug) {
            throw Libc.broken("ioctl", bug);
        }
    }

    /** ppoll(2); a signal ends it early. @return descriptors ready, or -1 */
    static int ppoll(long pollfds, long count, long timespecAddress, long signalMask) {
        try {
            return (int) PPOLL.invokeExact(pollfds, count, timespecAddress, signalMask);
        } catch (Throwable bug) {
            throw Libc.broken("ppoll", bug);
        }
    }

    /** clock_gettime(2). @return 0, or -1 */
    static int clockGettime(int clock, long timespecAddress) {
        try {
            return (int) CLOCK_GETTIME.invokeExact(clock, timespecAddress);
        } catch (Throwable bug) {
            throw Libc.broken("clock_gettime", bug);
        }
    }

    /** getsockopt(2). @return 0, or -1 */
    static int getsockopt(int fd, int level, int option, long address, long bytesAddress) {
        try {
            return (int) GETSOCKOPT.invokeExact(fd, level, option, address, bytesAddress);
        } catch (Throwable bug) {
            throw Libc.broken("getsockopt", bug);
        }
    }

    /** recv(2). @return bytes received, or -1 */
    static long recv(int fd, long address, long bytes, int flags) {
        try {
            return (long) RECV.invokeExact(fd, address, bytes, flags);
        } catch (Throwable bug) {
            throw Libc.broken("recv", bug);
        }
    }

    /** io_uring_enter(2). * @return entries submitted, or -1 */
    static int ioUringEnter(int fd, int submitCount, int completeCountMin, int flags) {
        try {
            return (int) (long) IO_URING_ENTER.invokeExact(
                    (long) Constants.__NR_io_uring_enter,
                    fd,
                    submitCount,
                    completeCountMin,
                    flags,
                    0L,
                    0L);
        } catch (Throwable bug) {
            throw Libc.broken("io_uring_enter", bug);
        }
    }

    /** statx(2) of an open file. @return 0, or -1 */
    static int statx(int fd, long emptyPath, int flags, int mask, long statxAddress) {
        try {
            return (int) STATX.invokeExact(fd, emptyPath, flags, mask, statxAddress);
        } catch (Throwable bug) {
            throw Libc.broken("statx", bug);
        }
    }

    /** recvmmsg(2). @return messages received, or -1 */
    static int recvmmsg(int fd, long mmsghdrs, int count, int flags, long timeout) {
        try {
            return (int) RECVMMSG.invokeExact(fd, mmsghdrs, count, flags, timeout);
        } catch (Throwable bug) {
            throw Libc.broken("recvmmsg", bug);
        }
    }

    /** sendmmsg(2). @return messages sent, perhaps fewer than asked, or -1 */
    static int sendmmsg(int fd, long mmsghdrs, int count, int flags) {
        try {
            return (int) SENDMMSG.invokeExact(fd, mmsghdrs, count, flags);
        } catch (Throwable bug) {
            throw Libc.broken("sendmmsg", bug);
        }
    }

    /** mincore(2). @return 0, or -1 */
    static int mincore(long address, long bytes, long answerAddress) {
        try {
            return (int) MINCORE.invokeExact(address, bytes, answerAddress);
        } catch (Throwable bug) {
            throw Libc.broken("mincore", bug);
        }
    }

    // SAFETY: symbols of the C library live as long as the process; that each type here is the C
    // prototype's is what every test of this module exercises.
    @SuppressWarnings("restricted")
    private static MethodHandle bind(
            String name, int firstVariadic, ValueLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        Linker.Option[] options = firstVariadic == NOT_VARIADIC
                ? new Linker.Option[0]
                : new Linker.Option[] {Linker.Option.firstVariadicArg(firstVariadic)};
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                options);
    }
}
