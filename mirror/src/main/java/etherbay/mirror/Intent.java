// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Check;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which chunks of the array may differ between its legs, and since when that is known on the disks:
 * the write-intent bitmap as it is in memory. An array without a bitmap has the same in memory
 * alone. On the loop of the mirror.
 *
 * <p>A chunk is <i>marked</i> when its bit is set in the image, and <i>safe</i> when that stands on
 * all legs, so that writes to it may begin. It is <i>torn</i> when legs in sync may differ there:
 * it is read from one leg until it was copied.
 */
final class Intent {
    /** What is written at once: a page, as md has it. */
    static final int UNIT_BYTES = 4096;

    private static final int HEADER_BYTES = 256;
    private static final byte MARKED = 1;
    private static final byte SAFE = 2;
    private static final byte TORN = 4;

    /** Written to since it was looked at for cleaning. */
    private static final byte TOUCHED = 8;

    /** Torn once more since somebody began to copy it. */
    private static final byte TORN_AGAIN = 16;

    private boolean onDisk;
    private final int chunkShift;
    private int imageBytes;
    private final BitSet dirtyUnits = new BitSet();

    /** Marked since the image was staged; and in the image that is being written. */
    private final BitSet fresh = new BitSet();

    private final BitSet staged = new BitSet();
    private byte[] flags;
    private int[] busy;
    private byte[] image;
    private int chunkCount;
    private int markedCount;
    private int tornCount;
    private long busyWrites;

    /** Of the header; kept by {@link Metadata}. */
    IntentHeader header;

    /**
     * @param header of the bitmap; of one that is not on the disk {@code sectorsReserved} is 0
     * @param bits as they stood on the disk, from the first on; empty for none set
     */
    Intent(IntentHeader header, BitSet bits) {
        this.header = header;
        onDisk = header.sectorsReserved() > 0;
        chunkShift = Integer.numberOfTrailingZeros(header.chunkBytes() / 512);
        chunkCount = chunksOf(header.syncSectors());
        imageBytes = imageBytes(header, chunkCount);
        image = new byte[imageBytes];
        flags = new byte[chunkCount];
        busy = new int[chunkCount];
        for (int chunk = bits.nextSetBit(0);
                chunk >= 0 && chunk < chunkCount;
                chunk = bits.nextSetBit(chunk + 1)) {
            mark(chunk);
        }
    }

    private static int imageBytes(IntentHeader header, int chunkCount) {
        int roomBytes =
                Math.max(HEADER_BYTES + (chunkCount + 7) / 8, header.sectorsReserved() * 512);
        return (roomBytes + UNIT_BYTES - 1) & -UNIT_BYTES;
    }

    private int chunksOf(long sectors) {
        return Math.toIntExact((sectors + (1L << chunkShift) - 1) >>> chunkShift);
    }

    boolean isOnDisk() {
        return onDisk;
    }

    int chunkCount() {
        return chunkCount;
    }

    int markedCount() {
        return markedCount;
    }

    int tornCount() {
        return tornCount;
    }

    long chunkSectors() {
        return 1L << chunkShift;
    }

    int chunkOf(long lba) {
        return (int) (lba >>> chunkShift);
    }

    long firstSector(int chunk) {
        return (long) chunk << chunkShift;
    }

    /** Bytes of header and bits, in whole units. */
    int imageBytes() {
        return imageBytes;
    }

    /**
     * Sectors of header and bits that say anything; what is reserved behind them is not written.
     */
    long imageSectors() {
        return IntentFormat.sectorsFor(chunkCount);
    }

    /** Sectors of the array that the bitmap on the disk has room for. */
    long roomSectors() {
        return onDisk
                ? ((header.sectorsReserved() * 512L - HEADER_BYTES) * 8) << chunkShift
                : Integer.MAX_VALUE * chunkSectors();
    }

    /** The array has grown; what is new is not marked. */
    void grow(long sectors) {
        header = new IntentHeader(
                header.arrayId(),
                header.version(),
                header.events(),
                header.eventsCleared(),
                sectors,
                header.stateBits(),
                header.chunkBytes(),
                header.daemonSleepS(),
                header.sectorsReserved());
        chunkCount = chunksOf(sectors);
        if (chunkCount > flags.length) {
            flags = Arrays.copyOf(flags, chunkCount);
            busy = Arrays.copyOf(busy, chunkCount);
        }
        touchHeader();
    }

    /**
     * What was in memory alone is to stand on the disks from now on. What is marked is not safe
     * before it does: writes to it that have not begun wait.
     *
     * @param placed of the same chunks, with room reserved
     */
    void toDisk(IntentHeader placed) {
        Check.that(!onDisk && placed.chunkBytes() == header.chunkBytes(), "one bitmap of an array");
        header = placed;
        onDisk = true;
        imageBytes = imageBytes(header, chunkCount);
        image = new byte[imageBytes];
        for (int chunk = 0; chunk < chunkCount; chunk++) {
            if (isMarked(chunk)) {
                flags[chunk] &= ~SAFE;
                setBit(chunk, true);
                fresh.set(chunk);
            }
        }
        touchHeader();
    }

    // Writes.

    /** Counts a write in, and marks what it changes. */
    void enter(long lba, long sectors) {
        int last = chunkOf(lba + sectors - 1);
        for (int chunk = chunkOf(lba); chunk <= last; chunk++) {
            busy[chunk]++;
            flags[chunk] |= TOUCHED;
            mark(chunk);
        }
        busyWrites++;
    }

    void leave(long lba, long sectors) {
        int last = chunkOf(lba + sectors - 1);
        for (int chunk = chunkOf(lba); chunk <= last; chunk++) {
            Check.that(busy[chunk] > 0, "a write leaves the chunks that it entered");
            busy[chunk]--;
        }
        busyWrites--;
    }

    boolean isBusy() {
        return busyWrites > 0;
    }

    /** Whether the legs know of writes to all of that range. */
    boolean isSafe(long lba, long sectors) {
        int last = chunkOf(lba + sectors - 1);
        for (int chunk = chunkOf(lba); chunk <= last; chunk++) {
            if ((flags[chunk] & SAFE) == 0) {
                return false;
            }
        }
        return true;
    }

    private void mark(int chunk) {
        if ((flags[chunk] & MARKED) == 0) {
            flags[chunk] |= MARKED;
            markedCount++;
            setBit(chunk, true);
            if (onDisk) {
                fresh.set(chunk);
            } else {
                flags[chunk] |= SAFE;
            }
        }
    }

    boolean isMarked(int chunk) {
        return (flags[chunk] & MARKED) != 0;
    }

    /** The first sector of the first marked chunk; behind the array where none is. */
    long firstMarked() {
        int chunk = 0;
        while (chunk < chunkCount && !isMarked(chunk)) {
            chunk++;
        }
        return firstSector(chunk);
    }

    /** All chunks count as marked from now on. */
    void markAll() {
        for (int chunk = 0; chunk < chunkCount; chunk++) {
            mark(chunk);
        }
    }

    private void setBit(int chunk, boolean set) {
        if (!onDisk) {
            return;
        }
        int at = HEADER_BYTES + chunk / 8;
        int mask = 1 << chunk % 8;
        image[at] = (byte) (set ? image[at] | mask : image[at] & ~mask);
        dirtyUnits.set(at / UNIT_BYTES);
    }

    // Legs that may differ.

    /** Legs in sync may differ in that range. */
    void tear(long lba, long sectors) {
        int last = chunkOf(lba + sectors - 1);
        for (int chunk = chunkOf(lba); chunk <= last; chunk++) {
            tear(chunk);
        }
    }

    void tear(int chunk) {
        mark(chunk);
        flags[chunk] |= TORN_AGAIN;
        if ((flags[chunk] & TORN) == 0) {
            flags[chunk] |= TORN;
            tornCount++;
        }
    }

    /** Somebody begins to make the legs the same there. */
    void mendBegins(int chunk) {
        flags[chunk] &= ~TORN_AGAIN;
    }

    /** Whether the legs may differ there by something that happened since {@link #mendBegins}. */
    boolean isTornAgain(int chunk) {
        return (flags[chunk] & TORN_AGAIN) != 0;
    }

    /** Everything that is marked counts as torn: the array was not closed clean. */
    void tearMarked() {
        for (int chunk = 0; chunk < chunkCount; chunk++) {
            if (isMarked(chunk)) {
                tear(chunk);
            }
        }
    }

    boolean isTorn(int chunk) {
        return (flags[chunk] & TORN) != 0;
    }

    boolean isTorn(long lba, long sectors) {
        if (tornCount == 0) {
            return false;
        }
        int last = chunkOf(lba + sectors - 1);
        for (int chunk = chunkOf(lba); chunk <= last; chunk++) {
            if (isTorn(chunk)) {
                return true;
            }
        }
        return false;
    }

    /** The legs in sync are the same again there. */
    void mend(int chunk) {
        if (isTorn(chunk)) {
            flags[chunk] &= ~(TORN | TORN_AGAIN);
            tornCount--;
        }
    }

    // Cleaning.

    /** Looks at what may be cleaned when all legs have flushed from now on. */
    BitSet quiet() {
        BitSet quiet = new BitSet();
        for (int chunk = 0; chunk < chunkCount && markedCount > 0; chunk++) {
            int now = flags[chunk];
            boolean idle = (now & (TOUCHED | TORN)) == 0 && busy[chunk] == 0;
            if ((now & MARKED) != 0 && idle) {
                quiet.set(chunk);
            }
            if (busy[chunk] == 0) {
                flags[chunk] &= ~TOUCHED;
            }
        }
        return quiet;
    }

    /** Takes those marks out that nothing has touched since {@link #quiet}. */
    void clean(BitSet quiet) {
        for (int chunk = quiet.nextSetBit(0); chunk >= 0; chunk = quiet.nextSetBit(chunk + 1)) {
            if ((flags[chunk] & (TOUCHED | TORN)) == 0 && busy[chunk] == 0 && isMarked(chunk)) {
                flags[chunk] &= ~(MARKED | SAFE);
                markedCount--;
                setBit(chunk, false);
                fresh.clear(chunk);
            }
        }
    }

    /** Whether nothing was written since {@link #quiet} looked. */
    boolean isUntouched() {
        for (byte now : flags) {
            if ((now & TOUCHED) != 0) {
                return false;
            }
        }
        return true;
    }

    // The image on the disks.

    boolean hasUnwritten() {
        return onDisk && !dirtyUnits.isEmpty();
    }

    /** The first unit, with the header, is to be written. */
    void touchHeader() {
        dirtyUnits.set(0);
    }

    /**
     * Copies the image to where it is written from, and remembers what was marked by then.
     *
     * @return the units that differ from what was written last
     */
    BitSet stage(MemorySegment to) {
        MemorySegment.copy(image, 0, to, ValueLayout.JAVA_BYTE, 0, imageBytes);
        IntentFormat.encode(header, to, 0);
        BitSet units = (BitSet) dirtyUnits.clone();
        dirtyUnits.clear();
        staged.or(fresh);
        fresh.clear();
        return units;
    }

    /** What was staged stands on all legs. */
    void landed() {
        for (int chunk = staged.nextSetBit(0); chunk >= 0; chunk = staged.nextSetBit(chunk + 1)) {
            if (isMarked(chunk)) {
                flags[chunk] |= SAFE;
            }
        }
        staged.clear();
    }

    /** What was staged may stand on some legs only: it is written again. */
    void missed(BitSet units) {
        dirtyUnits.or(units);
        fresh.or(staged);
        staged.clear();
    }

    /** Sectors in the marked chunks, within the array. */
    long markedSectors() {
        long sectors = (long) markedCount << chunkShift;
        int last = chunkCount - 1;
        long tail = header.syncSectors() - firstSector(last);
        return last >= 0 && isMarked(last) ? sectors - chunkSectors() + tail : sectors;
    }
}
