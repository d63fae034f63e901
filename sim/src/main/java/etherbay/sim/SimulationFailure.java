// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import java.util.Locale;

/** A simulated run, or a property, failed: what, and the one line that runs it again. */
public final class SimulationFailure extends AssertionError {
    private final long seed;

    SimulationFailure(String what, String replayLine, long seed, Throwable cause) {
        super(what + System.lineSeparator() + "  replay: " + replayLine, cause);
        this.seed = seed;
    }

    /** The seed that failed. */
    public long seed() {
        return seed;
    }

    /** As people write seeds. */
    static String hex(long seed) {
        return String.format(Locale.ROOT, "0x%016x", seed);
    }
}
