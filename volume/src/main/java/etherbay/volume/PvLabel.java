// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The label of a physical volume, one sector among the first four:
 *
 * <pre>
 *    0  LABELONE        24  LVM2 001
 *    8  its sector      32  UUID, 32 letters
 *   16  CRC of 20..511  64  size of the device, bytes
 *   20  32              72  data areas, then metadata areas: pairs of offset and size in bytes,
 *                           each list ended by a pair of zeroes
 *                           version of the extension, flags; boot areas, as above
 * </pre>
 *
 * All numbers are little-endian. A data area of size 0 goes up to the end.
 *
 * @param sector of the label
 * @param deviceBytes size of the device when it was written
 * @param extensionVersion 0 where there is no extension
 * @param extensionFlags bit 0: it belongs to a group
 */
public record PvLabel(
        int sector,
        LvmId id,
        long deviceBytes,
        List<Range> dataAreas,
        List<Range> metadataAreas,
        int extensionVersion,
        int extensionFlags,
        List<Range> bootAreas) {
    /** A part of the device; size 0 is up to the end. */
    public record Range(long offsetBytes, long sizeBytes) {}

    static final int SECTOR_BYTES = BlockDevice.SECTOR_BYTES;
    static final int FLAG_USED = 1;

    /** Where lvm2 begins the data by default, and what it leaves for metadata before it. */
    static final long DATA_OFFSET_BYTES = 1 << 20;

    static final long METADATA_OFFSET_BYTES = 4096;

    /** A label, its metadata, and one extent of the default size. */
    static final long DEVICE_BYTES_MIN = DATA_OFFSET_BYTES + (4 << 20);

    private static final byte[] MAGIC = "LABELONE".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TYPE = "LVM2 001".getBytes(StandardCharsets.US_ASCII);
    private static final int SECTOR_COUNT_SEARCHED = 4;
    private static final int CRC_AT = 16;
    private static final int CRC_FROM = 20;
    private static final int HEADER_AT = 32;
    private static final int EXTENSION_VERSION = 2;

    /** lvm2 makes one area for data, two for metadata, and one to boot from. */
    private static final int AREA_COUNT_MAX = 8;

    /** No area begins before: there the label is. */
    static final int AREA_OFFSET_BYTES_MIN = SECTOR_COUNT_SEARCHED * SECTOR_BYTES;

    public PvLabel {
        dataAreas = List.copyOf(dataAreas);
        metadataAreas = List.copyOf(metadataAreas);
        bootAreas = List.copyOf(bootAreas);
    }

    /** What {@code pvcreate} writes on a device of that size. */
    static PvLabel create(LvmId id, long deviceBytes) {
        return new PvLabel(
                1,
                id,
                deviceBytes,
                List.of(new Range(DATA_OFFSET_BYTES, 0)),
                List.of(new Range(
                        METADATA_OFFSET_BYTES, DATA_OFFSET_BYTES - METADATA_OFFSET_BYTES)),
                EXTENSION_VERSION,
                0,
                List.of());
    }

    boolean isUsed() {
        return (extensionFlags & FLAG_USED) != 0;
    }

    PvLabel used(boolean used) {
        int flags = used ? extensionFlags | FLAG_USED : extensionFlags & ~FLAG_USED;
        return new PvLabel(
                sector,
                id,
                deviceBytes,
                dataAreas,
                metadataAreas,
                Math.max(extensionVersion, EXTENSION_VERSION),
                flags,
                bootAreas);
    }

    PvLabel withDeviceBytes(long bytes) {
        return new PvLabel(
                sector,
                id,
                bytes,
                dataAreas,
                metadataAreas,
                extensionVersion,
                extensionFlags,
                bootAreas);
    }

    /**
     * Looks for a label.
     *
     * @return empty for a medium that is no physical volume
     * @throws EtherbayException INVALID for a label that is damaged
     */
    static Optional<PvLabel> read(Medium medium) {
        OptionalInt sector = find(medium);
        if (sector.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = new byte[SECTOR_BYTES];
        medium.read((long) sector.getAsInt() * SECTOR_BYTES, bytes);
        return Optional.of(decode(bytes, sector.getAsInt(), medium));
    }

    /** The sector that begins as a label does, whatever the rest of it. */
    static OptionalInt find(Medium medium) {
        byte[] first = new byte[SECTOR_COUNT_SEARCHED * SECTOR_BYTES];
        if (medium.bytes() >= first.length) {
            medium.read(0, first);
            for (int sector = 0; sector < SECTOR_COUNT_SEARCHED; sector++) {
                int at = sector * SECTOR_BYTES;
                if (Arrays.equals(first, at, at + MAGIC.length, MAGIC, 0, MAGIC.length)) {
                    return OptionalInt.of(sector);
                }
            }
        }
        return OptionalInt.empty();
    }

    private static PvLabel decode(byte[] bytes, int sector, Medium medium) {
        ByteBuffer label = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (label.getInt(CRC_AT) != LvmCrc.of(bytes, CRC_FROM, SECTOR_BYTES - CRC_FROM)) {
            throw damaged(medium, "its checksum is wrong");
        }
        boolean known = label.getLong(8) == sector
                && label.getInt(CRC_FROM) == HEADER_AT
                && Arrays.equals(bytes, 24, 24 + TYPE.length, TYPE, 0, TYPE.length);
        String letters =
                new String(bytes, HEADER_AT, LvmId.LETTER_COUNT, StandardCharsets.US_ASCII);
        if (!known || !LvmId.isOne(letters)) {
            throw damaged(medium, "it is none of LVM2's, or was copied from elsewhere");
        }
        label.position(HEADER_AT + LvmId.LETTER_COUNT);
        long deviceBytes = label.getLong();
        List<Range> data = ranges(label, medium);
        List<Range> metadata = ranges(label, medium);
        int version = label.remaining() >= 2 * Integer.BYTES ? label.getInt() : 0;
        int flags = version > 0 ? label.getInt() : 0;
        List<Range> boot = version > 0 ? ranges(label, medium) : List.of();
        if (data.size() != 1) {
            throw damaged(medium, "it has " + data.size() + " areas for data instead of one");
        }
        PvLabel read = new PvLabel(
                sector, new LvmId(letters), deviceBytes, data, metadata, version, flags, boot);
        read.check(medium);
        return read;
    }

    /** What is written by such a label must not hit anything else. */
    private void check(Medium medium) {
        List<Range> areas = Stream.of(dataAreas, metadataAreas, bootAreas)
                .flatMap(List::stream)
                .sorted(Comparator.comparingLong(Range::offsetBytes))
                .toList();
        if (areas.size() > AREA_COUNT_MAX) {
            throw damaged(medium, "it has " + areas.size() + " areas, more than any has");
        }
        long end = AREA_OFFSET_BYTES_MIN;
        for (Range area : areas) {
            if (area.offsetBytes() % SECTOR_BYTES != 0 || area.sizeBytes() % SECTOR_BYTES != 0) {
                throw damaged(medium, "its areas are no whole sectors");
            }
            if (area.offsetBytes() < end) {
                throw damaged(medium, "its areas lie over each other, or over the label");
            }
            if (area.sizeBytes() > medium.bytes() - area.offsetBytes()
                    && !dataAreas.contains(area)) {
                throw damaged(medium, "its metadata would lie beyond its end");
            }
            end = area.offsetBytes() + area.sizeBytes();
        }
    }

    private static List<Range> ranges(ByteBuffer label, Medium medium) {
        List<Range> ranges = new ArrayList<>();
        while (label.remaining() >= 2 * Long.BYTES) {
            Range range = new Range(label.getLong(), label.getLong());
            if (range.offsetBytes() == 0) {
                return ranges;
            }
            if (range.offsetBytes() < 0
                    || range.sizeBytes() < 0
                    || range.offsetBytes() > medium.bytes()) {
                throw damaged(medium, "an area of it would lie beyond its end");
            }
            ranges.add(range);
        }
        throw damaged(medium, "a list of its areas does not end");
    }

    static EtherbayException damaged(Medium medium, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "the label of " + medium.name() + " cannot be used",
                why,
                "nothing was written; see pvck(8), or, if nothing on it is needed, make it anew:"
                        + " etherbay pv create " + medium.name() + " --force --yes");
    }

    /** The sector. */
    byte[] encode() {
        ByteBuffer label = ByteBuffer.allocate(SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        label.put(MAGIC).putLong(sector).putInt(0).putInt(HEADER_AT).put(TYPE);
        label.put(id.letters().getBytes(StandardCharsets.US_ASCII)).putLong(deviceBytes);
        put(label, dataAreas);
        put(label, metadataAreas);
        label.putInt(extensionVersion).putInt(extensionFlags);
        put(label, bootAreas);
        label.putInt(CRC_AT, LvmCrc.of(label.array(), CRC_FROM, SECTOR_BYTES - CRC_FROM));
        return label.array();
    }

    private static void put(ByteBuffer label, List<Range> ranges) {
        ranges.forEach(range -> label.putLong(range.offsetBytes()).putLong(range.sizeBytes()));
        label.putLong(0).putLong(0);
    }

    /** Writes it, durable. */
    void write(Medium medium) {
        medium.write((long) sector * SECTOR_BYTES, encode());
        medium.sync();
    }
}
