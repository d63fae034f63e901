// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * What a {@link BlockDevice} can do; fixed while it is open, but for {@code sectors()}.
 *
 * @param flush FLUSH makes durable; when false the durability of completed writes is unknown
 * @param fua a write can ask to be durable by itself
 * @param trim TRIM is taken
 * @param zeroesAfterTrim a trimmed range reads as zeroes
 * @param logicalBlockBytes 512 or 4096: ranges that are no multiples of it are read, changed and
 *     written whole, or refused with RANGE, as the device says
 * @param physicalBlockBytes at least the logical block; what the medium writes at once
 * @param readOnly takes no writes
 * @param rotational seeks are dear
 */
public record BlockCapabilities(
        boolean flush,
        boolean fua,
        boolean trim,
        boolean zeroesAfterTrim,
        int logicalBlockBytes,
        int physicalBlockBytes,
        boolean readOnly,
        boolean rotational) {

    public BlockCapabilities {
        Check.that(
                Integer.bitCount(logicalBlockBytes) == 1
                        && logicalBlockBytes >= BlockDevice.SECTOR_BYTES,
                "a logical block is a power of two of at least a sector");
        Check.that(physicalBlockBytes >= logicalBlockBytes, "physical blocks hold logical ones");
    }

    /** The same, but read-only. */
    public BlockCapabilities asReadOnly() {
        return new BlockCapabilities(
                flush,
                false,
                false,
                false,
                logicalBlockBytes,
                physicalBlockBytes,
                true,
                rotational);
    }

    /** The same with 512-byte logical blocks, as an adapter makes it. */
    public BlockCapabilities withSectorBlocks() {
        return new BlockCapabilities(
                flush,
                fua,
                trim,
                zeroesAfterTrim,
                BlockDevice.SECTOR_BYTES,
                physicalBlockBytes,
                readOnly,
                rotational);
    }
}
