// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.EtherbayException;
import etherbay.base.IoStatus;
import etherbay.base.Prng;
import etherbay.mirror.Creation;
import etherbay.mirror.Mirror;
import etherbay.mirror.Part;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * What the lives of a mirror have in common, whatever its legs are: an owner and those who follow
 * him, one history of all that was written, and how everything is found well again.
 */
abstract class MirrorCase {
    static final long SECOND_NS = 1_000_000_000L;
    static final long MS_NS = 1_000_000L;

    /** Once all is well: finding legs, assembling, recovering, cleaning. */
    static final long HEAL_NS = 200 * SECOND_NS;

    private static final int CHUNK_BYTES = 4096;

    /** Ten steps are as long as it takes until it is noted how far a leg is filled. */
    private static final int REFILL_STEP_COUNT = 10;

    private static final int REFILL_STEP_NS_MAX = (int) (2 * SECOND_NS);

    final Simulation simulation;
    final Prng prng;
    final SectorHistory history = new SectorHistory(false);

    private List<SimMedium> media = List.of();

    @SuppressWarnings("NullAway.Init") // begin() makes it
    MirrorJudge judge;

    @SuppressWarnings("NullAway.Init") // begin() makes it
    MirrorOwner owner;

    boolean healing;
    boolean split;

    /** Whether anything has gone wrong with a leg since all were whole. */
    boolean disturbed;

    /** Whether a machine has lost its power since all legs were known to be whole. */
    boolean tainted;

    int ownerCount;

    /** Legs whose superblock may be gone, until all are whole. */
    private final Set<Integer> empty = new HashSet<>();

    MirrorCase(Simulation simulation) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
    }

    abstract int legCount();

    /** Where that owner's process gets its legs from. */
    abstract MirrorOwner.LegSource source(SimNode node, UUID id);

    /** A leg has failed, or is back, by what that owner says. */
    abstract void changed(MirrorOwner at);

    /** A process was made; for whoever wants more of it. */
    void made(MirrorOwner one) {}

    /** The array on those media, and its first owner. */
    final void begin(List<SimMedium> legs) {
        media = legs;
        judge = new MirrorJudge(simulation, media);
        owner = newOwner(false);
        create();
    }

    final List<Integer> all() {
        return IntStream.range(0, legCount()).boxed().toList();
    }

    final MirrorOwner newOwner(boolean rival) {
        UUID id = rival || ownerCount == 0 ? new UUID(0, ++ownerCount) : owner.id;
        MirrorOwner one = new MirrorOwner(
                simulation,
                "owner" + ownerCount,
                id,
                node -> source(node, id),
                history,
                this::assembled,
                this::changed);
        made(one);
        return one;
    }

    /** What a machine has lost is lost to this user as well, and no FLUSH of his speaks of it. */
    private void assembled(MirrorOwner one) {
        history.unackedAreDead();
        if (one == owner) {
            judge.checkEventsRaised(one.detail().events());
        }
        if (tainted) {
            history.crashed();
            history.reattached();
        }
    }

    /**
     * While all are well an empty disk, that holds what nobody wrote, takes the place of a leg, and
     * is filled for a while.
     *
     * @return whether it was replaced
     */
    final boolean replace(int leg) {
        DiskUser user = owner.user;
        if (disturbed || user == null || !owner.isWhole(legCount())) {
            return false;
        }
        disturbed = true;
        healing = true; // a crash between here and the new superblock would leave no trace of it
        owner.fail(leg);
        user.flush();
        simulation.runFor(2 * SECOND_NS);
        boolean replaced = owner.isOpen() && user.finished() && wipe(leg);
        if (replaced) {
            simulation.mark("disk replaced");
            owner.replace(leg);
        }
        simulation.runFor(SECOND_NS);
        healing = false;
        for (int step = 0; replaced && step < REFILL_STEP_COUNT; step++) {
            owner.issue(prng.between(0, 3));
            simulation.runFor(prng.below(REFILL_STEP_NS_MAX));
        }
        return replaced;
    }

    private boolean wipe(int leg) {
        empty.add(leg);
        List<IoStatus> ended = new ArrayList<>();
        owner.wipe(leg, ended::add);
        simulation.runUntil("wiped", HEAL_NS, () -> !ended.isEmpty());
        if (!ended.getFirst().isOk()) {
            return false;
        }
        for (long lba = MirrorLife.DATA_OFFSET; lba < media.get(leg).sectors(); lba++) {
            media.get(leg).rot(lba);
        }
        return true;
    }

    private void create() {
        MirrorOwner.LegSource legs = owner.source;
        simulation.runUntil(
                "all legs found", 5 * SECOND_NS, () -> all().stream().allMatch(legs::isThere));
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

    final void open(List<Integer> legs) {
        owner.open(legs, true, prng.between(1, 10));
    }

    final void restart() {
        owner.kill();
        owner = newOwner(false);
        open(all());
    }

    /** Nothing goes wrong any more: the legs are whole again within bounded time. */
    final void heal() {
        healing = true;
        nothingGoesWrong();
        simulation.runFor(5 * SECOND_NS);
        if (!isAssembled()) {
            return;
        }
        simulation.runUntil("all requests ended", HEAL_NS, owner::isFinished);
        allEnded();
        if (tainted) {
            flushOrRestart();
        }
        long untilNs = simulation.nowNs() + HEAL_NS;
        while (!owner.isWhole(legCount())) {
            owner.addMissing(legCount(), empty);
            simulation.runFor(SECOND_NS);
            if (owner.isRefusedByClaim()) {
                simulation.mark("assembled anew for a leg that another one had claimed");
                restart();
                simulation.runUntil("opened anew", HEAL_NS, owner::isOpen);
            }
            if (simulation.nowNs() > untilNs) {
                throw new AssertionError("not whole though all is well: " + owner.detail());
            }
        }
        simulation.runUntil("clean", HEAL_NS, () -> owner.detail().state().equals("clean"));
        simulation.runFor(5 * MS_NS); // who was to be killed when the last leg changed lives on
        tainted = false;
        disturbed = false;
        healing = false;
        empty.clear();
    }

    abstract void nothingGoesWrong();

    /** Of the present owner's user all requests have ended. */
    void allEnded() {}

    /** False where three legs are a split: then a person is to decide. */
    private boolean isAssembled() {
        for (int attempt = 0; !owner.isOpen(); attempt++) {
            simulation.runUntil("opened or not", HEAL_NS, () -> !owner.isOpening());
            if (!owner.isOpen()) {
                if (isSplit()) {
                    simulation.mark("split of three refused");
                    split = true;
                    return false;
                }
                if (attempt > 3) {
                    throw new AssertionError("not assembled though all is well: " + owner.refusal);
                }
                restart();
            }
        }
        return true;
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

    final void readAll() {
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

    /** The mirror is let go clean; its process lives on. */
    final void stopMirror() {
        Mirror mirror = owner.mirror;
        if (mirror == null || owner.watched == null) {
            throw new AssertionError("a mirror that is open is there");
        }
        owner.watched.checkNothingInFlight();
        boolean[] stopped = {false};
        owner.node.tell(() -> mirror.stop(() -> stopped[0] = true));
        simulation.runUntil("stopped", HEAL_NS, () -> stopped[0]);
    }
}
