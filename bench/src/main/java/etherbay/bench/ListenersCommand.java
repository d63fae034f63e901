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
 * {@code bench listeners}: what an export of a daemon with a thousand notices while a hundred
 * clients hear its event stream, one of which never reads. Pairs of runs, one without and one with
 * them; the order is turned round from pair to pair. Every read is compared with the pattern.
 */
@Command(
        name = "listeners",
        description = "An export under load beside listeners of the event stream: p99 with and"
                + " without.",
        mixinStandardHelpOptions = true)
final class ListenersCommand implements Callable<Integer> {
    private static final Address LOADED = ServeCommand.address(0);
    private static final double P99_RATIO_MAX = 1.2;
    private static final int SIZE_MIB = 64;
    private static final int WINDOW = 16;
    private static final int SECTORS = 8;
    private static final double WARM_UP_SECONDS = 5;

    @Option(names = "--pairs", description = "of runs, of reads and of writes (default 5)")
    private int pairCount = 5;

    @Option(names = "--seconds", description = "of each run (default 10)")
    private double seconds = 10;

    @Option(names = "--exports", description = "how many (default 1000)")
    private int exportCount = 1000;

    @Option(names = "--listeners", description = "how many, one never reads (default 100)")
    private int listenerCount = 100;

    @Option(names = "--folder", description = "for the files (default: .build of the project)")
    private String folder = "";

    private final List<Double> readRatios = new ArrayList<>();
    private final List<Double> writeRatios = new ArrayList<>();
    private long failureCount;
    private long heardBytes;
    private int endedCount;

    @Override
    public Integer call() throws IOException {
        if (pairCount < 1 || seconds <= 0 || exportCount < 1 || listenerCount < 2) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "pairs %d, seconds %s, exports %d, listeners %d"
                            .formatted(pairCount, seconds, exportCount, listenerCount),
                    "at least one pair, some time, one export and two listeners",
                    "./dev bench listeners --pairs 5 --seconds 10");
        }
        Launcher.prepare();
        Path parent = Repository.place(folder);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            BackingFile file = BackingFile.create(cleanup, parent, SIZE_MIB);
            Machine.describe(file.path(), Lab.NETWORK)
                    .forEach((name, value) -> System.out.println(name + ": " + value));
            ServedFiles files = files(file);
            Path settings = file.folder().resolve("listeners.toml");
            try (Daemon daemon = Daemon.start(cleanup, lab, settings, files)) {
                daemon.awaitServing();
                LoadProcess load = LoadProcess.start(cleanup, lab);
                measure(load, files.state().resolve("run").resolve("api.sock"));
            }
        }
        return verdict();
    }

    private ServedFiles files(BackingFile loaded) throws IOException {
        List<ServedFiles.Export> exports = new ArrayList<>();
        exports.add(new ServedFiles.Export(LOADED, loaded.path(), Map.of()));
        for (int index = 1; index < exportCount; index++) {
            Path other = loaded.folder().resolve("other-" + index);
            BackingFile.makeSparse(other, 1 << 20);
            exports.add(new ServedFiles.Export(ServeCommand.address(index), other, Map.of()));
        }
        return new ServedFiles(
                loaded.folder().resolve("state"), Lab.interfaces(1), List.of(), exports);
    }

    private static Workload work(boolean write, int seed) {
        return Workload.random(LOADED, write, WINDOW, SECTORS, 0).seed(seed);
    }

    private void measure(LoadProcess load, Path socket) {
        for (boolean write : new boolean[] {true, false}) {
            run(load, socket, work(write, 0).lasting(WARM_UP_SECONDS), true);
        }
        heardBytes = 0;
        for (int pair = 1; pair <= pairCount; pair++) {
            for (boolean write : new boolean[] {true, false}) {
                Workload timed = work(write, pair).lasting(seconds);
                Workload work = write ? timed : timed.verified();
                boolean listenersFirst = pair % 2 == 0;
                LoadResult first = run(load, socket, work, listenersFirst);
                LoadResult second = run(load, socket, work, !listenersFirst);
                LoadResult with = listenersFirst ? first : second;
                LoadResult without = listenersFirst ? second : first;
                report(pair, write, without, with);
            }
        }
    }

    private LoadResult run(LoadProcess load, Path socket, Workload work, boolean withListeners) {
        LoadResult result;
        if (withListeners) {
            try (StreamListeners listeners = StreamListeners.open(socket, listenerCount)) {
                result = load.run(work);
                heardBytes += listeners.readBytes();
                endedCount += listeners.endedCount();
            }
        } else {
            result = load.run(work);
        }
        failureCount += result.errors() + result.mismatches();
        return result;
    }

    private void report(int pair, boolean write, LoadResult without, LoadResult with) {
        double ratio = (double) with.latency().p99Ns() / without.latency().p99Ns();
        (write ? writeRatios : readRatios).add(ratio);
        System.out.printf(
                "pair %d, %-6s without | with: %,.0f | %,.0f /s, p50 %.0f | %.0f us,"
                        + " p99 %.0f | %.0f us, p99.9 %.0f | %.0f us; p99 ratio %.2f%n",
                pair,
                write ? "writes" : "reads",
                without.rate(),
                with.rate(),
                without.latency().p50Ns() / 1e3,
                with.latency().p50Ns() / 1e3,
                without.latency().p99Ns() / 1e3,
                with.latency().p99Ns() / 1e3,
                without.latency().p999Ns() / 1e3,
                with.latency().p999Ns() / 1e3,
                ratio);
    }

    private int verdict() {
        Spread reads = Spread.of(readRatios);
        Spread writes = Spread.of(writeRatios);
        boolean good = failureCount == 0
                && endedCount == 0
                && heardBytes > 0
                && reads.median() <= P99_RATIO_MAX
                && writes.median() <= P99_RATIO_MAX;
        System.out.printf(
                "p99 with listeners / without, median of %d pairs: reads %s, writes %s, at most"
                        + " %.1f; they heard %,d bytes, %d of them were let go; %d errors: %s%n",
                pairCount,
                reads.toText(2),
                writes.toText(2),
                P99_RATIO_MAX,
                heardBytes,
                endedCount,
                failureCount,
                good ? "ok" : "NOT ok");
        return good ? 0 : 1;
    }
}
