// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts of the target: by {@code ./etherbay} itself, or of a node with the same JVM settings. */
final class Launcher {
    /** The settings of the JVM that serves, in the files that {@code ./etherbay} gives it. */
    private static final List<String> SETTINGS = List.of("build/common.jvm", "build/serve.jvm");

    /** What {@code ./etherbay} sets beside: glibc's arenas are memory that nobody gives back. */
    static final Map<String, String> ENVIRONMENT = Map.of("MALLOC_ARENA_MAX", "2");

    private Launcher() {}

    /** Lets {@code ./etherbay} build what it must, so that no start is measured with it. */
    static void prepare() {
        Program.run(Repository.root().resolve("etherbay").toString(), "--version");
    }

    /** {@code ./etherbay export} of one file at {@code address}, with {@code flags} behind. */
    static List<String> export(Address address, Path file, Path state, String... flags) {
        List<String> command =
                new ArrayList<>(export(address, Lab.INTERFACE, file.toString(), state));
        command.addAll(List.of(flags));
        return command;
    }

    /**
     * The same on that interface.
     *
     * @param disk a file, with decorations before it
     */
    static List<String> export(Address address, String interfaceName, String disk, Path state) {
        return etherbay(
                "export",
                String.valueOf(address.shelf()),
                String.valueOf(address.slot()),
                interfaceName,
                disk,
                "--state",
                state.toString());
    }

    /** {@code ./etherbay} with those words. */
    static List<String> etherbay(String... words) {
        List<String> command = new ArrayList<>();
        command.add(Repository.root().resolve("etherbay").toString());
        command.addAll(List.of(words));
        return command;
    }

    /** {@code ./etherbay node run} of a settings file. */
    static List<String> daemon(Path settings) {
        return etherbay("node", "run", "-c", settings.toString());
    }

    /** A command of the bench in a JVM that is set as the launcher sets one that serves. */
    static List<String> node(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        SETTINGS.forEach(file -> command.add("@" + Repository.root().resolve(file)));
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Bench.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
