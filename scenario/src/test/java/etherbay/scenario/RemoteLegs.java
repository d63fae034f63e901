// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.base.SectorDevice;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.mirror.Part;
import etherbay.node.AoeLegGate;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Legs that are AoE disks, as one process uses them: one initiator, a remote disk for each, a gate
 * by the target's fence; what a node builds. A disk that is found late is told.
 */
final class RemoteLegs implements MirrorOwner.LegSource {
    /** How a process of a node meets the networks. */
    record Station(
            UUID node,
            List<SimNetwork> networks,
            List<MacAddress> macs,
            int mtu,
            long failAfterNs) {}

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long LOOK_NS = 50_000_000L;

    /** For legs that do not answer at once, as {@code mirror assemble} waits. */
    private static final long WAIT_NS = 3 * SECOND_NS;

    private static final long GATE_NS = 3 * SECOND_NS;
    private final SimNode node;
    private final UUID id;
    private final Counters counters = new Counters();
    private final List<SimPort> ports = new ArrayList<>();
    private final List<RemoteDisk> disks = new ArrayList<>();
    private final List<Boolean> found = new ArrayList<>();
    private Consumer<Part> appeared = part -> {};

    RemoteLegs(SimNode node, Station station, int legCount) {
        this.node = node;
        id = station.node();
        Initiator initiator =
                new Initiator(node.loop(), counters, node.simulation().prng().fork());
        node.loop().add(initiator);
        for (int index = 0; index < station.networks().size(); index++) {
            SimPort port = station.networks()
                    .get(index)
                    .port(node, "eth" + index, station.macs().get(index));
            port.frames(InitiatorBox.FRAME_COUNT).mtu(station.mtu());
            ports.add(port);
            initiator.add(port);
        }
        RemoteDiskSettings settings =
                RemoteDiskSettings.DEFAULT.withFailAfterNs(station.failAfterNs());
        for (int leg = 0; leg < legCount; leg++) {
            int index = leg;
            found.add(false);
            DiskAddress address = new DiskAddress(TargetBox.SHELF, leg);
            disks.add(initiator.open(address, settings, failure -> found(index, failure)));
        }
        node.wake();
    }

    private void found(int index, @Nullable EtherbayException failure) {
        if (failure != null) {
            throw new AssertionError("one disk, and it is refused", failure);
        }
        found.set(index, true);
        appeared.accept(part(index));
    }

    /** Has {@code told} hear of each disk that is found from now on. */
    void onAppearance(Consumer<Part> told) {
        appeared = told;
    }

    List<SimPort> ports() {
        return ports;
    }

    @Override
    public boolean isThere(int index) {
        return found.get(index);
    }

    @Override
    public Part part(int index) {
        RemoteDisk disk = disks.get(index);
        return new Part(
                "s" + index, SectorDevice.over(disk), new AoeLegGate(disk, id, GATE_NS), "");
    }

    @Override
    public void await(List<Integer> wanted, Consumer<List<Integer>> there) {
        look(wanted, node.simulation().nowNs() + WAIT_NS, there);
    }

    private void look(List<Integer> wanted, long untilNs, Consumer<List<Integer>> there) {
        List<Integer> seen = wanted.stream().filter(this::isThere).toList();
        boolean over = node.simulation().nowNs() >= untilNs;
        if (seen.size() == wanted.size() || (over && !seen.isEmpty())) {
            there.accept(seen);
            return;
        }
        node.simulation().after(LOOK_NS, () -> {
            if (node.alive()) {
                look(wanted, untilNs, there);
            }
        });
    }

    /** Demands that no frame is held. */
    void checkIdle() {
        for (SimPort port : ports) {
            if (port.freeFrameCount() != InitiatorBox.FRAME_COUNT) {
                throw new AssertionError("frames of the initiator are held though nothing is"
                        + " under way on " + port.name());
            }
        }
    }

    /** Adds what the process counted to the marks. */
    void noteCounters() {
        counters.snapshot().forEach((name, count) -> {
            if (count > 0 && name.startsWith("initiator.")) {
                node.simulation().mark("counted: " + name, count);
            }
        });
    }
}
