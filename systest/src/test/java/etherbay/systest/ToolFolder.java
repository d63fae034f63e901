// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * All programs of this machine as links in one folder, for a node's {@code PATH}, with a QEMU among
 * them that can be replaced by a script while the node runs.
 */
record ToolFolder(Path path) {
    private static final List<Path> SYSTEM =
            Stream.of("/usr/bin", "/bin", "/usr/sbin", "/sbin").map(Path::of).toList();
    private static final String QEMU = "qemu-system-x86_64";

    void fill() throws IOException {
        Files.createDirectories(path);
        for (Path folder : SYSTEM) {
            try (Stream<Path> programs = Files.list(folder)) {
                for (Path program : programs.toList()) {
                    link(program);
                }
            }
        }
        qemu("exec %s \"$@\"");
    }

    private void link(Path program) throws IOException {
        try {
            Files.createSymbolicLink(path.resolve(program.getFileName()), program);
        } catch (FileAlreadyExistsException sameNameInAnEarlierFolder) {
            // As PATH would have it.
        }
    }

    /** @param script what the node has for QEMU, with {@code %s} for the true one */
    void qemu(String script) {
        String emulator = Tool.require(QEMU, "qemu-system-x86").toString();
        try {
            Path next = Files.writeString(
                    path.resolve("next"), "#!/bin/sh\n" + script.formatted(emulator) + "\n");
            Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(next, path.resolve(QEMU), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
