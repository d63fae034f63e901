// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.IoStatus;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;

import java.util.List;
import java.util.UUID;

/**
 * A mirror over simulated targets of ours, by way of the shipped initiator and one or two bad
 * networks: what {@link MirrorLife} asks, with every layer between a mirror and its disks. Frames
 * are lost, doubled, held back; targets are cut off, killed, lose their power, stop in order; the
 * mirror's process is killed at any instant; another node takes it over while the first one lives
 * and its frames are still on their way. The targets' own logs say that no two of them wrote.
 */
final class RemoteMirrorLife extends MirrorCase {
    private static final int SHORT_NS = 4_000_000;

    /** Outages take up to four seconds: some end before a disk is given up. */
    private static final long OUTAGE_NS_STEP = 7 * MS_NS;

    private static final int OUTAGE_STEP_COUNT = 571;

    /** Once nothing is asked of it, an owner has cleaned by then. */
    private static final long IDLE_NS = 2 * SECOND_NS;

    /** An owner that nobody asks for anything has heard of its fence by then. */
    private static final long HEARD_NS = 5 * SECOND_NS;

    /** A target that is back so soon has left no path silent. */
    private static final int QUICK_NS = 20_000_000;

    /** Frames on their way when another owner comes, at the latest. */
    private static final int LATE_NS_MAX = (int) (2 * SECOND_NS);

    static {
        DiskUser.quiet();
    }

    private final RemoteWorld world;

    private RemoteMirrorLife(Simulation simulation) {
        super(simulation);
        world = new RemoteWorld(simulation);
        begin(world.media());
    }

    static void run(Simulation simulation) {
        new RemoteMirrorLife(simulation).run();
    }

    @Override
    int legCount() {
        return world.boxes().size();
    }

    @Override
    MirrorOwner.LegSource source(SimNode node, UUID id) {
        return world.legs(node, id);
    }

    @Override
    void made(MirrorOwner one) {
        legsOf(one).onAppearance(one::appeared);
    }

    private static RemoteLegs legsOf(MirrorOwner of) {
        return (RemoteLegs) of.source;
    }

    private void run() {
        world.weather();
        int rounds = prng.between(2, 5);
        for (int round = 0; round < rounds; round++) {
            owner.issue(prng.between(10, 60));
            int trouble = prng.between(0, 3);
            simulation.runFor(prng.below(SHORT_NS));
            for (int count = 0; count < trouble; count++) {
                something();
                goOn();
            }
            if (prng.chance(0.3)) {
                heal();
                world.weather();
            }
            if (split) {
                return; // refused, which loses nothing: a person is to decide
            }
        }
        heal();
        if (!split) {
            readAll();
            stop();
            judgeLegs();
        }
    }

    /** Requests all the while, so that whatever comes next meets some. */
    private void goOn() {
        int steps = prng.between(1, 4);
        int stepNs = (int) (prng.chance(0.5) ? SECOND_NS : 5 * MS_NS);
        for (int step = 0; step < steps; step++) {
            owner.issue(prng.between(0, 30));
            simulation.runFor(prng.below(stepNs));
        }
        if (owner.isOpening() && prng.chance(0.7)) {
            MirrorOwner opening = owner;
            simulation.runUntil("opened or not", HEAL_NS, () -> !opening.isOpening());
        }
        owner.issue(prng.between(0, 30));
        simulation.runFor(prng.below(SHORT_NS));
    }

    private void something() {
        int leg = prng.below(legCount());
        switch (prng.below(14)) {
            case 0 -> kill();
            case 1 -> cutOff(leg);
            case 2 -> {
                for (int each = 0; each < legCount(); each++) {
                    cutOff(each);
                }
            }
            case 3 -> killTarget(leg);
            case 4 -> away(leg);
            case 5, 6 -> powerCut(leg);
            case 7 -> powerCutAll();
            case 8, 9 -> takeOver();
            case 10 -> world.cutPath(leg);
            case 11 -> {
                if (replace(leg) && prng.chance(0.7)) {
                    powerCut(leg);
                }
            }
            case 12 -> owner.node.pauseUntil(simulation.nowNs() + prng.below(LATE_NS_MAX));
            default -> {
                disturbed = true;
                world.failSaves(leg);
            }
        }
    }

    /** An instant at which a crash is worth trying. */
    @Override
    void changed(MirrorOwner at) {
        if (at.mirror != null && prng.chance(0.2)) {
            simulation.after(prng.below(SHORT_NS), () -> {
                if (owner.equals(at) && at.node.alive() && !healing) {
                    simulation.mark("killed when a leg changed");
                    kill();
                }
            });
        }
    }

    private void cutOff(int leg) {
        disturbed = true;
        world.cutOff(leg);
        simulation.after(OUTAGE_NS_STEP * prng.below(OUTAGE_STEP_COUNT), () -> world.mend(leg));
    }

    private void killTarget(int leg) {
        disturbed = true;
        if (world.boxes().get(leg).running()) {
            world.boxes().get(leg).kill();
        }
        startLater(leg);
    }

    private void away(int leg) {
        disturbed = true;
        TargetBox box = world.boxes().get(leg);
        if (box.running()) {
            simulation.mark("target stops in order");
            box.away(prng.between(500, 8000));
            simulation.runFor(MS_NS);
            box.kill();
        }
        startLater(leg);
    }

    private void startLater(int leg) {
        simulation.after(OUTAGE_NS_STEP * prng.below(OUTAGE_STEP_COUNT), () -> world.start(leg));
    }

    private void powerCut(int leg) {
        owner.issue(prng.between(0, 30));
        simulation.runFor(prng.below(SHORT_NS));
        if (tainted || !owner.isWhole(legCount())) {
            history.crashed();
        }
        tainted = true;
        disturbed = true;
        losePower(leg);
    }

    /** Back sooner than anybody is missed, or later. */
    private void losePower(int leg) {
        world.powerCut(leg);
        if (prng.chance(0.3)) {
            simulation.after(prng.below(QUICK_NS), () -> world.start(leg));
        } else {
            startLater(leg);
        }
    }

    private void powerCutAll() {
        owner.issue(prng.between(0, 30));
        simulation.runFor(prng.below(SHORT_NS));
        history.crashed();
        tainted = true;
        disturbed = true;
        all().forEach(this::losePower);
        if (prng.chance(0.5)) {
            kill();
        } else {
            owner.issue(prng.between(1, 30)); // what is lost is lost to one who lives on
        }
    }

    /** The process is gone; another one of the same node assembles what it finds. */
    private void kill() {
        if (tainted) {
            history.crashed();
        }
        owner.kill();
        owner = newOwner(false);
        List<Integer> legs = all();
        if (prng.chance(0.3)) {
            legs = legs.stream().filter(leg -> prng.chance(0.6)).toList();
            if (legs.isEmpty()) {
                legs = List.of(prng.below(legCount()));
            }
            simulation.mark("assembled from some");
        }
        open(legs);
    }

    /** Whether the owner has nothing to do any more, and would write nothing by itself. */
    private boolean isIdle() {
        return owner.isOpen() && owner.isFinished() && owner.detail().state().equals("clean");
    }

    /** Another node takes it over; what the former one has sent is still on its way. */
    private void takeOver() {
        boolean idle = prng.chance(0.3);
        long silentAtNs = Long.MAX_VALUE;
        if (idle) {
            simulation.runFor(IDLE_NS);
            idle = isIdle();
        } else {
            double rate = prng.chance(0.5) ? prng.unit() : 0;
            world.holdWrites(legsOf(owner).ports(), rate);
            silentAtNs = rate > 0 ? simulation.nowNs() + world.failAfterNs() : silentAtNs;
            owner.issue(prng.below(100));
            simulation.runFor(prng.below(SHORT_NS));
        }
        MirrorOwner former = owner;
        boolean well = !disturbed && world.isCalm() && former.isWhole(legCount());
        MirrorOwner rival = newOwner(true);
        owner = rival;
        open(all());
        simulation.runUntil("the rival has opened or not", HEAL_NS, () -> !rival.isOpening());
        if (!rival.isOpen()) {
            world.releaseHeld(LATE_NS_MAX);
            former.kill();
            return;
        }
        simulation.mark("taken over");
        if (well && !rival.isWhole(legCount())) {
            throw new AssertionError("a take-over cost a leg: " + rival.detail());
        }
        long openedAtNs = simulation.nowNs();
        List<Integer> legs = rival.legs();
        rival.issue(prng.between(1, 20));
        if (idle) {
            hearsOfItsFence(former, well);
        } else {
            former.issue(prng.between(1, 20));
        }
        world.releaseHeld(LATE_NS_MAX);
        simulation.runFor(prng.below(LATE_NS_MAX));
        checkFailedNone(former, well, silentAtNs);
        if (rival.mirror != null) {
            judge.checkOneWriter(rival.detail().epoch(), openedAtNs, legs, world::log);
        }
        former.kill();
    }

    /**
     * A leg all of whose writes are held says nothing, and is rightly failed for that by another
     * one that answers its reads, as a fence lets it: from then on nothing is known.
     *
     * @param silentAtNs before then no leg can have been silent for too long
     */
    private void checkFailedNone(MirrorOwner former, boolean well, long silentAtNs) {
        if (former.mirror == null || former.legs().size() == legCount()) {
            return;
        }
        if (simulation.nowNs() >= silentAtNs) {
            simulation.mark("leg failed while its writes were held");
        } else if (well) {
            throw new AssertionError("a fence was taken for a failed leg: " + former.detail());
        }
    }

    /** Nobody asks it for anything: it asks by itself. */
    private void hearsOfItsFence(MirrorOwner former, boolean well) {
        simulation.runFor(HEARD_NS);
        if (former.isFenced()) {
            simulation.mark("idle owner heard of its fence");
        } else if (well) {
            throw new AssertionError("an idle owner has not heard of its fence");
        }
    }

    @Override
    void nothingGoesWrong() {
        world.heal();
    }

    /** A request waits, or is done; FLUSH and FUA alone fail, where the last leg lost its power. */
    @Override
    void allEnded() {
        DiskUser user = owner.user;
        if (user == null) {
            return;
        }
        for (IoStatus status : List.of(IoStatus.UNKNOWN, IoStatus.OFFLINE)) {
            if (user.endedWith(status) > 0) {
                throw new AssertionError(user.endedWith(status) + " requests ended " + status);
            }
        }
        if (!tainted && user.flushFailedCount() + user.endedWith(IoStatus.FAILED) > 0) {
            throw new AssertionError("a request failed, and no target has lost its power");
        }
    }

    private void stop() {
        stopMirror();
        simulation.runFor(SECOND_NS);
        legsOf(owner).checkIdle();
        legsOf(owner).noteCounters();
        owner.kill();
    }

    /** What was stopped clean is the same on all legs, and stays so without power. */
    private void judgeLegs() {
        world.powerCutAll();
        history.crashed();
        judge.checkSuperblocks();
        judge.checkSame(world.dataSectors());
        judge.checkHistory(history, world.dataSectors());
        world.judgeTerms(ownerCount);
        simulation.mark("write acked", history.ackedCount());
    }
}
