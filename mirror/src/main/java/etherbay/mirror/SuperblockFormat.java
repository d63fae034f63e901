// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static etherbay.mirror.Disk.U16;
import static etherbay.mirror.Disk.U32;
import static etherbay.mirror.Disk.U64;
import static etherbay.mirror.Disk.U8;

import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Where the numbers of a {@link Superblock} stand: {@code struct mdp_superblock_1} of the Linux
 * kernel's linux/raid/md_p.h, version 1.2, little-endian, 4096 bytes at sector 8 of a leg.
 *
 * <pre>
 *    0  magic a92b4efc     100  of a reshape: 28 bytes    192  time of this version
 *    4  major version 1    128  first sector of the data  200  events
 *    8  feature map        136  sectors of the data       208  in sync up to this sector
 *   16  UUID of the array  144  sector of this            216  checksum
 *   32  its name           152  filled up to this sector  220  count of roles
 *   64  time of creation   160  number of this device     256  roles, 2 bytes each
 *   72  level, layout      164  corrected read errors
 *   80  sectors of a leg   168  UUID of this device
 *   88  chunk, legs        184  flags
 *   96  bitmap's place     185  log of bad blocks: shift, sectors (2), place (4)
 * </pre>
 *
 * <p>A time is seconds in the low 40 bits and microseconds above them. The checksum is over the
 * fields and the roles in use, with itself as 0. Stateless.
 */
public final class SuperblockFormat {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            U32.withName("magic"),
            U32.withName("major_version"),
            U32.withName("feature_map"),
            U32.withName("pad0"),
            Disk.bytes("set_uuid", Disk.UUID_BYTES),
            Disk.bytes("set_name", 32),
            U64.withName("ctime"),
            U32.withName("level"),
            U32.withName("layout"),
            U64.withName("size"),
            U32.withName("chunksize"),
            U32.withName("raid_disks"),
            U32.withName("bitmap_offset"),
            Disk.bytes("reshape", 28),
            U64.withName("data_offset"),
            U64.withName("data_size"),
            U64.withName("super_offset"),
            U64.withName("recovery_offset"),
            U32.withName("dev_number"),
            U32.withName("cnt_corrected_read"),
            Disk.bytes("device_uuid", Disk.UUID_BYTES),
            U8.withName("devflags"),
            U8.withName("bblog_shift"),
            U16.withName("bblog_size"),
            U32.withName("bblog_offset"),
            U64.withName("utime"),
            U64.withName("events"),
            U64.withName("resync_offset"),
            U32.withName("sb_csum"),
            U32.withName("max_dev"),
            Disk.bytes("pad3", 32));
    private static final VarHandle MAGIC = Disk.field(LAYOUT, "magic");
    private static final VarHandle MAJOR_VERSION = Disk.field(LAYOUT, "major_version");
    private static final VarHandle FEATURE_MAP = Disk.field(LAYOUT, "feature_map");
    private static final int SET_UUID = Disk.offset(LAYOUT, "set_uuid");
    private static final int SET_NAME = Disk.offset(LAYOUT, "set_name");
    private static final VarHandle CTIME = Disk.field(LAYOUT, "ctime");
    private static final VarHandle LEVEL = Disk.field(LAYOUT, "level");
    private static final VarHandle SIZE = Disk.field(LAYOUT, "size");
    private static final VarHandle RAID_DISKS = Disk.field(LAYOUT, "raid_disks");
    private static final VarHandle BITMAP_OFFSET = Disk.field(LAYOUT, "bitmap_offset");
    private static final VarHandle DATA_OFFSET = Disk.field(LAYOUT, "data_offset");
    private static final VarHandle DATA_SIZE = Disk.field(LAYOUT, "data_size");
    private static final VarHandle SUPER_OFFSET = Disk.field(LAYOUT, "super_offset");
    private static final VarHandle RECOVERY_OFFSET = Disk.field(LAYOUT, "recovery_offset");
    private static final VarHandle DEV_NUMBER = Disk.field(LAYOUT, "dev_number");
    private static final int DEVICE_UUID = Disk.offset(LAYOUT, "device_uuid");
    private static final VarHandle DEVFLAGS = Disk.field(LAYOUT, "devflags");
    private static final VarHandle BBLOG_SHIFT = Disk.field(LAYOUT, "bblog_shift");
    private static final VarHandle BBLOG_SIZE = Disk.field(LAYOUT, "bblog_size");
    private static final VarHandle BBLOG_OFFSET = Disk.field(LAYOUT, "bblog_offset");
    private static final VarHandle UTIME = Disk.field(LAYOUT, "utime");
    private static final VarHandle EVENTS = Disk.field(LAYOUT, "events");
    private static final VarHandle RESYNC_OFFSET = Disk.field(LAYOUT, "resync_offset");
    private static final VarHandle SB_CSUM = Disk.field(LAYOUT, "sb_csum");
    private static final VarHandle MAX_DEV = Disk.field(LAYOUT, "max_dev");
    private static final int DEV_ROLES = (int) LAYOUT.byteSize();

    /** Where version 1.2 has it: 4 KiB from the start of the leg. */
    public static final int SECTOR = 8;

    public static final int BYTES = 4096;
    static final int SECTORS = BYTES / 512;

    /** What fits: 1920. */
    public static final int ROLE_COUNT_MAX = (BYTES - DEV_ROLES) / Short.BYTES;

    public static final int NAME_BYTES_MAX = 32;

    // md_p.h, MD_FEATURE_*
    /** The leg has a write-intent bitmap. */
    public static final int BITMAP_OFFSET_BIT = 1;
    /** The leg is being filled, and {@code recovery_offset} says how far. */
    public static final int RECOVERY_OFFSET_BIT = 2;

    public static final int RESHAPE_ACTIVE = 4;
    /** The log of bad blocks has entries; where the bit is out, nobody looks into it. */
    public static final int BAD_BLOCKS = 8;
    /** The leg is to take the place of one that is still there. */
    public static final int REPLACEMENT = 16;

    public static final int RESHAPE_BACKWARDS = 32;
    public static final int NEW_OFFSET = 64;
    /** The filling that {@link #RECOVERY_OFFSET_BIT} tells of takes only what the bitmap marks. */
    public static final int RECOVERY_BITMAP = 128;
    /** The bitmap is shared by the nodes of a cluster. */
    public static final int CLUSTERED = 256;

    public static final int JOURNAL = 512;
    public static final int PPL = 1024;
    public static final int MULTIPLE_PPLS = 2048;
    public static final int RAID0_LAYOUT = 4096;

    private static final int SERVED =
            BITMAP_OFFSET_BIT | RECOVERY_OFFSET_BIT | BAD_BLOCKS | RECOVERY_BITMAP;

    private static final int MAGIC_VALUE = 0xa92b4efc; // MD_SB_MAGIC
    private static final int VERSION = 1;
    private static final int LEVEL_SERVED = 1;
    private static final int ROLE_MAX = 0xff00; // MD_DISK_ROLE_MAX: slots are below

    /** The kernel takes a log of a page at most, and shifts of a sector's size. */
    private static final int BAD_BLOCKS_SECTORS_MAX = 8;

    private static final int BAD_BLOCKS_SHIFT_MAX = 32;
    private static final int SECONDS_BITS = 40;
    private static final long US_PER_SECOND = 1_000_000;
    private static final String WHAT = "the superblock";
    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{8}(:[0-9a-fA-F]{8}){3}");

    private SuperblockFormat() {}

    /** Whether somebody put a superblock of version 1 there, whole or not. */
    public static boolean isThere(MemorySegment block, long at) {
        return (int) MAGIC.get(block, at) == MAGIC_VALUE
                && (int) MAJOR_VERSION.get(block, at) == VERSION;
    }

    /** The checksum that stands there ({@code sb_csum}), right or wrong. */
    public static int sum(MemorySegment block, long at) {
        return (int) SB_CSUM.get(block, at);
    }

    /**
     * The checksum that should stand there. Its count of roles must be one that fits. It is a sum
     * modulo 2^32 - 1: a superblock that is clean and one that is dirty have the same one, where
     * events and time are the same.
     */
    public static int checksum(MemorySegment block, long at) {
        int roleCount = (int) MAX_DEV.get(block, at);
        Check.that(roleCountOk(roleCount), "the roles of a superblock fit it");
        int bytes = roleAt(roleCount);
        long sum = -(sum(block, at) & 0xffff_ffffL);
        int from = 0;
        for (; from + Integer.BYTES <= bytes; from += Integer.BYTES) {
            sum += block.get(U32, at + from) & 0xffff_ffffL;
        }
        if (from < bytes) {
            sum += block.get(U16, at + from) & 0xffff;
        }
        return (int) (sum + (sum >>> Integer.SIZE));
    }

    private static boolean roleCountOk(int roleCount) {
        return roleCount >= 0 && roleCount <= ROLE_COUNT_MAX;
    }

    /**
     * The superblock read from {@link #SECTOR} of a leg, 4096 bytes. What of it we do not serve is
     * for {@link #refusal} to say.
     *
     * @param where the leg, for the text of an error
     * @throws EtherbayException INVALID where it is none, is damaged, or says what cannot be
     */
    public static Superblock decode(MemorySegment block, long at, String where) {
        if (!isThere(block, at)) {
            throw Disk.damaged(WHAT, where, "there is none of version 1.2: its magic is missing");
        }
        int roleCount = (int) MAX_DEV.get(block, at);
        if (!roleCountOk(roleCount)) {
            throw Disk.damaged(
                    WHAT,
                    where,
                    "it says " + Integer.toUnsignedString(roleCount)
                            + " devices, and not more than " + ROLE_COUNT_MAX + " fit");
        }
        if (sum(block, at) != checksum(block, at)) {
            throw Disk.damaged(
                    WHAT,
                    where,
                    "its checksum is %08x instead of %08x"
                            .formatted(sum(block, at), checksum(block, at)));
        }
        Superblock read = fields(block, at, roles(block, at, roleCount));
        String why = deviation(read);
        if (!why.isEmpty()) {
            throw Disk.damaged(WHAT, where, why);
        }
        return read;
    }

    private static List<Integer> roles(MemorySegment block, long at, int roleCount) {
        List<Integer> roles = new ArrayList<>(roleCount);
        for (int number = 0; number < roleCount; number++) {
            roles.add(block.get(U16, at + roleAt(number)) & 0xffff);
        }
        return roles;
    }

    private static int roleAt(int deviceNumber) {
        return DEV_ROLES + deviceNumber * Short.BYTES;
    }

    private static Superblock fields(MemorySegment block, long at, List<Integer> roles) {
        int features = (int) FEATURE_MAP.get(block, at);
        boolean filling = (features & RECOVERY_OFFSET_BIT) != 0;
        boolean bitmap = (features & BITMAP_OFFSET_BIT) != 0;
        return new Superblock(
                features,
                Disk.uuid(block, at + SET_UUID),
                name(block, at),
                us((long) CTIME.get(block, at)),
                (int) LEVEL.get(block, at),
                (long) SIZE.get(block, at),
                (int) RAID_DISKS.get(block, at),
                bitmap ? (int) BITMAP_OFFSET.get(block, at) : 0,
                (long) DATA_OFFSET.get(block, at),
                (long) DATA_SIZE.get(block, at),
                (long) SUPER_OFFSET.get(block, at),
                filling ? (long) RECOVERY_OFFSET.get(block, at) : Superblock.END,
                (int) DEV_NUMBER.get(block, at),
                Disk.uuid(block, at + DEVICE_UUID),
                (byte) DEVFLAGS.get(block, at) & 0xff,
                (byte) BBLOG_SHIFT.get(block, at) & 0xff,
                (short) BBLOG_SIZE.get(block, at) & 0xffff,
                (int) BBLOG_OFFSET.get(block, at),
                us((long) UTIME.get(block, at)),
                (long) EVENTS.get(block, at),
                (long) RESYNC_OFFSET.get(block, at),
                roles);
    }

    /** A letter is a byte, so that no name is changed by reading and writing it. */
    private static String name(MemorySegment block, long at) {
        byte[] bytes = new byte[NAME_BYTES_MAX];
        MemorySegment.copy(block, U8, at + SET_NAME, bytes, 0, bytes.length);
        int count = 0;
        while (count < bytes.length && bytes[count] != 0) {
            count++;
        }
        return new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
    }

    private static long us(long time) {
        long seconds = time & ((1L << SECONDS_BITS) - 1);
        return seconds * US_PER_SECOND + (time >>> SECONDS_BITS);
    }

    /** What in it cannot be; empty where all can. */
    private static String deviation(Superblock read) {
        if (read.superOffset() != SECTOR) {
            return "it belongs to sector " + Long.toUnsignedString(read.superOffset())
                    + " and was found at sector " + SECTOR;
        }
        if (!sizesOk(read)) {
            return "its sizes cannot be: " + Long.toUnsignedString(read.sizeSectors())
                    + " sectors used of " + Long.toUnsignedString(read.dataSectors())
                    + " from sector " + Long.toUnsignedString(read.dataOffset()) + " on";
        }
        if (!progressOk(read.resyncOffset(), read) || !progressOk(read.recoveryOffset(), read)) {
            return "it says that it is in sync up to sector "
                    + Long.toUnsignedString(read.resyncOffset()) + ", and filled up to "
                    + Long.toUnsignedString(read.recoveryOffset()) + ", of "
                    + read.sizeSectors();
        }
        if (read.legCount() < 1 || read.legCount() > ROLE_COUNT_MAX) {
            return "it says that the array has " + Integer.toUnsignedString(read.legCount())
                    + " legs";
        }
        if (read.deviceNumber() < 0 || read.deviceNumber() >= ROLE_COUNT_MAX) {
            return "it says that this is device number "
                    + Integer.toUnsignedString(read.deviceNumber());
        }
        boolean reshape = (read.featureMap() & RESHAPE_ACTIVE) != 0;
        for (int role : read.roles()) {
            if (role >= read.legCount() && role < ROLE_MAX && !reshape) {
                return "it gives a device slot " + role + " of " + read.legCount();
            }
        }
        return areaDeviation(read);
    }

    private static boolean sizesOk(Superblock read) {
        long offset = read.dataOffset();
        long sectors = read.dataSectors();
        return offset >= SECTOR + SECTORS
                && sectors >= 0
                && offset <= Disk.SECTORS_MAX
                && sectors <= Disk.SECTORS_MAX - offset
                && read.sizeSectors() >= 0
                && read.sizeSectors() <= sectors;
    }

    private static boolean progressOk(long sector, Superblock read) {
        return sector == Superblock.END || (sector >= 0 && sector <= read.sizeSectors());
    }

    private static String areaDeviation(Superblock read) {
        boolean ppl = (read.featureMap() & (PPL | MULTIPLE_PPLS)) != 0;
        boolean bitmap = (read.featureMap() & BITMAP_OFFSET_BIT) != 0 && !ppl;
        if (bitmap && !liesBeforeData(read, read.bitmapOffset(), 1)) {
            return "its bitmap would lie over the superblock or the data: " + read.bitmapOffset()
                    + " sectors from the superblock";
        }
        boolean log = (read.featureMap() & BAD_BLOCKS) != 0;
        if (log && !liesBeforeData(read, read.badBlocksOffset(), read.badBlocksSectors())) {
            return "its log of bad blocks would lie over the superblock or the data: "
                    + read.badBlocksOffset() + " sectors from the superblock";
        }
        boolean logOk = read.badBlocksSectors() >= 1
                && read.badBlocksSectors() <= BAD_BLOCKS_SECTORS_MAX
                && read.badBlocksShift() <= BAD_BLOCKS_SHIFT_MAX;
        if (log && !logOk) {
            return "its log of bad blocks has " + read.badBlocksSectors()
                    + " sectors, and a shift of " + read.badBlocksShift();
        }
        return "";
    }

    /** Whether an area so far behind the superblock ends before the data. */
    static boolean liesBeforeData(Superblock superblock, int offset, long sectors) {
        return offset >= SECTORS
                && superblock.superOffset() + offset + sectors <= superblock.dataOffset();
    }

    /** Zeroes 4096 bytes and writes it there, with its checksum. */
    public static void encode(Superblock superblock, MemorySegment to, long at) {
        Check.that(
                superblock.roles().size() <= ROLE_COUNT_MAX
                        && superblock.name().length() <= NAME_BYTES_MAX,
                "a superblock has room for its roles and its name");
        to.asSlice(at, BYTES).fill((byte) 0);
        MAGIC.set(to, at, MAGIC_VALUE);
        MAJOR_VERSION.set(to, at, VERSION);
        SUPER_OFFSET.set(to, at, superblock.superOffset());
        encodeArray(superblock, to, at);
        encodeLeg(superblock, to, at);
        UTIME.set(to, at, time(superblock.updatedUs()));
        EVENTS.set(to, at, superblock.events());
        RESYNC_OFFSET.set(to, at, superblock.resyncOffset());
        MAX_DEV.set(to, at, superblock.roles().size());
        for (int number = 0; number < superblock.roles().size(); number++) {
            int role = superblock.roles().get(number);
            to.set(U16, at + roleAt(number), (short) role);
        }
        SB_CSUM.set(to, at, checksum(to, at));
    }

    /** What all legs say alike. */
    private static void encodeArray(Superblock superblock, MemorySegment to, long at) {
        FEATURE_MAP.set(to, at, superblock.featureMap());
        Disk.uuid(to, at + SET_UUID, superblock.arrayId());
        byte[] name = superblock.name().getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(name, 0, to, U8, at + SET_NAME, name.length);
        CTIME.set(to, at, time(superblock.createdUs()));
        LEVEL.set(to, at, superblock.level());
        SIZE.set(to, at, superblock.sizeSectors());
        RAID_DISKS.set(to, at, superblock.legCount());
        BITMAP_OFFSET.set(to, at, superblock.bitmapOffset());
    }

    /** What is of this leg. */
    private static void encodeLeg(Superblock superblock, MemorySegment to, long at) {
        DATA_OFFSET.set(to, at, superblock.dataOffset());
        DATA_SIZE.set(to, at, superblock.dataSectors());
        if ((superblock.featureMap() & RECOVERY_OFFSET_BIT) != 0) {
            RECOVERY_OFFSET.set(to, at, superblock.recoveryOffset());
        }
        DEV_NUMBER.set(to, at, superblock.deviceNumber());
        Disk.uuid(to, at + DEVICE_UUID, superblock.deviceId());
        DEVFLAGS.set(to, at, (byte) superblock.deviceFlags());
        BBLOG_SHIFT.set(to, at, (byte) superblock.badBlocksShift());
        BBLOG_SIZE.set(to, at, (short) superblock.badBlocksSectors());
        BBLOG_OFFSET.set(to, at, superblock.badBlocksOffset());
    }

    private static long time(long us) {
        return us / US_PER_SECOND | ((us % US_PER_SECOND) << SECONDS_BITS);
    }

    /** What of it we do not serve, for a person: a sentence for the cause of an error. */
    public static Optional<String> refusal(Superblock superblock) {
        int features = superblock.featureMap();
        int unknown = features & ~SERVED;
        if (superblock.level() != LEVEL_SERVED) {
            return Optional.of("it is of RAID level " + superblock.level()
                    + ", and only level 1, a mirror, is served");
        }
        if ((features & (RESHAPE_ACTIVE | RESHAPE_BACKWARDS | NEW_OFFSET)) != 0) {
            return Optional.of("its shape is being changed (a reshape): let md finish that first");
        }
        if ((features & JOURNAL) != 0) {
            return Optional.of("it has a journal device");
        }
        if ((features & (PPL | MULTIPLE_PPLS)) != 0) {
            return Optional.of("it has a partial parity log (PPL)");
        }
        if ((features & CLUSTERED) != 0) {
            return Optional.of("its bitmap is one of a cluster (md-cluster)");
        }
        if ((features & REPLACEMENT) != 0) {
            return Optional.of("a device is replacing another one: let md finish that first");
        }
        if ((features & RAID0_LAYOUT) != 0) {
            return Optional.of("it has a layout of RAID level 0");
        }
        if (unknown != 0) {
            return Optional.of("it uses what we do not know: feature bits 0x"
                    + Integer.toHexString(unknown) + "; a newer version of Etherbay may know them");
        }
        return Optional.empty();
    }

    /** As mdadm prints it, {@code aabbccdd:aabbccdd:aabbccdd:aabbccdd}. */
    public static String text(UUID id) {
        HexFormat hex = HexFormat.of();
        long high = id.getMostSignificantBits();
        long low = id.getLeastSignificantBits();
        return hex.toHexDigits((int) (high >>> Integer.SIZE))
                + ':'
                + hex.toHexDigits((int) high)
                + ':'
                + hex.toHexDigits((int) (low >>> Integer.SIZE))
                + ':'
                + hex.toHexDigits((int) low);
    }

    /**
     * What {@link #text} made.
     *
     * @throws EtherbayException INVALID for any other text
     */
    public static UUID parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no UUID of an array: " + EtherbayException.shown(text),
                    "it is four words of eight hexadecimal digits with colons between them",
                    "take the one that mdadm --examine prints as Array UUID");
        }
        String digits = text.replace(":", "");
        return new UUID(
                Long.parseUnsignedLong(digits, 0, 16, 16),
                Long.parseUnsignedLong(digits, 16, 32, 16));
    }
}
