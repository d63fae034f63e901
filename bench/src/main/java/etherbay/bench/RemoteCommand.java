// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.initiator.DiskStatus;
import etherbay.node.AttachedDisk;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * {@code bench remote}: our initiator on segments of our own: what losses cost, and how long
 * requests stand still when a target or a way is gone. All data is verified.
 */
@Command(
        name = "remote",
        description = "Our initiator: throughput by loss, stalls when target or way is gone.",
        mixinStandardHelpOptions = true)
final class RemoteCommand implements Callable<Integer> {
    private static final int SIZE_MIB = 256;
    private static final int WINDOW = 32;
    private static final List<String> LOSSES = List.of("0", "0.001", "0.01", "0.05");

    /** Of the throughput without loss, what must be left at 1 %. */
    private static final double LEFT_MIN = 0.5;

    /** Of a stall, what may come on top of the outage. */
    private static final double AFTER_OUTAGE_S_MAX = 0.3;

    /** Of an error, what may come on top of fail-after. */
    private static final double AFTER_FAIL_S_MAX = 0.5;

    private static final double CUT_S_MAX = 0.5;
    private static final double LEAD_S = 2;
    private static final long OUTAGE_MS = 500;
    private static final double PATIENT_S = 60;
    private static final double IMPATIENT_S = 1;

    @Option(names = "--rounds", description = "of all losses (default ${DEFAULT-VALUE})")
    private int roundCount = 3;

    @Option(names = "--seconds", description = "of each measurement (default ${DEFAULT-VALUE})")
    private double seconds = 4;

    @Option(names = "--stalls-only", description = "leave out the throughput by loss")
    private boolean stallsOnly;

    @Option(names = "--mtu", description = "of the segments (default ${DEFAULT-VALUE})")
    private int mtu = 9000;

    @Option(names = "--folder", description = "for the file (default: .build of the project)")
    private String folder = "";

    private boolean good = true;

    @Override
    public Integer call() throws IOException {
        Launcher.prepare();
        Path parent = Repository.place(folder);
        try (Cleanup cleanup = new Cleanup()) {
            BackingFile file = BackingFile.create(cleanup, parent, SIZE_MIB);
            Machine.describe(file.path(), SegmentLab.NETWORK + ", MTU " + mtu)
                    .forEach((name, value) -> System.out.println(name + ": " + value));
            SegmentLab lab = new SegmentLab(cleanup, file, mtu);
            if (!stallsOnly) {
                losses(lab);
            }
            restart(lab);
            gone(lab);
            cut(lab);
        }
        return good ? 0 : 1;
    }

    /** Reads and writes by loss; of each round the ratio to what no loss gave in it. */
    private void losses(SegmentLab lab) {
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        for (int round = 0; round < roundCount; round++) {
            for (String loss : LOSSES) {
                String seed = String.valueOf(round + 1);
                try (Child _ = lab.segment("loss", "--loss", loss, "--seed", seed);
                        Child _ = lab.target(List.of("loss"));
                        AttachedDisk disk = lab.attach(List.of("loss"), PATIENT_S)) {
                    load(disk, DeviceLoad.BOTH, LEAD_S);
                    DeviceLoad.Result reads = load(disk, DeviceLoad.READS, seconds);
                    DeviceLoad.Result writes = load(disk, DeviceLoad.WRITES, seconds);
                    note(rates, "reads at loss " + loss, reads.rate());
                    note(rates, "writes at loss " + loss, writes.rate());
                }
            }
        }
        System.out.printf(
                "4 KiB requests/s at window %d, MTU %d, and of each round the part of what no"
                        + " loss gave%n",
                WINDOW, mtu);
        rates.forEach((point, measured) -> {
            String base = point.replaceAll("loss .*", "loss 0");
            Spread left = ratio(measured, rates.getOrDefault(base, List.of()));
            boolean bound = point.endsWith("0.01");
            judge(
                    "%-22s %-26s %s".formatted(point, Spread.of(measured).toKilo(), left.toText(2)),
                    !bound || left.median() >= LEFT_MIN,
                    bound ? "at least " + LEFT_MIN : "");
        });
    }

    private static void note(Map<String, List<Double>> rates, String point, double rate) {
        rates.computeIfAbsent(point, _ -> new ArrayList<>()).add(rate);
    }

    private static Spread ratio(List<Double> values, List<Double> bases) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < values.size(); round++) {
            ratios.add(values.get(round) / bases.get(round));
        }
        return Spread.of(ratios);
    }

    private DeviceLoad.Result load(AttachedDisk disk, DeviceLoad.Mix mix, double lasting) {
        DeviceLoad.Result result = DeviceLoad.run(disk.loop(), disk.disk(), WINDOW, mix, lasting);
        if (!result.clean()) {
            judge("load: " + result, false, "no error and no wrong byte");
        }
        return result;
    }

    /**
     * How long a target was away.
     *
     * @param after the target that serves since
     */
    private record Outage(double seconds, Child after) {}

    /** A target killed under load and started again. */
    private void restart(SegmentLab lab) {
        try (Child _ = lab.segment("restart")) {
            Child target = lab.target(List.of("restart"));
            try (AttachedDisk disk = lab.attach(List.of("restart"), PATIENT_S)) {
                load(disk, DeviceLoad.BOTH, LEAD_S);
                CompletableFuture<Outage> outage = CompletableFuture.supplyAsync(() -> {
                    pause();
                    long killedNs = System.nanoTime();
                    target.kill();
                    pause();
                    Child again = lab.target(List.of("restart"));
                    double lasted = (System.nanoTime() - killedNs) / 1e9;
                    pause();
                    return new Outage(lasted, again);
                });
                DeviceLoad.Result result = DeviceLoad.run(
                        disk.loop(), disk.disk(), WINDOW, DeviceLoad.BOTH, outage::isDone);
                double lasted = outage.join().seconds();
                outage.join().after().close();
                double stall = result.gapNs() / 1e9;
                judge(
                        "target killed and restarted: outage %.2f s, stall %.2f s, %,d requests,"
                                        .formatted(lasted, stall, result.requestCount())
                                + " %d failed, %d wrong"
                                        .formatted(result.failedCount(), result.mismatchCount()),
                        result.clean() && stall <= lasted + AFTER_OUTAGE_S_MAX,
                        "at most the outage and %.1f s, no error".formatted(AFTER_OUTAGE_S_MAX));
            }
        }
    }

    /** A target killed under load, for good. */
    private void gone(SegmentLab lab) {
        try (Child _ = lab.segment("gone")) {
            Child target = lab.target(List.of("gone"));
            try (AttachedDisk disk = lab.attach(List.of("gone"), IMPATIENT_S)) {
                load(disk, DeviceLoad.BOTH, LEAD_S);
                CompletableFuture<Long> killedNs = CompletableFuture.supplyAsync(() -> {
                    pause();
                    target.kill();
                    return System.nanoTime();
                });
                long[] endNs = new long[1];
                DeviceLoad.Result result =
                        DeviceLoad.run(disk.loop(), disk.disk(), WINDOW, DeviceLoad.BOTH, () -> {
                            endNs[0] = System.nanoTime();
                            return killedNs.isDone()
                                    && endNs[0] - killedNs.join() > (IMPATIENT_S + 2) * 1e9;
                        });
                double first = (result.firstFailureNs() - killedNs.join()) / 1e9;
                double slowest = result.slowestNs() / 1e9;
                judge(
                        "target gone for good, fail-after %.1f s: first error after %.2f s, slowest"
                                        .formatted(IMPATIENT_S, first)
                                + " request %.2f s, %d of a window of %d failed"
                                        .formatted(slowest, result.failedCount(), WINDOW),
                        result.failedCount() == WINDOW && slowest <= IMPATIENT_S + AFTER_FAIL_S_MAX,
                        "all fail within fail-after and %.1f s".formatted(AFTER_FAIL_S_MAX));
            }
        }
    }

    /** Two ways, one of them cut under load and mended. */
    private void cut(SegmentLab lab) {
        List<String> both = List.of("one", "two");
        Child one = lab.segment("one");
        try (Child _ = lab.segment("two");
                Child _ = lab.target(both);
                AttachedDisk disk = lab.attach(both, PATIENT_S)) {
            DeviceLoad.Result whole = load(disk, DeviceLoad.BOTH, LEAD_S);
            List<Long> before = carried(disk);
            CompletableFuture<Void> killed = CompletableFuture.runAsync(() -> {
                pause();
                one.kill();
                pause();
                pause();
            });
            DeviceLoad.Result result = DeviceLoad.run(
                    disk.loop(), disk.disk(), WINDOW, DeviceLoad.BOTH, killed::isDone);
            List<Long> during = carried(disk);
            CompletableFuture<Child> mended =
                    CompletableFuture.supplyAsync(() -> lab.segment("one"));
            DeviceLoad.Result after = DeviceLoad.run(
                    disk.loop(),
                    disk.disk(),
                    WINDOW,
                    DeviceLoad.BOTH,
                    () -> mended.isDone() && carried(disk).getFirst() > during.getFirst() + WINDOW);
            double stall = result.gapNs() / 1e9;
            judge(
                    "two ways carried %s frames; one cut: stall %.3f s, slowest request %.3f s,"
                                    .formatted(before, stall, result.slowestNs() / 1e9)
                            + " %d failed, %d wrong; mended, it carried %,d again"
                                    .formatted(
                                            result.failedCount(),
                                            result.mismatchCount(),
                                            carried(disk).getFirst() - during.getFirst()),
                    whole.clean()
                            && result.clean()
                            && after.clean()
                            && before.stream().allMatch(count -> count > WINDOW)
                            && stall <= CUT_S_MAX,
                    "both carry, no error, a stall of at most %.1f s".formatted(CUT_S_MAX));
        }
    }

    private static List<Long> carried(AttachedDisk disk) {
        return disk.disk().status().paths().stream()
                .map(DiskStatus.PathStatus::carriedCount)
                .toList();
    }

    private static void pause() {
        try {
            Thread.sleep(OUTAGE_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void judge(String what, boolean within, String bound) {
        good &= within;
        System.out.println(what + (within ? "" : ": NOT " + bound));
    }
}
