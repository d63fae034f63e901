// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Impairment;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SimNetwork;
import etherbay.sim.Simulation;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A loss of power that is over before anybody is missed, with the beacons of the new start lost
 * more often than not: what tells is the incarnation alone. A FLUSH that succeeds holds
 * nevertheless, and answers from before the loss, which the network still carries, count for
 * nothing.
 */
final class QuickReboot {
    private static final long US_NS = 1_000L;

    private final Simulation simulation;
    private final RemoteRig rig;
    private boolean holding;
    private int releasedCount;

    private QuickReboot(Simulation simulation) {
        this.simulation = simulation;
        rig = new RemoteRig(simulation, 16);
    }

    static void run(Simulation simulation) {
        new QuickReboot(simulation).run();
    }

    private void run() {
        DiskUser user = rig.open(RemoteDiskSettings.DEFAULT, port -> port, rig.prng.between(1, 8));
        double beaconsLost = rig.prng.unit();
        rig.network.holdIf((from, to, frame) -> isAnswer(frame)
                && (isBeacon(frame) ? rig.prng.chance(beaconsLost) : holding && isDone(frame)));
        rig.network.conditions(new Impairment.Settings(
                0.05 * rig.prng.unit(), 0.1 * rig.prng.unit(), 0.1 * rig.prng.unit(), 0, US_NS));
        int cuts = rig.prng.between(1, 3);
        while (cuts > 0) {
            if (rig.prng.chance(0.4)) {
                cuts--;
                reboot(user);
            } else {
                user.issue(rig.prng.between(1, 8));
                simulation.runFor(rig.prng.below(1500 * US_NS));
            }
        }
        user.issue(20);
        rig.settle(user);
        rig.cutAndLook();
    }

    /** Perhaps with the last answers on their way until after the new start. */
    private void reboot(DiskUser user) {
        holding = rig.prng.chance(0.7);
        user.issue(holding ? rig.prng.between(1, 4) : 0);
        simulation.runFor(rig.prng.below(500 * US_NS));
        holding = false;
        rig.powerCut();
        simulation.runFor(rig.prng.below(100 * US_NS));
        rig.box.start();
        simulation.runFor(rig.prng.below(500 * US_NS));
        List<SimNetwork.Held> held = rig.network.held();
        for (; releasedCount < held.size(); releasedCount++) {
            SimNetwork.Held late = held.get(releasedCount);
            if (!isBeacon(late.bytes())) {
                simulation.mark("answer of before the loss");
                late.release(rig.prng.below(500 * US_NS));
            }
        }
        user.issue(rig.prng.below(15));
        simulation.runFor(rig.prng.below(3000 * US_NS));
    }

    private static boolean isAnswer(byte[] frame) {
        return AoeHeader.response(MemorySegment.ofArray(frame), 0);
    }

    /** The answer to a write or a FLUSH. */
    private static boolean isDone(byte[] frame) {
        return AoeHeader.command(MemorySegment.ofArray(frame), 0) == AoeHeader.COMMAND_ATA
                && frame.length == Ethernet.FRAME_BYTES_MIN;
    }

    private static boolean isBeacon(byte[] frame) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        return AoeHeader.response(memory, 0) && AoeHeader.tag(memory, 0) == 0;
    }
}
