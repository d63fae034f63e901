// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static etherbay.mirror.Disk.U32;
import static etherbay.mirror.Disk.U64;
import static etherbay.mirror.Disk.U8;

import etherbay.base.Check;
import etherbay.base.EtherbayException;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * Where a write-intent bitmap has its {@link IntentHeader} and its bits: {@code bitmap_super_t} of
 * the Linux kernel's md-bitmap.h, little-endian; the bits follow at once.
 *
 * <pre>
 *   0  magic "bitm"      24  events          48  state           60  writes behind
 *   4  version 4         32  events cleared  52  bytes a chunk   64  sectors reserved
 *   8  UUID of the array 40  sectors covered 56  seconds         68  nodes, name of a cluster
 *                                                               256  bit of chunk 0: 1 of byte 256
 * </pre>
 *
 * <p>It has no checksum: what it says is believed only where it agrees with the superblock.
 * Stateless.
 */
public final class IntentFormat {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            U32.withName("magic"),
            U32.withName("version"),
            Disk.bytes("uuid", Disk.UUID_BYTES),
            U64.withName("events"),
            U64.withName("events_cleared"),
            U64.withName("sync_size"),
            U32.withName("state"),
            U32.withName("chunksize"),
            U32.withName("daemon_sleep"),
            U32.withName("write_behind"),
            U32.withName("sectors_reserved"),
            U32.withName("nodes"),
            Disk.bytes("cluster_name", 64),
            Disk.bytes("pad", 120));
    private static final VarHandle MAGIC = Disk.field(LAYOUT, "magic");
    private static final VarHandle VERSION = Disk.field(LAYOUT, "version");
    private static final int UUID = Disk.offset(LAYOUT, "uuid");
    private static final VarHandle EVENTS = Disk.field(LAYOUT, "events");
    private static final VarHandle EVENTS_CLEARED = Disk.field(LAYOUT, "events_cleared");
    private static final VarHandle SYNC_SIZE = Disk.field(LAYOUT, "sync_size");
    private static final VarHandle STATE = Disk.field(LAYOUT, "state");
    private static final VarHandle CHUNKSIZE = Disk.field(LAYOUT, "chunksize");
    private static final VarHandle DAEMON_SLEEP = Disk.field(LAYOUT, "daemon_sleep");
    private static final VarHandle SECTORS_RESERVED = Disk.field(LAYOUT, "sectors_reserved");

    /** Bytes of the header; the byte with the bits of chunks 0 to 7 is the next. */
    public static final int BYTES = (int) LAYOUT.byteSize();

    /** BITMAP_MAJOR_HI of md-bitmap.h: bits in the order of a little-endian machine. */
    public static final int VERSION_SERVED = 4;

    /** BITMAP_STALE of md-bitmap.h: all bits are to be taken for set. */
    public static final int STALE = 2;
    /** BITMAP_WRITE_ERROR of md-bitmap.h: the bitmap could not be written once. */
    public static final int WRITE_ERROR = 4;

    /** Of the bitmaps that we make: so the memory and the time to read one stay small. */
    public static final int BITS_MAX = 65_536;

    public static final int CHUNK_BYTES_MIN = 1 << 20;
    private static final int CHUNK_BYTES_MAX = 1 << 30;
    private static final int MAGIC_VALUE = 0x6d746962; // BITMAP_MAGIC, "bitm"
    private static final int VERSION_HOST_ORDER = 3;
    private static final int VERSION_CLUSTERED = 5;
    private static final int SECTOR_BYTES = 512;

    /** What is read or written of a bitmap at a time, as md does: a page. */
    private static final int SECTORS_STEP = 8;

    private static final int DAEMON_SLEEP_S_MAX = 86_400;
    private static final String WHAT = "the write-intent bitmap";

    private IntentFormat() {}

    /** Whether somebody put a bitmap there. */
    public static boolean isThere(MemorySegment block, long at) {
        return (int) MAGIC.get(block, at) == MAGIC_VALUE;
    }

    /**
     * The header, 256 bytes. Whether it belongs to the superblock is for the caller to compare.
     *
     * @param where the leg, for the text of an error
     * @throws EtherbayException INVALID where there is none, or it says what cannot be
     */
    public static IntentHeader decode(MemorySegment block, long at, String where) {
        if (!isThere(block, at)) {
            throw Disk.damaged(WHAT, where, "there is none: its magic is missing");
        }
        IntentHeader read = new IntentHeader(
                Disk.uuid(block, at + UUID),
                (int) VERSION.get(block, at),
                (long) EVENTS.get(block, at),
                (long) EVENTS_CLEARED.get(block, at),
                (long) SYNC_SIZE.get(block, at),
                (int) STATE.get(block, at),
                (int) CHUNKSIZE.get(block, at),
                (int) DAEMON_SLEEP.get(block, at),
                (int) SECTORS_RESERVED.get(block, at));
        String why = deviation(read);
        if (!why.isEmpty()) {
            throw Disk.damaged(WHAT, where, why);
        }
        return read;
    }

    private static String deviation(IntentHeader read) {
        int chunk = read.chunkBytes();
        if (chunk < SECTOR_BYTES || Integer.bitCount(chunk) != 1) {
            return "it says that a bit stands for " + Integer.toUnsignedString(chunk)
                    + " bytes, which is no power of two of sectors";
        }
        if (read.syncSectors() < 0 || read.syncSectors() > Disk.SECTORS_MAX) {
            return "it says that it covers " + Long.toUnsignedString(read.syncSectors())
                    + " sectors";
        }
        if (bitCount(read.syncSectors(), chunk) > Integer.MAX_VALUE) {
            return "it says that it has " + bitCount(read.syncSectors(), chunk) + " bits";
        }
        if (read.daemonSleepS() < 0 || read.daemonSleepS() > DAEMON_SLEEP_S_MAX) {
            return "it says that it is cleaned every "
                    + Integer.toUnsignedString(read.daemonSleepS()) + " seconds";
        }
        long needed = sectorsFor(bitCount(read.syncSectors(), chunk));
        boolean reserved = read.sectorsReserved() != 0;
        if (read.sectorsReserved() < 0 || (reserved && read.sectorsReserved() < needed)) {
            return "it needs " + needed + " sectors, and says that it has "
                    + Integer.toUnsignedString(read.sectorsReserved());
        }
        return "";
    }

    /** Zeroes 256 bytes and writes it there. */
    public static void encode(IntentHeader header, MemorySegment to, long at) {
        to.asSlice(at, BYTES).fill((byte) 0);
        MAGIC.set(to, at, MAGIC_VALUE);
        VERSION.set(to, at, header.version());
        Disk.uuid(to, at + UUID, header.arrayId());
        EVENTS.set(to, at, header.events());
        EVENTS_CLEARED.set(to, at, header.eventsCleared());
        SYNC_SIZE.set(to, at, header.syncSectors());
        STATE.set(to, at, header.stateBits());
        CHUNKSIZE.set(to, at, header.chunkBytes());
        DAEMON_SLEEP.set(to, at, header.daemonSleepS());
        SECTORS_RESERVED.set(to, at, header.sectorsReserved());
    }

    /** What of it we do not serve, for a person: a sentence for the cause of an error. */
    public static Optional<String> refusal(IntentHeader header) {
        return switch (header.version()) {
            case VERSION_SERVED -> Optional.empty();
            case VERSION_CLUSTERED -> Optional.of("its bitmap is one of a cluster (md-cluster)");
            case VERSION_HOST_ORDER ->
                Optional.of("its bitmap is of version 3, whose bits are in the order of the machine"
                        + " that wrote them");
            default ->
                Optional.of("its bitmap is of version "
                        + Integer.toUnsignedString(header.version())
                        + ", and only version 4 is served");
        };
    }

    /** Bits that cover so many sectors. */
    public static long bitCount(long sectors, int chunkBytes) {
        return Math.ceilDiv(sectors, (long) chunkBytes / SECTOR_BYTES);
    }

    /** The byte with the bit of a chunk, from the start of the header. */
    public static long byteOf(long chunk) {
        return BYTES + (chunk >>> 3);
    }

    /** The bit of a chunk within {@link #byteOf}. */
    public static int maskOf(long chunk) {
        return 1 << (chunk & 7);
    }

    /** Whether the bit of a chunk is set. {@code at} is the header's. */
    public static boolean isSet(MemorySegment bitmap, long at, long chunk) {
        return (bitmap.get(U8, at + byteOf(chunk)) & maskOf(chunk)) != 0;
    }

    /** Sets or clears the bit of a chunk. {@code at} is the header's. */
    public static void set(MemorySegment bitmap, long at, long chunk, boolean set) {
        long place = at + byteOf(chunk);
        byte before = bitmap.get(U8, place);
        bitmap.set(U8, place, (byte) (set ? before | maskOf(chunk) : before & ~maskOf(chunk)));
    }

    /** Room on the disk for header and bits, in sectors; whole pages, as md writes them. */
    public static long sectorsFor(long bitCount) {
        long bytes = BYTES + Math.ceilDiv(bitCount, (long) Byte.SIZE);
        return Math.ceilDiv(bytes, (long) SECTORS_STEP * SECTOR_BYTES) * SECTORS_STEP;
    }

    /** Room on the disk that one takes, in sectors. */
    static long sectors(IntentHeader header) {
        long needed = sectorsFor(bitCount(header.syncSectors(), header.chunkBytes()));
        return Math.max(needed, header.sectorsReserved());
    }

    /**
     * What a bit covers in the bitmaps that we make, in bytes: a power of two from 1 MiB on, so
     * that there are at most {@link #BITS_MAX} of them; of more than 64 TiB there are more.
     */
    public static int chunkBytesFor(long sizeSectors) {
        Check.that(sizeSectors >= 0, "a size is not negative");
        int chunkBytes = CHUNK_BYTES_MIN;
        while (chunkBytes < CHUNK_BYTES_MAX && bitCount(sizeSectors, chunkBytes) > BITS_MAX) {
            chunkBytes <<= 1;
        }
        return chunkBytes;
    }
}
