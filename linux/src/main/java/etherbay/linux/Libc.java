// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * System calls, and the only holder of native method handles. Each returns its value or {@code
 * -errno}; where a signal may interrupt it, it is made again here and nowhere else. Addresses are
 * {@code long}s. Any platform thread; never a virtual one, which
 * would pin its carrier.
 */
final class Libc {
    static final int NOT_VARIADIC = -1;

    /** Room for a struct statfs of any architecture; its first word is the type. */
    static final long STATFS_BYTES = 256;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(groupElement("errno")).withInvokeExactBehavior();

    /** Where errno is left: one for each of the few platform threads that make calls. */
    private static final ThreadLocal<MemorySegment> CAPTURED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private static final MethodHandle OPEN =
            bind("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = bind("close", NOT_VARIADIC, JAVA_INT, JAVA_INT);
    private static final MethodHandle PREADV2 = bind(
            "preadv2", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle PWRITEV2 = bind(
            "pwritev2",
            NOT_VARIADIC,
            JAVA_LONG,
            JAVA_INT,
            JAVA_LONG,
            JAVA_INT,
            JAVA_LONG,
            JAVA_INT);
    private static final MethodHandle FDATASYNC =
            bind("fdatasync", NOT_VARIADIC, JAVA_INT, JAVA_INT);
    private static final MethodHandle FALLOCATE =
            bind("fallocate", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle STATX = bind(
            "statx", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle FLOCK =
            bind("flock", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle MMAP = bind(
            "mmap",
            NOT_VARIADIC,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG);
    private static final MethodHandle MUNMAP =
            bind("munmap", NOT_VARIADIC, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle EVENTFD =
            bind("eventfd", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SOCKET =
            bind("socket", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND =
            bind("bind", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle LISTEN =
            bind("listen", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle GETSOCKNAME =
            bind("getsockname", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DUP3 =
            bind("dup3", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle CONNECT =
            bind("connect", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SETSOCKOPT = bind(
            "setsockopt",
            NOT_VARIADIC,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_INT);
    private static final MethodHandle SENDMMSG =
            bind("sendmmsg", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle RECV =
            bind("recv", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SEND =
            bind("send", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETPRIORITY =
            bind("getpriority", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SETPRIORITY =
            bind("setpriority", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SCHED_GETATTR =
            bind("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle SCHED_SETATTR =
            bind("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FSTATFS =
            bind("fstatfs", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle GETPAGESIZE = bind("getpagesize", NOT_VARIADIC, JAVA_INT);
    private static final MethodHandle SETNS =
            bind("setns", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle IO_URING_SETUP =
            bind("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);

    private Libc() {}

    /** open(2) of a C string. @return a file descriptor, or {@code -errno}. */
    static int open(long pathAddress, int flags, int mode) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome((int) OPEN.invokeExact(state, pathAddress, flags, mode), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("open", bug);
        }
    }

    /**
     * close(2); never retried, the descriptor is gone in any case. @return 0, or {@code -errno}.
     */
    static int close(int fd) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable bug) {
            throw broken("close", bug);
        }
    }

    /**
     * getpriority(2).
     *
     * @return the niceness when it is 0 to 19; something below 0 for one below 0, and for an error
     */
    static int getpriority(int which, int who) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) GETPRIORITY.invokeExact(state, which, who), state);
        } catch (Throwable bug) {
            throw broken("getpriority", bug);
        }
    }

    /** setpriority(2). @return 0, or {@code -errno}. */
    static int setpriority(int which, int who, int niceness) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) SETPRIORITY.invokeExact(state, which, who, niceness), state);
        } catch (Throwable bug) {
            throw broken("setpriority", bug);
        }
    }

    /**
     * sched_getattr(2) of the calling thread.
     *
     * @param call its number on this machine
     * @return 0, or {@code -errno}
     */
    static int schedGetAttributes(long call, long address, int sizeBytes) {
        MemorySegment state = CAPTURED.get();
        try {
            return (int) outcome(
                    (long) SCHED_GETATTR.invokeExact(state, call, 0, address, sizeBytes, 0), state);
        } catch (Throwable bug) {
            throw broken("sched_getattr", bug);
        }
    }

    /**
     * sched_setattr(2) of the calling thread.
     *
     * @param call its number on this machine
     * @return 0, or {@code -errno}
     */
    static int schedSetAttributes(long call, long address) {
        MemorySegment state = CAPTURED.get();
        try {
            return (int)
                    outcome((long) SCHED_SETATTR.invokeExact(state, call, 0, address, 0), state);
        } catch (Throwable bug) {
            throw broken("sched_setattr", bug);
        }
    }

    /** preadv2(2). @return bytes read, perhaps fewer than asked, or {@code -errno}. */
    static long preadv2(int fd, long iovecs, int iovecCount, long offsetBytes, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            long result;
            do {
                result = outcome(
                        (long) PREADV2.invokeExact(
                                state, fd, iovecs, iovecCount, offsetBytes, flags),
                        state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("preadv2", bug);
        }
    }

    /** pwritev2(2). @return bytes written, perhaps fewer than asked, or {@code -errno}. */
    static long pwritev2(int fd, long iovecs, int iovecCount, long offsetBytes, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            long result;
            do {
                result = outcome(
                        (long) PWRITEV2.invokeExact(
                                state, fd, iovecs, iovecCount, offsetBytes, flags),
                        state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("pwritev2", bug);
        }
    }

    /** fdatasync(2): data, and what is needed to find it. @return 0, or {@code -errno}. */
    static int fdatasync(int fd) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome((int) FDATASYNC.invokeExact(state, fd), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("fdatasync", bug);
        }
    }

    /** fallocate(2). @return 0, or {@code -errno}. */
    static int fallocate(int fd, int mode, long offsetBytes, long bytes) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome(
                        (int) FALLOCATE.invokeExact(state, fd, mode, offsetBytes, bytes), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("fallocate", bug);
        }
    }

    /** statx(2). @return 0, or {@code -errno}. */
    static int statx(int dirFd, long pathAddress, int flags, int mask, long statxAddress) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome(
                        (int) STATX.invokeExact(
                                state, dirFd, pathAddress, flags, mask, statxAddress),
                        state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("statx", bug);
        }
    }

    /** flock(2). @return 0, or {@code -errno}. */
    static int flock(int fd, int operation) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome((int) FLOCK.invokeExact(state, fd, operation), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("flock", bug);
        }
    }

    /** mmap(2). @return the address of the mapping, or {@code -errno}. */
    static long mmap(
            long address, long bytes, int protection, int flags, int fd, long offsetBytes) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome(
                    (long) MMAP.invokeExact(
                            state, address, bytes, protection, flags, fd, offsetBytes),
                    state);
        } catch (Throwable bug) {
            throw broken("mmap", bug);
        }
    }

    /** munmap(2). @return 0, or {@code -errno}. */
    static int munmap(long address, long bytes) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) MUNMAP.invokeExact(state, address, bytes), state);
        } catch (Throwable bug) {
            throw broken("munmap", bug);
        }
    }

    /** fstatfs(2). @return 0, or {@code -errno}. */
    static int fstatfs(int fd, long statfsAddress) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) FSTATFS.invokeExact(state, fd, statfsAddress), state);
        } catch (Throwable bug) {
            throw broken("fstatfs", bug);
        }
    }

    /** getpagesize(2): bytes. */
    static int getpagesize() {
        try {
            return (int) GETPAGESIZE.invokeExact(CAPTURED.get());
        } catch (Throwable bug) {
            throw broken("getpagesize", bug);
        }
    }

    /** eventfd(2). @return a file descriptor, or {@code -errno}. */
    static int eventfd(int initial, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) EVENTFD.invokeExact(state, initial, flags), state);
        } catch (Throwable bug) {
            throw broken("eventfd", bug);
        }
    }

    /** socket(2). @return a file descriptor, or {@code -errno}. */
    static int socket(int family, int type, int protocol) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) SOCKET.invokeExact(state, family, type, protocol), state);
        } catch (Throwable bug) {
            throw broken("socket", bug);
        }
    }

    /** bind(2). @return 0, or {@code -errno}. */
    static int bind(int fd, long sockaddr, int bytes) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) BIND.invokeExact(state, fd, sockaddr, bytes), state);
        } catch (Throwable bug) {
            throw broken("bind", bug);
        }
    }

    /** listen(2). @return 0, or {@code -errno}. */
    static int listen(int fd, int backlog) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) LISTEN.invokeExact(state, fd, backlog), state);
        } catch (Throwable bug) {
            throw broken("listen", bug);
        }
    }

    /** getsockname(2). @return 0, or {@code -errno}. */
    static int getsockname(int fd, long sockaddr, long bytesAddress) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) GETSOCKNAME.invokeExact(state, fd, sockaddr, bytesAddress), state);
        } catch (Throwable bug) {
            throw broken("getsockname", bug);
        }
    }

    /** dup3(2): {@code other} becomes {@code fd}. @return {@code other}, or {@code -errno}. */
    static int dup3(int fd, int other, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome((int) DUP3.invokeExact(state, fd, other, flags), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("dup3", bug);
        }
    }

    /** connect(2). @return 0, or {@code -errno}. */
    static int connect(int fd, long sockaddr, int bytes) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) CONNECT.invokeExact(state, fd, sockaddr, bytes), state);
        } catch (Throwable bug) {
            throw broken("connect", bug);
        }
    }

    /** setsockopt(2). @return 0, or {@code -errno}. */
    static int setsockopt(int fd, int level, int option, long address, int bytes) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome(
                    (int) SETSOCKOPT.invokeExact(state, fd, level, option, address, bytes), state);
        } catch (Throwable bug) {
            throw broken("setsockopt", bug);
        }
    }

    /** sendmmsg(2). @return messages sent, perhaps fewer than asked, or {@code -errno}. */
    static int sendmmsg(int fd, long mmsghdrs, int count, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            int result;
            do {
                result = outcome(
                        (int) SENDMMSG.invokeExact(state, fd, mmsghdrs, count, flags), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("sendmmsg", bug);
        }
    }

    /** recv(2). @return bytes received, or {@code -errno}. */
    static long recv(int fd, long address, long bytes, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            long result;
            do {
                result = outcome((long) RECV.invokeExact(state, fd, address, bytes, flags), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("recv", bug);
        }
    }

    /** send(2). @return bytes sent, perhaps fewer than asked, or {@code -errno}. */
    static long send(int fd, long address, long bytes, int flags) {
        MemorySegment state = CAPTURED.get();
        try {
            long result;
            do {
                result = outcome((long) SEND.invokeExact(state, fd, address, bytes, flags), state);
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable bug) {
            throw broken("send", bug);
        }
    }

    /** setns(2), of the calling thread. @return 0, or {@code -errno}. */
    static int setns(int fd, int kind) {
        MemorySegment state = CAPTURED.get();
        try {
            return outcome((int) SETNS.invokeExact(state, fd, kind), state);
        } catch (Throwable bug) {
            throw broken("setns", bug);
        }
    }

    /** io_uring_setup(2). @return a file descriptor, or {@code -errno}. */
    static int ioUringSetup(int entryCount, long paramsAddress) {
        MemorySegment state = CAPTURED.get();
        try {
            long result = (long) IO_URING_SETUP.invokeExact(
                    state, (long) Constants.__NR_io_uring_setup, entryCount, paramsAddress);
            return (int) outcome(result, state);
        } catch (Throwable bug) {
            throw broken("io_uring_setup", bug);
        }
    }

    private static int outcome(int result, MemorySegment state) {
        return result >= 0 ? result : -(int) ERRNO.get(state, 0L);
    }

    private static long outcome(long result, MemorySegment state) {
        // Only -1 is an error: mmap returns addresses, which may have the highest bit set.
        return result != -1 ? result : -(int) ERRNO.get(state, 0L);
    }

    static AssertionError broken(String name, Throwable bug) {
        return new AssertionError("binding of " + name, bug);
    }

    // SAFETY: symbols of the C library live as long as the process; that each type here is the C
    // prototype's is what every test of this module exercises.
    @SuppressWarnings("restricted")
    private static MethodHandle bind(
            String name, int firstVariadic, ValueLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        Linker.Option errno = Linker.Option.captureCallState("errno");
        Linker.Option[] options = firstVariadic < 0
                ? new Linker.Option[] {errno}
                : new Linker.Option[] {errno, Linker.Option.firstVariadicArg(firstVariadic)};
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                options);
    }
}
