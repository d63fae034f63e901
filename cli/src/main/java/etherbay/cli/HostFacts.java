// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What programs of this machine say of it, each for a few seconds and a few megabytes at most. */
final class HostFacts {
    private static final int TIMEOUT_S = 5;
    private static final int BYTES_MAX = 4 << 20;

    private HostFacts() {}

    /** What a program prints; why there is nothing when it is not there or does not end. */
    static String of(List<String> command) {
        String title = "$ " + String.join(" ", command) + "\n";
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .start();
            Thread end = Thread.ofVirtual().start(() -> endInTime(process));
            try (InputStream said = process.getInputStream()) {
                return title + new String(said.readNBytes(BYTES_MAX), StandardCharsets.UTF_8);
            } finally {
                process.destroyForcibly();
                end.interrupt();
            }
        } catch (IOException absent) {
            return title + "(nothing: " + absent.getMessage() + ")\n";
        }
    }

    private static void endInTime(Process process) {
        try {
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }
}
