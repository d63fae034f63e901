// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import org.jspecify.annotations.Nullable;

import java.util.function.UnaryOperator;

/**
 * Two targets serve different disks of one size under one address, each on a network of its own.
 * When both are there the disk is refused; when the second comes later, or takes the place of the
 * first, nothing of ours ever reaches it.
 */
final class TwoDisks {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final MacAddress[] OURS = {
        new MacAddress(0x02eb_0000_0001L), new MacAddress(0x02eb_0000_0002L)
    };
    private static final MacAddress[] THEIRS = {
        new MacAddress(0x02eb_0000_0101L), new MacAddress(0x02eb_0000_0102L)
    };

    static {
        DiskUser.quiet();
    }

    private final Simulation simulation;
    private final Prng prng;
    private final SimNode user;
    private final TargetBox[] boxes = new TargetBox[2];
    private final Initiator initiator;
    private boolean ended;
    private @Nullable EtherbayException refusal;

    private TwoDisks(Simulation simulation, UnaryOperator<EthernetPort> plant) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        user = simulation.node("initiator");
        initiator = new Initiator(user.loop(), new Counters(), prng.fork());
        user.loop().add(initiator);
        long sectors = 8L * prng.between(1, 8);
        for (int index = 0; index < 2; index++) {
            SimNetwork network = new SimNetwork(simulation, "lan" + index);
            boxes[index] = new TargetBox(simulation, sectors).on(network, THEIRS[index]);
            SimPort port = network.port(user, "eth" + index, OURS[index]).frames(40);
            initiator.add(plant.apply(port));
        }
    }

    static void run(Simulation simulation) {
        new TwoDisks(simulation, port -> port).run();
    }

    static void planted(Simulation simulation, UnaryOperator<EthernetPort> plant) {
        new TwoDisks(simulation, plant).run();
    }

    private void run() {
        boolean later = prng.chance(0.6);
        boxes[0].start();
        if (!later) {
            boxes[1].start();
        }
        DiskAddress address = new DiskAddress(TargetBox.SHELF, TargetBox.SLOT);
        RemoteDisk disk = initiator.open(address, RemoteDiskSettings.DEFAULT, failure -> {
            ended = true;
            refusal = failure;
        });
        simulation.runUntil("it is open or refused", 2 * SECOND_NS, () -> ended);
        if (later) {
            use(disk);
        } else {
            judgeRefusal();
        }
    }

    private void judgeRefusal() {
        simulation.mark("refused at once");
        if (refusal == null || refusal.code() != ErrorCode.CONFLICT) {
            throw new AssertionError("two disks are taken for one", refusal);
        }
        String text = refusal.toText();
        for (TargetBox box : boxes) {
            String serial = box.serial();
            if (!text.contains(serial)) {
                throw new AssertionError("serial " + serial + " is not named: " + text);
            }
        }
    }

    private void use(RemoteDisk disk) {
        simulation.mark("second disk came later");
        if (refusal != null) {
            throw new AssertionError("one disk is refused", refusal);
        }
        DiskUser works = new DiskUser(user, disk, new SectorHistory(false), 6, 16);
        works.issue(20);
        boxes[1].start();
        simulation.runFor(prng.below(10_000_000L));
        works.issue(40);
        if (prng.chance(0.5)) {
            boxes[0].kill();
            simulation.runFor(prng.below(2 * SECOND_NS));
            boxes[0].start();
        }
        simulation.runUntil("all requests ended", 30 * SECOND_NS, works::finished);
        works.readAll();
        simulation.runUntil("all sectors read", 30 * SECOND_NS, works::finished);
        if (!boxes[1].diskLog().isEmpty()) {
            throw new AssertionError("the other disk was written to");
        }
    }
}
