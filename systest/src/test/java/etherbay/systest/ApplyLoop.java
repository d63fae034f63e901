// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.admin.NodeReport;
import etherbay.base.EtherbayException;
import etherbay.node.NodeOptions;
import etherbay.node.daemon.AdministeredNode;
import etherbay.node.daemon.NodeDaemon;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A daemon as a process of a test that is killed: says what it is when it has started, then applies
 * one change after the other, and says each before it asks for it and when it is answered.
 */
final class ApplyLoop {
    private static final int SLOT_COUNT = 4;

    private ApplyLoop() {}

    static List<String> command(Path config, Path disks, String segment) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ApplyLoop.class.getName(),
                config.toString(),
                disks.toString(),
                segment);
    }

    /** What is applied as that generation: from none to four exports, and how they are served. */
    static String settings(long generation, String disks, String segment) {
        return slots(generation)
                .mapToObj(slot -> "[[export]]\nshelf = 1\nslot = " + slot + "\npath = \"" + disks
                        + "/disk" + slot + "\"\ninterfaces = [\"" + segment + "\"]\nread-only = "
                        + (generation % 3 == 0) + "\n")
                .collect(Collectors.joining());
    }

    private static IntStream slots(long generation) {
        long bits = generation * 7 % 16;
        return IntStream.range(0, SLOT_COUNT).filter(slot -> (bits >> slot & 1) != 0);
    }

    /** How a node says that it is that generation. */
    static String line(String word, long generation) {
        return word + " " + generation + ":"
                + slots(generation)
                        .mapToObj(slot -> " e1." + slot + (generation % 3 == 0 ? "r" : "w"))
                        .collect(Collectors.joining())
                + ";";
    }

    private static String line(String word, NodeReport report) {
        return word + " " + report.generation() + ":"
                + report.exports().stream()
                        .map(export -> " " + export.name() + (export.readOnly() ? "r" : "w")
                                + (export.trouble() == null ? "" : " in trouble"))
                        .collect(Collectors.joining())
                + ";";
    }

    /** Settings file, folder of the disks, segment. Runs until it is killed. */
    public static void main(String[] arguments) {
        try (NodeDaemon daemon = NodeDaemon.start(
                Path.of(arguments[0]),
                "test",
                new NodeOptions("crash", false, Optional.empty()),
                line -> {})) {
            AdministeredNode admin = new AdministeredNode(daemon);
            System.out.println(line("is", admin.report()));
            while (!daemon.failure().isDone()) {
                long next = daemon.generation() + 1;
                System.out.println(line("wants", next));
                long startNs = System.nanoTime();
                admin.apply(settings(next, arguments[1], arguments[2]), "loop", next - 1);
                System.out.println("took " + (System.nanoTime() - startNs) / 1000 + " us;");
                System.out.println(line("has", admin.report()));
            }
        } catch (EtherbayException refused) {
            System.out.println("REFUSED " + refused.toText());
        }
    }
}
