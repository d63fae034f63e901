// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.nio.file.Path;

/**
 * A disk of a guest: a raw image file, seen as {@code /dev/vda}, {@code /dev/vdb} and so on in the
 * order given. QEMU's {@code writeback} cache: a flush of the guest reaches the file with
 * fdatasync; what the guest wrote without flush is in the host's page cache, so it survives a
 * killed QEMU, but not a power cut of the host.
 */
public record Drive(Path image, boolean readOnly) {
    String driveArgument(String id) {
        return "if=none,format=raw,cache=writeback,id="
                + id
                + ",file="
                + QemuCommand.escaped(image)
                + (readOnly ? ",readonly=on" : "");
    }
}
