// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;
import etherbay.base.Clock;

/** Simulated time: stands still while code runs, moves to the next event between. */
public final class SimClock implements Clock {
    /** Where time begins: an hour, so that a deadline a while ago is still a positive number. */
    public static final long START_NS = 3_600_000_000_000L;

    /** 2026-01-01 UTC; only people see it. */
    private static final long WALL_START_MS = 1_767_225_600_000L;

    private long nowNs = START_NS;

    SimClock() {}

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long wallMillis() {
        return WALL_START_MS + (nowNs - START_NS) / 1_000_000;
    }

    void advanceTo(long whenNs) {
        Check.that(whenNs >= nowNs, "simulated time never goes back");
        nowNs = whenNs;
    }
}
