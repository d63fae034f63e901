// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/**
 * {@code bench probe}: says "ready", then for each interface when the first and the last of so
 * many exports answered, on the machine's monotonic clock, which all its processes share.
 */
@Command(
        name = "probe",
        description = "Waits until so many exports answer; for the other benches.",
        mixinStandardHelpOptions = true)
final class ProbeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "INTERFACE[,INTERFACE...]", split = ",")
    private List<String> interfaceNames = List.of();

    @Parameters(index = "1", paramLabel = "EXPORTS")
    private int exportCount;

    @Option(names = "--interval-ms", description = "between two questions (default 5)")
    private long intervalMs = 5;

    @Override
    public Integer call() throws ExecutionException, InterruptedException {
        List<AnswerProbe> probes = new ArrayList<>();
        for (String name : interfaceNames) {
            Station station = new Station(name, 0);
            AnswerProbe probe = new AnswerProbe(
                    station.loop(), station.port(), exportCount, intervalMs * 1_000_000);
            probe.start();
            station.start();
            probes.add(probe);
        }
        System.out.println("ready");
        for (AnswerProbe probe : probes) {
            System.out.println(probe.firstNs().get());
            System.out.println(probe.lastNs().get());
        }
        return 0;
    }
}
