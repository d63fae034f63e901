// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.concurrent.Callable;

/** {@code bench respond}: the answer-only responder as a process. */
@Command(
        name = "respond",
        description = "Answers every AoE request with nothing behind it.",
        mixinStandardHelpOptions = true)
final class RespondCommand implements Callable<Integer> {
    static final Address ADDRESS = new Address(9, 0);
    private static final long SECTORS = 1L << 21;

    /** As the target does. */
    private static final long SPIN_NS = 50_000;

    @Parameters(index = "0", paramLabel = "INTERFACE")
    private String interfaceName = "";

    /** Starts one at the target's end. */
    static Child start(Cleanup cleanup, Lab lab) {
        return Child.start(
                cleanup, "the responder", lab.atTarget(Processes.self("respond", Lab.INTERFACE)));
    }

    @Override
    public Integer call() throws InterruptedException {
        Station station = new Station(interfaceName, SPIN_NS);
        new Responder(station.port(), ADDRESS, SECTORS);
        station.start().join();
        return 0;
    }
}
