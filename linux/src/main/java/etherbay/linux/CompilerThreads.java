// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The threads of the JIT compilers of this process, which the JVM shows to nobody but the kernel:
 * by their names in {@code /proc/self/task}. Stateless.
 */
final class CompilerThreads {
    private static final Path TASKS = Path.of("/proc/self/task");

    /** "C2 CompilerThread0", of which the kernel keeps fifteen characters. */
    private static final Pattern NAME = Pattern.compile("C[12] CompilerThre.*");

    private CompilerThreads() {}

    /** Their ids; none where another JVM names them otherwise, or /proc is not there. */
    static List<Integer> ids() {
        try (Stream<Path> tasks = Files.list(TASKS)) {
            return tasks.filter(CompilerThreads::isCompiler)
                    .map(task -> Integer.valueOf(task.getFileName().toString()))
                    .toList();
        } catch (IOException | UncheckedIOException none) {
            return List.of();
        }
    }

    private static boolean isCompiler(Path task) {
        try {
            return NAME.matcher(Files.readString(task.resolve("comm")).strip()).matches();
        } catch (IOException ended) {
            return false;
        }
    }
}
