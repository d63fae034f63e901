// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.GuestPeers;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.GuestStore;
import etherbay.guest.keeper.KeeperParts;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.sim.Simulation;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Some nodes with their keepers, one guest, and its mirror of two legs, on one thread. Whatever a
 * keeper does outside itself is a {@link #step}, at which the guest writes, and anything may
 * happen: a daemon ends, a node loses its power, a hypervisor dies, the network is cut, an answer
 * is lost, a request comes late or twice, another keeper has its turn.
 */
final class MoveWorld {
    private static final int DEPTH_MAX = 3;
    private static final String GUEST = "vm";

    final Simulation simulation;
    final Prng prng;
    final List<MoveBox> boxes = new ArrayList<>();
    final List<MoveLeg> legs = List.of(new MoveLeg(0), new MoveLeg(1));

    /** Chance of a fault at a step; 0 for none any more. */
    double faults;

    /** Whether a person may call a node dead that lives: its guest then stands still, fenced. */
    boolean mistaken;

    /** Whether the guest's memory was lost with a node or its hypervisor, or left by a person. */
    boolean memoryLost;

    private final Set<Set<String>> cuts = new HashSet<>();
    private final List<Runnable> late = new ArrayList<>();
    private long nowMs;
    private long number;
    private int depth;

    /** Which daemons are at work, the innermost last; it is its steps that come. */
    private final Deque<Turn> turns = new ArrayDeque<>();

    private long boots;
    private long value;

    MoveWorld(Simulation simulation) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        for (String name : List.of("a", "b", "c").subList(0, prng.between(2, 3))) {
            boxes.add(new MoveBox(this, name));
        }
        boxes.forEach(MoveBox::startDaemon);
    }

    void mark(String what) {
        simulation.mark(what);
    }

    long nextNumber() {
        return ++number;
    }

    void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** Nobody hears of that box, nor it of anybody, if there are faults at all. */
    void cutOff(MoveBox box) {
        if (prng.chance(0.5)) {
            boxes.stream()
                    .filter(other -> other != box)
                    .forEach(other -> cuts.add(Set.of(box.name, other.name)));
        }
    }

    boolean refuses(String what) {
        return refuses(what, faults);
    }

    /** What happens rarely by itself, and never after all is healed. */
    boolean refuses(String what, double chance) {
        boolean does = faults > 0 && prng.chance(chance);
        if (does) {
            mark(what);
        }
        return does;
    }

    boolean isCut(MoveBox one, MoveBox other) {
        return cuts.contains(Set.of(one.name, other.name));
    }

    // Steps.

    /** What a daemon does until it ends, or returns. */
    private record Turn(MoveBox box, int incarnation) {}

    private <T> T during(MoveBox box, Supplier<T> work) {
        turns.addLast(new Turn(box, box.incarnation));
        try {
            return work.get();
        } finally {
            turns.removeLast();
        }
    }

    /** A daemon that has ended meanwhile does nothing more. */
    private void requireAlive(MoveBox box) {
        Turn turn = turns.getLast();
        require(turn.box() == box, "steps come from whose turn it is");
        if (turn.incarnation() != box.incarnation) {
            throw new MoveBox.Crash(box);
        }
    }

    /** Something is about to happen, or has just happened, in the daemon of that box. */
    void step(MoveBox box, String what) {
        simulation.trace(box.name + " " + what, box.incarnation, number);
        nowMs++;
        if (turns.isEmpty()) {
            return; // before the world has begun
        }
        requireAlive(box);
        look();
        guestRuns();
        if (depth < DEPTH_MAX && prng.chance(0.1)) {
            depth++;
            try {
                meanwhile();
            } finally {
                depth--;
            }
        }
        if (prng.chance(faults)) {
            fault();
        }
        requireAlive(box);
    }

    /** Somebody else has a turn. */
    private void meanwhile() {
        if (!late.isEmpty() && prng.chance(0.3)) {
            late.remove(prng.below(late.size())).run();
            mark("late request");
            return;
        }
        MoveBox other = boxes.get(prng.below(boxes.size()));
        attempt(other, GuestKeeper::settle);
    }

    /** As a thread of that daemon: ends with it, and quietly when it is refused. */
    void attempt(MoveBox box, java.util.function.Consumer<GuestKeeper> work) {
        GuestKeeper keeper = box.keeper();
        if (keeper == null) {
            return;
        }
        try {
            during(box, () -> {
                work.accept(keeper);
                return true;
            });
        } catch (MoveBox.Crash crash) {
            if (crash.box != box) {
                throw crash;
            }
        } catch (EtherbayException refused) {
            simulation.trace(box.name + " refused: " + refused.getMessage(), 0, 0);
        }
    }

    private void fault() {
        MoveBox box = boxes.get(prng.below(boxes.size()));
        switch (prng.below(10)) {
            case 0, 1, 2 -> {
                if (box.isUp()) {
                    mark("daemon killed");
                    box.killDaemon();
                } else {
                    box.startDaemon();
                }
            }
            case 3 -> {
                mark("node lost its power");
                memoryLost |= !box.hypervisor.machines.isEmpty();
                box.pullPlug();
            }
            case 4 -> {
                if (box.hypervisor.machines.remove(GUEST) != null) {
                    mark("hypervisor killed");
                    memoryLost = true;
                }
            }
            case 5, 6 -> {
                MoveBox other = boxes.get(prng.below(boxes.size()));
                if (other != box && !cuts.remove(Set.of(box.name, other.name))) {
                    cuts.add(Set.of(box.name, other.name));
                    mark("network cut");
                }
            }
            case 7, 8 -> {
                MoveLeg leg = legs.get(prng.below(legs.size()));
                leg.reachable = !leg.reachable;
                mark("leg out of reach");
            }
            default -> {
                if (!box.isUp()) {
                    box.startDaemon();
                }
            }
        }
    }

    /** All is well from now on. */
    void heal() {
        faults = 0;
        cuts.clear();
        late.clear();
        legs.forEach(leg -> leg.reachable = true);
        boxes.stream().filter(box -> !box.isUp()).forEach(MoveBox::startDaemon);
    }

    // The guest.

    private void guestRuns() {
        for (MoveBox box : boxes) {
            FakeHypervisor.Machine machine = box.hypervisor.machines.get(GUEST);
            MoveDisks disks = box.disks();
            if (machine == null || !machine.condition.runs() || disks == null) {
                continue;
            }
            if (machine.memory.boot() == 0) {
                if (disks.standing(machine.spec.disk())
                        == etherbay.guest.keeper.GuestDisks.Standing.OWNED) {
                    machine.memory = new FakeHypervisor.GuestMemory(++boots, disks.read());
                    mark("guest boots");
                }
            } else if (disks.write(machine.memory.written(), value + 1)) {
                value++;
                machine.memory = new FakeHypervisor.GuestMemory(machine.memory.boot(), value);
            }
        }
    }

    /** What must hold at every step. */
    private void look() {
        List<MoveBox> running = running();
        if (!mistaken) {
            require(running.size() <= 1, "the guest runs on " + running);
        }
    }

    List<MoveBox> running() {
        return boxes.stream()
                .filter(box -> {
                    FakeHypervisor.Machine machine = box.hypervisor.machines.get(GUEST);
                    return machine != null && machine.condition.runs();
                })
                .toList();
    }

    @Nullable
    Condition conditionAt(MoveBox box) {
        FakeHypervisor.Machine machine = box.hypervisor.machines.get(GUEST);
        return machine == null ? null : machine.condition;
    }

    long boots() {
        return boots;
    }

    long lastWritten() {
        return value;
    }

    // What keepers work with.

    KeeperParts parts(MoveBox box, MoveDisks disks, GuestStore store) {
        return new KeeperParts(
                box.name,
                box.name,
                () -> box.hypervisor,
                disks,
                new Peers(box),
                store,
                new Pace(box),
                () -> "m" + nextNumber(),
                what -> simulation.trace(box.name + ": " + what, 0, 0));
    }

    private final class Pace implements KeeperParts.Pace {
        private final MoveBox box;

        Pace(MoveBox box) {
            this.box = box;
        }

        @Override
        public long nowMs() {
            return nowMs;
        }

        @Override
        public void pause(long ms) {
            nowMs += 50 * ms;
            step(box, "waits");
        }

        @Override
        public boolean tryAcquire(Semaphore turn) {
            return false;
        }
    }

    private final class Peers implements GuestPeers {
        private final MoveBox from;

        Peers(MoveBox from) {
            this.from = from;
        }

        @Override
        public List<String> names() {
            return boxes.stream()
                    .filter(box -> box != from)
                    .map(box -> box.name)
                    .toList();
        }

        private <T> T call(String node, String what, Function<GuestKeeper, T> request) {
            step(from, "asks " + node + " to " + what);
            MoveBox to = boxes.stream()
                    .filter(box -> box.name.equals(node))
                    .findFirst()
                    .orElseThrow();
            if (isCut(from, to) || refuses("request lost")) {
                throw silent(node);
            }
            if (refuses("request late")) {
                late.add(() -> attempt(to, keeper -> {
                    var _ = request.apply(keeper);
                }));
                throw silent(node);
            }
            T answer = answer(to, request);
            step(from, "hears of " + what);
            if (isCut(from, to) || refuses("answer lost")) {
                throw silent(node);
            }
            if (refuses("request twice")) {
                late.add(() -> attempt(to, keeper -> {
                    var _ = request.apply(keeper);
                }));
            }
            return answer;
        }

        private <T> T answer(MoveBox to, Function<GuestKeeper, T> request) {
            GuestKeeper keeper = to.keeper();
            if (keeper == null) {
                throw silent(to.name);
            }
            try {
                return during(to, () -> request.apply(keeper));
            } catch (MoveBox.Crash crash) {
                if (crash.box != to) {
                    throw crash;
                }
                throw silent(to.name);
            }
        }

        private EtherbayException silent(String node) {
            return new EtherbayException(
                    ErrorCode.UNAVAILABLE, node + " does not answer", "silence", "wait");
        }

        @Override
        public Readiness check(String node, GuestSpec spec) {
            return call(node, "check", keeper -> keeper.check(spec));
        }

        @Override
        public String prepare(String node, Offer offer) {
            return call(node, "prepare", keeper -> keeper.prepare(offer));
        }

        @Override
        public void own(String node, String guest, String move) {
            call(node, "own", keeper -> {
                keeper.own(guest, move);
                return true;
            });
        }

        @Override
        public boolean finish(String node, String guest, String move) {
            return call(node, "finish", keeper -> keeper.finish(guest, move));
        }

        @Override
        public long abandon(String node, String guest, String move) {
            return call(node, "abandon", keeper -> keeper.abandon(guest, move));
        }

        @Override
        public Outcome outcome(String node, String guest, String move) {
            return call(node, "outcome", keeper -> keeper.outcome(guest, move));
        }

        @Override
        public Optional<GuestRecord> ask(String node, String guest) {
            return call(node, "ask", keeper -> keeper.ask(guest));
        }

        @Override
        public void tell(String node, GuestRecord record, String by) {
            call(node, "tell", keeper -> {
                keeper.tell(record, by);
                return true;
            });
        }

        @Override
        public void forget(String node, String guest, long epoch, String by) {
            call(node, "forget", keeper -> {
                keeper.forget(guest, epoch, by);
                return true;
            });
        }
    }

    /** The keeper of the box that has the guest, as far as its record says. */
    Optional<MoveBox> holder() {
        return boxes.stream()
                .filter(box -> Optional.ofNullable(box.keeper())
                        .flatMap(keeper -> keeper.ask(GUEST))
                        .filter(record -> record.phase() == etherbay.guest.keeper.Phase.HERE)
                        .isPresent())
                .findFirst();
    }

    GuestKeeper keeperOf(MoveBox box) {
        return Objects.requireNonNull(box.keeper());
    }
}
