// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** How the kernel tells of its block devices: small files of sysfs(5) and proc(5). Blocking. */
public final class Sysfs {
    private Sysfs() {}

    /** Names in a folder that a glob matches; none where there is no such folder. */
    public static SortedSet<String> names(Path folder, String glob) {
        SortedSet<String> names = new TreeSet<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
                entries.forEach(entry -> names.add(entry.getFileName().toString()));
            } catch (IOException gone) {
                return names; // a device that goes away while we look is not there
            }
        }
        return names;
    }

    /** The line of a file, nothing where there is none. */
    public static String line(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.readString(file).strip() : "";
        } catch (IOException gone) {
            return "";
        }
    }

    /**
     * Every block device that has a size, as {@link #device} takes it.
     *
     * @param proc where procfs is mounted
     */
    public static List<String> partitions(Path proc) {
        Path file = proc.resolve("partitions");
        try (var lines = Files.lines(file)) {
            return lines.map(line -> line.strip().split("\\s+", -1))
                    .filter(words -> words.length == 4 && words[0].matches("[0-9]+"))
                    .map(words -> words[3])
                    .distinct()
                    .toList();
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    file + " cannot be read",
                    cause.toString(),
                    "mount proc, or name the disks by their paths");
        }
    }

    /** The device file of a name: those of sysfs have '!' where those in /dev have '/'. */
    public static Path device(Path dev, String name) {
        return dev.resolve(name.replace('!', '/'));
    }
}
