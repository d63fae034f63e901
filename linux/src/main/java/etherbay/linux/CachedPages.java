// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.lang.foreign.Arena;
import java.util.Set;

/**
 * The pages of a file that are in the page cache, at addresses of this process: a mapping of the
 * file that nothing but system calls reads. Made when a {@link Disk} opens; then the loop's.
 *
 * <p>Whether a page is there is asked anew each time, mincore(2): a page that is not would be read
 * from the disk by whoever touches it, and the loop would wait. One that goes between question and
 * use costs that wait; a file that has become shorter fails the call that reads it, with EFAULT.
 *
 * <p>To those who may not write to the file now (which a failing file system may change at any
 * time, by going read-only) the kernel says of every page that it is there. One page behind the end
 * is mapped as well, which never is: {@link #tellsTruth}.
 *
 * <p>The mapping has an open file of its own, which has no lock: what the disk holds against others
 * goes when the disk closes, and not only with the mapping.
 */
final class CachedPages {
    /** A range within a frame touches no more. */
    private static final int PAGE_COUNT_MAX = 8;

    /** Bit 0 of each byte of the answer is the page's; the others are for later kernels. */
    private static final long THERE = 0x0101_0101_0101_0101L;

    private static final long PAGE_BYTES = Libc.getpagesize();

    /** What one page of page tables maps, with pages of 4 KiB; and what is unmapped at once. */
    private static final int REGION_BYTES_LOG2 = 21;

    private static final long UNMAP_BYTES = 8L << 20;

    /** So many regions have 64 MiB of page tables, which stay when the pages go. */
    private static final int REGION_COUNT_MAX = 16_384;

    /** Regions are told apart by a hash of 16 bits: of so many, few share one. */
    private static final int MARK_COUNT = 1 << 16;

    private static final int HASH_SHIFT = Long.SIZE - 16;
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    /**
     * File systems of which a mapping holds what read(2) gives, statfs(2): ext2 to 4, XFS, Btrfs,
     * F2FS, tmpfs. On a network one nobody would ask the server any more.
     */
    private static final Set<Long> LOCAL =
            Set.of(0xef53L, 0x5846_5342L, 0x9123_683eL, 0xf2f5_2010L, 0x0102_1994L);

    /** Of a disk that has none: direct I/O, or a file that cannot be mapped. */
    static final CachedPages NONE = new CachedPages(0, 0, 0, 1);

    private final long address;
    private final long bytes;

    /** Where mincore leaves a byte for each page. */
    private final long answer;

    /** A power of two less 1: what the file system reads when a part of it is written. */
    private final long blockMask;

    /** The regions that were lent from; empty for a file that has few. */
    private final long[] marks;

    private int markCount;
    private boolean used;

    private CachedPages(long address, long bytes, long answer, int blockBytes) {
        this.address = address;
        this.bytes = bytes;
        this.answer = answer;
        blockMask = Long.highestOneBit(Math.max(blockBytes, PAGE_BYTES)) - 1;
        marks = new long[bytes >> REGION_BYTES_LOG2 > REGION_COUNT_MAX ? MARK_COUNT / 64 : 0];
    }

    /**
     * Of an open file or block device, up to its present size; what grows behind it is not among
     * them.
     *
     * @param answer address of eight bytes that the loop's questions may use, the same for each
     *     mapping of the file
     * @param blockBytes of the file system
     */
    static CachedPages of(int fd, boolean blockDevice, long bytes, long answer, int blockBytes) {
        if (bytes <= 0 || (!blockDevice && !isLocal(fd))) {
            return NONE;
        }
        int again;
        try (Arena call = Arena.ofConfined()) {
            long name = call.allocateFrom("/proc/self/fd/" + fd).address();
            again = Libc.open(name, Constants.O_RDONLY | Constants.O_CLOEXEC, 0);
        }
        if (again < 0) {
            return NONE;
        }
        long mapped = Libc.mmap(
                0, mappedBytes(bytes), Constants.PROT_READ, Constants.MAP_SHARED, again, 0);
        Libc.close(again);
        if (mapped < 0) {
            return NONE;
        }
        CachedPages pages = new CachedPages(mapped, bytes, answer, blockBytes);
        if (pages.tellsTruth()) {
            return pages;
        }
        pages.close();
        return NONE;
    }

    private static boolean isLocal(int fd) {
        try (Arena call = Arena.ofConfined()) {
            long statfs = call.allocate(Libc.STATFS_BYTES, Long.BYTES).address();
            return Libc.fstatfs(fd, statfs) == 0 && LOCAL.contains(Memory.getLong(statfs));
        }
    }

    /** Whole pages, and one behind the end. */
    private static long mappedBytes(long bytes) {
        return ((bytes + PAGE_BYTES - 1) & -PAGE_BYTES) + PAGE_BYTES;
    }

    /** Whether nothing is ever there. */
    boolean isEmpty() {
        return bytes == 0;
    }

    /** Whether the kernel still says of a page that is not there that it is not. */
    boolean tellsTruth() {
        long behind = address + mappedBytes(bytes) - PAGE_BYTES;
        return bytes > 0
                && QuietLibc.mincore(behind, PAGE_BYTES, answer) == 0
                && (Memory.getLong(answer) & 1) == 0;
    }

    /** Where a range of the file lies; 0 when a part of it is not in the page cache. */
    long at(long offsetBytes, long length) {
        if (!isThere(offsetBytes, length)) {
            return 0;
        }
        used = true;
        if (marks.length > 0) {
            mark(offsetBytes);
        }
        return address + offsetBytes;
    }

    /**
     * Whether a write to a range has nothing to read first: whole blocks, or what is there. Never
     * where the medium may be a network away.
     */
    boolean takesWrite(long offsetBytes, long length) {
        boolean whole = ((offsetBytes | length) & blockMask) == 0;
        return whole ? length <= bytes - offsetBytes : isThere(offsetBytes, length);
    }

    private boolean isThere(long offsetBytes, long length) {
        if (length > bytes - offsetBytes) {
            return false;
        }
        long first = offsetBytes & -PAGE_BYTES;
        long span = offsetBytes + length - first;
        long pageCount = (span + PAGE_BYTES - 1) / PAGE_BYTES;
        if (pageCount > PAGE_COUNT_MAX || QuietLibc.mincore(address + first, span, answer) != 0) {
            return false;
        }
        long wanted = THERE >>> (Long.SIZE - Byte.SIZE * pageCount);
        return (Memory.getLong(answer) & wanted) == wanted;
    }

    private void mark(long offsetBytes) {
        long region = (address + offsetBytes) >>> REGION_BYTES_LOG2;
        int hash = (int) ((region * GOLDEN) >>> HASH_SHIFT);
        long bit = 1L << hash;
        if ((marks[hash >>> 6] & bit) == 0) {
            marks[hash >>> 6] |= bit;
            markCount++;
        }
    }

    /** Whether it has so many page tables by now that another one in its place is cheaper. */
    boolean isCrowded() {
        return markCount >= REGION_COUNT_MAX;
    }

    /** Whether addresses were given out. */
    boolean wereUsed() {
        return used;
    }

    /**
     * Ends the mapping, once; takes long where much of it was used. Any thread: it is done in
     * pieces, since whoever else wants to ask for pages waits for each.
     */
    void close() {
        long length = bytes > 0 ? mappedBytes(bytes) : 0;
        for (long done = 0; done < length; done += UNMAP_BYTES) {
            Libc.munmap(address + done, Math.min(UNMAP_BYTES, length - done));
        }
    }
}
