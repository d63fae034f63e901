// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.base.Prng;
import etherbay.sim.hostile.ExportFacts;
import etherbay.sim.hostile.ExportModel;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.PortFacts;
import etherbay.target.Export;
import etherbay.target.ExportRecords;
import etherbay.target.ExportState;
import etherbay.target.Target;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The shipped target with the exports of {@link HostileExport} on two ports, its disks and records
 * in memory, turned by hand. One thread.
 */
final class HostileBox implements AutoCloseable {
    static final List<PortFacts> PORTS = List.of(
            new PortFacts(new MacAddress(0x0200_0000_0001L), 1500),
            new PortFacts(new MacAddress(0x0200_0000_0002L), 9000));

    private static final String BOOT = "boot-1";

    /** Each change of state would be a line. */
    private static final Logger TARGET_LOG = Logger.getLogger("etherbay.target");

    static {
        TARGET_LOG.setLevel(Level.OFF);
    }

    private final class BoxClock implements Clock {
        @Override
        public long nanoTime() {
            return nowNs;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    }

    /** One export with what lies below it. */
    private static final class Served {
        final HostileExport plan;
        final HostileDisk disk;
        final HostileStore store;
        Export export;
        boolean stopped;

        Served(HostileExport plan, HostileDisk disk, HostileStore store, Export export) {
            this.plan = plan;
            this.disk = disk;
            this.store = store;
            this.export = export;
        }
    }

    private final Arena arena = Arena.ofConfined();
    private final Loop loop = new Loop("hostile", new BoxClock(), new ParkIdler(), 0);
    private final Counters counters = new Counters();
    private final Target target = new Target(loop, counters);
    private final List<HostilePort> ports = new ArrayList<>();
    private final List<Served> served = new ArrayList<>();
    private final HostilePlant plant;
    private final Prng prng;
    private long nowNs = 1_000_000_000_000L;

    HostileBox(Prng prng, HostilePlant plant) {
        this.prng = prng;
        this.plant = plant;
        for (PortFacts facts : PORTS) {
            HostilePort port = new HostilePort(facts, arena);
            plant.port(port, this);
            ports.add(port);
            port.deaf(true);
            target.attach(port);
        }
        for (HostileExport plan : HostileExport.all()) {
            served.add(open(plan));
        }
        settle();
        deaf(false);
    }

    private Served open(HostileExport plan) {
        HostileDisk disk = new HostileDisk(
                plan.disk(), arena.allocate(plan.sectors() * 512L, 4096), prng.fork());
        ExportState state = opened(Optional.empty(), plan);
        HostileStore store = new HostileStore(state);
        return new Served(plan, disk, store, start(plan, disk, store));
    }

    private Export start(HostileExport plan, HostileDisk disk, HostileStore store) {
        Export export = new Export(
                loop,
                counters,
                plan.settings(),
                plant.disk(disk),
                new ExportRecords(store.stored(), plant.store(store), null, prng::nextLong));
        target.add(export, List.copyOf(ports));
        return export;
    }

    private ExportState opened(Optional<ExportState> stored, HostileExport plan) {
        return ExportState.opened(stored, BOOT, plan.settings().name(), prng::nextLong);
    }

    static List<ExportFacts> facts() {
        return HostileExport.all().stream().map(HostileExport::facts).toList();
    }

    /** Of the export at that index, for canaries. */
    Export export(int index) {
        return served.get(index).export;
    }

    /** The models learn what is random. */
    void tellIncarnations(List<ExportModel> models) {
        for (int i = 0; i < served.size(); i++) {
            models.get(i).incarnation(served.get(i).export.state().incarnation());
        }
    }

    long nowNs() {
        return nowNs;
    }

    /** Time passes, and timers fire. */
    void pass(long forNs) {
        nowNs += forNs;
        loop.turn(nowNs);
    }

    void receive(HostileFrame frame) {
        ports.get(frame.port()).receive(frame.bytes(), frame.length(), nowNs - frame.agoNs());
    }

    /** Turns until nothing moves any more. */
    void settle() {
        int work;
        do {
            work = loop.turn(nowNs);
            for (int i = 0; i < served.size(); i++) {
                Served each = served.get(i);
                work += each.disk.completeSome();
                work += each.store.finish() ? 1 : 0;
            }
        } while (work > 0);
    }

    void takeSent(HostilePort.Sent taker) {
        for (int i = 0; i < ports.size(); i++) {
            ports.get(i).takeSent(taker);
        }
    }

    private void deaf(boolean wanted) {
        ports.forEach(port -> port.deaf(wanted));
    }

    /** All exports stop, and start again with what they remember. */
    void restart() {
        deaf(true);
        stop();
        for (Served each : served) {
            ExportState state = opened(Optional.of(each.store.stored()), each.plan);
            each.store.save(state, stored -> {});
            each.store.finish();
            each.export = start(each.plan, each.disk, each.store);
            each.stopped = false;
        }
        settle();
        deaf(false);
    }

    private void stop() {
        for (Served each : served) {
            target.remove(each.export);
            each.export.stop(() -> each.stopped = true);
        }
        settle();
        for (Served each : served) {
            if (!each.stopped || !each.store.stored().cleanStop()) {
                throw new AssertionError(each.plan.settings().name() + " does not stop cleanly");
            }
            each.export.close();
        }
    }

    /** Demands that all is as the model says: in the exports, in their records, on their disks. */
    void compare(List<ExportModel> models) {
        for (int i = 0; i < ports.size(); i++) {
            equal("free frames", ports.get(i).freeCount(), HostilePort.FRAME_COUNT);
        }
        for (int i = 0; i < served.size(); i++) {
            compare(served.get(i), models.get(i));
        }
    }

    private static void compare(Served real, ExportModel model) {
        String name = real.plan.settings().name();
        Export export = real.export;
        equal(name + " requests in flight", export.inFlightCount(), 0);
        equal(name + " write cache", export.cacheOn(), model.cacheOn());
        equal(name + " failed sync", export.syncFailed(), false);
        equal(name + " sectors", export.sectors(), (long) real.plan.sectors());
        compare(name + " in force", export.state(), model);
        compare(name + " in store", real.store.stored(), model);
        long at = real.disk.bytes().mismatch(MemorySegment.ofArray(model.sectors()));
        if (at >= 0) {
            throw new AssertionError(
                    "%s sector %d differs at its byte %d".formatted(name, at / 512, at % 512));
        }
    }

    private static void compare(String what, ExportState real, ExportModel model) {
        equal(what + " config string", real.config(), model.config());
        equal(what + " masks", real.masks(), model.masks());
        equal(what + " reservations", real.reservations(), model.reservations());
        equal(what + " incarnation", real.incarnation(), model.incarnation());
        equal(what + " epoch", real.epoch().value(), model.epoch());
        equal(what + " owners", real.owners(), model.owners());
        Map<MacAddress, Integer> floors = model.floors();
        equal(what + " floors", real.floors().size(), floors.size());
        for (ExportState.Floor floor : real.floors()) {
            equal(what + " floor of " + floor.mac(), floor.tag(), floors.get(floor.mac()));
        }
    }

    private static void equal(String what, Object real, @Nullable Object model) {
        if (!Objects.equals(real, model)) {
            throw new AssertionError(what + ": " + real + ", the model says " + model);
        }
    }

    /** Whatever state it is in, after a failure too. */
    @Override
    public void close() {
        for (Served each : served) {
            if (!each.stopped) {
                target.remove(each.export);
                each.export.stop(() -> {});
            }
            each.export.close();
        }
        arena.close();
    }
}
