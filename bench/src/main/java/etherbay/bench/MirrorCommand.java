// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench mirror}: a mirror of two AoE disks beside a single one, each disk with a target of
 * its own, used by NBD through {@code attach}. First with disks that are slow on purpose, so that
 * they are the limit and what counts is how well the mirror uses them; then with disks as fast as
 * they are. Beside it how fast a leg is copied, and what a single target takes of sequential
 * writes.
 */
@Command(
        name = "mirror",
        description = "A mirror of two AoE disks beside a single one: writes, reads, the copy.",
        mixinStandardHelpOptions = true)
final class MirrorCommand implements Callable<Integer> {
    static final String LIMITED = "limited";
    static final String UNLIMITED = "unlimited";

    private static final int SMALL_BYTES = 4096;
    private static final int LARGE_BYTES = 128 * 1024;
    private static final int WINDOW = 32;
    private static final int LARGE_WINDOW = 8;
    private static final double WRITE_MIN = 0.8;
    private static final double READ_MIN = 1.5;
    private static final int SIZE_MIB_MIN = 16;
    private static final NbdPoint SEQUENTIAL =
            new NbdPoint("sequential write 128 KiB", "write", LARGE_BYTES, LARGE_WINDOW, 0);

    @Option(names = "--pairs", description = "of each point (default ${DEFAULT-VALUE})")
    private int pairCount = 5;

    @Option(names = "--seconds", description = "of each point (default ${DEFAULT-VALUE})")
    private double seconds = 3;

    @Option(
            names = "--warm-up",
            description = "seconds of each point before (default ${DEFAULT-VALUE})")
    private double warmUpSeconds = 3;

    @Option(
            names = "--disk",
            paramLabel = "OPTIONS",
            description = "of the decoration `delay` that limits each disk (default"
                    + " ${DEFAULT-VALUE})")
    private String disk = "iops=3000,ms=0.2";

    @Option(names = "--size-mib", description = "of each disk (default ${DEFAULT-VALUE})")
    private int sizeMib = 1024;

    @Option(
            names = "--copy-mib",
            description = "of each disk where a leg is copied, 0 to leave that out (default"
                    + " ${DEFAULT-VALUE})")
    private int copyMib = 128;

    @Option(
            names = "--settings",
            split = ",",
            paramLabel = "SETTING",
            description = "limited, unlimited (default both)")
    private List<String> settings = List.of(LIMITED, UNLIMITED);

    @Mixin
    private ReportOptions report = new ReportOptions();

    private final NbdResults results = new NbdResults(MirrorBed.MIRROR, MirrorBed.SINGLE);
    private final CopyResults copies = new CopyResults();

    /** The loads at one setting of the disks; only those with limited disks have a bar. */
    static List<NbdPoint> points(String setting) {
        boolean limited = setting.equals(LIMITED);
        return List.of(
                new NbdPoint(
                        "random write 4 KiB, window 32, disks " + setting,
                        "randwrite",
                        SMALL_BYTES,
                        WINDOW,
                        limited ? WRITE_MIN : 0),
                new NbdPoint(
                        "random read 4 KiB, window 32, disks " + setting,
                        "randread",
                        SMALL_BYTES,
                        WINDOW,
                        limited ? READ_MIN : 0));
    }

    @Override
    public Integer call() throws IOException {
        check();
        Launcher.prepare();
        Files.createDirectories(report.place());
        Map<String, Object> machine = describe();
        Machine.show(machine);
        for (String setting : settings) {
            random(setting);
            if (copyMib > 0) {
                copy(setting);
            }
        }
        machine.put("loadAfter", Machine.loadAverage());
        System.out.println("load average after: " + machine.get("loadAfter"));
        System.out.println();
        System.out.print(results.toText());
        System.out.print(copies.toText());
        return report.conclude(toJson(machine), bars());
    }

    private void check() {
        boolean numbers = pairCount >= 1 && seconds > 0 && warmUpSeconds > 0;
        if (!numbers || sizeMib < SIZE_MIB_MIN || (copyMib != 0 && copyMib < SIZE_MIB_MIN)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "pairs %d, seconds %s, warm-up %s, sizes %d and %d MiB"
                            .formatted(pairCount, seconds, warmUpSeconds, sizeMib, copyMib),
                    "each must be more than nothing, a size at least " + SIZE_MIB_MIN + " MiB",
                    "./dev bench mirror --pairs 5 --seconds 3");
        }
        if (!List.of(LIMITED, UNLIMITED).containsAll(settings)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no such settings: " + String.join(", ", settings),
                    "the disks are " + LIMITED + " or " + UNLIMITED,
                    "./dev bench mirror --settings " + LIMITED);
        }
    }

    private Map<String, Object> describe() {
        Path place = report.place();
        Map<String, Object> machine = new LinkedHashMap<>(
                Machine.describe(place, "a veth pair for each disk, MTU " + Lab.MTU));
        machine.put("disks", "limited: " + decoration(LIMITED) + " of sparse files");
        return machine;
    }

    /** What stands before each file at that setting. */
    private String decoration(String setting) {
        return setting.equals(LIMITED) ? "delay:" + disk + ":" : "";
    }

    private MirrorBed bed(Cleanup cleanup, String setting, int mib) throws IOException {
        return MirrorBed.open(cleanup, report.place(), (long) mib << 20, decoration(setting));
    }

    // Random requests.

    private void random(String setting) throws IOException {
        try (Cleanup cleanup = new Cleanup()) {
            MirrorBed bed = bed(cleanup, setting, sizeMib);
            bed.create("--assume-clean");
            List<NbdServers.Server> servers = List.of(bed.mirror(cleanup), bed.single(cleanup));
            for (NbdServers.Server server : servers) {
                for (NbdPoint point : points(setting)) {
                    load(bed, server, point, warmUpSeconds, 0);
                }
            }
            for (int pair = 1; pair <= pairCount; pair++) {
                System.out.println("disks " + setting + ", pair " + pair + " of " + pairCount);
                for (NbdPoint point : points(setting)) {
                    for (NbdServers.Server server : inTurn(servers, pair)) {
                        measure(bed, server, point, pair);
                    }
                }
            }
            bed.requireWhole();
        }
    }

    private static <T> List<T> inTurn(List<T> both, int pair) {
        return pair % 2 == 1 ? both : both.reversed();
    }

    private void measure(MirrorBed bed, NbdServers.Server server, NbdPoint point, int pair) {
        NbdServers.Spent before = server.spent(bed.lab());
        Sample seen = load(bed, server, point, seconds, pair);
        results.add(point, server.name(), seen, server.spent(bed.lab()).since(before));
    }

    /** One load, after which nothing of it is left to write. */
    private static Sample load(
            MirrorBed bed, NbdServers.Server server, NbdPoint point, double lasting, long seed) {
        Sample seen =
                new NbdLoad(lasting, bed.usedBytes(), seed).run(bed.lab(), server.uri(), point);
        if (point.writes()) {
            bed.settle();
        }
        return seen;
    }

    // Copying.

    private void copy(String setting) throws IOException {
        try (Cleanup cleanup = new Cleanup()) {
            MirrorBed bed = bed(cleanup, setting, copyMib);
            NbdServers.Server single = bed.single(cleanup);
            load(bed, single, SEQUENTIAL, warmUpSeconds, 0);
            for (int pair = 1; pair <= pairCount; pair++) {
                boolean copyFirst = pair % 2 == 1;
                double before = copyFirst ? copied(bed) : 0;
                Sample writes = load(bed, single, SEQUENTIAL, seconds, pair);
                double copied = copyFirst ? before : copied(bed);
                CopyResults.Pair both = CopyResults.Pair.of(copied, writes, LARGE_BYTES);
                copies.add(setting, both);
                System.out.println("disks " + setting + ", pair " + pair + ": " + both.toText());
            }
        }
    }

    /** MiB a second of a new mirror. */
    private static double copied(MirrorBed bed) {
        bed.create();
        double copied = bed.copy();
        bed.settle();
        return copied;
    }

    private List<Verdict> bars() {
        List<Verdict> bars = new ArrayList<>(results.bars());
        bars.add(copies.bar(LIMITED));
        return bars;
    }

    private Map<String, Object> toJson(Map<String, Object> machine) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bench", "mirror");
        all.put("pairs", pairCount);
        all.put("seconds", seconds);
        all.put("sizeMib", sizeMib);
        all.put("copyMib", copyMib);
        all.put("disk", disk);
        all.put("machine", machine);
        all.put("points", results.toJson());
        all.put("copies", copies.toJson());
        return all;
    }
}
