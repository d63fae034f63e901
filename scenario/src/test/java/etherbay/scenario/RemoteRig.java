// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import org.jspecify.annotations.Nullable;

import java.util.function.UnaryOperator;

/**
 * A target, a network, and a remote disk with a user: for scenarios that are about one kind of
 * trouble. With its write cache on, so that a FLUSH means something.
 */
final class RemoteRig {
    static final long SECOND_NS = 1_000_000_000L;
    static final long MS_NS = 1_000_000L;
    private static final MacAddress OURS = new MacAddress(0x02eb_0000_0001L);
    private static final MacAddress THEIRS = new MacAddress(0x02eb_0000_0101L);

    static {
        DiskUser.quiet();
    }

    final Simulation simulation;
    final Prng prng;
    final SimNetwork network;
    final TargetBox box;
    final SimPort port;
    private final SimNode user;
    private final SectorHistory history = new SectorHistory(false);
    private @Nullable DiskUser works;
    private boolean opened;
    private @Nullable EtherbayException refusal;

    RemoteRig(Simulation simulation, long sectors) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        network = new SimNetwork(simulation, "lan");
        box = new TargetBox(simulation, sectors).on(network, THEIRS);
        box.settings(settings -> settings.withWriteCache(true));
        user = simulation.node("initiator");
        port = network.port(user, "eth0", OURS).frames(40);
    }

    /**
     * Opens the disk while the weather is fine.
     *
     * @param view what the initiator has for its port
     * @param requestsMax of the user at once
     */
    DiskUser open(RemoteDiskSettings settings, UnaryOperator<EthernetPort> view, int requestsMax) {
        box.start();
        Initiator initiator = new Initiator(user.loop(), new Counters(), prng.fork());
        user.loop().add(initiator);
        initiator.add(view.apply(port));
        DiskAddress address = new DiskAddress(TargetBox.SHELF, TargetBox.SLOT);
        BlockDevice disk = initiator.open(address, settings, failure -> {
            opened = failure == null;
            refusal = failure;
        });
        simulation.runUntil("the disk is open", 2 * SECOND_NS, () -> opened || refusal != null);
        if (refusal != null) {
            throw new AssertionError("one disk, and it is refused", refusal);
        }
        int sectorsMax = (int) Math.min(40, box.medium().sectors());
        works = new DiskUser(user, disk, history, requestsMax, sectorsMax);
        return works;
    }

    /** The user's end of the disk's loss of power. */
    void powerCut() {
        box.powerCut();
        history.crashed();
        if (works != null) {
            works.powerCut();
        }
    }

    /** Fine weather until all has ended; then every sector is read and judged. */
    void settle(DiskUser user) {
        network.heal();
        simulation.runUntil("all requests ended", 30 * SECOND_NS, user::finished);
        user.readAll();
        simulation.runUntil("all sectors read", 30 * SECOND_NS, user::finished);
        simulation.mark("write acked", history.ackedCount());
    }

    /** The last word: what stands on the medium after one more loss of power. */
    void cutAndLook() {
        powerCut();
        long begunAt = history.readBegins();
        for (long lba = 0; lba < box.medium().sectors(); lba++) {
            history.checkRead(begunAt, lba, SectorPattern.writeOf(box.medium().peek(lba), lba));
        }
    }
}
