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
            description = "where physical volumes lie: a file, a block device, nbd://... of an"
                    + " NBD server, or an AoE disk: e1.0, or e1.0@eth1 by another interface; repeat"
                    + " or separate with commas (default: the block devices of this machine)")
    private List<String> devices = new ArrayList<>();

    @Option(
            names = "--if",
            paramLabel = "IFACE",
            split = ",",
            description = "by which AoE disks are reached that name no interface: NICs, or"
                    + " unix:PATH for a segment (default eth0)")
    private List<String> interfaces = new ArrayList<>();

    /** The same, by these interfaces where {@code --if} is not there. */
    DeviceOptions over(List<String> otherwise) {
        if (interfaces.isEmpty()) {
            interfaces = List.copyOf(otherwise);
        }
        return this;
    }

    VolumePlaces places() {
        return places(devices);
    }

    private VolumePlaces places(List<String> names) {
        return new VolumePlaces(names.stream().map(this::place).toList());
    }

    /** One place, as a person writes it. */
    BackingName place(String text) {
        return VolumePlaces.place(text, interfaces());
    }

    /** What a person calls a disk that is to be served. */
    BackingName disk(String text) {
        return BackingName.ofPath(text, interfaces());
    }

    /** Whether somebody said by which. */
    boolean namesInterfaces() {
        return !interfaces.isEmpty();
    }

    /** By which AoE disks are reached that name no interface. */
    List<String> interfaces() {
        return interfaces.isEmpty() ? BackingName.AtAoe.INTERFACES_DEFAULT : interfaces;
    }

    /**
     * Likewise, with those that a command names besides; they come first. Block devices that are
     * named so, and no other, are among those of the machine anyway.
     */
    VolumePlaces placesWith(List<String> named) {
        if (devices.isEmpty()
                && named.stream().map(this::place).allMatch(DeviceOptions::isBlockDevice)) {
            return places();
        }
        List<String> all = new ArrayList<>(named);
        all.addAll(devices);
        return places(all);
    }

    private static boolean isBlockDevice(BackingName name) {
        return name instanceof BackingName.AtPath(Path path) && Disk.isBlockDevice(path);
    }
}
