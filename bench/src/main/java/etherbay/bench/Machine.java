// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a result must carry to be read elsewhere: machine, kernel, JVM, versions, file system. */
final class Machine {
    /** Load average of a core that has nothing else to do, with some room for the past minute. */
    private static final double QUIET_LOAD = 0.5;

    private static final Path LOAD = Path.of("/proc/loadavg");

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
        facts.put("loadBefore", loadAverage());
        facts.put("kernel", Program.tryRun("uname", "-r").strip());
        facts.put("java", Runtime.version().toString());
        for (String peer : List.of("vblade", "fio", "gcc")) {
            facts.put(peer, Program.tryRun("dpkg-query", "-W", "-f", "${Version}", peer));
        }
        facts.put(
                "commit",
                Program.tryRun("git", "describe", "--always", "--dirty").strip());
        facts.put("fileSystem", fileSystem(file));
        facts.put("network", network);
        return facts;
    }

    /** Prints it; and says so when other programs want the cores too. */
    static void show(Map<String, Object> machine) {
        machine.forEach((name, value) -> System.out.println(name + ": " + value));
        double load = load();
        int cores = Runtime.getRuntime().availableProcessors();
        if (load > QUIET_LOAD * cores) {
            System.out.printf(
                    Locale.ROOT,
                    "note: load average %.1f on %d cores: other work takes part in this run%n",
                    load,
                    cores);
        }
    }

    private static double load() {
        String average = loadAverage().split(" ", 2)[0];
        return average.matches("[0-9.]+") ? Double.parseDouble(average) : 0;
    }

    /** Over 1, 5 and 15 minutes, as /proc/loadavg says. */
    static String loadAverage() {
        return firstLine(LOAD).replaceFirst("^((\\S+ ){2}\\S+) .*", "$1");
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
