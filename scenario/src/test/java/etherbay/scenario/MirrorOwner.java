// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Mirror;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.MirrorListener;
import etherbay.mirror.MirrorSettings;
import etherbay.mirror.Part;
import etherbay.mirror.SuperblockFormat;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;
import etherbay.sim.WatchedDevice;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/** One process that owns a mirror, or tries to, with a user on it. */
final class MirrorOwner implements MirrorListener {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int USER_SECTORS_MAX = 20;
    private static final int BLOCK_BYTES = 4096;

    /** Of some owners: filling a leg then takes long enough for much to happen meanwhile. */
    private static final long SLOW_BYTES_PER_SECOND = 8192;

    final SimNode node;
    final UUID id;
    final LegSource source;
    private final Simulation simulation;
    private final SectorHistory history;
    private final Consumer<MirrorOwner> assembled;
    private final Consumer<MirrorOwner> changed;
    private int opening;
    private boolean heardFenced;
    private boolean refusedByClaim;

    @Nullable
    Mirror mirror;

    @Nullable
    WatchedDevice watched;

    @Nullable
    DiskUser user;

    @Nullable
    EtherbayException refusal;

    /** Where a process gets the legs of its mirror from. */
    interface LegSource {
        /** Says which of these are there, at once or after a while; in the process. */
        void await(List<Integer> wanted, Consumer<List<Integer>> there);

        boolean isThere(int index);

        /** One that is there. */
        Part part(int index);
    }

    /**
     * @param source of legs, for the process that is made here
     * @param assembled runs when it has a mirror, before it is used
     * @param changed hears that a leg stands otherwise
     */
    MirrorOwner(
            Simulation simulation,
            String name,
            UUID id,
            Function<SimNode, LegSource> source,
            SectorHistory history,
            Consumer<MirrorOwner> assembled,
            Consumer<MirrorOwner> changed) {
        this.assembled = assembled;
        this.changed = changed;
        this.simulation = simulation;
        this.history = history;
        this.id = id;
        node = simulation.node(name);
        this.source = source.apply(node);
    }

    Part part(int index) {
        return source.part(index);
    }

    private MirrorSettings settings() {
        return new MirrorSettings(
                id,
                node.name(),
                30 * SECOND_NS,
                3 * SECOND_NS,
                SECOND_NS / 4,
                SECOND_NS / 50,
                simulation.prng().chance(0.2) ? SLOW_BYTES_PER_SECOND : 0,
                () -> new UUID(8, simulation.prng().nextLong()));
    }

    /** Begins to assemble; {@link #isOpening} says when it has ended. */
    void open(List<Integer> legs, boolean takeOver, int slots) {
        opening++;
        refusal = null;
        source.await(
                legs, there -> assemble(there.stream().map(this::part).toList(), takeOver, slots));
    }

    private void assemble(List<Part> parts, boolean takeOver, int slots) {
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
            assembled.accept(this);
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

    /** As an operator does who takes a disk out. */
    void fail(int index) {
        Mirror open = mirror;
        if (open != null) {
            node.tell(() -> open.fail("s" + index));
        }
    }

    /** A leg that is out loses its superblock, durably. */
    void wipe(int index, Consumer<IoStatus> wiped) {
        BlockDevice device = part(index).device();
        MemorySegment zeroes = simulation.arena().allocate(BLOCK_BYTES, BLOCK_BYTES);
        Io write = new Io(1)
                .prepare(
                        IoOperation.WRITE,
                        SuperblockFormat.SECTOR,
                        BLOCK_BYTES / BlockDevice.SECTOR_BYTES)
                .segment(zeroes, 0, BLOCK_BYTES);
        Io flush = new Io(1).prepare(IoOperation.FLUSH, 0, 0);
        node.tell(() -> device.submit(write.then(written -> {
            if (written.status().isOk()) {
                device.submit(flush.then(flushed -> wiped.accept(flushed.status())));
            } else {
                wiped.accept(written.status());
            }
        })));
    }

    /** An empty disk takes the place of a leg that is out. */
    void replace(int index) {
        Mirror open = mirror;
        if (open != null) {
            Part part = part(index);
            node.tell(() -> {
                open.remove(part.name());
                add(open, part, true);
            });
        }
    }

    /**
     * As an operator does with legs that do not come back by themselves.
     *
     * @param empty those that hold no superblock
     */
    void addMissing(int legCount, Set<Integer> empty) {
        Mirror open = mirror;
        if (open == null) {
            return;
        }
        for (int index = 0; index < legCount; index++) {
            String name = "s" + index;
            Optional<MirrorDetail.LegDetail> leg = detail().legs().stream()
                    .filter(one -> one.name().equals(name))
                    .findFirst();
            boolean missing = leg.isEmpty() || leg.get().standing().equals("faulty");
            if (missing && source.isThere(index)) {
                Part part = part(index);
                boolean fresh = empty.contains(index);
                node.tell(() -> add(open, part, fresh));
            }
        }
    }

    private void add(Mirror open, Part part, boolean fresh) {
        open.add(
                part,
                fresh,
                why -> why.ifPresent(no -> {
                    told(part.name() + " not added: " + no.why());
                    refusedByClaim |= no.why().startsWith("another owner has it");
                }));
    }

    /** A leg is claimed by one who never got the mirror: a person is to assemble it anew. */
    boolean isRefusedByClaim() {
        return refusedByClaim;
    }

    /** A leg that was not there when the mirror was assembled is. In the process. */
    void appeared(Part part) {
        Mirror open = mirror;
        if (open != null && !isFenced()) {
            add(open, part, false);
        }
    }

    @Override
    public void changed() {
        changed.accept(this);
    }

    @Override
    public void told(String what) {
        simulation.trace(what, 0, 0);
        if (what.contains("it has lost its cache")) {
            simulation.mark("cache lost while filled");
        }
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
