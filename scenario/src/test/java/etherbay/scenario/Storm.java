// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Impairment;
import etherbay.base.Prng;
import etherbay.sim.DiskFaults;
import etherbay.sim.FaultAtlas;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that can go wrong with a target, an initiator and what is between them, one at a time and
 * drawn by chance. Each fault ends by itself after a while; what needs a hand ({@link #mend}) says
 * so. Knows which errors its faults excuse.
 */
final class Storm {
    static final String MARK = "fault: ";

    /** All faults. */
    static final List<String> NAMES = List.of(
            "bad weather",
            "long delays",
            "one way cut",
            "network cut",
            "partition",
            "damaged frames",
            "large frames swallowed",
            "link down",
            "MTU changed",
            "send ring full",
            "polled late",
            "process not scheduled",
            "disk slow",
            "disk stalled",
            "torn writes",
            "range unreadable",
            "range unwritable",
            "disk full",
            "sync failed",
            "write with FUA failed",
            "bit rot",
            "write misdirected",
            "disk grown",
            "target killed",
            "target lost power",
            "initiator killed",
            "state not stored");

    private static final long MS_NS = 1_000_000L;
    private static final long SECOND_NS = 1_000_000_000L;

    /** Outages that add up to less are no reason for an error: {@code fail-after} is 5 s. */
    private static final long EXCUSING_NS = 4 * SECOND_NS;

    private final Simulation simulation;
    private final Prng prng;
    private final List<SimNetwork> networks;
    private final TargetBox target;
    private final InitiatorBox initiator;
    private final SectorHistory history;
    private final FaultAtlas atlas;
    private final Map<String, Runnable> faults = new LinkedHashMap<>();
    private long outageNs;
    private long outageEndsNs;
    private boolean offlineBefore;
    private boolean diskFails;

    Storm(
            Simulation simulation,
            List<SimNetwork> networks,
            TargetBox target,
            InitiatorBox initiator,
            SectorHistory history,
            FaultAtlas atlas) {
        this.simulation = simulation;
        this.networks = networks;
        this.target = target;
        this.initiator = initiator;
        this.history = history;
        this.atlas = atlas;
        prng = simulation.prng().fork();
        network();
        ports();
        disk();
        processes();
        Check.that(List.copyOf(faults.keySet()).equals(NAMES), "the list of faults is whole");
    }

    /** Another round begins: outages that are over excuse nothing any more. */
    void newRound() {
        outageNs = outageEndsNs > simulation.nowNs() ? outageNs : 0;
        offlineBefore = initiator.isReady()
                && initiator.disk().status().state() == BlockDevice.State.OFFLINE;
    }

    /** Whether requests may have ended OFFLINE or UNKNOWN in this round. */
    boolean excusesSilence() {
        return outageNs >= EXCUSING_NS || offlineBefore;
    }

    /** Whether requests may have ended FAILED since {@link #mend} was last called. */
    boolean excusesFailure() {
        return diskFails;
    }

    void strike() {
        String name = NAMES.get(prng.below(NAMES.size()));
        simulation.mark(MARK + name);
        simulation.trace(MARK + name, 0, 0);
        faults.getOrDefault(name, () -> {}).run();
    }

    /** Ends all faults, starts who is dead, and does what a person has to do. */
    void mend() {
        networks.forEach(SimNetwork::heal);
        networks.forEach(network -> network.delayNs(5_000, 30_000));
        target.medium().faults().heal();
        target.stateDisk().failSaves(0);
        restoreLinks();
        diskFails = false;
        if (!target.running()) {
            target.start();
        }
        if (target.syncFailed()) {
            target.kill();
            target.clearFailedSync();
            simulation.mark("state: failed sync cleared by hand");
            target.start();
            history.crashed();
        }
        if (initiator.node().alive()
                && initiator.isReady()
                && initiator.disk().status().lost()) {
            initiator.kill();
            simulation.mark("state: disk attached anew after a loss");
        }
        if (!initiator.node().alive()) {
            history.reattached();
            initiator.start();
        }
    }

    private void restoreLinks() {
        for (SimPort port : initiator.ports()) {
            port.link(true);
            port.stallSending(false);
        }
        if (target.running()) {
            for (SimPort port : target.ports()) {
                port.link(true);
                port.stallSending(false);
            }
        }
    }

    private long upToNs(long maxNs) {
        return 1 + prng.below(maxNs);
    }

    /** Notes that nothing may pass for so long. */
    private long outage(long maxNs) {
        long durationNs = upToNs(maxNs);
        outageNs += durationNs;
        outageEndsNs = Math.max(outageEndsNs, simulation.nowNs() + durationNs);
        return durationNs;
    }

    private SimNetwork network(int index) {
        return networks.get(index);
    }

    private int anyNetwork() {
        return prng.below(networks.size());
    }

    private void network() {
        faults.put("bad weather", () -> {
            SimNetwork network = network(anyNetwork());
            double worst = prng.chance(0.2) ? 0.6 : 0.15;
            network.conditions(new Impairment.Settings(
                    worst * prng.unit(),
                    worst * prng.unit(),
                    worst * prng.unit(),
                    prng.below(2 * (int) MS_NS),
                    1 + prng.below(20 * (int) MS_NS)));
            simulation.after(outage(SECOND_NS), () -> network.conditions(Impairment.Settings.NONE));
        });
        faults.put("long delays", () -> {
            SimNetwork network = network(anyNetwork());
            network.delayNs(5_000, 30_000 + prng.below(8 * (int) MS_NS));
            simulation.after(outage(SECOND_NS), () -> network.delayNs(5_000, 30_000));
        });
        faults.put("one way cut", () -> {
            int index = anyNetwork();
            cut(index, prng.chance(0.5), true, outage(SECOND_NS));
        });
        faults.put("network cut", () -> cut(anyNetwork(), true, false, outage(SECOND_NS)));
        faults.put("partition", () -> {
            long durationNs = outage(prng.chance(0.2) ? 8 * SECOND_NS : SECOND_NS);
            for (int index = 0; index < networks.size(); index++) {
                cut(index, true, false, durationNs);
            }
        });
        faults.put("damaged frames", () -> {
            SimNetwork network = network(anyNetwork());
            network.damage(0.2 * prng.unit());
            simulation.after(outage(SECOND_NS), () -> network.damage(0));
        });
        faults.put("large frames swallowed", () -> {
            SimNetwork network = network(anyNetwork());
            network.mtu(prng.chance(0.5) ? 1500 : 5000);
            simulation.after(outage(2 * SECOND_NS), () -> network.mtu(Integer.MAX_VALUE));
        });
    }

    private void cut(int index, boolean toTarget, boolean oneWay, long durationNs) {
        if (!target.running() || !initiator.node().alive()) {
            return;
        }
        SimPort ours = initiator.ports().get(index);
        SimPort theirs = target.ports().get(index);
        SimNetwork network = network(index);
        if (!oneWay || toTarget) {
            network.cut(ours, theirs);
        }
        if (!oneWay || !toTarget) {
            network.cut(theirs, ours);
        }
        simulation.after(durationNs, () -> {
            network.mend(ours, theirs);
            network.mend(theirs, ours);
        });
    }

    private SimPort anyPort() {
        int index = anyNetwork();
        boolean ours = prng.chance(0.5) || !target.running();
        return ours ? initiator.ports().get(index) : target.ports().get(index);
    }

    private void ports() {
        faults.put("link down", () -> {
            SimPort port = anyPort();
            port.link(false);
            simulation.after(outage(SECOND_NS), () -> port.link(true));
        });
        faults.put("MTU changed", () -> {
            SimPort port = anyPort();
            int before = port.mtu();
            port.mtu(before == 1500 ? 9000 : 1500);
            simulation.after(outage(2 * SECOND_NS), () -> port.mtu(before));
        });
        faults.put("send ring full", () -> {
            SimPort port = anyPort();
            port.stallSending(true);
            simulation.after(outage(SECOND_NS / 2), () -> port.stallSending(false));
        });
        faults.put("polled late", () -> {
            SimPort port = anyPort();
            port.pausePolling(simulation.nowNs() + outage(100 * MS_NS));
        });
        faults.put("process not scheduled", () -> {
            SimNode node = prng.chance(0.5) ? target.node() : initiator.node();
            if (node.alive()) {
                node.pauseUntil(simulation.nowNs() + outage(2 * SECOND_NS));
            }
        });
    }

    private void disk() {
        DiskFaults disk = target.medium().faults();
        faults.put("disk slow", () -> {
            disk.slow(prng.unit(), 1 + prng.below(100 * MS_NS));
            simulation.after(outage(SECOND_NS), () -> disk.slow(0, 1));
        });
        faults.put(
                "disk stalled", () -> disk.stallUntil(simulation.nowNs() + outage(2 * SECOND_NS)));
        faults.put("torn writes", () -> disk.tear(prng.unit()));
        faults.put("range unreadable", () -> failing(disk, () -> disk.badReads(anyLba(), 4)));
        faults.put("range unwritable", () -> failing(disk, () -> disk.badWrites(anyLba(), 4)));
        faults.put("disk full", () -> failing(disk, () -> disk.space(prng.below(60))));
        faults.put("sync failed", () -> failSync(() -> disk.failFlushes(1)));
        faults.put("write with FUA failed", () -> failSync(() -> disk.failFuaWrites(1)));
        faults.put("bit rot", () -> {
            long lba = anyLba() % (4 * atlas.givenUpSectors());
            if (atlas.damage(0, lba, 1)) {
                target.medium().rot(lba);
            }
        });
        faults.put("write misdirected", () -> {
            long sectors = atlas.givenUpSectors();
            Check.that(atlas.damage(0, 0, sectors), "what is given up may be damaged");
            disk.misdirect(0.3, 0, sectors);
            simulation.after(upToNs(SECOND_NS), () -> disk.misdirect(0, 0, 0));
        });
        faults.put(
                "disk grown",
                () -> target.medium().grow(target.medium().sectors() + 8L * prng.below(3)));
    }

    /** Not beside a state disk that fails as well: what it cannot note, it forgets when it ends. */
    private void failSync(Runnable fault) {
        if (!target.stateDisk().isFailing()) {
            diskFails = true;
            fault.run();
        }
    }

    private long anyLba() {
        return prng.below((int) target.medium().sectors());
    }

    private void failing(DiskFaults disk, Runnable fault) {
        diskFails = true;
        fault.run();
        simulation.after(upToNs(SECOND_NS), disk::heal);
    }

    private void processes() {
        faults.put("target killed", () -> {
            if (target.running()) {
                target.noteCounters();
                target.kill();
                startTargetLater();
            }
        });
        faults.put("target lost power", () -> {
            if (target.running()) {
                target.noteCounters();
                target.powerCut();
                history.crashed();
                if (initiator.isReady()) {
                    initiator.user().powerCut();
                }
                startTargetLater();
            }
        });
        faults.put("initiator killed", () -> {
            if (initiator.node().alive() && initiator.isReady()) {
                initiator.kill();
                simulation.after(upToNs(SECOND_NS), () -> {
                    if (!initiator.node().alive()) {
                        history.reattached();
                        initiator.start();
                    }
                });
            }
        });
        faults.put("state not stored", () -> {
            if (!diskFails) {
                target.stateDisk().failSaves(1 + prng.below(3));
            }
        });
    }

    private void startTargetLater() {
        long durationNs = outage(prng.chance(0.15) ? 8 * SECOND_NS : SECOND_NS);
        simulation.after(durationNs, () -> {
            if (!target.running()) {
                target.start();
            }
        });
    }
}
