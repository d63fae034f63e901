// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Timers;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Asks the gate of each leg, once a second, whether the leg is still of this term: an owner that is
 * asked for nothing, or only to read, which a fence lets through, hears by no request that another
 * one has taken over. A gate that does not answer says nothing. On the loop of the mirror.
 */
final class FenceWatch {
    private static final long PERIOD_NS = 1_000_000_000;

    private final MirrorCore core;
    private final Timers.Timer tick;

    /** Asked, and not answered yet: at most one question to each leg. */
    private final Set<Leg> asked = Collections.newSetFromMap(new IdentityHashMap<>());

    private boolean closed;

    FenceWatch(MirrorCore core) {
        this.core = core;
        tick = core.timers().timer(this::tick);
        if (!core.isReadOnly()) {
            tick.at(core.nowNs() + PERIOD_NS);
        }
    }

    /** What is answered from now on is not heard. */
    void close() {
        closed = true;
        tick.cancel();
    }

    private void tick() {
        tick.at(core.nowNs() + PERIOD_NS);
        for (Leg leg : List.copyOf(core.legs())) {
            if (isOurs(leg) && leg.gate.mayBeTaken() && asked.add(leg)) {
                leg.gate.confirm(core.metadata().epoch(), answer -> answered(leg, answer));
            }
        }
    }

    /** Of one that is out of use nobody here has a claim. */
    private static boolean isOurs(Leg leg) {
        return leg.standing != Leg.Standing.FAULTY;
    }

    private void answered(Leg leg, LegGate.Claimed answer) {
        asked.remove(leg);
        if (!closed && isOurs(leg) && answer.outcome() == LegGate.Outcome.OTHERS) {
            core.fenced(leg);
        }
    }
}
