// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a result must carry to be read elsewhere: machine, kernel, JVM, versions, file system. */
final class Machine {
    private Machine() {}

    /**
     * @param file on the file system that is measured
     * @param network what the frames pass
     */
    static Map<String, Object> describe(Path file, String network) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("cpu", field(Path.of("/proc/cpuinfo"), "model name"));
        facts.put("cores", Runtime.getRuntime().availableProcessors());
        facts.put("memory", field(Path.of("/proc/meminfo"), "MemTotal"));
        facts.put("loadBefore", firstLine(Path.of("/proc/loadavg")));
        facts.put("kernel", Program.tryRun("uname", "-r").strip());
        facts.put("java", Runtime.version().toString());
        facts.put("vblade", Program.tryRun("dpkg-query", "-W", "-f", "${Version}", "vblade"));
        facts.put(
                "commit",
                Program.tryRun("git", "describe", "--always", "--dirty").strip());
        facts.put("fileSystem", fileSystem(file));
        facts.put("network", network);
        return facts;
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException unreadable) {
            return "unknown";
        }
    }

    private static String fileSystem(Path file) {
        try {
            return Files.getFileStore(file).type();
        } catch (IOException unknown) {
            return "unknown";
        }
    }

    private static String field(Path file, String key) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException unreadable) {
            return "unknown";
        }
    }
}
