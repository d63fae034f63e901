// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.volume.VolumePlaces;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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
        if (devices.isEmpty() && named.stream().allMatch(DeviceOptions::isBlockDevice)) {
            return places();
        }
        List<String> all = new ArrayList<>(named);
        all.addAll(devices);
        return VolumePlaces.of(all);
    }

    /** Java has no test for block devices; regular files, folders and links are told apart. */
    private static boolean isBlockDevice(String name) {
        try {
            return Files.readAttributes(Path.of(name), BasicFileAttributes.class)
                    .isOther();
        } catch (IOException | InvalidPathException notThere) {
            return false;
        }
    }
}
