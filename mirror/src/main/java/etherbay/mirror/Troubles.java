// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Timers;

import java.util.HashMap;
import java.util.Map;

/**
 * Decides whether a leg in trouble is failed. Only another leg in sync that answers a probe sent
 * after the trouble began can convict it; and one that is merely silent gets a while if that other
 * leg was silent itself until just now, since then it was the network. While nobody answers,
 * everything waits. On the loop of the mirror.
 */
final class Troubles {
    private static final long PROBE_NS = 50_000_000;
    private static final long SLOW_LOOK_NS = 1_000_000_000;

    private final MirrorCore core;
    private final Timers.Timer step;
    private final Timers.Timer slowLook;
    private final Map<Leg, Probe> probes = new HashMap<>();

    /** A small read of a leg that should answer. */
    private final class Probe {
        final Leg leg;
        final Io io = new Io(1);
        boolean underWay;
        long sentNs;

        Probe(Leg leg) {
            this.leg = leg;
        }

        void send() {
            underWay = true;
            sentNs = core.nowNs();
            io.prepare(IoOperation.READ, leg.superblock.superOffset(), Leg.BLOCK_SECTORS)
                    .segment(leg.probeBlock, 0, Leg.BLOCK_BYTES);
            leg.submitRaw(io, this::answered, 0);
        }

        private void answered(Io done) {
            underWay = false;
            if (done.status() == IoStatus.FENCED) {
                core.fenced(leg);
            } else if (done.status().isOk()) {
                if (leg.answeringNs == Long.MAX_VALUE) {
                    leg.answeringNs = core.nowNs();
                }
                // Of the last one an error is told to whoever asks; what it was silent to goes
                // again.
                boolean again = leg.isSilentNow() || (leg.trouble != null && core.isLast(leg));
                if (again && sentNs >= leg.troubleNs) {
                    over(leg);
                    prove(leg);
                    core.retry(leg);
                }
                convict(leg, sentNs);
            } else if (isSilence(leg, done.status())) {
                leg.answeringNs = Long.MAX_VALUE;
            }
        }
    }

    Troubles(MirrorCore core) {
        this.core = core;
        step = core.timers().timer(this::step);
        slowLook = core.timers().timer(this::lookForSlow);
        slowLook.at(core.nowNs() + SLOW_LOOK_NS);
    }

    void close() {
        step.cancel();
        slowLook.cancel();
    }

    /**
     * Whether that end means that the leg said nothing, and not that it answered with an error. Of
     * a write that silence met half done, what was not sent will not land: it ended FAILED.
     */
    boolean isSilence(Leg leg, IoStatus status) {
        boolean write = status == IoStatus.UNKNOWN || status == IoStatus.FAILED;
        return status == IoStatus.OFFLINE || (write && leg.state == BlockDevice.State.OFFLINE);
    }

    /**
     * A leg in sync could not do something.
     *
     * @param cause what it is faulty of, should another leg convict it
     */
    void report(Leg leg, IoStatus status, Leg.Cause cause, String what) {
        if (!leg.isInSync() || core.isStopped()) {
            return;
        }
        if (leg.trouble == null) {
            leg.troubleNs = core.nowNs();
            leg.why = what;
            core.tell(
                    leg.name + ": " + what + "; asking the other legs whether it is the only one");
        }
        if (leg.trouble == null || !isSilence(leg, status)) {
            leg.trouble = status;
            leg.troubleIsSilence = isSilence(leg, status);
            // A write with FUA fails as a FLUSH does where a cache was lost.
            leg.cause = leg.troubleIsSilence || leg.unproven ? Leg.Cause.AWAY : cause;
        }
        if (isSilence(leg, status)) {
            leg.answeringNs = Long.MAX_VALUE;
            leg.doubt();
        }
        if (!step.isSet()) {
            step.at(core.nowNs());
        }
    }

    /**
     * A leg in sync that was away answers: it is read again once a FLUSH says that all is there.
     */
    void prove(Leg leg) {
        if (!leg.unproven || (leg.cacheLost && core.isCacheLost())) {
            return; // also where it is known, and told for good
        }
        if (!leg.canFlush()) {
            leg.proven();
            return;
        }
        int outage = leg.outageCount;
        leg.submitRaw(
                new Io(1).prepare(IoOperation.FLUSH, 0, 0),
                done -> proven(leg, done.status(), outage),
                0);
    }

    private void proven(Leg leg, IoStatus status, int outage) {
        boolean failed = !status.isOk() && status != IoStatus.FENCED && !isSilence(leg, status);
        leg.cacheLost |= failed;
        if (failed && leg.unprovenAlone && leg.isInSync() && !core.isStopped()) {
            core.cacheLost(leg); // another one that is in sync by now was filled from this one
        }
        if (status == IoStatus.FENCED) {
            core.fenced(leg);
        } else if (!leg.isInSync() || core.isStopped() || leg.outageCount != outage) {
            return; // failed, or away again
        } else if (status.isOk()) {
            leg.proven();
            core.reads().retry();
        } else {
            report(leg, status, Leg.Cause.AWAY, "a flush ended " + status + " after it was away");
        }
    }

    /** It answers again, and was not failed. */
    void over(Leg leg) {
        if (leg.trouble != null) {
            leg.trouble = null;
            leg.why = "";
            leg.cause = Leg.Cause.NONE;
            core.tell(leg.name + ": answers again");
            core.rewriteBad(leg);
        }
    }

    private void step() {
        if (core.isStopped()) {
            return;
        }
        boolean any = core.legs().stream().anyMatch(leg -> leg.isInSync() && leg.trouble != null);
        if (any) {
            core.legs().stream().filter(Leg::isInSync).forEach(this::probe);
            step.at(core.nowNs() + PROBE_NS);
        }
    }

    private void probe(Leg leg) {
        Probe probe = probes.computeIfAbsent(leg, Probe::new);
        if (!probe.underWay) {
            probe.send();
        }
    }

    private void convict(Leg witness, long sentNs) {
        if (core.isReadOnly()) {
            return; // nobody writes, so nobody lacks anything
        }
        for (Leg leg : core.legs()) {
            boolean accused = leg.isInSync() && leg.trouble != null;
            if (leg == witness || !accused || leg.troubleNs > sentNs) {
                continue;
            }
            if (witness.unproven && !leg.cacheLost) {
                continue; // what it may have lost would be nowhere, with the other one gone
            }
            boolean witnessOfLate = witness.answeringNs != Long.MIN_VALUE
                    && core.nowNs() < witness.answeringNs + core.settings().graceNs();
            // One that has lost its cache is no better than one that says nothing for now.
            boolean witnessInTrouble = witness.trouble != null || witness.unproven;
            if (leg.isSilentNow() && (witnessOfLate || witnessInTrouble)) {
                continue;
            }
            if (!witness.isInSync() || core.isLast(leg)) {
                return;
            }
            core.roster().fail(leg, leg.cause, leg.why);
        }
    }

    private void lookForSlow() {
        if (core.isStopped()) {
            return;
        }
        long limitNs = core.nowNs() - core.settings().slowNs();
        for (Leg leg : core.legs()) {
            if (leg.isInSync() && leg.oldestNs() < limitNs) {
                report(
                        leg,
                        IoStatus.UNKNOWN,
                        Leg.Cause.AWAY,
                        "has not answered a request for " + core.settings().slowNs() / 1_000_000_000
                                + " s");
            }
        }
        slowLook.at(core.nowNs() + SLOW_LOOK_NS);
    }
}
