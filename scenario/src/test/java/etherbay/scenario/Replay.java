// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.sim.Seeds;
import etherbay.sim.SimulationFailure;

import java.io.PrintStream;

/**
 * Runs one scenario with one seed and prints each step: {@code ./dev replay NAME --seed S}. Ends
 * with 0 when it passes, 1 when it fails, 2 when there is no such scenario.
 */
public final class Replay {
    private Replay() {}

    /** Takes the name of the scenario and the seed, decimal or 0x hexadecimal. */
    public static void main(String[] arguments) {
        if (arguments.length != 2 || !Scenarios.has(arguments[0])) {
            System.err.println("replay: NAME SEED, where NAME is one of "
                    + String.join(", ", Scenarios.byName().keySet()));
            System.exit(2);
        }
        System.exit(run(arguments[0], Seeds.parse(arguments[1]), System.out) ? 0 : 1);
    }

    static boolean run(String name, long seed, PrintStream out) {
        try {
            Seeds.Run run = Seeds.runTraced(name, seed, out, Scenarios.of(name));
            out.printf(
                    "%s passed: %d ms of simulated time, trace %016x, %s%n",
                    name, run.simulatedNs() / 1_000_000, run.traceHash(), run.marks());
            return true;
        } catch (SimulationFailure failure) {
            out.println(failure.getMessage());
            showWhere(failure, out);
            return false;
        }
    }

    /** Where our own code was; this is for developers. */
    private static void showWhere(Throwable failure, PrintStream out) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            out.println(each);
            for (StackTraceElement frame : each.getStackTrace()) {
                if (frame.getClassName().startsWith("etherbay.")) {
                    out.println("    at " + frame);
                }
            }
        }
    }
}
