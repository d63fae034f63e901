// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.Linux;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code bench reload}: what an export notices while others are added, removed, changed and opened
 * anew. Pairs of runs, one without and one with reloads, at a pace or as fast as the node takes
 * them; the order is turned round from pair to pair. Every read is compared with the pattern.
 */
@Command(
        name = "reload",
        description = "An export under load while others are reloaded: p99 with and without.",
        mixinStandardHelpOptions = true)
final class ReloadCommand implements Callable<Integer> {
    private static final Address LOADED = ServeCommand.address(0);
    private static final int OTHER_COUNT = 20;

    /** Of the others, so many are changed by each reload. */
    private static final int SOME = 2;

    private static final int KIND_COUNT = 6;

    private static final int SIZE_MIB = 64;
    private static final int WINDOW = 16;
    private static final int SECTORS = 8;
    private static final double WARM_UP_SECONDS = 3;

    /** Some hundreds of reloads: the compiler has done with what they run. */
    private static final double RELOAD_WARM_UP_SECONDS = 10;

    @Option(names = "--pairs", description = "of runs, of reads and of writes (default 5)")
    private int pairCount = 5;

    @Option(names = "--seconds", description = "of each run (default 15)")
    private double seconds = 15;

    @Option(
            names = "--every",
            description = "ms from one reload to the next (default 0: as fast as they are taken)")
    private long everyMs = 0;

    @Option(names = "--state", description = "folder of the states (default: beside the files)")
    private String state = "";

    @Option(names = "--folder", description = "for the files (default: .build of the project)")
    private String folder = "";

    private final List<Double> reloadMs = new ArrayList<>();
    private long errorCount;
    private long refusedCount;
    private long mismatchCount;
    private long retransmitCount;
    private int step;

    /** What a run needs. */
    private record Bed(Daemon daemon, LoadProcess load, ServedFiles files) {}

    @Override
    public Integer call() throws IOException {
        if (pairCount < 1 || seconds <= 0 || everyMs < 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "pairs %d, seconds %s, every %d".formatted(pairCount, seconds, everyMs),
                    "pairs and seconds must be more than nothing, every not less",
                    "./dev bench reload --pairs 5 --seconds 15");
        }
        Launcher.prepare();
        Path parent = Repository.place(folder);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            BackingFile file = BackingFile.create(cleanup, parent, SIZE_MIB);
            Machine.describe(file.path(), Lab.NETWORK)
                    .forEach((name, value) -> System.out.println(name + ": " + value));
            ServedFiles files = files(file);
            Path settings = file.folder().resolve("reload.toml");
            try (Daemon daemon = Daemon.start(cleanup, lab, settings, files)) {
                daemon.awaitServing();
                Bed bed = new Bed(daemon, LoadProcess.start(cleanup, lab), files);
                warmUp(bed);
                giveWay();
                measure(bed);
            }
        }
        return verdict();
    }

    private ServedFiles files(BackingFile loaded) throws IOException {
        List<ServedFiles.Export> exports = new ArrayList<>();
        exports.add(new ServedFiles.Export(LOADED, loaded.path(), Map.of()));
        for (int index = 1; index <= OTHER_COUNT; index++) {
            Path file = loaded.folder().resolve("other-" + index);
            BackingFile.makeSparse(file, (long) SIZE_MIB << 20);
            exports.add(new ServedFiles.Export(ServeCommand.address(index), file, Map.of()));
        }
        return new ServedFiles(
                state.isEmpty() ? loaded.folder().resolve("state") : Path.of(state),
                Lab.interfaces(1),
                List.of(),
                exports);
    }

    private static Workload work(boolean write, int seed) {
        Workload random = Workload.random(LOADED, write, WINDOW, SECTORS, 0);
        return new Workload(
                random.target(),
                write,
                false,
                !write,
                WINDOW,
                SECTORS,
                random.spanSectors(),
                random.durationNs(),
                0,
                seed);
    }

    /** Load and reloads, each warm before anything is measured: these come back to back. */
    private void warmUp(Bed bed) {
        for (boolean write : new boolean[] {true, false}) {
            count(bed.load().run(work(write, 0).lasting(WARM_UP_SECONDS)));
            count(run(bed, work(write, 0).lasting(RELOAD_WARM_UP_SECONDS), 0));
        }
        reloadMs.clear();
    }

    /**
     * What edits the file and hears what comes of it is no part of the node: on its cores it is to
     * take none from the load. Behind the start of all children, which would inherit it.
     */
    private static void giveWay() {
        Linux.giveWay();
        Linux.compilersGiveWay();
    }

    private void measure(Bed bed) {
        List<Double> readRatios = new ArrayList<>();
        List<Double> writeRatios = new ArrayList<>();
        for (int pair = 1; pair <= pairCount; pair++) {
            for (boolean write : new boolean[] {true, false}) {
                Workload work = work(write, pair).lasting(seconds);
                boolean reloadsFirst = pair % 2 == 0;
                LoadResult first = count(run(bed, work, reloadsFirst));
                LoadResult second = count(run(bed, work, !reloadsFirst));
                LoadResult with = reloadsFirst ? first : second;
                LoadResult without = reloadsFirst ? second : first;
                double ratio =
                        (double) with.latency().p99Ns() / without.latency().p99Ns();
                (write ? writeRatios : readRatios).add(ratio);
                report(pair, write ? "writes" : "reads", without, with);
            }
        }
        System.out.printf(
                "p99 with reloads / without, median of %d pairs: reads %s, writes %s%n",
                pairCount,
                Spread.of(readRatios).toText(2),
                Spread.of(writeRatios).toText(2));
    }

    private LoadResult run(Bed bed, Workload work, boolean withReloads) {
        return withReloads ? run(bed, work, everyMs) : bed.load().run(work);
    }

    /** Load beside reloads, of which one begins each {@code paceMs}, or when the last has ended. */
    private LoadResult run(Bed bed, Workload work, long paceMs) {
        bed.load().begin(work);
        long endNs = System.nanoTime() + work.durationNs();
        while (System.nanoTime() < endNs) {
            long nextNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(paceMs);
            reload(bed);
            LockSupport.parkNanos(Math.min(nextNs, endNs) - System.nanoTime());
        }
        return bed.load().end(work);
    }

    /**
     * The next kind in turn, of the next two of the others: changed live or opened anew, twice;
     * removed; added. An addition takes longest: it asks the segment for a third of a second.
     */
    private void reload(Bed bed) {
        int at = 1 + step / KIND_COUNT * SOME % OTHER_COUNT;
        List<ServedFiles.Export> exports = new ArrayList<>(bed.files().exports());
        List<ServedFiles.Export> some = exports.subList(at, at + SOME);
        switch (step % KIND_COUNT) {
            case 0, 2 -> some.replaceAll(other -> other.with("deny", "[\"02:00:00:00:00:01\"]"));
            case 1, 3 -> some.replaceAll(other -> other.with("queue-length", "32"));
            case 4 -> some.clear();
            default -> {} // those that are missing come back
        }
        step++;
        Daemon.Reload reload = bed.daemon().reload(bed.files().with(exports));
        reloadMs.add(reload.ms());
        if (!reload.clean()) {
            refusedCount++;
            reload.said().forEach(System.out::println);
        }
    }

    private LoadResult count(LoadResult result) {
        errorCount += result.errors();
        mismatchCount += result.mismatches();
        retransmitCount += result.retransmits();
        return result;
    }

    private static void report(int pair, String what, LoadResult without, LoadResult with) {
        System.out.printf(
                "pair %d, %-6s without | with: %,.0f | %,.0f /s, p50 %s us, p99 %s us,"
                        + " p99.9 %s us, max %s us; p99 ratio %.2f%n",
                pair,
                what,
                without.rate(),
                with.rate(),
                both(without.latency().p50Ns(), with.latency().p50Ns()),
                both(without.latency().p99Ns(), with.latency().p99Ns()),
                both(without.latency().p999Ns(), with.latency().p999Ns()),
                both(without.latency().maxNs(), with.latency().maxNs()),
                (double) with.latency().p99Ns() / without.latency().p99Ns());
    }

    private static String both(long withoutNs, long withNs) {
        return "%.0f | %.0f".formatted(withoutNs / 1e3, withNs / 1e3);
    }

    private int verdict() {
        boolean good = errorCount == 0 && mismatchCount == 0 && refusedCount == 0;
        System.out.printf(
                "%,d reloads of %s ms; %d errors, %d sectors of wrong data, %d requests sent again,"
                        + " %d reloads refused or failed: %s%n",
                reloadMs.size(),
                Spread.of(reloadMs).toText(0),
                errorCount,
                mismatchCount,
                retransmitCount,
                refusedCount,
                good ? "ok" : "NOT ok");
        return good ? 0 : 1;
    }
}
