// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How the bench starts itself again: in another namespace, as another end of a measurement. */
final class Processes {
    private static final List<String> FLAGS =
            List.of("-XX:+UseSerialGC", "-Xmx128m", "--enable-native-access=ALL-UNNAMED");

    private Processes() {}

    /** The command that runs {@code etherbay.bench.Bench} with {@code arguments} in a new JVM. */
    static List<String> self(String... arguments) {
        return java(List.of(), Bench.class.getName(), arguments);
    }

    static List<String> java(List<String> flags, String mainClass, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        return command;
    }
}
