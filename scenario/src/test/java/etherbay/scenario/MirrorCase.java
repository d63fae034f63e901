// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.mirror.Creation;
import etherbay.mirror.Mirror;
import etherbay.mirror.Part;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    final Simulation simulation;
    final Prng prng;
    final SectorHistory history = new SectorHistory(false);

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
    final void begin(List<SimMedium> media) {
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
