// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench target}: our target beside others on one veth pair and one file, in turns. Speed of
 * a machine varies from minute to minute, so what counts are the ratios within a round, and their
 * spread says how far to trust them.
 */
@Command(
        name = "target",
        description = "Our target beside others: ratios, latency and CPU in one run.",
        mixinStandardHelpOptions = true)
final class TargetCommand implements Callable<Integer> {
    @Option(
            names = "--against",
            split = ",",
            paramLabel = "RIVAL",
            description = "vblade, reference, ggaoed=PATH; or none (default vblade,reference)")
    private List<String> against = List.of(Contenders.VBLADE, Contenders.REFERENCE);

    @Option(names = "--seconds", description = "of each point (default 1)")
    private double seconds = 1;

    @Option(names = "--rounds", description = "pairs of each point (default 5)")
    private int rounds = 5;

    @Option(
            names = "--settings",
            split = ",",
            paramLabel = "SETTING",
            description = "cached, half cached, direct, write-cache off (default all)")
    private List<String> settings = Setting.ALL.stream().map(Setting::name).toList();

    /** On a quiet machine compiled code serves after it; measured in docs/benchmarks.md. */
    @Option(names = "--warm-up", description = "seconds of load before (default 2)")
    private double warmUpSeconds = 2;

    @Option(names = "--idle", description = "seconds of an idle daemon; 0 for none (default 10)")
    private long idleSeconds = 10;

    @Option(names = "--size-mib", description = "of the backing file (default 1024)")
    private int sizeMib = 1024;

    @Mixin
    private ReportOptions report = new ReportOptions();

    @Option(names = "--svg", paramLabel = "FILE", description = "a chart of the ratios")
    private String svg = "";

    @Override
    public Integer call() throws IOException {
        check();
        List<Setting> chosen = Setting.named(settings);
        List<Rival> rivals = Rival.parse(against);
        Launcher.prepare();
        Path parent = report.place();
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            BackingFile file = BackingFile.create(cleanup, parent, sizeMib);
            LoadProcess load = LoadProcess.start(cleanup, lab);
            AoeContender.Place place = new AoeContender.Place(cleanup, lab, load);
            Contenders contenders = Contenders.prepare(place, file, rivals);
            Map<String, Object> machine = Machine.describe(file.path(), Lab.NETWORK);
            Machine.show(machine);
            Comparison comparison = new Comparison();
            for (int round = 1; round <= rounds; round++) {
                System.out.println("round " + round + " of " + rounds);
                for (Setting setting : chosen) {
                    Turn turn = new Turn(setting, file, round, seconds, warmUpSeconds);
                    measure(contenders.at(setting), turn, comparison);
                }
            }
            if (idleSeconds > 0) {
                IdleWatch idle = IdleNode.watch(place, file.folder(), idleSeconds);
                comparison.note(Bar.IDLE, idle.cpuPercent());
            }
            machine.put("loadAfter", Machine.loadAverage());
            return conclude(new TargetReport(comparison, machine, run()));
        }
    }

    private void check() {
        boolean times = seconds > 0 && warmUpSeconds > 0 && idleSeconds >= 0;
        if (rounds < 1 || sizeMib < 1 || !times) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "rounds %d, seconds %s, warm-up %s s, size %d MiB, idle %d s"
                            .formatted(rounds, seconds, warmUpSeconds, sizeMib, idleSeconds),
                    "each must be more than nothing",
                    "./dev bench target --rounds 5 --seconds 1 --size-mib 1024");
        }
    }

    /** All in turns; the order is turned round from round to round. */
    private static void measure(List<Contender> contenders, Turn turn, Comparison comparison)
            throws IOException {
        if (turn.round() % 2 == 0) {
            Collections.reverse(contenders);
        }
        for (Contender contender : contenders) {
            contender.measure(turn, comparison);
        }
    }

    private Map<String, Object> run() {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("rounds", rounds);
        run.put("seconds", seconds);
        run.put("warmUpSeconds", warmUpSeconds);
        run.put("against", against);
        run.put("settings", settings);
        run.put("sizeMib", sizeMib);
        return run;
    }

    private int conclude(TargetReport results) throws IOException {
        System.out.println("loadAfter: " + results.machine().get("loadAfter"));
        System.out.println();
        System.out.print(results.toText());
        if (!svg.isEmpty()) {
            results.writeSvg(Path.of(svg));
        }
        return report.conclude(results.toJson(), results.bars());
    }
}
