// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.Payload;
import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.DiskFaults;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import java.util.function.Consumer;

/**
 * Acknowledged is durable. One initiator writes, reads and flushes over a bad network; the machine
 * of the target loses its power, or the process is killed, several times at any instant. Afterwards
 * every sector must be there that was acknowledged with the write cache off, and every one that a
 * FLUSH covered with it on.
 */
final class PowerCut {
    static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress INITIATOR = new MacAddress(0x02eb_0000_0001L);
    private static final MacAddress TARGET = new MacAddress(0x02eb_0000_0100L);
    private static final int SECTORS_PER_BLOCK = 8;
    private static final long FRAME_LIFE_NS = 12 * MS_NS;

    private final Simulation simulation;
    private final Prng prng;
    private final SimNetwork network;
    private final Workload workload;
    private final SectorHistory history;
    private final TargetBox box;

    /**
     * @param cacheOff what is promised; the settings say the same
     * @param plant where a canary plants its bug
     */
    private PowerCut(Simulation simulation, boolean cacheOff, Consumer<TargetBox> plant) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        network = new SimNetwork(simulation, "lan");
        int sectors = SECTORS_PER_BLOCK * prng.between(1, 8);
        int mtu = prng.chance(0.3) ? 9000 : 1500;
        box = new TargetBox(simulation, sectors).on(network, TARGET).mtu(mtu);
        box.settings(settings -> settings.withWriteCache(!cacheOff));
        plant.accept(box);
        history = new SectorHistory(cacheOff);
        SimNode user = simulation.node("initiator");
        SimPort port = network.port(user, "eth0", INITIATOR).frames(24);
        port.mtu(mtu);
        SimInitiator initiator = new SimInitiator(
                        user, INITIATOR, TargetBox.SHELF, TargetBox.SLOT, prng.between(1, 12))
                .path(port, TARGET);
        port.onFrames(initiator::onFrame);
        int sectorsMax = Math.min(sectors, Payload.sectors(mtu));
        workload = new Workload(user, initiator, history, sectors, sectorsMax, FRAME_LIFE_NS)
                .inFlight(prng.between(1, 16));
        makeWeather();
    }

    static void cacheOff(Simulation simulation) {
        new PowerCut(simulation, true, box -> {}).run();
    }

    static void cacheOn(Simulation simulation) {
        new PowerCut(simulation, false, box -> {}).run();
    }

    /** The same with a planted bug, which the run must find for some seed. */
    static void planted(Simulation simulation, boolean cacheOff, Consumer<TargetBox> plant) {
        new PowerCut(simulation, cacheOff, plant).run();
    }

    private void makeWeather() {
        double worst = prng.chance(0.3) ? 0 : 0.15;
        network.conditions(new Impairment.Settings(
                worst * prng.unit(), worst * prng.unit(), worst * prng.unit(), 0, 3 * MS_NS));
        DiskFaults faults = box.medium().faults().tear(prng.unit());
        if (prng.chance(0.3)) {
            faults.slow(0.1, 5 * MS_NS);
        }
        int blockBytes = prng.chance(0.2) ? 4096 : BlockDevice.SECTOR_BYTES;
        boolean fua = prng.chance(0.7);
        box.medium()
                .capabilities(new BlockCapabilities(
                        true, fua, true, true, blockBytes, 4096, false, false));
        if (prng.chance(0.1)) {
            long lba = prng.below(box.medium().sectors());
            simulation.after(prng.below(10 * MS_NS), () -> faults.badRange(lba, 1));
        }
        if (prng.chance(0.1)) {
            faults.space(prng.between(1, 40));
        }
    }

    private void run() {
        box.start();
        int rounds = prng.between(1, 3);
        for (int round = 0; round < rounds; round++) {
            workload.issue(prng.between(30, 120));
            simulation.runFor(prng.below(20 * MS_NS));
            crashAndStart();
        }
        network.heal();
        box.medium().faults().heal();
        simulation.runUntil("all requests answered", 20 * SECOND_NS, workload::finished);
        workload.readAll();
        simulation.runUntil("all sectors read", 20 * SECOND_NS, workload::finished);
        simulation.mark("write acked", history.ackedCount());
        cutAndLook();
    }

    private void crashAndStart() {
        boolean kill = prng.chance(0.25);
        long before = box.incarnation();
        if (kill) {
            box.kill();
        } else {
            box.powerCut();
            history.crashed();
        }
        simulation.runFor(prng.below(5 * MS_NS));
        box.start();
        if (kill != (box.incarnation() == before)) {
            throw new AssertionError("after a " + (kill ? "kill" : "power cut")
                    + " the incarnation was " + before + " and is " + box.incarnation());
        }
    }

    /** The last word: what stands on the medium after one more cut. */
    private void cutAndLook() {
        box.powerCut();
        history.crashed();
        long begunAt = history.readBegins();
        for (long lba = 0; lba < box.medium().sectors(); lba++) {
            history.checkRead(begunAt, lba, SectorPattern.writeOf(box.medium().peek(lba), lba));
        }
    }
}
