// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * The C program that answers with a copy from the page cache and does nothing else: what a plain
 * target can give on this machine. Its source lies beside ours; the bench builds it.
 */
final class ReferenceTarget {
    private static final String SOURCE = "bench/src/main/c/reference.c";

    private ReferenceTarget() {}

    /** Compiles it into {@code folder}. @return the program */
    static Path build(Path folder) {
        Path program = folder.resolve("reference");
        Program.run(
                "gcc",
                "-O2",
                "-Wall",
                "-Wextra",
                "-o",
                program.toString(),
                Repository.root().resolve(SOURCE).toString());
        return program;
    }

    static List<String> command(Path program, Address address, Path file) {
        return List.of(
                program.toString(),
                String.valueOf(address.shelf()),
                String.valueOf(address.slot()),
                Lab.INTERFACE,
                file.toString());
    }
}
