// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import java.util.function.Consumer;

/**
 * After a failed sync nothing is trusted. The disk fails one sync at any time and then, as Linux
 * does, reports that all is well. Every FLUSH and every write asked for after that must fail, in
 * this life of the target and in the next, until a person clears it; and after that they work
 * again.
 */
final class FailedSync {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress INITIATOR = new MacAddress(0x02eb_0000_0001L);
    private static final MacAddress TARGET = new MacAddress(0x02eb_0000_0100L);
    private static final int SECTORS = 32;

    private final Simulation simulation;
    private final Prng prng;
    private final TargetBox box;
    private final SimInitiator initiator;
    private final Workload workload;
    private long failedAtNs = Long.MAX_VALUE;
    private int judgedCount;

    private FailedSync(Simulation simulation, Consumer<TargetBox> plant) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        boolean cacheOff = prng.chance(0.5);
        SimNetwork network = new SimNetwork(simulation, "lan");
        box = new TargetBox(simulation, SECTORS).on(network, TARGET);
        box.settings(settings -> settings.withWriteCache(!cacheOff));
        plant.accept(box);
        SimNode user = simulation.node("initiator");
        SimPort port = network.port(user, "eth0", INITIATOR).frames(24);
        initiator = new SimInitiator(user, INITIATOR, TargetBox.SHELF, TargetBox.SLOT, 8)
                .path(port, TARGET);
        port.onFrames(initiator::onFrame);
        SectorHistory history = new SectorHistory(cacheOff);
        workload = new Workload(user, initiator, history, SECTORS, 2, MS_NS).observe(this::judge);
    }

    static void run(Simulation simulation) {
        new FailedSync(simulation, box -> {}).run();
    }

    static void planted(Simulation simulation, Consumer<TargetBox> plant) {
        new FailedSync(simulation, plant).run();
    }

    private void run() {
        box.start();
        workload.issue(30);
        simulation.runFor(prng.below(5 * MS_NS));
        box.medium().faults().forgetFailedFlushes(true).failFlushes(1);
        workload.issue(30);
        ask(); // whatever its answer: the sync that fails comes with it, if none came before
        if (box.medium().failedFlushCount() == 0) {
            throw new AssertionError("a FLUSH was answered without a FLUSH of the disk");
        }
        simulation.runFor(5 * MS_NS); // the disk tells, the target hears
        failedAtNs = simulation.nowNs();
        workload.issue(30);
        simulation.runUntil("all requests answered", 20 * SECOND_NS, workload::finished);
        askForFlush();
        restart();
        askForFlush();
        if (judgedCount < 2) {
            throw new AssertionError("nothing was asked for after the failed sync");
        }
        clear();
        askForFlush();
    }

    private void restart() {
        if (prng.chance(0.5)) {
            box.kill();
        } else {
            box.powerCut();
        }
        box.start();
    }

    private void clear() {
        box.kill();
        box.stateDisk().store(box.stateDisk().stored().orElseThrow().cleared());
        box.start();
        failedAtNs = Long.MAX_VALUE;
        SimRequest flush = ask();
        if (!flush.isOk()) {
            throw new AssertionError("cleared by hand, and still refused: " + flush);
        }
    }

    private void askForFlush() {
        judge(ask());
    }

    private SimRequest ask() {
        SimRequest flush = SimRequest.flush();
        initiator.submit(flush);
        simulation.runUntil("a flush answered", 20 * SECOND_NS, () -> !flush.isOpen());
        return flush;
    }

    private void judge(SimRequest answered) {
        boolean mustFail = !answered.isRead() && answered.askedNs >= failedAtNs;
        judgedCount += mustFail ? 1 : 0;
        if (mustFail && answered.outcome != SimRequest.Outcome.ATA_ERROR) {
            throw new AssertionError("asked for after a failed sync: " + answered);
        }
    }
}
