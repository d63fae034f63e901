// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench target}: our target beside vblade on one veth pair and one file, in turns. Speed of
 * a machine varies from minute to minute, so what counts are the ratios within a round, and their
 * spread says how far to trust them.
 */
@Command(
        name = "target",
        description = "Our target beside vblade: ratios, latency and CPU in one run.",
        mixinStandardHelpOptions = true)
final class TargetCommand implements Callable<Integer> {
    private static final String OURS = "etherbay";
    private static final String CEILING = "answer-only";
    private static final Address OUR_ADDRESS = new Address(1, 0);
    private static final Address THEIR_ADDRESS = new Address(2, 0);
    private static final String BUFFERS = "256";

    /** Until compiled code serves; measured in docs/benchmarks.md. */
    private static final double WARM_UP_SECONDS = 2;

    private static final int WARM_UP_WINDOW = 64;
    private static final int SECTORS = 8;

    @Option(names = "--against", description = "vblade (the only one yet), or none")
    private String against = "vblade";

    @Option(names = "--seconds", description = "of each point (default 1)")
    private double seconds = 1;

    @Option(names = "--rounds", description = "pairs of each point (default 5)")
    private int rounds = 5;

    @Option(names = "--settings", split = ",", description = "cached, direct, write-cache off")
    private List<String> settings = Setting.ALL.stream().map(Setting::name).toList();

    @Option(names = "--size-mib", description = "of the backing file (default 1024)")
    private int sizeMib = 1024;

    @Option(
            names = "--folder",
            description = "for the backing file (default: .build of the project)")
    private String folder = "";

    @Option(names = "--json", paramLabel = "FILE", description = "the results for programs")
    private String json = "";

    private final Comparison comparison = new Comparison();

    /** A program to measure. */
    private record Server(String name, Address address, List<String> command) {}

    @Override
    public Integer call() throws IOException {
        check();
        Launcher.prepare();
        Path parent = folder.isEmpty() ? Repository.root().resolve(".build") : Path.of(folder);
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            BackingFile file = BackingFile.create(cleanup, parent, sizeMib);
            LoadProcess load = LoadProcess.start(cleanup, lab);
            Map<String, Object> machine = Machine.describe(file.path(), Lab.NETWORK);
            machine.forEach((name, value) -> System.out.println(name + ": " + value));
            for (int round = 1; round <= rounds; round++) {
                System.out.println("round " + round + " of " + rounds);
                for (Setting setting : chosen()) {
                    measure(cleanup, lab, load, new Turn(setting, file, round));
                }
            }
            System.out.println();
            System.out.print(comparison.toText(OURS, against));
            writeJson(machine);
        }
        return 0;
    }

    private record Turn(Setting setting, BackingFile file, int round) {}

    private void check() {
        if (!against.equals("vblade") && !against.equals("none")) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "cannot measure against " + against,
                    "the bench starts vblade only",
                    "--against vblade, or --against none");
        }
        if (rounds < 1 || seconds <= 0 || sizeMib < 1) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "rounds %d, seconds %s, size %d MiB".formatted(rounds, seconds, sizeMib),
                    "each must be more than nothing",
                    "./dev bench target --rounds 5 --seconds 1 --size-mib 1024");
        }
    }

    private List<Setting> chosen() {
        return Setting.ALL.stream().filter(one -> settings.contains(one.name())).toList();
    }

    /** All servers at one setting; the order is turned round from round to round. */
    private void measure(Cleanup cleanup, Lab lab, LoadProcess load, Turn turn) throws IOException {
        turn.file().cache();
        List<Server> servers = servers(turn);
        if (turn.round() % 2 == 0) {
            Collections.reverse(servers);
        }
        for (Server server : servers) {
            try (Child child = start(cleanup, lab, server)) {
                warmUp(load, server, turn);
                for (Setting.Point point : turn.setting().points()) {
                    Workload work = work(server, point, turn).lasting(seconds);
                    Sample sample = measure(load, child, work);
                    comparison.add(
                            turn.setting().name() + ", " + point.name(), server.name(), sample);
                }
            }
        }
    }

    private static Child start(Cleanup cleanup, Lab lab, Server server) {
        return Child.start(cleanup, server.name(), lab.atTarget(server.command()))
                .discardOutput();
    }

    private List<Server> servers(Turn turn) {
        List<Server> servers = new ArrayList<>();
        List<String> flags = turn.setting().flags();
        Path file = turn.file().path();
        Path state = turn.file().folder().resolve("state");
        List<String> ours = Launcher.export(OUR_ADDRESS, file, state, "-b", BUFFERS);
        servers.add(new Server(OURS, OUR_ADDRESS, joined(ours, flags)));
        if (against.equals("vblade")) {
            List<String> theirs = joined(List.of("vblade", "-b", BUFFERS), flags);
            List<String> where = List.of("2", "0", Lab.INTERFACE, file.toString());
            servers.add(new Server(against, THEIR_ADDRESS, joined(theirs, where)));
        }
        if (turn.setting().withCeiling()) {
            servers.add(new Server(
                    CEILING, RespondCommand.ADDRESS, Processes.self("respond", Lab.INTERFACE)));
        }
        return servers;
    }

    private static List<String> joined(List<String> first, List<String> second) {
        List<String> command = new ArrayList<>(first);
        command.addAll(second);
        return command;
    }

    private static Workload work(Server server, Setting.Point point, Turn turn) {
        return Workload.random(
                        server.address(),
                        point.write(),
                        point.window(),
                        SECTORS,
                        turn.file().sectors())
                .seed(turn.round());
    }

    private static void warmUp(LoadProcess load, Server server, Turn turn) {
        Setting.Point point =
                new Setting.Point(turn.setting().points().getFirst().write(), WARM_UP_WINDOW);
        load.run(work(server, point, turn).lasting(WARM_UP_SECONDS));
    }

    private static Sample measure(LoadProcess load, Child server, Workload work) {
        long serverNs = server.cpuNs();
        long loadNs = load.cpuNs();
        LoadResult result = load.run(work);
        if (result.errors() > 0) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    result.errors() + " requests to " + work.target() + " were refused",
                    "a server that answers with errors is not measured",
                    "see what it said above");
        }
        return new Sample(result, server.cpuNs() - serverNs, load.cpuNs() - loadNs);
    }

    private void writeJson(Map<String, Object> machine) throws IOException {
        if (!json.isEmpty()) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("bench", "target");
            all.put("rounds", rounds);
            all.put("seconds", seconds);
            all.put("machine", machine);
            all.put("points", comparison.toJson(OURS, against));
            Files.writeString(Path.of(json), Json.of(all) + "\n");
        }
    }
}
