// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.base.SectorDevice;
import etherbay.base.Slice;
import etherbay.linux.Disk;
import etherbay.linux.LinuxIdler;

import java.nio.file.Files;
import java.nio.file.Path;

/** What an export serves: a disk of this machine, or a part of one. */
final class Backing {
    private Backing() {}

    /** Opens it; closing what is returned closes all of it. */
    static BlockDevice open(ExportSpec spec, Loop loop, LinuxIdler idler, Counters counters) {
        Path path = spec.path();
        if (!Files.exists(path)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    path + " does not exist",
                    "an export serves a file or a block device that is there",
                    "check the path, or make a sparse file: truncate -s 10G " + path);
        }
        Disk.Options options = Disk.Options.DEFAULT
                .withDirect(spec.directIo().orElse(Disk.isBlockDevice(path)))
                .withReadOnly(spec.settings().readOnly())
                .withQueueDepth(spec.settings().queueLength());
        Disk disk = Disk.open(path, options, loop, idler, counters);
        try {
            checkRange(spec, disk.sectors());
        } catch (EtherbayException refused) {
            disk.close();
            throw refused;
        }
        return spec.offsetSectors() == 0 && spec.lengthSectors() == 0
                ? disk
                : new Slice(SectorDevice.over(disk), spec.offsetSectors(), spec.lengthSectors());
    }

    private static void checkRange(ExportSpec spec, long sectors) {
        if (sectors == 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    spec.path() + " is empty",
                    "a disk has at least one sector of 512 bytes",
                    "give it a size: truncate -s 10G " + spec.path());
        }
        if (spec.offsetSectors() >= sectors
                || spec.lengthSectors() > sectors - spec.offsetSectors()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "offset %d and length %d do not lie in %s"
                            .formatted(spec.offsetSectors(), spec.lengthSectors(), spec.path()),
                    "it has " + sectors + " sectors of 512 bytes",
                    "choose an offset and a length within them");
        }
    }
}
