// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.IoStatus;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorPattern;
import etherbay.sim.Simulation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The target is silent for longer than {@code fail-after}, while its disk has writes in hand: their
 * user is told that nobody knows. What is told to have failed must not land any more.
 */
final class LongOutage {
    /** A write that ended as one that did not happen, and what was there then. */
    private record NotDone(long lba, int sectors, long number, BitSet there) {}

    private final Simulation simulation;
    private final RemoteRig rig;
    private final List<NotDone> notDone = new ArrayList<>();

    private LongOutage(Simulation simulation) {
        this.simulation = simulation;
        rig = new RemoteRig(simulation, 8L * simulation.prng().between(1, 4));
    }

    static void run(Simulation simulation) {
        new LongOutage(simulation).run();
    }

    private void run() {
        long failAfterNs = RemoteDiskSettings.FAIL_AFTER_NS_MIN;
        DiskUser user = rig.open(
                RemoteDiskSettings.DEFAULT.withFailAfterNs(failAfterNs),
                port -> port,
                rig.prng.between(2, 10));
        user.onLostWrite(this::ended);
        int rounds = rig.prng.between(1, 3);
        for (int round = 0; round < rounds; round++) {
            user.issue(40);
            simulation.runFor(rig.prng.below(2 * RemoteRig.MS_NS));
            rig.network.cut(rig.box.ports().getFirst(), rig.port);
            rig.box
                    .medium()
                    .faults()
                    .stallUntil(simulation.nowNs() + failAfterNs + rig.prng.below(failAfterNs));
            simulation.runFor(failAfterNs + rig.prng.below(2 * failAfterNs));
            rig.network.heal();
            simulation.runFor(3 * failAfterNs);
        }
        rig.settle(user);
        notDone.forEach(this::judge);
        rig.cutAndLook();
    }

    private void ended(long lba, int sectors, long number, IoStatus status) {
        if (status == IoStatus.UNKNOWN) {
            return;
        }
        BitSet there = new BitSet(sectors);
        for (int sector = 0; sector < sectors; sector++) {
            there.set(sector, isThere(lba + sector, number));
        }
        notDone.add(new NotDone(lba, sectors, number, there));
    }

    private void judge(NotDone write) {
        for (int sector = 0; sector < write.sectors; sector++) {
            if (!write.there.get(sector) && isThere(write.lba + sector, write.number)) {
                throw new AssertionError("write %d ended as one that did not happen, and landed"
                                .formatted(write.number)
                        + " later on sector " + (write.lba + sector));
            }
        }
    }

    private boolean isThere(long lba, long number) {
        return SectorPattern.writeOf(rig.box.medium().peek(lba), lba) == number;
    }
}
