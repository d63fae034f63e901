// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/**
 * A file that one process holds at a time, by flock(2): what LVM2 does with the files in {@code
 * /run/lock/lvm}, so that it and we keep out of each other's way. Ends with the process; the file
 * stays.
 */
public final class FileLock implements AutoCloseable {
    private static final int MODE = 0600;
    private static final long PAUSE_NS = 20_000_000;

    private int fd;

    private FileLock(int fd) {
        this.fd = fd;
    }

    /**
     * Takes it; makes the file where there is none.
     *
     * @param what it stands for, for errors: {@code volume group vg0}
     * @param patienceNs how long to wait for another process to let go of it; whoever is
     *     interrupted waits no longer
     * @throws EtherbayException CONFLICT when another process holds it, and which, where it can be
     *     known; DENIED when the file cannot be had
     */
    public static FileLock take(Path file, String what, long patienceNs) {
        long untilNs = Linux.clock().nanoTime() + patienceNs;
        while (true) {
            int fd = open(file, what);
            int locked = Libc.flock(fd, Constants.LOCK_EX | Constants.LOCK_NB);
            // Whoever held it may have deleted the file: then it is another one by now.
            if (locked == 0 && isStill(file, fd)) {
                return new FileLock(fd);
            }
            Libc.close(fd);
            if (locked != 0 && locked != -Errno.EAGAIN) {
                throw refused(file, what, Errno.name(-locked));
            }
            boolean waits = Linux.clock().nanoTime() < untilNs
                    && !Thread.currentThread().isInterrupted();
            if (locked != 0 && !waits) {
                throw held(file, what);
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    private static int open(Path file, String what) {
        try (Arena arena = Arena.ofConfined()) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            long name = arena.allocateFrom(file.toString()).address();
            int fd = Libc.open(
                    name, Constants.O_RDWR | Constants.O_CREAT | Constants.O_CLOEXEC, MODE);
            if (fd < 0) {
                throw refused(file, what, Errno.name(-fd));
            }
            return fd;
        } catch (IOException cause) {
            throw refused(file, what, String.valueOf(cause));
        }
    }

    private static boolean isStill(Path file, int fd) {
        try {
            return Files.getAttribute(file, "unix:ino")
                    .equals(Files.getAttribute(Path.of("/proc/self/fd/" + fd), "unix:ino"));
        } catch (IOException gone) {
            return false;
        }
    }

    private static EtherbayException refused(Path file, String what, String why) {
        return new EtherbayException(
                ErrorCode.DENIED,
                what + " cannot be locked",
                file + ": " + why,
                "try as root, or see the rights of the folder: ls -ld " + file.getParent());
    }

    private static EtherbayException held(Path file, String what) {
        OptionalInt holder = holder(file);
        return new EtherbayException(
                ErrorCode.CONFLICT,
                what + " is in use",
                (holder.isPresent() ? "process " + holder.getAsInt() : "another process")
                        + " holds " + file,
                holder.isPresent()
                        ? "wait for it, or end it: ps -fp " + holder.getAsInt()
                        : "see who: fuser -v " + file);
    }

    private static OptionalInt holder(Path file) {
        try {
            long device = ((Number) Files.getAttribute(file, "unix:dev")).longValue();
            long inode = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
            // makedev(3) of glibc: the minor number surrounds the lower part of the major one
            int major = (int) ((device >>> 8 & 0xfff) | (device >>> 32 & ~0xfff));
            int minor = (int) ((device & 0xff) | (device >>> 12 & ~0xff));
            return LockTable.holder(major, minor, inode);
        } catch (IOException gone) {
            return OptionalInt.empty();
        }
    }

    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }
}
