// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.lang.foreign.Arena;

/**
 * The pages of a file that are in the page cache, at addresses of this process: a mapping of the
 * file that nothing but system calls reads. Made when a {@link Disk} opens; then the loop's.
 *
 * <p>Whether a page is there is asked anew each time, mincore(2): a page that is not would be read
 * from the disk by whoever touches it, and the loop would wait. One that goes between question and
 * use costs that wait; a file that has become shorter fails the call that reads it, with EFAULT.
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

    /** Of a disk that has none: direct I/O, or a file that cannot be mapped. */
    static final CachedPages NONE = new CachedPages(0, 0, 0);

    private final long address;
    private final long bytes;

    /** Where mincore leaves a byte for each page. */
    private final long answer;

    private boolean used;

    private CachedPages(long address, long bytes, long answer) {
        this.address = address;
        this.bytes = bytes;
        this.answer = answer;
    }

    /**
     * Of an open file, up to its present size; what grows behind it is not among them.
     *
     * @param arena outlives this
     */
    static CachedPages of(int fd, long bytes, Arena arena) {
        if (bytes <= 0) {
            return NONE;
        }
        String path = "/proc/self/fd/" + fd;
        int again;
        try (Arena name = Arena.ofConfined()) {
            again = Libc.open(
                    name.allocateFrom(path).address(), Constants.O_RDONLY | Constants.O_CLOEXEC, 0);
        }
        if (again < 0) {
            return NONE;
        }
        long mapped = Libc.mmap(0, bytes, Constants.PROT_READ, Constants.MAP_SHARED, again, 0);
        Libc.close(again);
        return mapped < 0
                ? NONE
                : new CachedPages(
                        mapped, bytes, arena.allocate(Long.BYTES, Long.BYTES).address());
    }

    /** Where a range of the file lies; 0 when a part of it is not in the page cache. */
    long at(long offsetBytes, long length) {
        if (length > bytes - offsetBytes) {
            return 0;
        }
        long first = offsetBytes & -PAGE_BYTES;
        long span = offsetBytes + length - first;
        long pageCount = (span + PAGE_BYTES - 1) / PAGE_BYTES;
        if (pageCount > PAGE_COUNT_MAX || QuietLibc.mincore(address + first, span, answer) != 0) {
            return 0;
        }
        long wanted = THERE >>> (Long.SIZE - Byte.SIZE * pageCount);
        if ((Memory.getLong(answer) & wanted) != wanted) {
            return 0;
        }
        used = true;
        return address + offsetBytes;
    }

    /** Whether addresses were given out. */
    boolean wereUsed() {
        return used;
    }

    /** Ends the mapping, once; takes long where much of it was used. Any thread. */
    void close() {
        if (bytes > 0) {
            Libc.munmap(address, bytes);
        }
    }
}
