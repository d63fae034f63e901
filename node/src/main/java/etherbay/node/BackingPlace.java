// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds the file or device that a name of a backing stands for at this moment. Blocking control
 * code.
 */
final class BackingPlace {
    private static final Path DEV = Path.of("/dev");

    private BackingPlace() {}

    /**
     * A path that is there, or that the one who opens it will miss.
     *
     * @throws EtherbayException where the name is nobody's, or that of several
     */
    static Path of(BackingName.AtPath name) {
        return of(name, DEV);
    }

    static Path of(BackingName.AtPath name, Path dev) {
        Path path = name.path();
        return path.isAbsolute() || path.getNameCount() != 2 || Files.exists(path)
                ? path
                : logicalVolume(path, dev);
    }

    private static Path logicalVolume(Path name, Path dev) {
        Path link = dev.resolve(name);
        if (Files.exists(link)) {
            return link;
        }
        Path mapped = dev.resolve("mapper")
                .resolve(doubled(name.getName(0)) + "-" + doubled(name.getName(1)));
        if (Files.exists(mapped)) {
            return mapped;
        }
        throw new EtherbayException(
                ErrorCode.NOT_FOUND,
                name + " does not exist",
                "it is no file below the working directory, and no logical volume: neither " + link
                        + " nor " + mapped + " is there",
                "give the whole path of a file; or see `lvs`, and activate the volume: lvchange"
                        + " -ay "
                        + name);
    }

    /** LVM joins both names with a dash, and doubles those within: lvm(8), "dmsetup splitname". */
    private static String doubled(Path name) {
        return name.toString().replace("-", "--");
    }
}
