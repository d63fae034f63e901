// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Epoch;
import etherbay.base.EtherbayException;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.LegGate;
import etherbay.mirror.Mirror;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.MirrorListener;
import etherbay.mirror.MirrorSettings;
import etherbay.mirror.Part;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNode;
import etherbay.sim.SimStore;
import etherbay.sim.SimStoreDisk;
import etherbay.sim.Simulation;
import etherbay.sim.WatchedDevice;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** One process that owns a mirror, or tries to, with a user on it. */
final class MirrorOwner implements MirrorListener {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int USER_SECTORS_MAX = 20;

    final SimNode node;
    final UUID id;
    final List<SimStoreDisk> disks = new ArrayList<>();
    private final Simulation simulation;
    private final SectorHistory history;
    private final Runnable assembled;
    private final Consumer<MirrorOwner> changed;
    private int opening;
    private boolean heardFenced;

    @Nullable
    Mirror mirror;

    @Nullable
    WatchedDevice watched;

    @Nullable
    DiskUser user;

    @Nullable
    EtherbayException refusal;

    /**
     * @param assembled runs when it has a mirror, before it is used
     * @param changed hears that a leg stands otherwise
     */
    MirrorOwner(
            Simulation simulation,
            String name,
            UUID id,
            List<SimStore> stores,
            SectorHistory history,
            Runnable assembled,
            Consumer<MirrorOwner> changed) {
        this.assembled = assembled;
        this.changed = changed;
        this.simulation = simulation;
        this.history = history;
        this.id = id;
        node = simulation.node(name);
        stores.forEach(store -> disks.add(new SimStoreDisk(store, node, SECOND_NS)));
    }

    Part part(int index) {
        return new Part("s" + index, disks.get(index), gate(disks.get(index)), "");
    }

    static LegGate gate(SimStoreDisk disk) {
        return new LegGate() {
            @Override
            public void look(Consumer<Claimed> answer) {
                disk.look(found -> answer.accept(claimed(found)));
            }

            @Override
            public void claim(Epoch epoch, Consumer<Claimed> answer) {
                disk.claim(epoch, found -> answer.accept(claimed(found)));
            }

            @Override
            public void renew() {
                disk.renew();
            }
        };
    }

    private static LegGate.Claimed claimed(SimStore.@Nullable Claimed found) {
        if (found == null) {
            return new LegGate.Claimed(LegGate.Outcome.SILENT, Epoch.NONE);
        }
        return new LegGate.Claimed(
                found.ours() ? LegGate.Outcome.OURS : LegGate.Outcome.OTHERS, found.epoch());
    }

    private MirrorSettings settings() {
        return new MirrorSettings(
                id,
                node.name(),
                30 * SECOND_NS,
                3 * SECOND_NS,
                SECOND_NS / 4,
                SECOND_NS / 50,
                0,
                () -> new UUID(8, simulation.prng().nextLong()));
    }

    /** Begins to assemble; {@link #isOpening} says when it has ended. */
    void open(List<Integer> legs, boolean takeOver, int slots) {
        opening++;
        refusal = null;
        List<Part> parts = legs.stream().map(this::part).toList();
        node.tell(() -> Mirror.open(
                node.loop(),
                parts,
                new AssemblyRequest(false, takeOver, false, id, 1),
                settings(),
                this,
                opened -> opened(opened, slots)));
    }

    private void opened(Mirror.Opened opened, int slots) {
        opening--;
        refusal = opened.failure();
        Mirror ours = opened.mirror();
        mirror = ours;
        simulation.mark(ours == null ? "assembly refused" : "assembled");
        if (ours != null) {
            assembled.run();
            WatchedDevice watch = new WatchedDevice(ours);
            watched = watch;
            user = new DiskUser(node, watch, history, slots, USER_SECTORS_MAX);
        }
    }

    boolean isOpening() {
        return opening > 0;
    }

    boolean isOpen() {
        return mirror != null && !isFenced();
    }

    boolean isFenced() {
        return heardFenced;
    }

    void issue(int count) {
        DiskUser busy = user;
        if (busy != null) {
            busy.issue(count);
        }
    }

    boolean isFinished() {
        DiskUser busy = user;
        return busy == null || busy.finished();
    }

    MirrorDetail detail() {
        Mirror open = mirror;
        if (open == null) {
            throw new AssertionError("a mirror that is not open has no detail");
        }
        return open.detail();
    }

    /** Those that it has now. */
    List<Integer> legs() {
        return detail().legs().stream()
                .filter(leg -> !leg.standing().equals("faulty"))
                .map(leg -> Integer.parseInt(leg.name().substring(1)))
                .toList();
    }

    boolean isWhole(int legCount) {
        return isOpen()
                && detail().legs().stream()
                                .filter(leg -> leg.standing().equals("in sync"))
                                .count()
                        == legCount;
    }

    /** As an operator does with legs that do not come back by themselves. */
    void addMissing(int legCount) {
        Mirror open = mirror;
        if (open == null) {
            return;
        }
        for (int index = 0; index < legCount; index++) {
            String name = "s" + index;
            Optional<MirrorDetail.LegDetail> leg = detail().legs().stream()
                    .filter(one -> one.name().equals(name))
                    .findFirst();
            if (leg.isEmpty() || leg.get().standing().equals("faulty")) {
                Part part = part(index);
                node.tell(() -> open.add(
                        part,
                        false,
                        why -> why.ifPresent(no -> told(name + " not added: " + no.why()))));
            }
        }
    }

    @Override
    public void changed() {
        changed.accept(this);
    }

    @Override
    public void told(String what) {
        simulation.trace(what, 0, 0);
    }

    @Override
    public void fenced(String leg) {
        heardFenced = true;
        simulation.mark("owner fenced");
    }

    /** Gone at this instant. */
    void kill() {
        DiskUser busy = user;
        if (busy != null) {
            busy.gone();
        }
        node.kill();
    }
}
