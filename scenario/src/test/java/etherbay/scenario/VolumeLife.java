// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Prng;
import etherbay.sim.SectorHistory;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;
import etherbay.sim.WatchedDevice;
import etherbay.volume.ExtentMap;
import etherbay.volume.LvmId;
import etherbay.volume.Pool;
import etherbay.volume.PoolChanges;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeDevice;
import etherbay.volume.VolumeRequest;
import etherbay.volume.VolumeSize;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Two volumes of a group, linear and striped, in pieces all over two or three disks, each with a
 * user; they are extended while they are in use, and the machine loses its power. No volume reads
 * another one's sectors, and what a FLUSH covered is there, on all disks.
 */
final class VolumeLife {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final String GROUP = "vg0";

    /** 8 KiB, so that small requests meet the seams between extents. */
    private static final long EXTENT_SECTORS = 16;

    private static final int USER_SECTORS_MAX = 40;

    /** One volume over all lives of its process. */
    private final class Volume {
        final String name;
        final SectorHistory history = new SectorHistory(false);
        ExtentMap map;
        VolumeDevice device;
        WatchedDevice watched;
        DiskUser user;

        Volume(String name) {
            this.name = name;
            map = mapOf(name);
            open();
        }

        /** In a process that has just begun. */
        final void open() {
            device = new VolumeDevice(map, disks(map));
            watched = new WatchedDevice(disguise.apply(device));
            user = new DiskUser(node, watched, history, prng.between(1, 10), USER_SECTORS_MAX);
        }

        void extend() {
            change(changes -> changes.extendVolume(
                    group(),
                    name,
                    VolumeRequest.of(VolumeSize.ofExtents("+" + prng.between(1, 8)))));
            map = mapOf(name);
            node.tell(() -> {
                List<BlockDevice> next = disks(map);
                boolean grows = device.canGrowOnto(next);
                simulation.mark(grows ? "volume extended" : "disk that can less");
                if (grows) {
                    device.grow(map, next);
                }
            });
        }

        void lostPower() {
            user.gone();
            history.crashed();
            history.unackedAreDead();
            history.reattached();
        }
    }

    private final Simulation simulation;
    private final Prng prng;
    private final UnaryOperator<BlockDevice> disguise;
    private final List<MemoryMedium> labels = new ArrayList<>();
    private final Map<LvmId, SimMedium> media = new HashMap<>();
    private final Map<LvmId, BlockDevice> open = new HashMap<>();
    private final List<Volume> volumes = new ArrayList<>();
    private Pool pool = Pool.open(List.of());
    private SimNode node;

    private VolumeLife(Simulation simulation, UnaryOperator<BlockDevice> disguise) {
        this.simulation = simulation;
        this.disguise = disguise;
        prng = simulation.prng().fork();
        node = simulation.node("volumes");
        makeGroup(prng.between(2, 3));
        makeVolumes();
    }

    static void run(Simulation simulation) {
        new VolumeLife(simulation, device -> device).run();
    }

    static void planted(Simulation simulation, UnaryOperator<BlockDevice> plant) {
        new VolumeLife(simulation, plant).run();
    }

    private void makeGroup(int diskCount) {
        for (int index = 0; index < diskCount; index++) {
            MemoryMedium label = new MemoryMedium("disk" + index, 6 << 20);
            labels.add(label);
            LvmId id = PoolChanges.createDisk(label, pool, false, false, prng::nextLong);
            SimMedium medium = new SimMedium(
                    simulation, label.name(), label.bytes() / BlockDevice.SECTOR_BYTES);
            medium.capabilities(new BlockCapabilities(
                    true, prng.chance(0.7), true, true, 512, 4096, false, false));
            media.put(id, medium);
        }
        pool = Pool.open(labels);
        change(changes -> changes.createGroup(GROUP, pool.disks(), EXTENT_SECTORS, "normal"));
    }

    /** Fillers of one extent are taken out again, so that the volumes lie in pieces. */
    private void makeVolumes() {
        int fillerCount = prng.between(2, 12);
        for (int index = 0; index < fillerCount; index++) {
            create("filler" + index, 1, 1);
        }
        int volumeCount = 2;
        for (int index = 0; index < volumeCount; index++) {
            int stripes = prng.chance(0.6) ? prng.between(2, labels.size()) : 1;
            create("data" + index, stripes * prng.between(1, 4), stripes);
            removeSome(fillerCount);
        }
        for (int index = 0; index < volumeCount; index++) {
            volumes.add(new Volume("data" + index));
        }
    }

    private void create(String name, int extents, int stripes) {
        VolumeRequest request = new VolumeRequest(
                VolumeSize.ofExtents(Integer.toString(extents)),
                stripes,
                8,
                "inherit",
                List.of(),
                List.of());
        change(changes -> changes.createVolume(group(), name, request));
    }

    private void removeSome(int fillerCount) {
        for (int index = 0; index < fillerCount; index++) {
            String name = "filler" + index;
            if (prng.chance(0.4) && group().group().find(name).isPresent()) {
                change(changes -> changes.removeVolume(group(), name));
            }
        }
    }

    private PoolGroup group() {
        return pool.need(GROUP);
    }

    private void change(Consumer<PoolChanges> change) {
        change.accept(new PoolChanges(pool, "sim", 1, "etherbay", prng::nextLong));
        pool = Pool.open(labels);
    }

    private ExtentMap mapOf(String volume) {
        return ExtentMap.of(group(), group().group().need(volume));
    }

    private List<BlockDevice> disks(ExtentMap map) {
        return map.pvs().stream().map(this::disk).toList();
    }

    private BlockDevice disk(LvmId pv) {
        return open.computeIfAbsent(
                pv, id -> new WatchedDevice(media.getOrDefault(id, anyMedium()).open(node)));
    }

    private SimMedium anyMedium() {
        return media.values().iterator().next();
    }

    private void run() {
        int rounds = prng.between(3, 6);
        for (int round = 0; round < rounds; round++) {
            volumes.forEach(volume -> volume.user.issue(prng.between(20, 60)));
            simulation.runFor(prng.below(4 * MS_NS));
            Volume one = volumes.get(prng.below(volumes.size()));
            if (prng.chance(0.5)) {
                one.extend();
            }
            if (prng.chance(0.5)) {
                slowDisk();
            }
            if (prng.chance(0.4)) {
                simulation.runFor(prng.below(2 * MS_NS));
                powerCut();
            } else {
                simulation.runUntil("all requests ended", 30 * SECOND_NS, this::finished);
            }
        }
        settle();
        powerCut();
        volumes.forEach(this::judge);
    }

    private void slowDisk() {
        List<SimMedium> all = List.copyOf(media.values());
        all.get(prng.below(all.size())).faults().slow(prng.unit(), 1 + prng.below(50 * MS_NS));
    }

    private boolean finished() {
        return volumes.stream().allMatch(volume -> volume.user.finished());
    }

    private void settle() {
        media.values().forEach(medium -> medium.faults().heal());
        simulation.runUntil("all requests ended", 30 * SECOND_NS, this::finished);
        volumes.forEach(volume -> volume.user.readAll());
        simulation.runUntil("all sectors read", 30 * SECOND_NS, this::finished);
        volumes.forEach(volume -> volume.watched.checkNothingInFlight());
        if (volumes.stream().anyMatch(volume -> volume.user.failedCount() > 0)) {
            throw new AssertionError("a request failed on good disks");
        }
    }

    private void powerCut() {
        node.powerCut();
        open.clear();
        node = simulation.node("volumes");
        volumes.forEach(Volume::lostPower);
        volumes.forEach(Volume::open);
    }

    /** What stands on the disks by the map, read by nobody's code but this. */
    private void judge(Volume volume) {
        long begunAt = volume.history.readBegins();
        for (long lba = 0; lba < volume.map.sectors(); lba++) {
            byte[] sector = peek(volume.name, lba);
            volume.history.checkRead(begunAt, lba, SectorPattern.writeOf(sector, lba));
        }
        simulation.mark("sectors judged", volume.map.sectors());
    }

    private byte[] peek(String volume, long lba) {
        PoolGroup group = group();
        return VolumeMath.place(group.group(), volume, lba)
                .map(place -> media.getOrDefault(place.pv(), anyMedium()).peek(place.sector()))
                .orElseThrow();
    }
}
