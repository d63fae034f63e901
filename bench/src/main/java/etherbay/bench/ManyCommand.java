// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench many}: a daemon with a thousand exports on several interfaces, started as a person
 * starts it: how long until the last answers, what it needs while nobody asks for anything, and
 * how long reloads take.
 */
@Command(
        name = "many",
        description = "A daemon with many exports: start, memory, idle CPU, reloads.",
        mixinStandardHelpOptions = true)
final class ManyCommand implements Callable<Integer> {
    private static final long FILE_BYTES = 16 << 20;

    /** Each question has an answer of every export: not so often that this is a load. */
    private static final String ASK_INTERVAL_MS = "50";

    /** A reload changes so many. */
    private static final int SOME = 10;

    /** Of a program that SIGTERM ended in good order, as shells count. */
    private static final int STOPPED = 143;

    private static final String STRANGER = "[\"02:00:00:00:00:01\"]";

    @Option(names = "--exports", description = "how many (default 1000)")
    private int exportCount = 1000;

    @Option(names = "--interfaces", description = "veth pairs, each serves all (default 4)")
    private int interfaceCount = 4;

    @Option(names = "--idle", description = "seconds of watching it do nothing (default 20)")
    private int idleSeconds = 20;

    @Option(names = "--reloads", description = "of each kind (default 3)")
    private int reloadCount = 3;

    @Option(names = "--folder", description = "for the files (default: .build of the project)")
    private String folder = "";

    private boolean good = true;

    @Override
    public Integer call() throws IOException {
        if (exportCount < SOME || interfaceCount < 1 || idleSeconds < 1 || reloadCount < 1) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "exports %d, interfaces %d, seconds %d, reloads %d"
                            .formatted(exportCount, interfaceCount, idleSeconds, reloadCount),
                    "at least %d exports, and one of the others".formatted(SOME),
                    "./dev bench many --exports 1000 --interfaces 4");
        }
        Launcher.prepare();
        Path parent = Repository.place(folder);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup, interfaceCount);
            BackingFile first = BackingFile.create(cleanup, parent, 1);
            Machine.describe(first.path(), Lab.NETWORK)
                    .forEach((name, value) -> System.out.println(name + ": " + value));
            ServedFiles all = files(first.folder());
            ServedFiles begin = all.with(all.exports().subList(0, exportCount));
            Child probe = probe(cleanup, lab);
            long startNs = System.nanoTime();
            try (Daemon daemon =
                    Daemon.start(cleanup, lab, first.folder().resolve("many.toml"), begin)) {
                started(daemon, probe, startNs);
                idle(daemon.process());
                reloads(daemon, begin, all.exports());
                memory("after the reloads", daemon.process());
                stop(daemon);
            }
        }
        return good ? 0 : 1;
    }

    /** Some more than are served at first. */
    private ServedFiles files(Path place) throws IOException {
        List<ServedFiles.Export> exports = new ArrayList<>();
        for (int index = 0; index < exportCount + SOME; index++) {
            Path file = place.resolve("many-" + index);
            BackingFile.makeSparse(file, FILE_BYTES);
            exports.add(new ServedFiles.Export(ServeCommand.address(index), file, Map.of()));
        }
        return new ServedFiles(
                place.resolve("state"), Lab.interfaces(interfaceCount), List.of(), exports);
    }

    private Child probe(Cleanup cleanup, Lab lab) {
        Child probe = Child.start(
                cleanup,
                "the probe",
                lab.atInitiator(Processes.self(
                        "probe",
                        String.join(",", Lab.interfaces(interfaceCount)),
                        String.valueOf(exportCount),
                        "--interval-ms=" + ASK_INTERVAL_MS)));
        probe.hear();
        return probe;
    }

    private void started(Daemon daemon, Child probe, long startNs) {
        daemon.awaitServing();
        double saidSeconds = (System.nanoTime() - startNs) / 1e9;
        System.out.printf(
                "%d exports on %d interfaces: it says so after %.2f s, CPU %.2f s%n",
                exportCount, interfaceCount, saidSeconds, daemon.process().cpuNs() / 1e9);
        for (String name : Lab.interfaces(interfaceCount)) {
            double firstSeconds = (Long.parseLong(probe.hear()) - startNs) / 1e9;
            double lastSeconds = (Long.parseLong(probe.hear()) - startNs) / 1e9;
            System.out.printf(
                    "  %s: first answer after %.2f s, last after %.2f s%n",
                    name, firstSeconds, lastSeconds);
        }
        probe.close();
        memory("started", daemon.process());
    }

    private static void memory(String when, Child node) {
        System.out.printf(
                "%s: VmRSS %.1f MiB, RssAnon %.1f MiB, RssFile %.1f MiB, RssShmem %.1f MiB,"
                        + " %d file descriptors%n",
                when,
                node.memoryKib("VmRSS") / 1024.0,
                node.memoryKib("RssAnon") / 1024.0,
                node.memoryKib("RssFile") / 1024.0,
                node.memoryKib("RssShmem") / 1024.0,
                node.descriptorCount());
    }

    private void idle(Child node) {
        IdleWatch idle = IdleWatch.over(node, idleSeconds);
        System.out.printf(
                "idle over %.1f s: CPU %.2f %% of a core, %.1f context switches/s%n",
                idle.seconds(), idle.cpuPercent(), idle.switchesPerSecond());
    }

    /** Each export flushes its disk and records that it stopped cleanly. */
    private void stop(Daemon daemon) {
        long beganNs = System.nanoTime();
        int exitCode = daemon.stop();
        good &= exitCode == STOPPED;
        System.out.printf(
                "stopped after %.2f s, exit code %d%n",
                (System.nanoTime() - beganNs) / 1e9, exitCode);
    }

    /** Each kind so often, there and back again. */
    private void reloads(Daemon daemon, ServedFiles begin, List<ServedFiles.Export> all) {
        List<ServedFiles.Export> ruled = new ArrayList<>(begin.exports());
        ruled.set(0, ruled.getFirst().with("deny", STRANGER));
        List<ServedFiles.Export> moved = all.subList(SOME, all.size());
        measure(daemon, "no difference", begin, begin);
        measure(daemon, "access rules of one export", begin.with(ruled), begin);
        measure(daemon, SOME + " added, " + SOME + " removed", begin.with(moved), begin);
        measure(daemon, "all live", begin.withDefaults("deny = " + STRANGER), begin);
    }

    private void measure(Daemon daemon, String what, ServedFiles there, ServedFiles back) {
        List<Double> ms = new ArrayList<>();
        long cpuNs = daemon.process().cpuNs();
        for (int round = 0; round < reloadCount; round++) {
            for (ServedFiles next : List.of(there, back)) {
                Daemon.Reload reload = daemon.reload(next);
                ms.add(reload.ms());
                if (!reload.clean()) {
                    good = false;
                    reload.said().forEach(System.out::println);
                }
            }
        }
        System.out.printf(
                "reload, %s: %s ms, first %.0f ms, CPU %.0f ms each, over %d%n",
                what,
                Spread.of(ms).toText(0),
                ms.getFirst(),
                (daemon.process().cpuNs() - cpuNs) / 1e6 / ms.size(),
                ms.size());
    }
}
