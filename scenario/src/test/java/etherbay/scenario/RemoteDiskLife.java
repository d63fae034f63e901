// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A remote disk over one or two bad networks: frames are lost, doubled, held back; links are cut;
 * the target is killed and started again, and loses its power. No read may be wrong, a FLUSH that
 * succeeded holds for ever, and everything ends. Shorter outages than {@code fail-after} give no
 * error but that of FLUSH after a loss of power.
 */
final class RemoteDiskLife {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress[] OURS = {
        new MacAddress(0x02eb_0000_0001L), new MacAddress(0x02eb_0000_0002L)
    };
    private static final MacAddress[] THEIRS = {
        new MacAddress(0x02eb_0000_0101L), new MacAddress(0x02eb_0000_0102L)
    };

    /** What a frame is held back by stays far below this, and so does what a cut keeps. */
    private static final long FRAME_LIFE_NS = 40 * MS_NS;

    static {
        DiskUser.quiet();
    }

    private final Simulation simulation;
    private final Prng prng;
    private final List<SimNetwork> networks = new ArrayList<>();
    private final List<SimPort> ports = new ArrayList<>();
    private final TargetBox box;
    private final SimNode user;
    private final SectorHistory history = new SectorHistory(false);
    private final UnaryOperator<EthernetPort> plant;
    private boolean opened;
    private @Nullable EtherbayException refusal;
    private boolean powerLost;

    private RemoteDiskLife(Simulation simulation, UnaryOperator<EthernetPort> plant) {
        this.simulation = simulation;
        this.plant = plant;
        prng = simulation.prng().fork();
        box = new TargetBox(simulation, 8L * (prng.chance(0.3) ? 1 : prng.between(1, 12)));
        box.settings(settings -> settings.withWriteCache(prng.chance(0.8)));
        user = simulation.node("initiator");
        int mtu = prng.chance(0.4) ? 9000 : 1500;
        box.mtu(mtu);
        int networkCount = prng.chance(0.5) ? 2 : 1;
        for (int index = 0; index < networkCount; index++) {
            SimNetwork network = new SimNetwork(simulation, "lan" + index);
            networks.add(network);
            box.on(network, THEIRS[index]);
            SimPort port = network.port(user, "eth" + index, OURS[index]).frames(40);
            port.mtu(mtu);
            ports.add(port);
        }
    }

    static void run(Simulation simulation) {
        new RemoteDiskLife(simulation, port -> port).run();
    }

    /** The same with an initiator that makes a mistake, as its port makes it. */
    static void planted(Simulation simulation, UnaryOperator<EthernetPort> plant) {
        new RemoteDiskLife(simulation, plant).run();
    }

    private void run() {
        box.start();
        Initiator initiator = new Initiator(user.loop(), new Counters(), prng.fork());
        user.loop().add(initiator);
        ports.forEach(port -> initiator.add(plant.apply(port)));
        RemoteDisk disk = open(initiator);
        simulation.runUntil("the disk is open", 2 * SECOND_NS, () -> opened || refusal != null);
        if (refusal != null) {
            throw new AssertionError("one disk, and it is refused", refusal);
        }
        DiskUser works = new DiskUser(user, disk, history, prng.between(1, 12), 40);
        makeWeather();
        int rounds = prng.between(1, 4);
        for (int round = 0; round < rounds; round++) {
            works.issue(prng.between(20, 100));
            simulation.runFor(prng.below(30 * MS_NS));
            trouble(works);
        }
        networks.forEach(SimNetwork::heal);
        simulation.runUntil("all requests ended", 30 * SECOND_NS, works::finished);
        works.readAll();
        simulation.runUntil("all sectors read", 30 * SECOND_NS, works::finished);
        judge(works);
        if (prng.chance(0.2)) {
            goneForGood(disk, works);
        }
    }

    private RemoteDisk open(Initiator initiator) {
        RemoteDiskSettings settings = RemoteDiskSettings.DEFAULT.withFrameLifeNs(FRAME_LIFE_NS);
        DiskAddress address = new DiskAddress(TargetBox.SHELF, TargetBox.SLOT);
        RemoteDisk[] disk = new RemoteDisk[1];
        disk[0] = initiator.open(address, settings, failure -> {
            opened = failure == null;
            refusal = failure;
        });
        return disk[0];
    }

    private void makeWeather() {
        // Held doubles are what the floor is for.
        boolean doubles = prng.chance(0.3);
        double worst = prng.chance(0.3) ? 0 : 0.2;
        Impairment.Settings weather = doubles
                ? new Impairment.Settings(0, 0.5, 0.5, 0, 25 * MS_NS)
                : new Impairment.Settings(
                        worst * prng.unit(),
                        worst * prng.unit(),
                        worst * prng.unit(),
                        0,
                        5 * MS_NS);
        networks.forEach(network -> network.conditions(weather));
        box.medium().faults().tear(prng.unit());
        if (prng.chance(0.3)) {
            box.medium().faults().slow(0.1, 5 * MS_NS);
        }
    }

    private void trouble(DiskUser works) {
        int kind = prng.below(100);
        if (kind < 45) {
            box.powerCut();
            history.crashed();
            works.powerCut();
            powerLost = true;
            startLater();
        } else if (kind < 60) {
            box.kill();
            startLater();
        } else if (kind < 85 && networks.size() > 1) {
            cutOne();
        }
    }

    private void startLater() {
        simulation.runFor(prng.below(prng.chance(0.2) ? 2 * SECOND_NS : 50 * MS_NS));
        box.start();
    }

    private void cutOne() {
        int index = prng.below(networks.size());
        SimPort ours = ports.get(index);
        SimPort theirs = box.ports().get(index);
        networks.get(index).cutBoth(ours, theirs);
        simulation.after(prng.below(500 * MS_NS), () -> {
            networks.get(index).mend(ours, theirs);
            networks.get(index).mend(theirs, ours);
        });
    }

    private void judge(DiskUser works) {
        int errors = works.failedCount() - works.flushFailedCount();
        if (!powerLost && works.failedCount() > 0) {
            throw new AssertionError(works.failedCount() + " requests failed in short outages");
        }
        // A FUA write ends with the FLUSH behind it where the target has no FUA of its own.
        if (errors > 0) {
            throw new AssertionError(errors + " requests that are no FLUSH failed");
        }
        box.powerCut();
        history.crashed();
        long begunAt = history.readBegins();
        for (long lba = 0; lba < box.medium().sectors(); lba++) {
            history.checkRead(begunAt, lba, SectorPattern.writeOf(box.medium().peek(lba), lba));
        }
        simulation.mark("write acked", history.ackedCount());
    }

    /** With the target gone everything ends within {@code fail-after} and half a second. */
    private void goneForGood(RemoteDisk disk, DiskUser works) {
        works.issue(20);
        simulation.runUntil(
                "an error when the disk is gone",
                RemoteDiskSettings.DEFAULT.failAfterNs() + SECOND_NS / 2,
                works::finished);
        simulation.mark("gone for good");
        if (disk.status().paths().isEmpty()) {
            throw new AssertionError("its paths are known still");
        }
    }
}
