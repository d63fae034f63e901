// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Epoch;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A disk elsewhere, and the way to it: what a target and a network are to a mirror, without frames.
 * Requests take a while in each direction, wait while the way is silent, and may arrive after their
 * sender has given them up. The store has an epoch that outlives power cuts and refuses writes of
 * lower ones, and a floor for each client below which nothing is executed any more.
 *
 * <p>A machine of its own: {@link #powerCut} takes what was not flushed, {@link #start} brings it
 * back.
 */
public final class SimStore {
    private static final long LATE_NS_MAX = 3_000_000_000L;

    /** A write that was executed, when, and by which term. */
    public record Write(long atNs, Epoch epoch, long lba, long sectors) {}

    /** How a claim or a look ended: the epoch in force, and whether it is the asker's. */
    public record Claimed(boolean ours, Epoch epoch) {}

    private final Simulation simulation;
    private final SimMedium medium;
    private final Prng prng;
    private final List<Write> log = new ArrayList<>();
    private final List<Runnable> held = new ArrayList<>();
    private final Map<Integer, Long> floors = new HashMap<>();
    private @Nullable SimNode node;
    private @Nullable SimDisk disk;
    private boolean silent;
    private int delayNsMax = 200_000;
    private Epoch epoch = Epoch.NONE;
    private int owner;
    private int clientCount;

    /** Counts the losses of what was not flushed, as an incarnation does. */
    private long incarnation;

    private boolean hasUnflushed;

    /** Not started. */
    public SimStore(Simulation simulation, SimMedium medium) {
        this.simulation = simulation;
        this.medium = medium;
        prng = simulation.prng().fork();
    }

    public SimMedium medium() {
        return medium;
    }

    /** All writes that were executed, in their order. */
    public List<Write> log() {
        return log;
    }

    public boolean isRunning() {
        return node != null;
    }

    public boolean isSilent() {
        return silent;
    }

    /** How long a message takes at most. */
    public void delayNs(int maxNs) {
        delayNsMax = maxNs;
    }

    /** The machine begins to serve. */
    public void start() {
        SimNode begun = simulation.node(medium.name());
        node = begun;
        disk = medium.open(begun);
    }

    /** The machine is gone. */
    public void powerCut() {
        SimNode running = node;
        if (running != null) {
            incarnation += hasUnflushed || medium.hasVolatile() ? 1 : 0;
            hasUnflushed = false;
            running.powerCut();
            node = null;
            disk = null;
        }
    }

    /** The process ends; the machine and its cache go on. */
    public void kill() {
        SimNode running = node;
        if (running != null) {
            running.kill();
            node = null;
            disk = null;
        }
    }

    /** Nothing comes through either way until {@link #answer}. */
    public void silence() {
        simulation.mark("leg silent");
        silent = true;
    }

    /** What was under way arrives, in any order. */
    public void answer() {
        silent = false;
        List<Runnable> waiting = List.copyOf(held);
        held.clear();
        for (Runnable message : waiting) {
            // Some were in a queue that nobody looked at.
            simulation.after(prng.chance(0.2) ? prng.below(LATE_NS_MAX) : 0, () -> carry(message));
        }
    }

    // For the clients.

    Simulation simulation() {
        return simulation;
    }

    Prng prng() {
        return prng;
    }

    int newClient() {
        return ++clientCount;
    }

    /** Carries a message to the other side, once the way is open. */
    void carry(Runnable message) {
        simulation.after(1 + prng.below(delayNsMax), () -> {
            if (silent) {
                held.add(message);
            } else {
                message.run();
            }
        });
    }

    /** A request arrives. {@code own} is the store's; the answer is not carried yet. */
    void execute(int client, long number, Epoch term, Io own, Consumer<Answer> answered) {
        SimNode running = node;
        SimDisk open = disk;
        if (running == null || open == null || number < floors.getOrDefault(client, 0L)) {
            return; // nobody hears it
        }
        boolean looks = own.operation() == IoOperation.READ && term.equals(Epoch.NONE);
        if (epoch.isAfter(term) && !looks) {
            answered.accept(new Answer(IoStatus.FENCED, incarnation));
            return;
        }
        if (own.operation().changesData()) {
            hasUnflushed |= !own.fua();
        }
        running.tell(() -> open.submit(own.then(done -> {
            if (done.operation().changesData() && done.status().isOk()) {
                log.add(new Write(simulation.nowNs(), term, done.lba(), done.sectors()));
            }
            hasUnflushed &=
                    done.operation() != IoOperation.FLUSH || !done.status().isOk();
            answered.accept(new Answer(done.status(), incarnation));
        })));
    }

    record Answer(IoStatus status, long incarnation) {}

    /** All that this client sent before is executed, or never will be; then it is answered. */
    void floor(int client, long number, Consumer<Answer> answered) {
        SimNode running = node;
        SimDisk open = disk;
        if (running != null && open != null) {
            floors.merge(client, number, Math::max);
            running.tell(() ->
                    open.quiesce(() -> answered.accept(new Answer(IoStatus.OK, incarnation))));
        }
    }

    void hello(Consumer<Answer> answered) {
        if (disk != null) {
            answered.accept(new Answer(IoStatus.OK, incarnation));
        }
    }

    void look(Consumer<Claimed> answered) {
        if (disk != null) {
            answered.accept(new Claimed(true, epoch));
        }
    }

    void claim(int client, long number, Epoch term, Consumer<Claimed> answered) {
        SimNode running = node;
        SimDisk open = disk;
        if (running == null || open == null) {
            return;
        }
        boolean again = term.equals(epoch) && owner == client;
        if (!again && !term.isAfter(epoch)) {
            answered.accept(new Claimed(false, epoch));
            return;
        }
        epoch = term;
        owner = client;
        floors.merge(client, number, Math::max);
        running.tell(
                () -> open.quiesce(() -> answered.accept(new Claimed(owner == client, epoch))));
    }
}
