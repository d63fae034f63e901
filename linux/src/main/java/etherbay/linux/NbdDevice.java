// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An NBD device of the kernel that is connected, as {@code /sys/block/nbdN} shows it.
 *
 * @param index N of {@code /dev/nbdN}
 * @param sizeBytes what it holds
 * @param readOnly whether it takes no writes
 * @param pid of the process that made it, which may have ended
 * @param backend the identifier that it was made with; empty when with none
 */
public record NbdDevice(int index, long sizeBytes, boolean readOnly, long pid, String backend) {
    private static final Path SYS_BLOCK = Path.of("/sys/block");
    private static final Pattern NAME = Pattern.compile("nbd(\\d{1,6})");

    /** The kernel counts in these, whatever the device's blocks are. */
    private static final int SECTOR_BYTES = 512;

    /** All that are connected, by index. */
    public static List<NbdDevice> list() {
        return list(SYS_BLOCK);
    }

    /** The one that was made with that identifier, which is not empty. */
    public static Optional<NbdDevice> find(String backend) {
        return find(SYS_BLOCK, backend);
    }

    /**
     * Whether the device of that index and identifier has ended; what cannot be read now has not.
     */
    public static boolean hasEnded(int index, String backend) {
        return hasEnded(SYS_BLOCK, index, backend);
    }

    static boolean hasEnded(Path sysBlock, int index, String backend) {
        Path folder = sysBlock.resolve("nbd" + index);
        return read(index, folder)
                .map(device -> !device.backend.equals(backend))
                .orElseGet(() -> Files.notExists(folder.resolve("pid")));
    }

    static Optional<NbdDevice> find(Path sysBlock, String backend) {
        return list(sysBlock).stream()
                .filter(device -> device.backend.equals(backend))
                .findFirst();
    }

    static List<NbdDevice> list(Path sysBlock) {
        List<NbdDevice> devices = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(sysBlock, "nbd*")) {
            for (Path folder : folders) {
                Matcher name = NAME.matcher(folder.getFileName().toString());
                if (name.matches()) {
                    read(Integer.parseInt(name.group(1)), folder).ifPresent(devices::add);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException noBlockDevices) {
            return List.of();
        } catch (IOException vanished) {
            // What could be read before is what there is.
        }
        devices.sort(Comparator.comparingInt(NbdDevice::index));
        return devices;
    }

    /** Empty when it is not connected: then it has no {@code pid}. */
    private static Optional<NbdDevice> read(int index, Path folder) {
        try {
            long pid = Long.parseLong(text(folder, "pid"));
            return Optional.of(new NbdDevice(
                    index,
                    Long.parseLong(text(folder, "size")) * SECTOR_BYTES,
                    text(folder, "ro").equals("1"),
                    pid,
                    Files.exists(folder.resolve("backend")) ? text(folder, "backend") : ""));
        } catch (IOException | NumberFormatException notConnected) {
            return Optional.empty();
        }
    }

    private static String text(Path folder, String file) throws IOException {
        return Files.readString(folder.resolve(file)).strip();
    }

    /** Its device file. */
    public Path path() {
        return pathOf(index);
    }

    /** The device file of an index. */
    public static Path pathOf(int index) {
        return Path.of("/dev/nbd" + index);
    }
}
