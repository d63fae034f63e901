// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.linux.Disk;
import etherbay.node.BackingName;
import etherbay.node.volume.VolumePlaces;

import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where physical volumes lie: the option of every command that may meet a volume. */
final class DeviceOptions {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            split = ",",
            description = "where physical volumes lie: a file, a block device, or nbd://... of an"
                    + " NBD server; repeat or separate with commas (default: the block devices of"
                    + " this machine)")
    private List<String> devices = new ArrayList<>();

    VolumePlaces places() {
        return VolumePlaces.of(devices);
    }

    /**
     * Likewise, with those that a command names besides; they come first. Block devices that are
     * named so, and no other, are among those of the machine anyway.
     */
    VolumePlaces placesWith(List<String> named) {
        if (devices.isEmpty()
                && named.stream().map(VolumePlaces::place).allMatch(DeviceOptions::isBlockDevice)) {
            return places();
        }
        List<String> all = new ArrayList<>(named);
        all.addAll(devices);
        return VolumePlaces.of(all);
    }

    private static boolean isBlockDevice(BackingName name) {
        return name instanceof BackingName.AtPath(Path path) && Disk.isBlockDevice(path);
    }
}
