// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.linux.NbdDevice;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * {@code /dev/etherbay/NAME}, a symbolic link to a device whose number may be another one next
 * time. A name that another live device has stays with it.
 */
final class DeviceLink {
    private static final System.Logger LOG = System.getLogger("etherbay.device");
    private static final Path FOLDER = Path.of("/dev/etherbay");

    private DeviceLink() {}

    /** @return the link; empty when there can be none, which the log explains */
    static Optional<Path> make(String name, NbdDevice device) {
        Path link = FOLDER.resolve(name);
        try {
            if (isOfAnother(link, device)) {
                throw new IOException("it is the name of another device");
            }
            Files.createDirectories(FOLDER);
            Path fresh = FOLDER.resolve("." + name + ".new");
            Files.deleteIfExists(fresh);
            Files.createSymbolicLink(fresh, FOLDER.relativize(device.path()));
            Files.move(
                    fresh,
                    link,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return Optional.of(link);
        } catch (IOException refused) {
            LOG.log(System.Logger.Level.WARNING, "no link " + link + ": " + refused);
            return Optional.empty();
        }
    }

    private static boolean isOfAnother(Path link, NbdDevice device) throws IOException {
        if (!Files.isSymbolicLink(link)) {
            return false;
        }
        Path target = FOLDER.resolve(Files.readSymbolicLink(link)).normalize();
        return !target.equals(device.path())
                && NbdDevice.list().stream().anyMatch(other -> other.path().equals(target));
    }

    /** Removes it where it leads to that device. */
    static void remove(String name, NbdDevice device) {
        Path link = FOLDER.resolve(name);
        try {
            if (Files.isSymbolicLink(link) && !isOfAnother(link, device)) {
                Files.delete(link);
            }
        } catch (IOException stays) {
            LOG.log(System.Logger.Level.WARNING, "the link " + link + " stays: " + stays);
        }
    }
}
