// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Who holds locks of whole files: {@code /proc/locks}, proc(5). */
final class LockTable {
    private static final Path LOCKS = Path.of("/proc/locks");

    private LockTable() {}

    /**
     * The process that holds a lock of that file, as flock(2) gives it: {@code 1: FLOCK ADVISORY
     * WRITE 707 08:01:131 0 EOF}. Empty where it is nobody, or a process of another namespace.
     */
    static OptionalInt holder(int major, int minor, long inode) {
        String id = "%02x:%02x:%d".formatted(major, minor, inode);
        try {
            for (String line : Files.readAllLines(LOCKS)) {
                String[] words = line.trim().split("\\s+", -1);
                if (words.length >= 6 && words[1].equals("FLOCK") && words[5].equals(id)) {
                    return OptionalInt.of(Integer.parseInt(words[4]));
                }
            }
        } catch (IOException | NumberFormatException unknown) {
            return OptionalInt.empty();
        }
        return OptionalInt.empty();
    }
}
