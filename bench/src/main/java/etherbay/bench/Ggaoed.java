// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** ggaoed, a target that Debian has no package of: a person brings the program along. */
final class Ggaoed {
    private Ggaoed() {}

    /** Writes its settings beside the file, and says how it is started in the foreground. */
    static List<String> command(Path program, Address address, BackingFile file, boolean direct)
            throws IOException {
        Path folder = Files.createDirectories(file.folder().resolve("ggaoed"));
        Path settings = folder.resolve("ggaoed.conf");
        Files.writeString(settings, settings(folder, address, file.path(), direct));
        return List.of(program.toString(), "-n", "-c", settings.toString());
    }

    /** As ggaoed.conf(5) has it; all that it writes stays in {@code folder}. */
    static String settings(Path folder, Address address, Path file, boolean direct) {
        return """
                [defaults]
                interfaces = %s
                queue-length = %s
                direct-io = %s
                pid-file = %s/ggaoed.pid
                control-socket = %s/ggaoed.sock
                state-directory = %s

                [bench]
                path = %s
                shelf = %d
                slot = %d
                """.formatted(
                        Lab.INTERFACE,
                        Contenders.BUFFERS,
                        direct,
                        folder,
                        folder,
                        folder,
                        file,
                        address.shelf(),
                        address.slot());
    }
}
