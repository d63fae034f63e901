// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code bench allocation}: what the threads of a node allocate while it serves, once warm. The
 * claim is nothing at all: not few bytes a frame, but 0 for all of them.
 */
@Command(
        name = "allocation",
        description = "Bytes that a warm target allocates while it answers: must be 0.",
        mixinStandardHelpOptions = true)
final class AllocationCommand implements Callable<Integer> {
    private static final int SIZE_MIB = 64;
    private static final int WINDOW = 64;
    private static final int SECTORS = 8;

    @Option(
            names = "--frames",
            description = "received by the target while counting (default 1000000)")
    private long frameCount = 1_000_000;

    @Option(names = "--warm-up", description = "rounds of the same load before (default 1)")
    private int warmUpRounds = 1;

    @Option(
            names = "--folder",
            description = "for the backing files (default: .build of the project)")
    private String folder = "";

    /** A share of the frames, sent to one export. */
    private record Part(String name, String flags, boolean write, int percent) {}

    private static final List<Part> PARTS = List.of(
            new Part("reads, cached", "", false, 50),
            new Part("writes, write-cache on", "", true, 30),
            new Part("reads, direct", ",direct", false, 10),
            new Part("writes, write-cache off", ",sync", true, 10));
    private static final List<String> EXPORTS = List.of("", ",direct", ",sync");

    @Override
    public Integer call() throws IOException {
        Path parent = folder.isEmpty() ? Repository.root().resolve(".build") : Path.of(folder);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            List<String> arguments = new ArrayList<>(List.of("serve", Lab.INTERFACE));
            long sectors = 0;
            for (String flags : EXPORTS) {
                BackingFile file = BackingFile.create(cleanup, parent, SIZE_MIB);
                sectors = file.sectors();
                arguments.add(file.path() + flags);
                arguments.add("--state=" + file.folder().resolve("state"));
            }
            keepFirstState(arguments);
            Child node = Child.start(
                    cleanup,
                    "the node",
                    lab.atTarget(Processes.self(arguments.toArray(String[]::new))));
            node.hear();
            LoadProcess load = LoadProcess.start(cleanup, lab);
            for (int round = 0; round < warmUpRounds; round++) {
                allocated(node, load, sectors, false);
            }
            return verdict(allocated(node, load, sectors, true));
        }
    }

    /** All exports of one node share a state folder: the first one's. */
    private static void keepFirstState(List<String> arguments) {
        List<String> states =
                arguments.stream().filter(word -> word.startsWith("--state=")).toList();
        arguments.removeAll(states.subList(1, states.size()));
    }

    /** Runs all parts once. @return bytes that the node's threads allocated meanwhile */
    private long allocated(Child node, LoadProcess load, long sectors, boolean report) {
        long startBytes = ask(node);
        long partBytes = startBytes;
        for (Part part : PARTS) {
            Workload work = new Workload(
                    ServeCommand.address(EXPORTS.indexOf(part.flags())),
                    part.write(),
                    false,
                    false,
                    WINDOW,
                    SECTORS,
                    sectors,
                    0,
                    frameCount * part.percent() / 100,
                    1);
            LoadResult result = load.run(work);
            long nowBytes = ask(node);
            if (report) {
                System.out.printf(
                        "%-26s %,12d frames %,12.0f /s %8d errors %10d bytes allocated%n",
                        part.name(),
                        result.requestCount(),
                        result.rate(),
                        result.errors(),
                        nowBytes - partBytes);
            }
            partBytes = nowBytes;
        }
        return partBytes - startBytes;
    }

    private static long ask(Child node) {
        node.tell(ServeCommand.ASK_ALLOCATED);
        return Long.parseLong(node.hear());
    }

    private int verdict(long bytes) {
        System.out.printf(
                "%,d frames, %d bytes allocated by the node's threads: %s%n",
                frameCount, bytes, bytes == 0 ? "ok" : "NOT 0");
        return bytes == 0 ? 0 : 1;
    }
}
