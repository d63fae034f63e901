// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/**
 * {@code bench probe}: says "ready", then when the first and the last of so many exports answered,
 * on the machine's monotonic clock, which all its processes share.
 */
@Command(
        name = "probe",
        description = "Waits until so many exports answer; for the other benches.",
        mixinStandardHelpOptions = true)
final class ProbeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "INTERFACE")
    private String interfaceName = "";

    @Parameters(index = "1", paramLabel = "EXPORTS")
    private int exportCount;

    @Override
    public Integer call() throws ExecutionException, InterruptedException {
        Station station = new Station(interfaceName, 0);
        AnswerProbe probe = new AnswerProbe(station.loop(), station.port(), exportCount);
        probe.start();
        station.start();
        System.out.println("ready");
        System.out.println(probe.firstNs().get());
        System.out.println(probe.lastNs().get());
        return 0;
    }
}
