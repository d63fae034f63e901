// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static etherbay.mirror.Disk.U16;
import static etherbay.mirror.Disk.U32;
import static etherbay.mirror.Disk.U64;
import static etherbay.mirror.Disk.U8;

import etherbay.base.Epoch;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Where a {@link ClaimRecord} has its numbers: one sector of our own, little-endian.
 *
 * <pre>
 *    0  ETHERBAYCLAIM, 0        64  milliseconds since 1970   224  1 check, 2 repair, 0 none
 *   14  version 1               72  sectors recovered         228  count of sectors at 280
 *   16  UUID of the array       80  checksum, superblock     232  compared up to this sector
 *   32  epoch                   84  of the one before         240  sectors that differ
 *   40  generation              88  bit 0: released           248  of these mended
 *   48  UUID of the owner       92  bytes of the owner's name 256  ranges not readable
 *                               96  the name, UTF-8, to 223   264  UUID of the leg that is right
 *                                                             280  the first that differ, 16 * 8
 *                                                             508  CRC32C of 0..507
 * </pre>
 *
 * <p>From 224 on a {@link CheckMark}, or zeroes, as those who know of none wrote them.
 *
 * <p>What is no whole record of this version and this array is none: md knows nothing of it, and
 * may have put something else there. Stateless.
 */
public final class ClaimFormat {
    private static final int NAME_BYTES_MAX = 128;
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Disk.bytes("magic", 14),
            U16.withName("version"),
            Disk.bytes("arrayId", Disk.UUID_BYTES),
            U64.withName("epoch"),
            U64.withName("generation"),
            Disk.bytes("owner", Disk.UUID_BYTES),
            U64.withName("sinceMs"),
            U64.withName("recoveredSectors"),
            U32.withName("superblockSum"),
            U32.withName("superblockSumBefore"),
            U32.withName("flags"),
            U32.withName("nameBytes"),
            Disk.bytes("name", NAME_BYTES_MAX),
            U32.withName("checkKind"),
            U32.withName("checkSectorCount"),
            U64.withName("checkNext"),
            U64.withName("checkDiffer"),
            U64.withName("checkMended"),
            U64.withName("checkUnreadable"),
            Disk.bytes("checkLike", Disk.UUID_BYTES),
            Disk.bytes("checkSectors", CheckMark.SECTOR_COUNT_MAX * Long.BYTES),
            Disk.bytes("reserved", 100),
            U32.withName("crc"));
    private static final VarHandle VERSION = Disk.field(LAYOUT, "version");
    private static final int ARRAY_ID = Disk.offset(LAYOUT, "arrayId");
    private static final VarHandle EPOCH = Disk.field(LAYOUT, "epoch");
    private static final VarHandle GENERATION = Disk.field(LAYOUT, "generation");
    private static final int OWNER = Disk.offset(LAYOUT, "owner");
    private static final VarHandle SINCE_MS = Disk.field(LAYOUT, "sinceMs");
    private static final VarHandle RECOVERED_SECTORS = Disk.field(LAYOUT, "recoveredSectors");
    private static final VarHandle SUPERBLOCK_SUM = Disk.field(LAYOUT, "superblockSum");
    private static final VarHandle SUPERBLOCK_SUM_BEFORE =
            Disk.field(LAYOUT, "superblockSumBefore");
    private static final VarHandle FLAGS = Disk.field(LAYOUT, "flags");
    private static final VarHandle NAME_BYTES = Disk.field(LAYOUT, "nameBytes");
    private static final int NAME = Disk.offset(LAYOUT, "name");
    private static final VarHandle CHECK_KIND = Disk.field(LAYOUT, "checkKind");
    private static final VarHandle CHECK_SECTOR_COUNT = Disk.field(LAYOUT, "checkSectorCount");
    private static final VarHandle CHECK_NEXT = Disk.field(LAYOUT, "checkNext");
    private static final VarHandle CHECK_DIFFER = Disk.field(LAYOUT, "checkDiffer");
    private static final VarHandle CHECK_MENDED = Disk.field(LAYOUT, "checkMended");
    private static final VarHandle CHECK_UNREADABLE = Disk.field(LAYOUT, "checkUnreadable");
    private static final int CHECK_LIKE = Disk.offset(LAYOUT, "checkLike");
    private static final int CHECK_SECTORS = Disk.offset(LAYOUT, "checkSectors");
    private static final VarHandle CRC = Disk.field(LAYOUT, "crc");
    private static final int CRC_AT = Disk.offset(LAYOUT, "crc");

    /** Of the record: a sector, so that it is written as a whole or not at all. */
    public static final int BYTES = (int) LAYOUT.byteSize();

    /** What the record has for itself on the leg: 4 KiB, whatever the size of a disk's sector. */
    public static final int SECTORS = 8;

    private static final byte[] MAGIC_VALUE = "ETHERBAYCLAIM\0".getBytes(StandardCharsets.US_ASCII);
    private static final short VERSION_VALUE = 1;
    private static final int RELEASED = 1;
    private static final int CHECK = 1;
    private static final int REPAIR = 2;

    /** Of a repair by what most legs say. */
    private static final UUID NOBODY = new UUID(0, 0);

    private ClaimFormat() {}

    /** The record there, 512 bytes; empty where there is none of this array that is whole. */
    public static Optional<ClaimRecord> decode(MemorySegment block, long at, UUID arrayId) {
        byte[] magic = new byte[MAGIC_VALUE.length];
        MemorySegment.copy(block, U8, at, magic, 0, magic.length);
        int nameBytes = (int) NAME_BYTES.get(block, at);
        long recoveredSectors = (long) RECOVERED_SECTORS.get(block, at);
        boolean valid = Arrays.equals(magic, MAGIC_VALUE)
                && (short) VERSION.get(block, at) == VERSION_VALUE
                && (int) CRC.get(block, at) == crc(block, at)
                && nameBytes >= 0
                && nameBytes <= NAME_BYTES_MAX
                && recoveredSectors >= 0
                && Disk.uuid(block, at + ARRAY_ID).equals(arrayId);
        if (!valid) {
            return Optional.empty();
        }
        byte[] name = new byte[nameBytes];
        MemorySegment.copy(block, U8, at + NAME, name, 0, nameBytes);
        return Optional.of(new ClaimRecord(
                arrayId,
                new Epoch((long) EPOCH.get(block, at)),
                (long) GENERATION.get(block, at),
                Disk.uuid(block, at + OWNER),
                new String(name, StandardCharsets.UTF_8),
                (long) SINCE_MS.get(block, at),
                ((int) FLAGS.get(block, at) & RELEASED) != 0,
                recoveredSectors,
                (int) SUPERBLOCK_SUM.get(block, at),
                (int) SUPERBLOCK_SUM_BEFORE.get(block, at),
                check(block, at)));
    }

    /** What says something impossible is none. */
    private static Optional<CheckMark> check(MemorySegment block, long at) {
        int kind = (int) CHECK_KIND.get(block, at);
        int count = (int) CHECK_SECTOR_COUNT.get(block, at);
        long next = (long) CHECK_NEXT.get(block, at);
        long differ = (long) CHECK_DIFFER.get(block, at);
        long mended = (long) CHECK_MENDED.get(block, at);
        long unreadable = (long) CHECK_UNREADABLE.get(block, at);
        boolean possible = (kind == CHECK || kind == REPAIR)
                && count >= 0
                && count <= CheckMark.SECTOR_COUNT_MAX
                && count <= differ
                && next >= 0
                && mended >= 0
                && mended <= differ
                && unreadable >= 0;
        if (!possible) {
            return Optional.empty();
        }
        List<Long> sectors = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            sectors.add(block.get(U64, at + CHECK_SECTORS + (long) index * Long.BYTES));
        }
        UUID like = Disk.uuid(block, at + CHECK_LIKE);
        return Optional.of(new CheckMark(
                kind == REPAIR,
                like.equals(NOBODY) ? Optional.empty() : Optional.of(like),
                next,
                differ,
                mended,
                unreadable,
                sectors));
    }

    private static void check(CheckMark mark, MemorySegment to, long at) {
        CHECK_KIND.set(to, at, mark.mends() ? REPAIR : CHECK);
        CHECK_SECTOR_COUNT.set(to, at, mark.sectors().size());
        CHECK_NEXT.set(to, at, mark.nextSector());
        CHECK_DIFFER.set(to, at, mark.differCount());
        CHECK_MENDED.set(to, at, mark.mendedCount());
        CHECK_UNREADABLE.set(to, at, mark.unreadableCount());
        Disk.uuid(to, at + CHECK_LIKE, mark.like().orElse(NOBODY));
        for (int index = 0; index < mark.sectors().size(); index++) {
            to.set(
                    U64,
                    at + CHECK_SECTORS + (long) index * Long.BYTES,
                    mark.sectors().get(index));
        }
    }

    /** Zeroes 512 bytes and writes it there. Of a name too long the beginning is kept. */
    public static void encode(ClaimRecord claim, MemorySegment to, long at) {
        to.asSlice(at, BYTES).fill((byte) 0);
        MemorySegment.copy(MAGIC_VALUE, 0, to, U8, at, MAGIC_VALUE.length);
        VERSION.set(to, at, VERSION_VALUE);
        Disk.uuid(to, at + ARRAY_ID, claim.arrayId());
        EPOCH.set(to, at, claim.epoch().value());
        GENERATION.set(to, at, claim.generation());
        Disk.uuid(to, at + OWNER, claim.owner());
        SINCE_MS.set(to, at, claim.sinceMs());
        RECOVERED_SECTORS.set(to, at, claim.recoveredSectors());
        SUPERBLOCK_SUM.set(to, at, claim.superblockSum());
        SUPERBLOCK_SUM_BEFORE.set(to, at, claim.superblockSumBefore());
        FLAGS.set(to, at, claim.released() ? RELEASED : 0);
        byte[] name = nameBytes(claim.ownerName());
        NAME_BYTES.set(to, at, name.length);
        MemorySegment.copy(name, 0, to, U8, at + NAME, name.length);
        claim.check().ifPresent(mark -> check(mark, to, at));
        CRC.set(to, at, crc(to, at));
    }

    /** Whole letters, as many as have room. */
    private static byte[] nameBytes(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= NAME_BYTES_MAX) {
            return bytes;
        }
        int count = NAME_BYTES_MAX;
        while ((bytes[count] & 0xc0) == 0x80) {
            count--; // the middle of a letter
        }
        return Arrays.copyOf(bytes, count);
    }

    private static int crc(MemorySegment block, long at) {
        CRC32C crc = new CRC32C();
        crc.update(block.asSlice(at, CRC_AT).asByteBuffer());
        return (int) crc.getValue();
    }

    /**
     * Whether a record says anything of the leg that it stands on: that leg's superblock is the one
     * written with it, or the one before.
     *
     * <p>md counts events back when it makes an array clean, and its times are whole seconds: to be
     * told from it, a superblock of ours has a rest of a second in {@link Superblock#updatedUs}.
     *
     * @param superblockSumOnTheLeg {@link SuperblockFormat#sum}
     */
    public static boolean holds(ClaimRecord claim, int superblockSumOnTheLeg) {
        return claim.superblockSum() == superblockSumOnTheLeg
                || claim.superblockSumBefore() == superblockSumOnTheLeg;
    }
}
