// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A daemon with two exports that has served, and then is asked for nothing. */
final class IdleNode {
    private static final long FILE_BYTES = 16 << 20;
    private static final int EXPORTS = 2;
    private static final int WINDOW = 16;
    private static final int SECTORS = 8;
    private static final double SERVING_SECONDS = 1;

    private IdleNode() {}

    /** Starts it with files in {@code folder}, lets it serve, and watches it for so long. */
    static IdleWatch watch(AoeContender.Place place, Path folder, long seconds) throws IOException {
        List<ServedFiles.Export> exports = new ArrayList<>();
        for (int index = 0; index < EXPORTS; index++) {
            Path file = folder.resolve("idle-" + index);
            BackingFile.makeSparse(file, FILE_BYTES);
            exports.add(new ServedFiles.Export(ServeCommand.address(index), file, Map.of()));
        }
        ServedFiles served = new ServedFiles(
                folder.resolve("idle-state"), List.of(Lab.INTERFACE), List.of(), exports);
        try (Daemon daemon =
                Daemon.start(place.cleanup(), place.lab(), folder.resolve("idle.toml"), served)) {
            daemon.awaitServing();
            for (ServedFiles.Export export : exports) {
                place.load()
                        .run(Workload.random(export.address(), false, WINDOW, SECTORS, 0)
                                .lasting(SERVING_SECONDS));
            }
            return IdleWatch.over(daemon.process(), seconds);
        }
    }
}
