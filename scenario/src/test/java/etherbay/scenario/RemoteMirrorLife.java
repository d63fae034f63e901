// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.EtherbayException;
import etherbay.base.IoStatus;
import etherbay.base.Prng;
import etherbay.mirror.Creation;
import etherbay.mirror.Mirror;
import etherbay.mirror.Part;
import etherbay.sim.SectorHistory;
import etherbay.sim.Simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * A mirror over simulated targets of ours, by way of the shipped initiator and one or two bad
 * networks: what {@link MirrorLife} asks, with every layer between a mirror and its disks. Frames
 * are lost, doubled, held back; targets are cut off, killed, lose their power, stop in order; the
 * mirror's process is killed at any instant; another node takes it over while the first one lives
 * and its frames are still on their way. The targets' own logs say that no two of them wrote.
 */
final class RemoteMirrorLife {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final int SHORT_NS = 4_000_000;
    private static final int CHUNK_BYTES = 4096;

    /** Once all is well: looking for targets, assembling, recovering, cleaning. */
    private static final long HEAL_NS = 200 * SECOND_NS;

    /** Outages take up to four seconds: some end before a disk is given up. */
    private static final long OUTAGE_NS_STEP = 7 * MS_NS;

    private static final int OUTAGE_STEP_COUNT = 571;

    /** Frames on their way when another owner comes, at the latest. */
    private static final int LATE_NS_MAX = (int) (2 * SECOND_NS);

    static {
        DiskUser.quiet();
    }

    private final Simulation simulation;
    private final Prng prng;
    private final RemoteWorld world;
    private final SectorHistory history = new SectorHistory(false);
    private final MirrorJudge judge;
    private MirrorOwner owner;
    private int ownerCount;
    private boolean healing;
    private boolean split;

    /** Whether anything has gone wrong with a leg since all were whole. */
    private boolean disturbed;

    /** Whether a machine has lost its power since all legs were known to be whole. */
    private boolean tainted;

    private RemoteMirrorLife(Simulation simulation) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        world = new RemoteWorld(simulation);
        judge = new MirrorJudge(simulation, world.media());
        owner = newOwner(false);
        create();
    }

    static void run(Simulation simulation) {
        new RemoteMirrorLife(simulation).run();
    }

    private int legCount() {
        return world.boxes().size();
    }

    private List<Integer> all() {
        return IntStream.range(0, legCount()).boxed().toList();
    }

    private MirrorOwner newOwner(boolean rival) {
        UUID id = rival || ownerCount == 0 ? new UUID(0, ++ownerCount) : owner.id;
        MirrorOwner made = new MirrorOwner(
                simulation,
                "owner" + ownerCount,
                id,
                node -> world.legs(node, id),
                history,
                this::assembled,
                this::changed);
        legsOf(made).onAppearance(made::appeared);
        return made;
    }

    private static RemoteLegs legsOf(MirrorOwner of) {
        return (RemoteLegs) of.source;
    }

    /** What a machine has lost is lost to this user as well, and no FLUSH of his speaks of it. */
    private void assembled() {
        history.unackedAreDead();
        judge.checkEventsRaised();
        if (tainted) {
            history.crashed();
            history.reattached();
        }
    }

    private void create() {
        RemoteLegs legs = legsOf(owner);
        simulation.runUntil(
                "all targets found", 5 * SECOND_NS, () -> all().stream().allMatch(legs::isThere));
        List<UUID> ids = all().stream().map(leg -> new UUID(7, leg)).toList();
        List<Part> parts = all().stream().map(owner::part).toList();
        List<Optional<EtherbayException>> ended = new ArrayList<>();
        owner.node.tell(() -> Creation.create(
                owner.node.loop(),
                parts,
                new Creation.Request(
                        "sim",
                        new UUID(1, 2),
                        ids,
                        prng.chance(0.7),
                        prng.chance(0.9),
                        CHUNK_BYTES,
                        1),
                ended::add));
        simulation.runUntil("created", HEAL_NS, () -> !ended.isEmpty());
        if (ended.getFirst().isPresent()) {
            throw new AssertionError("not created: " + ended.getFirst());
        }
        open(all());
        simulation.runUntil("assembled", HEAL_NS, owner::isOpen);
    }

    private void open(List<Integer> legs) {
        owner.open(legs, true, prng.between(1, 10));
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
        switch (prng.below(13)) {
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
            case 11 -> owner.node.pauseUntil(simulation.nowNs() + prng.below(LATE_NS_MAX));
            default -> {
                disturbed = true;
                world.failSaves(leg);
            }
        }
    }

    /** A leg has failed, or is back: an instant at which a crash is worth trying. */
    private void changed(MirrorOwner at) {
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

    private void losePower(int leg) {
        world.powerCut(leg);
        startLater(leg);
    }

    private void powerCutAll() {
        owner.issue(prng.between(0, 30));
        simulation.runFor(prng.below(SHORT_NS));
        history.crashed();
        tainted = true;
        disturbed = true;
        all().forEach(this::losePower);
        kill();
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

    /** Another node takes it over; what the former one has sent is still on its way. */
    private void takeOver() {
        world.holdWrites(legsOf(owner).ports(), prng.chance(0.5) ? prng.unit() : 0);
        owner.issue(prng.below(100));
        simulation.runFor(prng.below(SHORT_NS));
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
        former.issue(prng.between(1, 20));
        world.releaseHeld(LATE_NS_MAX);
        simulation.runFor(prng.below(LATE_NS_MAX));
        if (well && former.mirror != null && former.legs().size() < legCount()) {
            throw new AssertionError("a fence was taken for a failed leg: " + former.detail());
        }
        if (rival.mirror != null) {
            judge.checkOneWriter(rival.detail().epoch(), openedAtNs, legs, world::log);
        }
        former.kill();
    }

    /** Nothing goes wrong any more: the legs are whole again within bounded time. */
    private void heal() {
        healing = true;
        world.heal();
        simulation.runFor(5 * SECOND_NS);
        for (int attempt = 0; !owner.isOpen(); attempt++) {
            simulation.runUntil("opened or not", HEAL_NS, () -> !owner.isOpening());
            if (!owner.isOpen()) {
                if (isSplit()) {
                    simulation.mark("split of three refused");
                    split = true;
                    return;
                }
                if (attempt > 3) {
                    throw new AssertionError("not assembled though all is well: " + owner.refusal);
                }
                restart();
            }
        }
        simulation.runUntil("all requests ended", HEAL_NS, owner::isFinished);
        checkEnds();
        if (tainted) {
            flushOrRestart();
        }
        long untilNs = simulation.nowNs() + HEAL_NS;
        while (!owner.isWhole(legCount())) {
            owner.addMissing(legCount());
            simulation.runFor(SECOND_NS);
            if (simulation.nowNs() > untilNs) {
                throw new AssertionError("not whole though all is well: " + owner.detail());
            }
        }
        simulation.runUntil("clean", HEAL_NS, () -> owner.detail().state().equals("clean"));
        tainted = false;
        disturbed = false;
        healing = false;
    }

    /** A request waits, or is done; FLUSH and FUA alone fail, where the last leg lost its power. */
    private void checkEnds() {
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

    /**
     * Three legs of which each was left by the next one in turn: the first and the last know
     * nothing of each other.
     */
    private boolean isSplit() {
        EtherbayException why = owner.refusal;
        String said = why == null ? "" : String.valueOf(why.getMessage());
        return legCount() > 2 && said.contains("split");
    }

    /** Where all that a FLUSH covers is lost, its user opens the mirror anew. */
    private void flushOrRestart() {
        DiskUser user = owner.user;
        if (user != null) {
            user.flush();
            simulation.runUntil("flushed", HEAL_NS, user::finished);
        }
        if (user == null || user.flushFailedCount() > 0) {
            history.crashed();
            restart();
            simulation.runUntil("opened again", HEAL_NS, owner::isOpen);
        }
    }

    private void restart() {
        owner.kill();
        owner = newOwner(false);
        open(all());
    }

    private void readAll() {
        DiskUser user = owner.user;
        if (user == null) {
            throw new AssertionError("a mirror that is open has a user");
        }
        int before = user.failedCount();
        user.readAll();
        simulation.runUntil("all sectors read", HEAL_NS, user::finished);
        if (user.failedCount() > before) {
            throw new AssertionError("a request failed on good legs");
        }
    }

    private void stop() {
        Mirror mirror = owner.mirror;
        if (mirror == null || owner.watched == null) {
            throw new AssertionError("a mirror that is open is there");
        }
        owner.watched.checkNothingInFlight();
        boolean[] stopped = {false};
        owner.node.tell(() -> mirror.stop(() -> stopped[0] = true));
        simulation.runUntil("stopped", HEAL_NS, () -> stopped[0]);
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
