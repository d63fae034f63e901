// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;
import etherbay.sim.WatchedDevice;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * A machine that uses one remote disk with a {@link DiskUser}: its place in the networks and what
 * it wrote outlive the processes on it. The initiator in it is the shipped one.
 */
final class InitiatorBox {
    static final int FRAME_COUNT = 40;
    private static final int SECTORS_MAX = 40;

    private record Interface(SimNetwork network, MacAddress mac) {}

    private final Simulation simulation;
    private final Prng prng;
    private final SectorHistory history;
    private final RemoteDiskSettings settings;
    private final long expendableSectors;
    private final List<Interface> interfaces = new ArrayList<>();
    private final List<SimPort> ports = new ArrayList<>();
    private final SimPort.Tap tap;
    private int mtu = 1500;
    private Counters counters = new Counters();
    private SimNode node;
    private @Nullable Initiator initiator;
    private @Nullable RemoteDisk disk;
    private @Nullable WatchedDevice watched;
    private @Nullable DiskUser user;
    private boolean ready;
    private boolean wasBelowTop;

    InitiatorBox(
            Simulation simulation,
            RemoteDiskSettings settings,
            SectorHistory history,
            long expendableSectors,
            SimPort.Tap tap) {
        this.simulation = simulation;
        this.settings = settings;
        this.history = history;
        this.expendableSectors = expendableSectors;
        this.tap = tap;
        prng = simulation.prng().fork();
        node = simulation.node("initiator");
    }

    InitiatorBox on(SimNetwork network, MacAddress mac) {
        interfaces.add(new Interface(network, mac));
        return this;
    }

    /** Of its ports from the next start on. */
    void mtu(int bytes) {
        mtu = bytes;
    }

    SimNode node() {
        return node;
    }

    /** Of the present life. */
    List<SimPort> ports() {
        return ports;
    }

    /** Starts a process that looks for the disk; {@link #isReady} when it has it. */
    void start() {
        if (!node.alive()) {
            node = simulation.node("initiator");
        }
        counters = new Counters();
        ports.clear();
        ready = false;
        wasBelowTop = false;
        Initiator process = new Initiator(node.loop(), counters, prng.fork());
        initiator = process;
        node.loop().add(process);
        for (Interface each : interfaces) {
            SimPort port = each.network.port(node, "eth" + ports.size(), each.mac);
            port.frames(FRAME_COUNT).mtu(mtu);
            port.tap(tap);
            ports.add(port);
            process.add(port);
        }
        DiskAddress address = new DiskAddress(TargetBox.SHELF, TargetBox.SLOT);
        disk = process.open(address, settings, this::opened);
        node.wake();
    }

    private void opened(@Nullable EtherbayException failure) {
        if (failure != null) {
            throw new AssertionError("one disk, and it is refused", failure);
        }
        RemoteDisk found = disk();
        // What the process before had sent is dead: a floor was set on each path that is up.
        history.unackedAreDead();
        watched = new WatchedDevice(found);
        user = new DiskUser(node, watched, history, prng.between(1, 12), SECTORS_MAX)
                .expendable(expendableSectors);
        found.listen(new BlockDevice.Listener() {
            @Override
            public void resized(BlockDevice device, long sectorsBefore) {
                simulation.mark("state: disk grew");
            }

            @Override
            public void stateChanged(BlockDevice device, BlockDevice.State state) {
                simulation.mark("state: disk " + state);
            }
        });
        ready = true;
        simulation.mark("state: disk opened");
    }

    /** One more disk in the present process, which nobody uses. */
    RemoteDisk openAlso(DiskAddress address) {
        Initiator present = initiator;
        if (present == null) {
            throw new IllegalStateException("a process runs before it opens disks");
        }
        return present.open(address, settings, failure -> {});
    }

    boolean isReady() {
        return ready;
    }

    DiskUser user() {
        DiskUser present = user;
        if (present == null) {
            throw new IllegalStateException("the disk is open before it is used");
        }
        return present;
    }

    RemoteDisk disk() {
        RemoteDisk present = disk;
        if (present == null) {
            throw new IllegalStateException("a process runs before it is looked at");
        }
        return present;
    }

    /** Notes what changed since the last look. */
    void look() {
        DiskStatus status = disk().status();
        boolean belowTop = status.paths().stream()
                .anyMatch(path -> path.standing().equals("up") && path.sectors() < topSectors());
        if (belowTop != wasBelowTop) {
            simulation.mark(belowTop ? "state: frames smaller" : "state: frames large again");
            wasBelowTop = belowTop;
        }
    }

    private int topSectors() {
        int smallest = ports.stream().mapToInt(SimPort::mtu).min().orElse(mtu);
        return smallest >= 9000 ? 16 : 2;
    }

    void kill() {
        noteCounters();
        if (user != null) {
            user.gone();
        }
        node.kill();
        ready = false;
    }

    /** What the present process counted under that name. */
    long counter(String name) {
        return counters.snapshot().getOrDefault(name, 0L);
    }

    /** Adds what the present process counted to the marks. */
    void noteCounters() {
        counters.snapshot().forEach((name, count) -> {
            if (count > 0 && name.startsWith("initiator.")) {
                simulation.mark("counted: " + name, count);
            }
        });
    }

    /** Demands that nothing is under way and nothing is held. */
    void checkIdle() {
        WatchedDevice device = watched;
        if (device != null) {
            device.checkNothingInFlight();
        }
        for (SimPort port : ports) {
            if (port.freeFrameCount() != FRAME_COUNT) {
                throw new AssertionError(FRAME_COUNT - port.freeFrameCount()
                        + " frames of the initiator are held though nothing is under way");
            }
        }
    }
}
