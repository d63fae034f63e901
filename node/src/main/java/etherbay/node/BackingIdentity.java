// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;

/**
 * Tells one backing from another over restarts, so that an exchanged disk gets a serial of its own.
 * A file is its real path and inode. A block device is the name that its hardware, or whoever made
 * it, gave it under {@code /dev/disk/by-id}; where there is none, its real path.
 */
final class BackingIdentity {
    private static final Path BY_ID = Path.of("/dev/disk/by-id");

    private BackingIdentity() {}

    /** One line of text without a line break. */
    static String of(Path path, long offsetSectors, boolean blockDevice) {
        try {
            Path real = path.toRealPath();
            String what = blockDevice
                    ? "device " + stableName(real, BY_ID)
                    : "file " + real + " inode " + Files.getAttribute(real, "unix:ino");
            return printable(what + " offset " + offsetSectors);
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    path + " cannot be examined",
                    cause.toString(),
                    "see that it exists and that you may read its folder");
        }
    }

    /** The first name by alphabet in {@code byId} that leads to {@code device}, or its path. */
    static String stableName(Path device, Path byId) throws IOException {
        if (!Files.isDirectory(byId)) {
            return device.toString();
        }
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(byId)) {
            for (Path link : links) {
                if (Files.exists(link) && link.toRealPath().equals(device)) {
                    names.add(link.getFileName().toString());
                }
            }
        }
        return names.isEmpty() ? device.toString() : names.first();
    }

    private static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.chars()
                .forEach(c ->
                        printable.append(c < ' ' || c > '~' ? "\\u%04x".formatted(c) : (char) c));
        return printable.toString();
    }
}
