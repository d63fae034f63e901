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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * {@code bench start}: from the start of the process to the first answer on the wire, and the
 * memory of one export that nobody has asked for anything else; in turns with vblade.
 */
@Command(
        name = "start",
        description = "Time to the first answer of one export, and its memory.",
        mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {
    private static final Bound FIRST_ANSWER_MS = Bound.atMost(400);
    private static final Bound ANONYMOUS_MIB = Bound.atMost(64);
    private static final Address OUR_ADDRESS = new Address(1, 0);
    private static final Address VBLADE_ADDRESS = new Address(2, 0);
    private static final String ASK_INTERVAL_MS = "1";
    private static final long IDLE_SECONDS = 2;

    @Option(names = "--starts", description = "of each server (default 5)")
    private int startCount = 5;

    @Option(names = "--against", description = "vblade, or none (default vblade)")
    private String against = Contenders.VBLADE;

    @Option(names = "--size-mib", description = "of the backing file (default 64)")
    private int sizeMib = 64;

    @Mixin
    private ReportOptions report = new ReportOptions();

    /** One start. */
    private record Start(double firstAnswerMs, double anonymousMib, double residentMib) {}

    private record Server(String name, List<String> command, List<Start> starts) {}

    @Override
    public Integer call() throws IOException {
        check();
        Launcher.prepare();
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            BackingFile file = BackingFile.create(cleanup, report.place(), sizeMib);
            Map<String, Object> machine = Machine.describe(file.path(), Lab.NETWORK);
            Machine.show(machine);
            List<Server> servers = servers(file);
            for (int round = 1; round <= startCount; round++) {
                for (Server server : round % 2 == 1 ? servers : servers.reversed()) {
                    server.starts().add(start(cleanup, lab, server));
                }
            }
            return conclude(servers, machine);
        }
    }

    private void check() {
        boolean known = against.equals(Contenders.VBLADE) || against.equals(Rival.NONE);
        if (startCount < 1 || sizeMib < 1 || !known) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "starts %d, size %d MiB, against '%s'".formatted(startCount, sizeMib, against),
                    "at least one start of a file; here the bench knows vblade, or none",
                    "./dev bench start --starts 5 --against vblade");
        }
    }

    private List<Server> servers(BackingFile file) {
        Path state = file.folder().resolve("state");
        List<Server> servers = new ArrayList<>();
        servers.add(new Server(
                Contenders.OURS,
                Launcher.export(OUR_ADDRESS, file.path(), state),
                new ArrayList<>()));
        if (against.equals(Contenders.VBLADE)) {
            servers.add(new Server(
                    Contenders.VBLADE,
                    Contenders.vblade(VBLADE_ADDRESS, file.path(), List.of()),
                    new ArrayList<>()));
        }
        return servers;
    }

    private static Start start(Cleanup cleanup, Lab lab, Server server) {
        List<String> asking =
                Processes.self("probe", Lab.INTERFACE, "1", "--interval-ms=" + ASK_INTERVAL_MS);
        try (Child probe = Child.start(cleanup, "the probe", lab.atInitiator(asking))) {
            probe.hear();
            long beganNs = System.nanoTime();
            List<String> inLab = lab.atTarget(server.command());
            try (Child child = Child.startQuietly(cleanup, server.name(), inLab).discardOutput()) {
                double ms = (Long.parseLong(probe.hear()) - beganNs) / 1e6;
                IdleWatch.pause(IDLE_SECONDS);
                return new Start(
                        ms, child.memoryKib("RssAnon") / 1024.0, child.memoryKib("VmRSS") / 1024.0);
            }
        }
    }

    private int conclude(List<Server> servers, Map<String, Object> machine) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bench", "start");
        all.put("machine", machine);
        for (Server server : servers) {
            Spread first = Spread.of(server.starts(), Start::firstAnswerMs);
            Spread anonymous = Spread.of(server.starts(), Start::anonymousMib);
            Spread resident = Spread.of(server.starts(), Start::residentMib);
            System.out.printf(
                    "%-9s first answer after %s ms, RssAnon %s MiB, VmRSS %s MiB%n",
                    server.name(), first.toText(0), anonymous.toText(1), resident.toText(1));
            all.put(
                    server.name(),
                    Map.of(
                            "firstAnswerMs", first.toJson(),
                            "rssAnonMib", anonymous.toJson(),
                            "vmRssMib", resident.toJson()));
        }
        List<Start> ours = servers.getFirst().starts();
        List<Verdict> verdicts = List.of(
                verdict(
                        "7 first answer, ms",
                        FIRST_ANSWER_MS,
                        Spread.of(ours, Start::firstAnswerMs)),
                verdict("7 RssAnon, MiB", ANONYMOUS_MIB, Spread.of(ours, Start::anonymousMib)));
        return report.conclude(all, verdicts);
    }

    private static Verdict verdict(String what, Bound bound, Spread measured) {
        return new Verdict(what, bound, Optional.of(measured));
    }
}
