// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A late duplicate write never overtakes a newer one. One initiator sends everything over both
 * interfaces of a target, whose rings are polled late, now the one, now the other. Two judges: the
 * user's history (a write begun after another was acknowledged stays), and what its disk did
 * against the times of arrival at its interfaces.
 */
final class LateDuplicate {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress INITIATOR = new MacAddress(0x02eb_0000_0001L);
    private static final MacAddress TARGET_ONE = new MacAddress(0x02eb_0000_0101L);
    private static final MacAddress TARGET_TWO = new MacAddress(0x02eb_0000_0102L);
    private static final int SECTORS = 16;
    private static final long FRAME_AGE_NS_MAX = 20 * MS_NS;

    /** A frame that was not too old may still wait for others at the disk. */
    private static final long SERVICE_NS_MAX = 15 * MS_NS;

    /**
     * A copy of a write takes this long to the ring at most; how long it waits there is not said.
     */
    private static final long WIRE_NS_MAX = 100_000;

    private record WriteKey(long lba, long sectors, int crc32c) {}

    private final Simulation simulation;
    private final Prng prng;
    private final TargetBox box;
    private final Workload workload;
    private final Map<WriteKey, List<Long>> arrivals = new HashMap<>();
    private boolean pausing = true;

    private LateDuplicate(Simulation simulation, Consumer<TargetBox> plant) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        SimNetwork one = new SimNetwork(simulation, "one");
        SimNetwork two = new SimNetwork(simulation, "two");
        box = new TargetBox(simulation, SECTORS).on(one, TARGET_ONE).on(two, TARGET_TWO);
        boolean cacheOn = prng.chance(0.5);
        box.settings(
                settings -> settings.withWriteCache(cacheOn).withFrameAgeNsMax(FRAME_AGE_NS_MAX));
        plant.accept(box);
        Impairment.Settings lossy = Impairment.Settings.of(0.05 * prng.unit(), 0, 0, 0);
        one.conditions(lossy);
        two.conditions(lossy);
        SimNode user = simulation.node("initiator");
        SimPort portOne = network(one, user, "eth0");
        SimPort portTwo = network(two, user, "eth1");
        SimInitiator initiator = new SimInitiator(
                        user, INITIATOR, TargetBox.SHELF, TargetBox.SLOT, prng.between(1, 8))
                .path(portOne, TARGET_ONE)
                .path(portTwo, TARGET_TWO);
        initiator.sendOnEveryPath();
        portOne.onFrames(initiator::onFrame);
        portTwo.onFrames(initiator::onFrame);
        SectorHistory history = new SectorHistory(!cacheOn);
        workload = new Workload(user, initiator, history, SECTORS, 2, WIRE_NS_MAX)
                .inFlight(prng.between(1, 8));
    }

    private static SimPort network(SimNetwork network, SimNode user, String name) {
        return network.port(user, name, INITIATOR).frames(24);
    }

    static void run(Simulation simulation) {
        new LateDuplicate(simulation, box -> {}).run();
    }

    static void planted(Simulation simulation, Consumer<TargetBox> plant) {
        new LateDuplicate(simulation, plant).run();
    }

    private void run() {
        box.start();
        box.ports().forEach(port -> port.tap(this::arrived));
        pauseNow();
        workload.issue(prng.between(60, 150));
        simulation.runUntil("all requests answered", 20 * SECOND_NS, workload::finished);
        pausing = false;
        workload.readAll();
        simulation.runUntil("all sectors read", 20 * SECOND_NS, workload::finished);
        simulation.mark("dropped, too old", box.counter("dropped.age"));
        simulation.mark("dropped, late", box.counter("dropped.late"));
        judgeOrder();
    }

    /**
     * One ring, or the other, or the whole process, is not looked at for a while; again and again.
     */
    private void pauseNow() {
        if (!pausing) {
            return;
        }
        long nowNs = simulation.nowNs();
        if (prng.chance(0.1)) {
            box.node().pauseUntil(nowNs + prng.below(3 * MS_NS));
        } else {
            long forNs = prng.chance(0.05)
                    ? 2 * FRAME_AGE_NS_MAX + prng.below(2 * FRAME_AGE_NS_MAX)
                    : prng.below(3 * MS_NS);
            box.ports().get(prng.below(2)).pausePolling(nowNs + forNs);
        }
        simulation.after(prng.below(2 * MS_NS), this::pauseNow);
    }

    private void arrived(SimPort port, byte[] frame, long atNs) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        boolean write = AoeHeader.command(memory, 0) == AoeHeader.COMMAND_ATA
                && AtaCommand.of(AtaHeader.command(memory, 0)).writes();
        if (write) {
            int sectors = AtaHeader.sectorCount(memory, 0);
            CRC32C crc32c = new CRC32C();
            crc32c.update(frame, AtaHeader.END, sectors * AtaHeader.SECTOR_BYTES);
            WriteKey key = new WriteKey(AtaHeader.lba(memory, 0), sectors, (int) crc32c.getValue());
            arrivals.computeIfAbsent(key, any -> new ArrayList<>()).add(atNs);
        }
    }

    /** For each sector, executions must fit arrivals that follow one another. */
    private void judgeOrder() {
        long[] matchedNs = new long[SECTORS];
        for (DiskLog.Write write : box.diskLog()) {
            WriteKey key = new WriteKey(write.lba(), write.sectors(), write.crc32c());
            List<Long> times = arrivals.getOrDefault(key, List.of());
            judgeAge(write, times);
            for (int sector = (int) write.lba(); sector < write.lba() + write.sectors(); sector++) {
                matchedNs[sector] = nextArrival(write, times, matchedNs[sector]);
            }
        }
    }

    private static long nextArrival(DiskLog.Write write, List<Long> times, long afterNs) {
        return times.stream()
                .filter(atNs -> atNs > afterNs && atNs <= write.atNs())
                .min(Long::compare)
                .orElseThrow(() -> new AssertionError(
                        "executed after a write that arrived later: %s, which arrived at %s"
                                .formatted(write, times)));
    }

    private static void judgeAge(DiskLog.Write write, List<Long> times) {
        long latestNs = times.stream()
                .filter(atNs -> atNs <= write.atNs())
                .max(Long::compare)
                .orElseThrow(() -> new AssertionError("executed and never arrived: " + write));
        if (write.atNs() - latestNs > FRAME_AGE_NS_MAX + SERVICE_NS_MAX) {
            throw new AssertionError("executed though its frame was too old: " + write);
        }
    }
}
