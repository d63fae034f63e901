// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the file or device that a name of a backing stands for at this moment. Blocking control
 * code.
 */
final class BackingPlace {
    private static final Path DEV = Path.of("/dev");

    private BackingPlace() {}

    /**
     * A path that is there, or that the one who opens it will miss; empty for {@code VG/LV} where
     * the kernel has no such device.
     */
    static Optional<Path> find(BackingName.AtPath name) {
        return find(name, DEV);
    }

    static Optional<Path> find(BackingName.AtPath name, Path dev) {
        Path path = name.path();
        if (path.isAbsolute() || path.getNameCount() != 2 || Files.exists(path)) {
            return Optional.of(path);
        }
        return Stream.of(dev.resolve(path), mapped(path, dev))
                .filter(Files::exists)
                .findFirst();
    }

    /** Group and volume of a name for which {@link #find} finds nothing. */
    static EtherbayException missing(BackingName.AtPath name) {
        Path path = name.path();
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                path + " does not exist",
                "it is no file below the working directory; neither %s nor %s is there; and no disk"
                                .formatted(DEV.resolve(path), mapped(path, DEV))
                        + " that was looked at has a volume group " + path.getName(0),
                "give the whole path of a file; or see `etherbay lv list`, and name the disks of"
                        + " the group with --device");
    }

    private static Path mapped(Path name, Path dev) {
        return dev.resolve("mapper")
                .resolve(doubled(name.getName(0)) + "-" + doubled(name.getName(1)));
    }

    /** LVM joins both names with a dash, and doubles those within: lvm(8), "dmsetup splitname". */
    private static String doubled(Path name) {
        return name.toString().replace("-", "--");
    }
}
