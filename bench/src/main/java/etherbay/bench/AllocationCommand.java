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

    /** Of the exports, as by default. */
    private static final int QUEUE_LENGTH = 64;

    /** More than the exports take at once, so that every slot that they may ever need is made. */
    private static final int WINDOW_OF_FLOOD = 4 * QUEUE_LENGTH;

    /** Long enough for syncs of the write cache, behind which writes wait. */
    private static final double FLOOD_SECONDS = 2.5;

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
        Path parent = Repository.place(folder);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            List<BackingFile> files = new ArrayList<>();
            for (int index = 0; index < EXPORTS.size(); index++) {
                files.add(BackingFile.create(cleanup, parent, SIZE_MIB));
            }
            Child node = Child.start(cleanup, "the node", lab.atTarget(serve(files)));
            node.hear();
            LoadProcess load = LoadProcess.start(cleanup, lab);
            PARTS.forEach(part ->
                    load.run(work(part, WINDOW_OF_FLOOD, Long.MAX_VALUE).lasting(FLOOD_SECONDS)));
            for (int round = 0; round < warmUpRounds; round++) {
                PARTS.forEach(part -> load.run(work(part, WINDOW, frames(part))));
            }
            return verdict(counted(node, load));
        }
    }

    private static List<String> serve(List<BackingFile> files) {
        List<String> arguments = new ArrayList<>(List.of(
                "serve",
                Lab.INTERFACE,
                "--queue-length=" + QUEUE_LENGTH,
                "--state=" + files.getFirst().folder().resolve("state")));
        for (int index = 0; index < files.size(); index++) {
            arguments.add(files.get(index).path() + EXPORTS.get(index));
        }
        return Processes.self(arguments.toArray(String[]::new));
    }

    private static Workload work(Part part, int window, long requestCount) {
        Address address = ServeCommand.address(EXPORTS.indexOf(part.flags()));
        long sectors = (long) SIZE_MIB << 11;
        boolean write = part.write();
        return new Workload(
                address, write, false, false, window, SECTORS, sectors, 0, requestCount, 1);
    }

    private long frames(Part part) {
        return frameCount * part.percent() / 100;
    }

    /** Runs all parts once. @return bytes that the node's threads allocated meanwhile */
    private long counted(Child node, LoadProcess load) {
        long startBytes = ask(node);
        long partBytes = startBytes;
        for (Part part : PARTS) {
            LoadResult result = load.run(work(part, WINDOW, frames(part)));
            long nowBytes = ask(node);
            System.out.printf(
                    "%-26s %,12d frames %,12.0f /s %6d resent %6d errors %10d bytes allocated%n",
                    part.name(),
                    result.requestCount(),
                    result.rate(),
                    result.retransmits(),
                    result.errors(),
                    nowBytes - partBytes);
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
