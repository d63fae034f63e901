// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNode;
import etherbay.sim.SimStore;
import etherbay.sim.SimStoreDisk;
import etherbay.sim.Simulation;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** A mirror on simulated stores, turned by hand; what a test asks of it is done when it returns. */
final class MirrorRig implements AutoCloseable {
    static final long SECOND_NS = 1_000_000_000L;
    static final int CHUNK_SECTORS = 8;
    static final long DATA_OFFSET = 2048;
    static final UUID NODE = new UUID(0, 1);

    final Simulation simulation = new Simulation("rig", 1);
    final List<SimStore> stores = new ArrayList<>();
    final List<SimStoreDisk> disks = new ArrayList<>();
    final List<String> told = new ArrayList<>();
    final List<String> fenced = new ArrayList<>();
    SimNode node = simulation.node("owner");

    @Nullable
    Mirror mirror;

    /** Of passes at most, from the next opening on; 0 for as fast as they go. */
    long syncBytesPerSecond;

    /** Of those that are made; 0 for what their size asks for. */
    int chunkBytes = CHUNK_SECTORS * 512;

    private final UUID owner;

    MirrorRig(int legCount) {
        this(legCount, 256);
    }

    MirrorRig(int legCount, long dataSectors) {
        owner = NODE;
        for (int index = 0; index < legCount; index++) {
            addStore(dataSectors);
        }
    }

    /** A second process on the legs of another one. */
    MirrorRig(MirrorRig other, UUID owner) {
        this.owner = owner;
        stores.addAll(other.stores);
        otherSimulation = other.simulation;
        node = other.simulation.node("other");
    }

    private @Nullable Simulation otherSimulation;

    Simulation world() {
        Simulation other = otherSimulation;
        return other == null ? simulation : other;
    }

    SimStore addStore(long dataSectors) {
        SimStore store = new SimStore(
                simulation,
                new SimMedium(simulation, "s" + stores.size(), DATA_OFFSET + dataSectors));
        store.start();
        stores.add(store);
        return store;
    }

    /** How a mirror claims a store. */
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

    Part part(int index) {
        while (disks.size() <= index) {
            disks.add(new SimStoreDisk(stores.get(disks.size()), node, SECOND_NS));
        }
        return new Part("s" + index, disks.get(index), gate(disks.get(index)), "");
    }

    List<Part> parts(int... indexes) {
        List<Part> parts = new ArrayList<>();
        for (int index : indexes) {
            parts.add(part(index));
        }
        return parts;
    }

    private List<Part> all() {
        List<Part> parts = new ArrayList<>();
        for (int index = 0; index < stores.size(); index++) {
            parts.add(part(index));
        }
        return parts;
    }

    MirrorRig create() {
        return create(true, true);
    }

    MirrorRig create(boolean assumeClean, boolean bitmap) {
        List<UUID> ids = new ArrayList<>();
        for (int index = 0; index < stores.size(); index++) {
            ids.add(new UUID(7, index));
        }
        List<Optional<EtherbayException>> ended = new ArrayList<>();
        Creation.create(
                node.loop(),
                all(),
                new Creation.Request("m0", new UUID(1, 2), ids, assumeClean, bitmap, chunkBytes, 1),
                ended::add);
        until("created", () -> !ended.isEmpty());
        ended.getFirst().ifPresent(why -> {
            throw why;
        });
        return this;
    }

    MirrorSettings settings() {
        long[] next = {100};
        return new MirrorSettings(
                owner,
                "node",
                30 * SECOND_NS,
                3 * SECOND_NS,
                SECOND_NS / 2,
                SECOND_NS / 50,
                syncBytesPerSecond,
                () -> new UUID(8, next[0]++));
    }

    MirrorRig open() {
        return open(all(), false, false);
    }

    MirrorRig open(List<Part> parts, boolean readOnly, boolean takeOver) {
        EtherbayException why = tryOpen(parts, readOnly, takeOver);
        if (why != null) {
            throw why;
        }
        return this;
    }

    @Nullable
    EtherbayException tryOpen(List<Part> parts, boolean readOnly, boolean takeOver) {
        List<Mirror.Opened> ended = new ArrayList<>();
        Mirror.open(
                node.loop(),
                parts,
                new AssemblyRequest(readOnly, takeOver, false, owner, 1),
                settings(),
                new MirrorListener() {
                    @Override
                    public void told(String what) {
                        told.add(what);
                    }

                    @Override
                    public void fenced(String leg) {
                        fenced.add(leg);
                    }
                },
                ended::add);
        until("opened", () -> !ended.isEmpty());
        mirror = ended.getFirst().mirror();
        return ended.getFirst().failure();
    }

    /** Begins to open it, and does not wait. */
    void begin(List<Part> parts) {
        Mirror.open(
                node.loop(),
                parts,
                new AssemblyRequest(false, false, false, owner, 1),
                settings(),
                new MirrorListener() {},
                opened -> mirror = opened.mirror());
        node.wake();
    }

    Mirror mirror() {
        Mirror open = mirror;
        if (open == null) {
            throw new IllegalStateException("the mirror is open");
        }
        return open;
    }

    /** The process is gone; another one begins. */
    MirrorRig kill() {
        node.kill();
        node = world().node("owner");
        disks.clear();
        mirror = null;
        return this;
    }

    MirrorRig stop() {
        boolean[] stopped = {false};
        mirror().stop(() -> stopped[0] = true);
        until("stopped", () -> stopped[0]);
        mirror().close();
        return kill();
    }

    void until(String what, java.util.function.BooleanSupplier condition) {
        node.wake();
        world().runUntil(what, 60 * SECOND_NS, condition);
    }

    void runFor(long ns) {
        world().runFor(ns);
    }

    /** Begins a request; its status is there when it has ended. */
    Pending begin(IoOperation operation, long lba, int sectors, int value) {
        Pending pending = new Pending();
        pending.memory = world().arena().allocate(Math.max(512, sectors * 512L), 512);
        pending.memory.fill((byte) value);
        Io io = new Io(1).prepare(operation, lba, sectors);
        if (operation == IoOperation.READ || operation == IoOperation.WRITE) {
            io.segment(pending.memory, 0, sectors * 512);
        }
        pending.atNs = world().nowNs();
        node.tell(() -> mirror().submit(io.then(done -> {
            pending.status = done.status();
            pending.endNs = world().nowNs();
        })));
        return pending;
    }

    static final class Pending {
        MemorySegment memory = MemorySegment.NULL;
        long atNs;
        long endNs;

        @Nullable
        IoStatus status;

        long tookMs() {
            return (endNs - atNs) / 1_000_000;
        }
    }

    IoStatus end(Pending pending) {
        until("a request ended", () -> pending.status != null);
        IoStatus status = pending.status;
        return status == null ? IoStatus.UNKNOWN : status;
    }

    IoStatus write(long lba, int sectors, int value) {
        return end(begin(IoOperation.WRITE, lba, sectors, value));
    }

    IoStatus flush() {
        return end(begin(IoOperation.FLUSH, 0, 0, 0));
    }

    int read(long lba) {
        Pending pending = begin(IoOperation.READ, lba, 1, 0x77);
        IoStatus status = end(pending);
        return status.isOk() ? pending.memory.get(ValueLayout.JAVA_BYTE, 17) & 0xff : -1;
    }

    /** What a leg holds of the array. */
    int peek(int store, long lba) {
        return stores.get(store).medium().peek(DATA_OFFSET + lba)[17] & 0xff;
    }

    Superblock superblock(int store) {
        byte[] block = new byte[4096];
        for (int sector = 0; sector < 8; sector++) {
            byte[] bytes = stores.get(store).medium().peek(8 + sector);
            System.arraycopy(bytes, 0, block, sector * 512, 512);
        }
        return SuperblockFormat.decode(MemorySegment.ofArray(block), 0, "s" + store);
    }

    String standing(String leg) {
        return mirror().detail().legs().stream()
                .filter(one -> one.name().equals(leg))
                .findFirst()
                .orElseThrow()
                .standing();
    }

    void untilStanding(String leg, String standing) {
        until(leg + " " + standing, () -> standing(leg).equals(standing));
    }

    @Override
    public void close() {
        simulation.close();
    }
}
