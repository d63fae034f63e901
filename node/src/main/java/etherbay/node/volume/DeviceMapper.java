// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.node.Sysfs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the kernel has built on a disk: sysfs tells the holders of a block device, and which loop
 * devices a file is behind. Blocking control code.
 */
final class DeviceMapper {
    private final Path sys;

    /** @param sys where sysfs is mounted */
    DeviceMapper(Path sys) {
        this.sys = sys;
    }

    static DeviceMapper ofThisMachine() {
        return new DeviceMapper(Path.of("/sys"));
    }

    /** The device of device-mapper that uses that file or disk, directly or by a loop device. */
    Optional<String> userOf(Path path) {
        try {
            Path real = path.toRealPath();
            List<String> devices = new ArrayList<>();
            devices.add(real.getFileName().toString());
            devices.addAll(loopsOver(real));
            return devices.stream()
                    .map(device -> sys.resolve("class/block").resolve(device).resolve("holders"))
                    .flatMap(holders -> Sysfs.names(holders, "dm-*").stream())
                    .findFirst();
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    private List<String> loopsOver(Path real) {
        return Sysfs.names(sys.resolve("block"), "loop*").stream()
                .filter(loop -> real.toString()
                        .equals(Sysfs.line(
                                sys.resolve("block").resolve(loop).resolve("loop/backing_file"))))
                .toList();
    }

    /** Whether a block device is itself a volume that LVM2 has activated. */
    boolean isVolume(String device) {
        return Sysfs.line(sys.resolve("class/block").resolve(device).resolve("dm/uuid"))
                .startsWith("LVM-");
    }
}
