// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * A part of a device as a device: sector 0 of the slice is sector {@code offset} of the one below.
 * An open-ended slice grows with it; one of a given length never shows more than that. On the loop
 * of the device below.
 */
public final class Slice extends DeviceDecorator {
    private final long offsetSectors;
    private final long lengthSectors;
    private final Io.Completion done = this::done;

    /**
     * @param offsetSectors where the slice begins, a multiple of the logical block
     * @param lengthSectors its size, a multiple of the logical block; 0 for up to the end, wherever
     *     that is
     * @throws EtherbayException INVALID when the slice does not lie within the device
     */
    public Slice(BlockDevice below, long offsetSectors, long lengthSectors) {
        super(below);
        this.offsetSectors = offsetSectors;
        this.lengthSectors = lengthSectors == 0 ? Long.MAX_VALUE : lengthSectors;
        checkWithin(below.sectors(), offsetSectors, lengthSectors);
        checkAligned(below.capabilities().logicalBlockBytes(), offsetSectors | lengthSectors);
    }

    private static void checkWithin(long sectors, long offsetSectors, long lengthSectors) {
        boolean within = offsetSectors >= 0
                && lengthSectors >= 0
                && offsetSectors < sectors
                && lengthSectors <= sectors - offsetSectors;
        if (!within) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "offset %d and length %d do not lie within the disk"
                            .formatted(offsetSectors, lengthSectors),
                    "the disk has " + sectors + " sectors of 512 bytes",
                    "give an offset below %d, and a length of 0 (to the end) or at most %d"
                            .formatted(sectors, Math.max(0, sectors - Math.max(0, offsetSectors))));
        }
    }

    private static void checkAligned(int logicalBlockBytes, long sectors) {
        if ((sectors * SECTOR_BYTES & logicalBlockBytes - 1) != 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "offset and length cut a block of the disk in two",
                    "its blocks have " + logicalBlockBytes + " bytes",
                    "give multiples of " + logicalBlockBytes / SECTOR_BYTES + " sectors");
        }
    }

    @Override
    protected long sectorsOf(long sectorsBelow) {
        return Math.clamp(sectorsBelow - offsetSectors, 0, lengthSectors);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities());
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        io.then(done);
        io.lba(io.lba() + offsetSectors);
        below().submit(io);
    }

    @Override
    public long lend(long lba, int sectorCount) {
        return lba < 0 || lba > sectors() - sectorCount
                ? 0
                : below().lend(lba + offsetSectors, sectorCount);
    }

    private void done(Io io) {
        io.lba(io.lba() - offsetSectors);
        io.complete(io.status());
    }
}
