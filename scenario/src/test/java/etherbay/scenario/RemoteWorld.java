// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.base.BlockCapabilities;
import etherbay.base.Epoch;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;
import etherbay.target.ExportSettings;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Two or three targets on one or two networks, and the nodes that use them: what goes wrong with
 * them, and what their logs of executed writes say. A target that is cut off stays so whichever
 * process begins on either side.
 */
final class RemoteWorld {
    private static final long MS_NS = 1_000_000L;

    /** How a target that is cut off hears and is heard. */
    private enum Cut {
        BOTH_WAYS,
        UNHEARD,
        DEAF
    }

    private final Simulation simulation;
    private final Prng prng;
    private final List<SimNetwork> networks = new ArrayList<>();
    private final List<TargetBox> boxes = new ArrayList<>();
    private final List<RemoteLegs> users = new ArrayList<>();
    private final Map<Integer, Cut> cuts = new HashMap<>();
    private final long dataSectors;
    private final int mtu;
    private final long failAfterNs;
    private boolean calm = true;

    RemoteWorld(Simulation simulation) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        int networkCount = prng.chance(0.5) ? 2 : 1;
        for (int index = 0; index < networkCount; index++) {
            networks.add(new SimNetwork(simulation, "lan" + index));
        }
        mtu = prng.chance(0.5) ? 9000 : 1500;
        failAfterNs = prng.chance(0.6) ? 1_000 * MS_NS : 4_000 * MS_NS;
        dataSectors = 8L * prng.between(4, 40);
        boolean fua = prng.chance(0.7);
        int legCount = prng.chance(0.7) ? 2 : 3;
        for (int leg = 0; leg < legCount; leg++) {
            addBox(leg, fua);
        }
    }

    private void addBox(int leg, boolean fua) {
        TargetBox box = new TargetBox(
                simulation, "target" + leg, "leg" + leg, MirrorLife.DATA_OFFSET + dataSectors);
        boolean writeCache = prng.chance(0.75);
        box.settings(settings -> ExportSettings.of(TargetBox.SHELF, leg)
                .withQueueLength(16)
                .withWriteCache(writeCache));
        box.medium()
                .capabilities(
                        new BlockCapabilities(true, fua, true, true, 512, 4096, false, false));
        box.medium().faults().tear(prng.unit());
        box.mtu(mtu);
        for (int index = 0; index < networks.size(); index++) {
            box.on(networks.get(index), new MacAddress(0x02eb_0000_0100L + 16L * leg + index));
        }
        boxes.add(box);
        box.start();
    }

    List<TargetBox> boxes() {
        return boxes;
    }

    List<SimMedium> media() {
        return boxes.stream().map(TargetBox::medium).toList();
    }

    long dataSectors() {
        return dataSectors;
    }

    /** How long a disk may say nothing. */
    long failAfterNs() {
        return failAfterNs;
    }

    /** Of a process that begins on a node. */
    RemoteLegs legs(SimNode node, UUID id) {
        List<MacAddress> macs = new ArrayList<>();
        for (int index = 0; index < networks.size(); index++) {
            macs.add(new MacAddress(0x02eb_0001_0000L + 16 * id.getLeastSignificantBits() + index));
        }
        RemoteLegs legs = new RemoteLegs(
                node, new RemoteLegs.Station(id, networks, macs, mtu, failAfterNs), boxes.size());
        users.add(legs);
        cutAgain();
        return legs;
    }

    /** How frames and disks fare until it is healed. */
    void weather() {
        if (prng.chance(0.3)) {
            boxes.forEach(box -> box.medium().faults().slow(0.1, 5 * MS_NS));
        }
        calm = prng.chance(0.4);
        if (calm) {
            return;
        }
        boolean doubles = prng.chance(0.3);
        double worst = 0.15;
        Impairment.Settings weather = doubles
                ? new Impairment.Settings(0, 0.5, 0.5, 0, 25 * MS_NS)
                : new Impairment.Settings(
                        worst * prng.unit(),
                        worst * prng.unit(),
                        worst * prng.unit(),
                        prng.chance(0.3) ? prng.below((int) (3 * MS_NS)) : 0,
                        5 * MS_NS);
        networks.forEach(network -> network.conditions(weather));
    }

    /** Whether frames arrive once, in their order. */
    boolean isCalm() {
        return calm;
    }

    /** Starts it unless it runs. */
    void start(int leg) {
        TargetBox box = boxes.get(leg);
        if (!box.running()) {
            box.start();
            cutAgain();
        }
    }

    /** Its machine loses its power, whether a process runs there or has left its cache to it. */
    void powerCut(int leg) {
        TargetBox box = boxes.get(leg);
        if (!box.running()) {
            box.start();
        }
        box.powerCut();
    }

    void cutOff(int leg) {
        simulation.mark("target cut off");
        cuts.put(leg, Cut.values()[prng.below(Cut.values().length)]);
        cutAgain();
    }

    /** Ports that came since are behind the same cut. */
    private void cutAgain() {
        cuts.forEach((leg, cut) -> forLinks(leg, (network, user, target) -> {
            if (cut != Cut.UNHEARD) {
                network.cut(user, target);
            }
            if (cut != Cut.DEAF) {
                network.cut(target, user);
            }
        }));
    }

    /** One of two ways to a target is cut until it is healed, or the target begins anew. */
    void cutPath(int leg) {
        int index = prng.below(networks.size());
        if (networks.size() > 1 && !boxes.get(leg).ports().isEmpty()) {
            simulation.mark("one of two paths cut");
            for (RemoteLegs user : users) {
                networks.get(index)
                        .cutBoth(user.ports().get(index), boxes.get(leg).ports().get(index));
            }
        }
    }

    /** What a target is to remember is not stored: claims and floors fail. */
    void failSaves(int leg) {
        boxes.get(leg).stateDisk().failSaves(prng.between(1, 5));
    }

    void mend(int leg) {
        if (cuts.remove(leg) != null) {
            forLinks(leg, (network, user, target) -> {
                network.mend(user, target);
                network.mend(target, user);
            });
        }
    }

    private interface Link {
        void between(SimNetwork network, SimPort user, SimPort target);
    }

    private void forLinks(int leg, Link action) {
        TargetBox box = boxes.get(leg);
        for (RemoteLegs user : users) {
            for (int index = 0; index < box.ports().size(); index++) {
                action.between(
                        networks.get(index),
                        user.ports().get(index),
                        box.ports().get(index));
            }
        }
    }

    /** From now on writes from these ports stay on their way, at that rate. */
    void holdWrites(List<SimPort> from, double rate) {
        if (rate > 0) {
            networks.forEach(network -> network.holdIf((sender, to, frame) ->
                    from.contains(sender) && isWrite(frame) && prng.chance(rate)));
        }
    }

    private static boolean isWrite(byte[] frame) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        return AoeHeader.command(memory, 0) == AoeHeader.COMMAND_ATA
                && !AoeHeader.response(memory, 0)
                && switch (AtaHeader.command(memory, 0)) {
                    case AtaCommand.WRITE_SECTORS_EXT, AtaCommand.WRITE_DMA_FUA_EXT -> true;
                    default -> false;
                };
    }

    /** They arrive now or later. */
    void releaseHeld(int withinNs) {
        for (SimNetwork network : networks) {
            network.holdIf(null);
            if (!network.held().isEmpty()) {
                simulation.mark("late frames of a former owner", network.held().size());
            }
            network.held().forEach(held -> held.release(prng.below(withinNs)));
            network.held().clear();
        }
    }

    void heal() {
        for (TargetBox box : boxes) {
            box.medium().faults().heal();
            box.stateDisk().failSaves(0);
        }
        networks.forEach(SimNetwork::heal);
        cuts.clear();
        releaseHeld(1);
        calm = true;
        for (int leg = 0; leg < boxes.size(); leg++) {
            start(leg);
        }
    }

    void powerCutAll() {
        boxes.forEach(TargetBox::powerCut);
    }

    /** What a target has executed, under which epoch. */
    Stream<MirrorJudge.Write> log(int leg) {
        return boxes.get(leg).evidence().writes().stream()
                .map(write -> new MirrorJudge.Write(write.atNs(), new Epoch(write.epoch())));
    }

    /** Of each target: epochs only grow, and what it executed in each came from that term. */
    void judgeTerms(int ownerCount) {
        for (TargetBox box : boxes) {
            long last = 0;
            Map<Long, Long> macs = new HashMap<>();
            for (Evidence.Write write : box.evidence().writes()) {
                if (write.epoch() < last) {
                    throw new AssertionError(
                            "a write of epoch " + write.epoch() + " after " + last);
                }
                last = write.epoch();
                if (!termsOf(last, ownerCount).contains(write.mac())
                        || macs.merge(last, write.mac(), (one, other) -> one) != write.mac()) {
                    throw new AssertionError("two writers, or a stranger, in epoch " + last + ": "
                            + write + " and " + new MacAddress(macs.getOrDefault(last, 0L)));
                }
            }
            simulation.mark("executed writes judged", box.evidence().writes().size());
        }
    }

    private static Set<Long> termsOf(long epoch, int ownerCount) {
        Set<Long> terms = new HashSet<>();
        for (int owner = 1; owner <= ownerCount; owner++) {
            terms.add(MacAddress.ofTerm(new UUID(0, owner), new Epoch(epoch)).bits());
        }
        return terms;
    }
}
