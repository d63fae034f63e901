// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;
import etherbay.sim.WatchedDevice;
import etherbay.target.Export;
import etherbay.target.ExportRecords;
import etherbay.target.ExportSettings;
import etherbay.target.ExportState;
import etherbay.target.StateStore;
import etherbay.target.Target;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A machine that serves one disk: medium, state and wiring outlive the processes that run on it.
 * The target in it is the shipped one; a canary may put something between it and the world.
 */
final class TargetBox {
    static final int SHELF = 1;
    static final int SLOT = 0;

    /** Frames per port: more than an export's queue holds. */
    private static final int FRAME_COUNT = 40;

    /**
     * Ten thousand starts and failing disks would fill the log; a replay shows the trace instead.
     */
    private static final Logger TARGET_LOG = Logger.getLogger("etherbay.target");

    static {
        TARGET_LOG.setLevel(Level.OFF);
    }

    private record Interface(SimNetwork network, MacAddress mac) {}

    private final Simulation simulation;
    private final String name;
    private final SimMedium medium;
    private final SimStateDisk stateDisk;
    private final Evidence evidence;
    private final Prng prng;
    private final List<Interface> interfaces = new ArrayList<>();
    private final List<DiskLog.Write> diskLog = new ArrayList<>();
    private final List<SimPort> ports = new ArrayList<>();
    private ExportSettings settings = ExportSettings.of(SHELF, SLOT).withQueueLength(16);
    private BiFunction<SimNode, BlockDevice, BlockDevice> diskDisguise = (node, disk) -> disk;
    private BiFunction<SimNode, StateStore, StateStore> storeDisguise = (node, store) -> store;
    private BiFunction<SimNode, SimPort, EthernetPort> portDisguise = (node, port) -> port;
    private Counters counters = new Counters();
    private SimNode node;
    private @Nullable Export export;
    private @Nullable Target target;
    private int bootCount = 1;
    private int mtu = 1500;
    private SimPort.Tap tap = (port, frame, atNs) -> {};

    TargetBox(Simulation simulation, long sectors) {
        this(simulation, "target", "medium", sectors);
    }

    /** One of several, by their names. */
    TargetBox(Simulation simulation, String name, String mediumName, long sectors) {
        this.simulation = simulation;
        this.name = name;
        medium = new SimMedium(simulation, mediumName, sectors);
        stateDisk = new SimStateDisk(simulation);
        evidence = new Evidence(simulation);
        prng = simulation.prng().fork();
        node = simulation.node(name);
    }

    SimMedium medium() {
        return medium;
    }

    SimStateDisk stateDisk() {
        return stateDisk;
    }

    Evidence evidence() {
        return evidence;
    }

    /** What the export tells initiators about lost writes. */
    long incarnation() {
        return stateDisk.stored().orElseThrow().incarnation();
    }

    /** What its disk is called by IDENTIFY. */
    String serial() {
        return stateDisk.stored().orElseThrow().serial();
    }

    /** All writes that its disk finished, over all lives, in their order. */
    List<DiskLog.Write> diskLog() {
        return diskLog;
    }

    SimNode node() {
        return node;
    }

    /** Of the present life. */
    List<SimPort> ports() {
        return ports;
    }

    /** Of the present life, by the last words of its name. */
    long counter(String nameEnd) {
        return counters.snapshot().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(nameEnd))
                .mapToLong(entry -> entry.getValue())
                .sum();
    }

    TargetBox on(SimNetwork network, MacAddress mac) {
        interfaces.add(new Interface(network, mac));
        return this;
    }

    /** Of its ports from the next start on. */
    TargetBox mtu(int bytes) {
        mtu = bytes;
        return this;
    }

    TargetBox settings(UnaryOperator<ExportSettings> change) {
        settings = change.apply(settings);
        return this;
    }

    /** Hears of each frame that arrives at its ports from the next start on. */
    TargetBox tap(SimPort.Tap hearer) {
        tap = hearer;
        return this;
    }

    /** Adds what the present process counted to the marks. */
    void noteCounters() {
        counters.snapshot().forEach((name, count) -> {
            if (count > 0) {
                simulation.mark("counted: " + name, count);
            }
        });
    }

    /** Demands that no frame is held. */
    void checkIdle() {
        for (SimPort port : ports) {
            if (port.freeFrameCount() != FRAME_COUNT) {
                throw new AssertionError(FRAME_COUNT - port.freeFrameCount()
                        + " frames of the target are held though nothing is under way");
            }
        }
    }

    /** Canaries: something between the target and its disk. */
    TargetBox disguiseDisk(BiFunction<SimNode, BlockDevice, BlockDevice> planted) {
        diskDisguise = planted;
        return this;
    }

    /** Canaries: something between the target and its state. */
    TargetBox disguiseStore(BiFunction<SimNode, StateStore, StateStore> planted) {
        storeDisguise = planted;
        return this;
    }

    /** Canaries: something between the target and its ports. */
    TargetBox disguisePorts(BiFunction<SimNode, SimPort, EthernetPort> planted) {
        portDisguise = planted;
        return this;
    }

    /** Starts the process, for the first time or again. */
    void start() {
        if (!node.alive()) {
            node = simulation.node(name);
        }
        counters = new Counters();
        ports.clear();
        ExportState state = ExportState.opened(
                stateDisk.stored(), "boot-" + bootCount, medium.name(), prng::nextLong);
        stateDisk.store(state);
        BlockDevice device = diskDisguise.apply(
                node, new DiskLog(simulation, diskLog, new WatchedDevice(medium.open(node))));
        StateStore store = storeDisguise.apply(node, stateDisk.open(node));
        ExportRecords records = new ExportRecords(state, store, evidence, prng::nextLong);
        export = new Export(node.loop(), counters, settings, device, records);
        target = new Target(node.loop(), counters);
        List<EthernetPort> served = new ArrayList<>();
        for (Interface each : interfaces) {
            SimPort port = each.network.port(node, "eth" + ports.size(), each.mac);
            ports.add(port.frames(FRAME_COUNT));
            port.mtu(mtu);
            port.tap(tap);
            EthernetPort disguised = portDisguise.apply(node, port);
            target.attach(disguised);
            served.add(disguised);
        }
        target.add(export, served);
        node.wake();
    }

    /** Says that it stops, as a node does before and after it does so. */
    void away(int withinMs) {
        Target present = target;
        Export served = export;
        if (present == null || served == null) {
            throw new IllegalStateException("a process runs before it stops");
        }
        node.tell(() -> present.announceAway(served, withinMs));
    }

    void kill() {
        node.kill();
    }

    /** Whether it trusts its disk no more. */
    boolean syncFailed() {
        return stateDisk.stored().orElseThrow().syncFailed()
                || (export != null && export.syncFailed());
    }

    /** What a person does about that, while no process runs. */
    void clearFailedSync() {
        stateDisk.store(stateDisk.stored().orElseThrow().cleared());
    }

    void powerCut() {
        node.powerCut();
        bootCount++;
    }

    boolean running() {
        return node.alive();
    }
}
