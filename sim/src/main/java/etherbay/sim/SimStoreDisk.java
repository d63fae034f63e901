// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Epoch;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Quiescence;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;

/**
 * A {@link SimStore} as one process uses it, with the manners of a remote disk: what waits for
 * longer than its patience ends UNKNOWN or OFFLINE, and the device is OFFLINE until the store
 * answers again. A write waits until older ones to its range that were given up are dead, but not
 * after {@link #renew}. A FLUSH fails once the store has lost what it covers, until then as well.
 */
public final class SimStoreDisk implements BlockDevice, SimNode.Part {
    private static final long PROOF_NS = 100_000_000;

    /** A request that was sent. */
    private final class Sent {
        long number;
        final @Nullable Io io;
        final Io own;
        final MemorySegment memory;
        final long atNs = store.simulation().nowNs();
        final long generation;

        boolean overlaps(Sent other) {
            return own.overlaps(other.own);
        }

        Sent(Io io) {
            this.io = io;
            number = ++lastNumber;
            generation = quiescence.entered();
            memory = io.bytes() == 0
                    ? MemorySegment.NULL
                    : MemorySegment.ofArray(new byte[(int) io.bytes()]);
            own = new Io(1).prepare(io.operation(), io.lba(), io.sectors()).fua(io.fua());
            if (io.bytes() > 0 && io.segmentCount() > 0) {
                own.segment(memory, 0, (int) io.bytes());
            }
        }
    }

    private final SimStore store;
    private final SimNode node;
    private final long patienceNs;
    private final int client;
    private final List<Listener> listeners = new ArrayList<>();
    private final IdentityHashMap<Io, Sent> underWay = new IdentityHashMap<>();
    private final Quiescence quiescence = new Quiescence();

    /** Writes that were given up and may still happen. */
    private final List<Sent> late = new ArrayList<>();

    /** Newer ones that wait until those are dead. */
    private final List<Sent> guarded = new ArrayList<>();

    private State state = State.ONLINE;
    private Epoch term = Epoch.NONE;
    private boolean alive = true;
    private boolean lost;
    private long knownIncarnation = -1;
    private long lastNumber;

    public SimStoreDisk(SimStore store, SimNode node, long patienceNs) {
        this.store = store;
        this.node = node;
        this.patienceNs = patienceNs;
        client = store.newClient();
        node.attach(this);
    }

    public SimStore store() {
        return store;
    }

    @Override
    public BlockCapabilities capabilities() {
        return store.medium().capabilities();
    }

    @Override
    public long sectors() {
        return store.medium().sectors();
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities());
        if (refusal.isOk() && state != State.ONLINE) {
            refusal = IoStatus.OFFLINE;
        }
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        Sent sent = new Sent(io);
        if (io.operation() == IoOperation.WRITE) {
            io.copyTo(0, sent.memory, 0, io.bytes());
        }
        underWay.put(io, sent);
        if (io.operation().changesData() && late.stream().anyMatch(sent::overlaps)) {
            guarded.add(sent);
            askFloor();
        } else {
            send(sent);
        }
        node.simulation().after(patienceNs + 1, () -> here(this::lookAtSilence));
    }

    private void send(Sent sent) {
        Epoch as = term;
        store.carry(() -> store.execute(
                client, sent.number, as, sent.own, answer -> back(() -> ended(sent, answer))));
    }

    /** What is older than this question is dead when it is answered. */
    private void askFloor() {
        long number = ++lastNumber;
        store.carry(() -> store.floor(
                client,
                number,
                answer -> back(() -> {
                    late.removeIf(sent -> sent.number < number);
                    passGuarded();
                })));
    }

    private void passGuarded() {
        for (Sent sent : List.copyOf(guarded)) {
            if (late.stream().noneMatch(sent::overlaps)) {
                guarded.remove(sent);
                sent.number = ++lastNumber; // newer than the floor that it waited for
                send(sent);
            }
        }
    }

    /** An answer, or time, reaches this process if it is still there. */
    private void back(Runnable answer) {
        store.carry(() -> here(answer));
    }

    private void here(Runnable step) {
        if (alive) {
            node.tell(() -> {
                if (alive) {
                    step.run();
                }
            });
        }
    }

    private void ended(Sent sent, SimStore.Answer answer) {
        Io io = sent.io;
        if (io == null || underWay.get(io) != sent) {
            late.remove(sent); // given up, and over now
            passGuarded();
            return;
        }
        IoStatus status = answer.status();
        if (seen(answer.incarnation()) && io.operation() == IoOperation.READ) {
            status = IoStatus.OFFLINE; // what was there before is what was asked for
        }
        if (status.isOk() && io.operation() == IoOperation.FLUSH && lost) {
            status = IoStatus.FAILED;
        }
        if (status.isOk() && io.operation() == IoOperation.READ) {
            io.copyFrom(0, sent.memory, 0, io.bytes());
        }
        end(sent, io, status);
    }

    private void end(Sent sent, Io io, IoStatus status) {
        underWay.remove(io);
        io.complete(status);
        quiescence.left(sent.generation);
    }

    /** Whether the store has lost what was not flushed; who listens hears of it. */
    private boolean seen(long incarnation) {
        boolean other = knownIncarnation >= 0 && knownIncarnation != incarnation;
        knownIncarnation = incarnation;
        if (other) {
            lost = true;
            listeners.forEach(listener -> listener.stateChanged(this, state));
        }
        return other;
    }

    private void lookAtSilence() {
        long limitNs = node.simulation().nowNs() - patienceNs;
        if (state != State.ONLINE
                || underWay.values().stream().noneMatch(sent -> sent.atNs < limitNs)) {
            return;
        }
        node.simulation().mark("leg given up");
        setState(State.OFFLINE);
        giveUp();
        prove();
    }

    private void giveUp() {
        List<Sent> all = new ArrayList<>(underWay.values());
        all.sort((one, other) -> Long.compare(one.number, other.number));
        for (Sent sent : all) {
            Io io = sent.io;
            if (io != null && underWay.get(io) == sent) {
                giveUp(sent, io);
            }
        }
    }

    private void giveUp(Sent sent, Io io) {
        boolean unsent = guarded.remove(sent);
        boolean mayLand = io.operation().changesData() && !unsent;
        if (mayLand) {
            late.add(sent);
        }
        end(sent, io, mayLand ? IoStatus.UNKNOWN : IoStatus.OFFLINE);
    }

    /** Asks until it is answered. What is older may still be under way then. */
    private void prove() {
        store.carry(() -> store.hello(answer -> back(() -> proven(answer))));
        node.simulation()
                .after(
                        PROOF_NS,
                        () -> here(() -> {
                            if (state == State.OFFLINE) {
                                prove();
                            }
                        }));
    }

    private void proven(SimStore.Answer answer) {
        seen(answer.incarnation());
        setState(State.ONLINE);
    }

    private void setState(State now) {
        if (state != now) {
            state = now;
            listeners.forEach(listener -> listener.stateChanged(this, now));
        }
    }

    @Override
    public boolean cancel(Io io) {
        Sent sent = underWay.get(io);
        if (sent == null) {
            return false;
        }
        here(() -> {
            if (underWay.get(io) == sent) {
                giveUp(sent, io);
            }
        });
        return true;
    }

    /** Who hears of its state: one for each user, however long it lives. */
    public int listenerCount() {
        return listeners.size();
    }

    // Ownership.

    /** The epoch in force; empty-handed after {@code patienceNs}. */
    public void look(Consumer<SimStore.@Nullable Claimed> answered) {
        ask(answered, then -> store.look(then));
    }

    /** Takes the store for a term: what this client sent before is dead when it is answered. */
    public void claim(Epoch wanted, Consumer<SimStore.@Nullable Claimed> answered) {
        long number = ++lastNumber;
        ask(
                answer -> {
                    if (answer != null && answer.ours()) {
                        term = wanted;
                        late.removeIf(sent -> sent.number < number);
                    }
                    answered.accept(answer);
                },
                then -> store.claim(client, number, wanted, then));
    }

    private void ask(
            Consumer<SimStore.@Nullable Claimed> answered,
            Consumer<Consumer<SimStore.Claimed>> question) {
        boolean[] ended = {false};
        store.carry(() -> question.accept(claimed -> back(() -> {
            if (!ended[0]) {
                ended[0] = true;
                answered.accept(claimed);
            }
        })));
        node.simulation()
                .after(
                        patienceNs,
                        () -> here(() -> {
                            if (!ended[0]) {
                                ended[0] = true;
                                answered.accept(null);
                            }
                        }));
    }

    /** What was lost is known to its user: a FLUSH speaks of what comes from now on. */
    public void renew() {
        Check.that(underWay.isEmpty(), "nothing is under way on a disk that begins anew");
        lost = false;
        late.clear();
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** Ends what is under way as if the store were gone. */
    @Override
    public void close() {
        giveUp();
        alive = false;
    }

    @Override
    public void killed() {
        alive = false;
    }
}
