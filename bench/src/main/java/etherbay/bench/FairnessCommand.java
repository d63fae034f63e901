// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * {@code bench fairness}: several initiators at one export, each a process with a port of its own
 * at a switch, and one of them floods. Beside it what they get while all behave.
 */
@Command(
        name = "fairness",
        description = "What initiators keep of their share while one of them floods.",
        mixinStandardHelpOptions = true)
final class FairnessCommand implements Callable<Integer> {
    /** Of its fair share, each that does not flood. */
    private static final Bound KEPT = Bound.atLeast(0.7);

    private static final int INITIATORS_MAX = 64;
    private static final int SECTORS = 8;
    private static final double WARM_UP_SECONDS = 2;
    private static final Address OUR_ADDRESS = new Address(1, 0);
    private static final Address VBLADE_ADDRESS = new Address(2, 0);

    @Option(names = "--initiators", description = "how many, one of which floods (default 8)")
    private int initiatorCount = 8;

    @Option(names = "--window", description = "of those that behave (default 16)")
    private int window = 16;

    @Option(names = "--flood", description = "window of the one that floods (default 512)")
    private int flood = 512;

    @Option(names = "--seconds", description = "of each run (default 3)")
    private double seconds = 3;

    @Option(names = "--rounds", description = "of each server (default 5)")
    private int rounds = 5;

    @Option(names = "--against", description = "vblade, or none (default none)")
    private String against = Rival.NONE;

    @Option(names = "--size-mib", description = "of the backing file, cached (default 256)")
    private int sizeMib = 256;

    @Mixin
    private ReportOptions report = new ReportOptions();

    /** A server and what its initiators got, while all behave and while one floods. */
    private record Server(
            String name,
            Address address,
            List<String> command,
            FairShares alike,
            FairShares flooded) {}

    @Override
    public Integer call() throws IOException {
        check();
        Launcher.prepare();
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            BackingFile file = BackingFile.create(cleanup, report.place(), sizeMib);
            List<LoadProcess> loads = lab.stations(initiatorCount).stream()
                    .map(station -> LoadProcess.start(cleanup, lab, station))
                    .toList();
            Map<String, Object> machine = Machine.describe(file.path(), network());
            Machine.show(machine);
            List<Server> servers = servers(file);
            for (int round = 1; round <= rounds; round++) {
                System.out.println("round " + round + " of " + rounds);
                for (Server server : round % 2 == 1 ? servers : servers.reversed()) {
                    file.settle();
                    file.cache();
                    List<String> inLab = lab.atTarget(server.command());
                    try (Child child = Child.startQuietly(cleanup, server.name(), inLab)) {
                        child.discardOutput();
                        measure(server, loads, round);
                    }
                }
            }
            return conclude(servers, machine);
        }
    }

    private void check() {
        boolean counts = initiatorCount >= 2
                && initiatorCount <= INITIATORS_MAX
                && window >= 1
                && flood > window
                && flood <= Workload.WINDOW_MAX;
        if (!counts || rounds < 1 || seconds <= 0 || sizeMib < 1) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "initiators %d, windows %d and %d, rounds %d, seconds %s, size %d MiB"
                            .formatted(initiatorCount, window, flood, rounds, seconds, sizeMib),
                    "2 to %d initiators; the flood is wider than the others, up to %d"
                            .formatted(INITIATORS_MAX, Workload.WINDOW_MAX),
                    "./dev bench fairness --initiators 8 --window 16 --flood 512");
        }
        if (!against.equals(Contenders.VBLADE) && !against.equals(Rival.NONE)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "cannot measure against '" + against + "'",
                    "here the bench knows vblade, or none",
                    "--against vblade");
        }
    }

    private String network() {
        return "a bridge with %d veth pairs, MTU %d".formatted(initiatorCount + 1, Lab.MTU);
    }

    private List<Server> servers(BackingFile file) {
        Path state = file.folder().resolve("state");
        List<Server> servers = new ArrayList<>();
        servers.add(server(
                Contenders.OURS,
                OUR_ADDRESS,
                Launcher.export(OUR_ADDRESS, file.path(), state, "-b", Contenders.BUFFERS)));
        if (against.equals(Contenders.VBLADE)) {
            servers.add(server(
                    Contenders.VBLADE,
                    VBLADE_ADDRESS,
                    Contenders.vblade(VBLADE_ADDRESS, file.path(), List.of())));
        }
        return servers;
    }

    private Server server(String name, Address address, List<String> command) {
        return new Server(
                name,
                address,
                command,
                new FairShares(windows(window)),
                new FairShares(windows(flood)));
    }

    private void measure(Server server, List<LoadProcess> loads, int round) {
        List<Integer> alike = windows(window);
        run(server, loads, new Round(alike, WARM_UP_SECONDS, -round));
        server.alike().add(run(server, loads, new Round(alike, seconds, round)));
        server.flooded().add(run(server, loads, new Round(windows(flood), seconds, round)));
    }

    /** Of all initiators; the last one has a window of its own. */
    private List<Integer> windows(int lastOne) {
        List<Integer> windows = new ArrayList<>(Collections.nCopies(initiatorCount, window));
        windows.set(initiatorCount - 1, lastOne);
        return windows;
    }

    private record Round(List<Integer> windows, double seconds, int seed) {}

    /** All at once. */
    private static List<LoadResult> run(Server server, List<LoadProcess> loads, Round round) {
        List<Workload> works = new ArrayList<>();
        for (int index = 0; index < loads.size(); index++) {
            works.add(
                    Workload.random(server.address(), false, round.windows().get(index), SECTORS, 0)
                            .lasting(round.seconds())
                            .seed((long) round.seed() * INITIATORS_MAX + index));
        }
        for (int index = 0; index < loads.size(); index++) {
            loads.get(index).begin(works.get(index));
        }
        List<LoadResult> results = new ArrayList<>();
        for (int index = 0; index < loads.size(); index++) {
            results.add(loads.get(index).end(works.get(index)));
        }
        return results;
    }

    private int conclude(List<Server> servers, Map<String, Object> machine) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bench", "fairness");
        all.put("machine", machine);
        for (Server server : servers) {
            System.out.printf(
                    "%n%s, all alike%n%s", server.name(), server.alike().toText());
            System.out.printf(
                    "%s, one floods%n%s", server.name(), server.flooded().toText());
            all.put(
                    server.name(),
                    Map.of(
                            "alike",
                            server.alike().toJson(),
                            "flooded",
                            server.flooded().toJson()));
        }
        Verdict verdict = new Verdict(
                "8 worst of those that do not flood / its fair share",
                KEPT,
                Optional.of(servers.getFirst().flooded().worst()));
        return report.conclude(all, List.of(verdict));
    }
}
