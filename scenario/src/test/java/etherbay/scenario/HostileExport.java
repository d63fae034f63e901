// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockCapabilities;
import etherbay.base.MacAddress;
import etherbay.sim.hostile.ExportFacts;
import etherbay.sim.hostile.HostileFrames;
import etherbay.target.AccessRules;
import etherbay.target.ExportSettings;

import java.util.List;

/** One of the exports that hostile frames are sent to: its settings, and what its disk can. */
record HostileExport(ExportSettings settings, BlockCapabilities disk, int sectors) {
    private static final int QUEUE_LENGTH = 32;

    private static final BlockCapabilities FULL =
            new BlockCapabilities(true, true, true, true, 512, 512, false, false);

    /** As a disk behind a plain file that cannot punch holes. */
    private static final BlockCapabilities PLAIN =
            new BlockCapabilities(true, false, false, false, 512, 4096, false, true);

    private static final BlockCapabilities LARGE_BLOCKS =
            new BlockCapabilities(true, true, true, true, 4096, 4096, false, false);

    /**
     * Different sizes; with and without write cache, TRIM and FUA; read-only; for few senders; with
     * blocks of 4 KiB. None is so large that regions share a stamp in the order of arrival.
     */
    static List<HostileExport> all() {
        List<MacAddress> few = HostileFrames.senders().subList(0, 8);
        return List.of(
                new HostileExport(of(1, 0).withWriteCache(true), FULL, 4096),
                new HostileExport(of(1, 1).withWriteCache(false).withSectorsMax(1), PLAIN, 100),
                new HostileExport(of(2, 0).withReadOnly(true), FULL, 512),
                new HostileExport(of(2, 7).withAccess(AccessRules.accepting(few)), PLAIN, 1023),
                new HostileExport(of(0x300, 254), LARGE_BLOCKS, 2048));
    }

    private static ExportSettings of(int shelf, int slot) {
        return ExportSettings.of(shelf, slot).withQueueLength(QUEUE_LENGTH);
    }

    ExportFacts facts() {
        return new ExportFacts(
                settings.shelf(),
                settings.slot(),
                sectors,
                settings.queueLength(),
                settings.sectorsMax(),
                settings.access().accept(),
                settings.writeCache(),
                settings.readOnly(),
                disk.trim() && disk.zeroesAfterTrim() && !settings.readOnly(),
                settings.frameAgeNsMax());
    }
}
