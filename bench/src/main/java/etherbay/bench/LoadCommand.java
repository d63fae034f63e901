// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;

/** {@code bench load}: the generator by itself, for a person or for another bench. */
@Command(
        name = "load",
        description = "Loads one AoE disk and says how fast it answered.",
        mixinStandardHelpOptions = true)
final class LoadCommand implements Callable<Integer> {
    @Parameters(index = "0", arity = "0..1", paramLabel = "INTERFACE")
    private String interfaceName = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "eX.Y")
    private String target = "e1.0";

    @Mixin
    private WorkloadOptions workload = new WorkloadOptions();

    @Option(names = "--warm-up", description = "seconds of load before (default 1)")
    private double warmUpSeconds = 1;

    /** An initiator on another machine sleeps between its requests; one that spins takes a core. */
    @Option(names = "--spin-us", description = "of the generator before it sleeps (default 0)")
    private long spinUs;

    @Option(names = "--ceiling", description = "load an answer-only responder over a veth pair")
    private boolean ceiling;

    @Option(names = "--serve", description = "read workloads from standard input", hidden = true)
    private boolean serve;

    @Override
    public Integer call() throws IOException {
        if (ceiling) {
            return ceiling();
        }
        Station station = new Station(interfaceName, spinUs * 1000);
        LoadGenerator generator = new LoadGenerator(station.loop(), station.port());
        station.start();
        if (serve) {
            serve(station, generator);
            return 0;
        }
        Workload work = workload.workload(Address.parse(target));
        if (warmUpSeconds > 0) {
            station.run(generator, work.lasting(warmUpSeconds));
        }
        return report(station.run(generator, work));
    }

    private int ceiling() {
        try (Cleanup cleanup = new Cleanup()) {
            Lab lab = Lab.open(cleanup);
            RespondCommand.start(cleanup, lab);
            LoadProcess load = LoadProcess.start(cleanup, lab);
            Workload work = workload.workload(RespondCommand.ADDRESS);
            load.run(work.lasting(Math.max(warmUpSeconds, 0.1)));
            return report(load.run(work));
        }
    }

    private static int report(LoadResult result) {
        System.out.println(result.ok() ? result.toText() : result.failure());
        return result.ok() && result.errors() == 0 && result.mismatches() == 0 ? 0 : 1;
    }

    /** Answers each line with one; ends with the input. */
    private static void serve(Station station, LoadGenerator generator) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(
                    station.run(generator, WorkloadOptions.parse(line)).toLine());
            System.out.flush();
        }
    }
}
