// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * {@code bench memory}: how much memory a node needs for two exports under load, and how long it
 * needs to start with many. One node, with the JVM settings of {@code ./etherbay export}; and two
 * such processes as a person starts them.
 */
@Command(
        name = "memory",
        description = "Resident memory under load, and the start of many exports.",
        mixinStandardHelpOptions = true)
final class MemoryCommand implements Callable<Integer> {
    /** Issue bound: resident memory with two exports under load. */
    private static final long RESIDENT_KIB_MAX = 128L << 10;

    /** Issue bound: the start of {@link #MANY} exports. */
    private static final double START_SECONDS_MAX = 3;

    private static final int MANY = 256;

    /** Of the exports, as by default. */
    private static final int QUEUE_LENGTH = 64;

    private static final int SIZE_MIB = 256;
    private static final int WINDOW = 64;
    private static final int SECTORS = 8;
    private static final double LOAD_SECONDS = 4;
    private static final long SAMPLE_MS = 50;

    @Option(
            names = "--folder",
            description = "for the backing files (default: .build of the project)")
    private String folder = "";

    @Option(
            names = "--memory-only",
            description = "leave out the start of many exports, which is timed")
    private boolean memoryOnly;

    private boolean good = true;

    @Override
    public Integer call() throws IOException {
        Launcher.prepare();
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            List<BackingFile> files = List.of(
                    BackingFile.create(cleanup, parent(), SIZE_MIB),
                    BackingFile.create(cleanup, parent(), SIZE_MIB));
            oneNode(cleanup, lab, files);
            twoProcesses(cleanup, lab, files);
            if (!memoryOnly) {
                manyExports(cleanup, lab, files.getFirst().folder());
            }
        }
        return good ? 0 : 1;
    }

    private Path parent() {
        return Repository.place(folder);
    }

    private void oneNode(Cleanup cleanup, Lab lab, List<BackingFile> files) {
        Path state = files.getFirst().folder().resolve("state");
        List<String> command = Launcher.node(
                "serve",
                Lab.INTERFACE,
                "--queue-length=" + QUEUE_LENGTH,
                "--state=" + state,
                files.getFirst().path().toString(),
                files.getLast().path().toString());
        try (Child node =
                Child.start(cleanup, "the node", lab.atTarget(command), Launcher.ENVIRONMENT)) {
            node.hear();
            Peak peak = loaded(
                    cleanup,
                    lab,
                    List.of(node),
                    files,
                    List.of(ServeCommand.address(0), ServeCommand.address(1)));
            report("one process, 2 exports under load", peak, RESIDENT_KIB_MAX);
        }
    }

    private void twoProcesses(Cleanup cleanup, Lab lab, List<BackingFile> files) {
        List<Child> children = new ArrayList<>();
        List<Address> addresses = new ArrayList<>();
        for (BackingFile file : files) {
            Address address = new Address(1, children.size());
            addresses.add(address);
            children.add(Child.start(
                            cleanup,
                            "etherbay export",
                            lab.atTarget(Launcher.export(
                                    address, file.path(), file.folder().resolve("state"))))
                    .discardOutput());
        }
        Peak peak = loaded(cleanup, lab, children, files, addresses);
        report("two processes, 1 export each, together", peak, 2 * RESIDENT_KIB_MAX);
        children.forEach(Child::close);
    }

    /** Highest sums over the processes. */
    private record Peak(long residentKib, long anonymousKib, long requestCount) {}

    /** Loads all addresses at once, reads then writes, and watches the processes meanwhile. */
    private static Peak loaded(
            Cleanup cleanup,
            Lab lab,
            List<Child> servers,
            List<BackingFile> files,
            List<Address> addresses) {
        List<LoadProcess> loads = new ArrayList<>();
        addresses.forEach(address -> loads.add(LoadProcess.start(cleanup, lab)));
        Peak peak = new Peak(0, 0, 0);
        for (boolean write : new boolean[] {false, true}) {
            List<Workload> works = addresses.stream()
                    .map(address -> Workload.random(address, write, WINDOW, SECTORS, 0)
                            .lasting(LOAD_SECONDS))
                    .toList();
            for (int index = 0; index < loads.size(); index++) {
                loads.get(index).begin(works.get(index));
            }
            peak = watched(servers, files, peak);
            for (int index = 0; index < loads.size(); index++) {
                long count = loads.get(index).end(works.get(index)).requestCount();
                peak = new Peak(
                        peak.residentKib(), peak.anonymousKib(), peak.requestCount() + count);
            }
        }
        loads.forEach(LoadProcess::close);
        return peak;
    }

    private static Peak watched(List<Child> servers, List<BackingFile> files, Peak before) {
        long residentKib = before.residentKib();
        long anonymousKib = before.anonymousKib();
        long endNs = System.nanoTime() + (long) (LOAD_SECONDS * 1e9);
        while (System.nanoTime() < endNs) {
            long resident = 0;
            long anonymous = 0;
            for (Child server : servers) {
                resident += server.residentKibWithout(
                        files.stream().map(BackingFile::path).toList());
                anonymous += server.memoryKib("RssAnon");
            }
            residentKib = Math.max(residentKib, resident);
            anonymousKib = Math.max(anonymousKib, anonymous);
            pause();
        }
        return new Peak(residentKib, anonymousKib, before.requestCount());
    }

    private static void pause() {
        try {
            Thread.sleep(SAMPLE_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void report(String what, Peak peak, long boundKib) {
        boolean within = peak.residentKib() <= boundKib && peak.requestCount() > 0;
        good &= within;
        System.out.printf(
                "%s: resident %.1f MiB without the disks, RssAnon %.1f MiB at most, over %,d"
                        + " requests: %s%n",
                what,
                peak.residentKib() / 1024.0,
                peak.anonymousKib() / 1024.0,
                peak.requestCount(),
                within ? "ok" : "NOT within %d MiB".formatted(boundKib >> 10));
    }

    private void manyExports(Cleanup cleanup, Lab lab, Path folder) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "serve",
                Lab.INTERFACE,
                "--queue-length=" + QUEUE_LENGTH,
                "--state=" + folder.resolve("many-state")));
        for (int index = 0; index < MANY; index++) {
            Path file = Files.createFile(folder.resolve("many-" + index));
            Program.run("truncate", "-s", "16M", file.toString());
            arguments.add(file.toString());
        }
        Child probe = Child.start(
                cleanup,
                "the probe",
                lab.atInitiator(Processes.self("probe", Lab.INTERFACE, String.valueOf(MANY))));
        probe.hear();
        long startNs = System.nanoTime();
        try (Child node = Child.start(
                cleanup,
                "the node",
                lab.atTarget(Launcher.node(arguments.toArray(String[]::new))),
                Launcher.ENVIRONMENT)) {
            double firstSeconds = (Long.parseLong(probe.hear()) - startNs) / 1e9;
            double lastSeconds = (Long.parseLong(probe.hear()) - startNs) / 1e9;
            boolean within = lastSeconds < START_SECONDS_MAX;
            good &= within;
            System.out.printf(
                    "%d exports in one process: first answer after %.2f s, last after %.2f s,"
                            + " VmRSS %.1f MiB, RssAnon %.1f MiB: %s%n",
                    MANY,
                    firstSeconds,
                    lastSeconds,
                    node.memoryKib("VmRSS") / 1024.0,
                    node.memoryKib("RssAnon") / 1024.0,
                    within ? "ok" : "NOT within 3 s");
        }
    }
}
