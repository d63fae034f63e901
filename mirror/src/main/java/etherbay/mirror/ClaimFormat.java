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
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Where a {@link ClaimRecord} has its numbers: one sector of our own, little-endian.
 *
 * <pre>
 *    0  ETHERBAYCLAIM, 0        64  milliseconds since 1970    92  bytes of the owner's name
 *   14  version 1               72  sectors recovered          96  the name, UTF-8, up to 128
 *   16  UUID of the array       80  checksum of the superblock     zeroes
 *   32  epoch                   84  of the one before         508  CRC32C of 0..507
 *   40  generation              88  bit 0: released
 *   48  UUID of the owner
 * </pre>
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
            Disk.bytes("reserved", 284),
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
    private static final VarHandle CRC = Disk.field(LAYOUT, "crc");
    private static final int CRC_AT = Disk.offset(LAYOUT, "crc");

    /** Of the record: a sector, so that it is written as a whole or not at all. */
    public static final int BYTES = (int) LAYOUT.byteSize();

    /** What the record has for itself on the leg: 4 KiB, whatever the size of a disk's sector. */
    public static final int SECTORS = 8;

    private static final byte[] MAGIC_VALUE = "ETHERBAYCLAIM\0".getBytes(StandardCharsets.US_ASCII);
    private static final short VERSION_VALUE = 1;
    private static final int RELEASED = 1;

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
                (int) SUPERBLOCK_SUM_BEFORE.get(block, at)));
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
