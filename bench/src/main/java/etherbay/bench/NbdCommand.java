// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench nbd}: a file used by NBD on another machine: our target, our initiator and our NBD
 * server, beside nbdkit over TCP on the same veth pair. The load is fio's. What counts are the
 * ratios within a round.
 */
@Command(
        name = "nbd",
        aliases = "initiator",
        description = "Our target, initiator and NBD server beside nbdkit over TCP.",
        mixinStandardHelpOptions = true)
final class NbdCommand implements Callable<Integer> {
    private static final int MTU_MIN = 1500;
    private static final String NONE = "none";
    private static final long SECTOR_BYTES = 512;

    @Option(names = "--against", description = "nbdkit (the only one), or none")
    private String against = NbdServers.NBDKIT;

    @Option(names = "--seconds", description = "of each point (default ${DEFAULT-VALUE})")
    private double seconds = 1;

    @Option(names = "--rounds", description = "pairs of each point (default ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Option(
            names = "--warm-up",
            description = "seconds of each point before (default ${DEFAULT-VALUE})")
    private double warmUpSeconds = 2;

    @Option(names = "--only", description = "points whose names hold this text")
    private String only = "";

    @Option(names = "--mtu", description = "of the veth pair (default ${DEFAULT-VALUE})")
    private int mtu = Lab.MTU;

    @Option(
            names = {"-b", "--queue-length"},
            description = "buffers of our target (default: its own)")
    private int queueLength;

    @Option(names = "--size-mib", description = "of the file (default ${DEFAULT-VALUE})")
    private int sizeMib = 1024;

    @Mixin
    private ReportOptions report = new ReportOptions();

    @Override
    public Integer call() throws IOException {
        check();
        Launcher.prepare();
        NbdResults results = new NbdResults(NbdServers.OURS, against);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            NbdServers.address(lab, mtu);
            BackingFile file = BackingFile.create(cleanup, report.place(), sizeMib);
            Map<String, Object> machine = describe(file);
            Machine.show(machine);
            List<NbdServers.Server> servers = start(new NbdServers(cleanup, lab, file));
            file.cache();
            Run run = new Run(lab, file, results);
            warmUp(run, servers);
            for (int round = 1; round <= rounds; round++) {
                System.out.println("round " + round + " of " + rounds);
                measure(run, round % 2 == 1 ? servers : servers.reversed(), round);
            }
            System.out.println();
            System.out.print(results.toText());
            return report.conclude(toJson(machine, results), results.bars());
        }
    }

    /** Where the load runs, on what, and what notes it. */
    private record Run(Lab lab, BackingFile file, NbdResults results) {}

    private void check() {
        if (!against.equals(NbdServers.NBDKIT) && !against.equals(NONE)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "cannot measure against " + against,
                    "the bench starts nbdkit only",
                    "--against nbdkit, or --against none");
        }
        if (rounds < 1 || !(seconds > 0) || !(warmUpSeconds > 0) || sizeMib < 1) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "rounds %d, seconds %s, warm-up %s, size %d MiB"
                            .formatted(rounds, seconds, warmUpSeconds, sizeMib),
                    "each must be more than nothing",
                    "./dev bench nbd --rounds 5 --seconds 1");
        }
        if (mtu < MTU_MIN || mtu > Lab.MTU) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "an MTU of " + mtu,
                    "it is from " + MTU_MIN + " to " + Lab.MTU,
                    "./dev bench nbd --mtu 1500");
        }
        if (points().isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no point has '" + only + "' in its name",
                    "the names are: "
                            + String.join(
                                    "; ",
                                    NbdPoint.ALL.stream().map(NbdPoint::name).toList()),
                    "./dev bench nbd --only 'random read'");
        }
    }

    private List<NbdPoint> points() {
        return NbdPoint.ALL.stream()
                .filter(point -> point.name().contains(only))
                .toList();
    }

    private Map<String, Object> describe(BackingFile file) {
        Map<String, Object> machine = new LinkedHashMap<>(
                Machine.describe(file.path(), "veth pair between two namespaces, MTU " + mtu));
        machine.put("nbdkit", Program.tryRun("nbdkit", "--version").strip());
        machine.put("fio", Program.tryRun("fio", "--version").strip());
        return machine;
    }

    private List<NbdServers.Server> start(NbdServers servers) {
        List<NbdServers.Server> started = new ArrayList<>();
        started.add(servers.etherbay(
                queueLength == 0 ? List.of() : List.of("-b", String.valueOf(queueLength))));
        if (!against.equals(NONE)) {
            started.add(servers.nbdkit());
        }
        return started;
    }

    /** Until compiled code serves every kind of request. */
    private void warmUp(Run run, List<NbdServers.Server> servers) throws IOException {
        for (NbdServers.Server server : servers) {
            for (NbdPoint point : points()) {
                load(run, warmUpSeconds, 0).run(run.lab(), server.uri(), point);
            }
        }
        run.file().settle();
    }

    private static NbdLoad load(Run run, double lasting, long seed) {
        return new NbdLoad(lasting, run.file().sectors() * SECTOR_BYTES, seed);
    }

    /** Point by point, so that what is compared lies seconds apart. */
    private void measure(Run run, List<NbdServers.Server> servers, int round) throws IOException {
        for (NbdPoint point : points()) {
            for (NbdServers.Server server : servers) {
                NbdServers.Spent before = server.spent(run.lab());
                Sample seen = load(run, seconds, round).run(run.lab(), server.uri(), point);
                NbdServers.Spent spent = server.spent(run.lab()).since(before);
                run.results().add(point, server.name(), seen, spent);
                if (point.writes()) {
                    run.file().settle();
                }
            }
        }
    }

    private Map<String, Object> toJson(Map<String, Object> machine, NbdResults results) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bench", "nbd");
        all.put("rounds", rounds);
        all.put("seconds", seconds);
        all.put("mtu", mtu);
        all.put("machine", machine);
        all.put("points", results.toJson());
        return all;
    }
}
