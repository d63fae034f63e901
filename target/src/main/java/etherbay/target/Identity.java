// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The IDENTIFY DEVICE block of an export, kept ready: made again when size, state or write cache
 * change, copied into each answer. Owned by the export's loop.
 */
final class Identity {
    private final MemorySegment block = Arena.ofAuto().allocate(IdentifyData.BYTES, Long.BYTES);

    /** Whether the export takes TRIM: only where a trimmed range reads as zeroes afterwards. */
    static boolean offersTrim(BlockCapabilities capabilities) {
        return capabilities.trim() && capabilities.zeroesAfterTrim() && !capabilities.readOnly();
    }

    void refresh(ExportSettings settings, BlockDevice device, ExportState state, boolean cacheOn) {
        BlockCapabilities capabilities = device.capabilities();
        int blockSectors = capabilities.physicalBlockBytes() / BlockDevice.SECTOR_BYTES;
        IdentifyData data = new IdentifyData(
                state.serial(),
                settings.firmware(),
                settings.model(),
                Math.min(device.sectors(), IdentifyData.SECTORS_MAX),
                Math.min(Integer.numberOfTrailingZeros(blockSectors), 15),
                capabilities(settings, capabilities, cacheOn),
                Optional.of(new IdentifyData.Vendor(
                        true, true, state.incarnation(), state.epoch().value())));
        data.write(block, 0);
    }

    private static Set<Capability> capabilities(
            ExportSettings settings, BlockCapabilities device, boolean cacheOn) {
        EnumSet<Capability> offered = EnumSet.of(Capability.LBA48);
        // Without FLUSH below nobody knows what is durable, which is what a cache in use means.
        if (settings.writeCache() || !device.flush()) {
            offered.add(Capability.WRITE_CACHE);
        }
        if (cacheOn || !device.flush()) {
            offered.add(Capability.WRITE_CACHE_ENABLED);
        }
        if (device.flush()) {
            offered.add(Capability.FLUSH);
            offered.add(Capability.FLUSH_EXT);
        }
        if (device.fua() && !device.readOnly()) {
            offered.add(Capability.FUA);
        }
        if (offersTrim(device)) {
            offered.addAll(EnumSet.of(
                    Capability.TRIM, Capability.TRIM_DETERMINISTIC, Capability.TRIM_ZEROES));
        }
        if (!device.rotational()) {
            offered.add(Capability.NON_ROTATING);
        }
        return offered;
    }

    /** Copies the block. */
    void copyTo(MemorySegment memory, long at) {
        MemorySegment.copy(block, 0, memory, at, IdentifyData.BYTES);
    }
}
