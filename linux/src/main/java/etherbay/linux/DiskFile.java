// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/**
 * An open file or block device, locked against a second user, and what the kernel says of it. Cold:
 * made when a {@link Disk} opens, and asked for the size now and then.
 */
final class DiskFile {
    private static final int BLOCK_BYTES_LARGEST = 4096;

    /** What a page cache reads and writes at once; partial ones are read first. */
    private static final int FILE_PHYSICAL_BYTES = 4096;

    private static final int LOCK_TRY_COUNT = 50;
    private static final long LOCK_PAUSE_NS = 20_000_000;

    private static final long EMPTY_PATH = Arena.global().allocateFrom("").address();
    private static final long SIZE_AT = Layouts.at(Layouts.STATX, "stx_size");
    private static final long BLOCK_AT = Layouts.at(Layouts.STATX, "stx_blksize");
    private static final long MODE_AT = Layouts.at(Layouts.STATX, "stx_mode");
    private static final long MEDIUM_AT = Layouts.at(Layouts.STATX, "stx_dev_major");
    private static final long DEVICE_AT = Layouts.at(Layouts.STATX, "stx_rdev_major");

    private final Path path;
    private final Disk.Options options;
    private final Arena arena;
    private final long statx;

    /** For {@link CachedPages}. */
    private final long cachedAnswer;

    private int fd = -1;
    private boolean blockDevice;
    private long medium;
    private int addressAlignBytes = 1;
    private int lengthAlignBytes = 1;
    private int logicalBlockBytes = BlockDevice.SECTOR_BYTES;
    private int physicalBlockBytes = FILE_PHYSICAL_BYTES;

    private DiskFile(Path path, Disk.Options options, Arena arena) {
        this.path = path;
        this.options = options;
        this.arena = arena;
        statx = arena.allocate(Layouts.STATX).address();
        cachedAnswer = arena.allocate(Long.BYTES, Long.BYTES).address();
    }

    /**
     * Opens {@code path}; the arena outlives the file.
     *
     * @throws EtherbayException NOT_FOUND, DENIED, INVALID (a folder, a terminal), CONFLICT
     *     (somebody else uses it), ENVIRONMENT (no direct I/O here)
     */
    static DiskFile open(Path path, Disk.Options options, Arena arena) {
        DiskFile file = new DiskFile(path, options, arena);
        try {
            file.open();
            return file;
        } catch (EtherbayException refused) {
            file.close();
            throw refused;
        }
    }

    private void open() {
        String text = path.toString();
        long name = arena.allocateFrom(text).address();
        int found = Libc.statx(DiskErrors.AT_FDCWD, name, 0, statxMask(), statx);
        if (found < 0) {
            throw DiskErrors.cannotOpen(path, -found, options);
        }
        int kind = Memory.getShort(statx + MODE_AT) & Constants.S_IFMT;
        if (kind != Constants.S_IFREG && kind != Constants.S_IFBLK) {
            throw DiskErrors.notADisk(path, kind == Constants.S_IFDIR);
        }
        blockDevice = kind == Constants.S_IFBLK;
        medium = Memory.getLong(statx + (blockDevice ? DEVICE_AT : MEDIUM_AT));
        fd = Libc.open(name, openFlags(), 0);
        if (fd < 0) {
            throw DiskErrors.cannotOpen(path, -fd, options);
        }
        // Readers of a block device need no lock: what they see changes anyway.
        if (options.exclusive() && (!blockDevice || options.shared() || !options.readOnly())) {
            lock();
        }
        if (blockDevice) {
            logicalBlockBytes = ioctlInt(Constants.BLKSSZGET, BlockDevice.SECTOR_BYTES);
            physicalBlockBytes = ioctlInt(Constants.BLKPBSZGET, logicalBlockBytes);
        }
        if (options.direct()) {
            alignDirect();
        }
    }

    /** Whether {@code path} names a block device. */
    static boolean isBlockDevice(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path.toString()).address();
            long statx = arena.allocate(Layouts.STATX).address();
            return Libc.statx(DiskErrors.AT_FDCWD, name, 0, statxMask(), statx) == 0
                    && (Memory.getShort(statx + MODE_AT) & Constants.S_IFMT) == Constants.S_IFBLK;
        }
    }

    private static int statxMask() {
        return Constants.STATX_BASIC_STATS | Constants.STATX_DIOALIGN;
    }

    private int openFlags() {
        int flags = Constants.O_CLOEXEC;
        flags |= options.readOnly() ? Constants.O_RDONLY : Constants.O_RDWR;
        flags |= options.direct() ? Constants.O_DIRECT : 0;
        // Writers of a block device exclude each other, mounts included; readers need no claim.
        boolean claim =
                blockDevice && options.exclusive() && !options.shared() && !options.readOnly();
        return flags | (claim ? Constants.O_EXCL : 0);
    }

    /** A block device may be locked for a moment by udev, which looks what is on it. */
    private void lock() {
        boolean shares = options.readOnly() || options.shared();
        int kind = (shares ? Constants.LOCK_SH : Constants.LOCK_EX) | Constants.LOCK_NB;
        int locked = Libc.flock(fd, kind);
        for (int left = LOCK_TRY_COUNT;
                blockDevice && locked == -Errno.EAGAIN && left > 0;
                left--) {
            LockSupport.parkNanos(LOCK_PAUSE_NS);
            locked = Libc.flock(fd, kind);
        }
        if (locked == -Errno.EAGAIN) {
            statxNow();
            throw DiskErrors.inUse(path, lockHolder());
        }
        if (locked < 0) {
            throw DiskErrors.cannotOpen(path, -locked, options);
        }
    }

    private OptionalInt lockHolder() {
        return LockTable.holder(
                Memory.getInt(statx + Layouts.at(Layouts.STATX, "stx_dev_major")),
                Memory.getInt(statx + Layouts.at(Layouts.STATX, "stx_dev_minor")),
                Memory.getLong(statx + Layouts.at(Layouts.STATX, "stx_ino")));
    }

    private void alignDirect() {
        statxNow();
        int mask = Memory.getInt(statx + Layouts.at(Layouts.STATX, "stx_mask"));
        int address = Memory.getInt(statx + Layouts.at(Layouts.STATX, "stx_dio_mem_align"));
        int offset = Memory.getInt(statx + Layouts.at(Layouts.STATX, "stx_dio_offset_align"));
        boolean told = (mask & Constants.STATX_DIOALIGN) != 0;
        if (told && offset == 0 && !blockDevice) {
            throw DiskErrors.noDirectIo(path);
        }
        if (!told || offset == 0) {
            offset = blockDevice ? logicalBlockBytes : probeDirect();
            address = offset;
        }
        if (!blockDevice) {
            logicalBlockBytes = Math.max(offset, BlockDevice.SECTOR_BYTES);
            physicalBlockBytes = Math.max(physicalBlockBytes, logicalBlockBytes);
        }
        addressAlignBytes = Math.max(address, 1);
        lengthAlignBytes = Math.max(offset, logicalBlockBytes);
    }

    /** The smallest block that can be read directly, for kernels before 6.1. */
    private int probeDirect() {
        long page = arena.allocate(BLOCK_BYTES_LARGEST, BLOCK_BYTES_LARGEST).address();
        long iovec = arena.allocate(Layouts.IOVEC).address();
        int blockBytes = BlockDevice.SECTOR_BYTES;
        while (blockBytes <= BLOCK_BYTES_LARGEST) {
            Memory.putLong(iovec + Layouts.at(Layouts.IOVEC, "iov_base"), page);
            Memory.putLong(iovec + Layouts.at(Layouts.IOVEC, "iov_len"), blockBytes);
            if (Libc.preadv2(fd, iovec, 1, 0, 0) != -Errno.EINVAL) {
                return blockBytes;
            }
            blockBytes *= 2;
        }
        throw DiskErrors.noDirectIo(path);
    }

    int fd() {
        return fd;
    }

    /** Where it lies: equal for files of one file system, and for one block device. */
    long medium() {
        return medium;
    }

    /** What is cached of it as it is now, unless it is open for direct I/O. */
    CachedPages cachedPages() {
        long bytes = options.direct() ? 0 : sectors(0) * BlockDevice.SECTOR_BYTES;
        int blockBytes = blockDevice ? physicalBlockBytes : Memory.getInt(statx + BLOCK_AT);
        return CachedPages.of(fd, blockDevice, bytes, cachedAnswer, blockBytes);
    }

    /** Direct I/O wants addresses at multiples of this; 1 for buffered. */
    int addressAlignBytes() {
        return addressAlignBytes;
    }

    /** Direct I/O wants lengths of pieces in multiples of this; 1 for buffered. */
    int lengthAlignBytes() {
        return lengthAlignBytes;
    }

    /**
     * Whole logical blocks of the present size, in 512-byte sectors; what was known when it is
     * gone.
     */
    long sectors(long sectorsBefore) {
        long bytes = blockDevice ? deviceBytes() : fileBytes();
        return bytes < 0
                ? sectorsBefore
                : bytes / logicalBlockBytes * (logicalBlockBytes / BlockDevice.SECTOR_BYTES);
    }

    private long deviceBytes() {
        int asked = QuietLibc.ioctl(fd, Integer.toUnsignedLong(Constants.BLKGETSIZE64), statx);
        return asked < 0 ? -1 : Memory.getLong(statx);
    }

    private long fileBytes() {
        int asked = statxNow();
        return asked < 0 ? -1 : Memory.getLong(statx + SIZE_AT);
    }

    private int statxNow() {
        Memory.putLong(statx, 0);
        return QuietLibc.statx(fd, EMPTY_PATH, Constants.AT_EMPTY_PATH, statxMask(), statx);
    }

    BlockCapabilities capabilities() {
        boolean trim = makesHoles();
        boolean rotational =
                blockDevice ? ioctlShort(Constants.BLKROTATIONAL) != 0 : folderRotates();
        BlockCapabilities writable = new BlockCapabilities(
                true,
                true,
                trim,
                trim,
                logicalBlockBytes,
                Math.max(physicalBlockBytes, logicalBlockBytes),
                false,
                rotational);
        return options.readOnly() ? writable.asReadOnly() : writable;
    }

    /** Whether a hole can be made that reads as zeroes. */
    boolean makesHoles() {
        return !options.readOnly() && (blockDevice ? deviceCanZero() : fileCanPunch());
    }

    /**
     * Whether the file system makes holes; asked beyond the end, where there is nothing to lose.
     */
    private boolean fileCanPunch() {
        long beyond = (fileBytes() / BLOCK_BYTES_LARGEST + 1) * BLOCK_BYTES_LARGEST;
        return Libc.fallocate(fd, DiskSteps.PUNCH_HOLE, beyond, BLOCK_BYTES_LARGEST) == 0;
    }

    /**
     * Whether the device can zero without being sent zeroes, which is what fallocate(2) on a block
     * device asks of it. BLKDISCARD would be faster on some, and promise nothing about later reads.
     */
    private boolean deviceCanZero() {
        return queueNumber("stx_rdev_major", "stx_rdev_minor", "write_zeroes_max_bytes") > 0;
    }

    private boolean folderRotates() {
        return queueNumber("stx_dev_major", "stx_dev_minor", "rotational") > 0;
    }

    /** A number of the request queue of a device or of the disk it is a part of; 0 if unknown. */
    private long queueNumber(String majorField, String minorField, String attribute) {
        statxNow();
        Path device = Path.of("/sys/dev/block")
                .resolve(Memory.getInt(statx + Layouts.at(Layouts.STATX, majorField))
                        + ":"
                        + Memory.getInt(statx + Layouts.at(Layouts.STATX, minorField)));
        try {
            Path real = device.toRealPath();
            Path own = real.resolve("queue").resolve(attribute);
            Path whole = real.resolveSibling("queue").resolve(attribute);
            return Long.parseLong(
                    Files.readString(Files.exists(own) ? own : whole).strip());
        } catch (IOException | NumberFormatException unknown) {
            return 0;
        }
    }

    private int ioctlInt(int request, int otherwise) {
        Memory.putInt(statx, 0);
        int asked = QuietLibc.ioctl(fd, request, statx);
        int value = Memory.getInt(statx);
        boolean plausible = asked >= 0 && Integer.bitCount(value) == 1;
        return plausible && value >= BlockDevice.SECTOR_BYTES ? value : otherwise;
    }

    private int ioctlShort(int request) {
        Memory.putLong(statx, 0);
        return QuietLibc.ioctl(fd, request, statx) < 0 ? 0 : Memory.getShort(statx);
    }

    /** Lets go of the file and of its lock. */
    void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }
}
