// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.GuestStore;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A node of {@link MoveWorld}: its machines, what its daemon has written, and the daemon. */
final class MoveBox {
    /** The daemon or the node has ended; unwinds what it was doing. */
    static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final transient MoveBox box;

        Crash(MoveBox box) {
            super(box.name, null, false, false);
            this.box = box;
        }
    }

    final String name;
    final FakeHypervisor hypervisor;
    private final MoveWorld world;
    private final Map<String, GuestRecord> durable = new TreeMap<>();
    private @Nullable GuestKeeper keeper;
    private @Nullable MoveDisks disks;

    /** Of the daemon; one that has ended is not the one that runs now. */
    int incarnation;

    MoveBox(MoveWorld world, String name) {
        this.world = world;
        this.name = name;
        hypervisor = new FakeHypervisor(world, this);
    }

    @Nullable
    GuestKeeper keeper() {
        return keeper;
    }

    @Nullable
    MoveDisks disks() {
        return disks;
    }

    boolean isUp() {
        return keeper != null;
    }

    void startDaemon() {
        incarnation++;
        MoveDisks fresh = new MoveDisks(world, this);
        disks = fresh;
        keeper = new GuestKeeper(world.parts(this, fresh, new Store()));
    }

    /** Its machines go on. */
    void killDaemon() {
        incarnation++;
        keeper = null;
        disks = null;
    }

    void pullPlug() {
        killDaemon();
        hypervisor.machines.clear();
    }

    private final class Store implements GuestStore {
        @Override
        public List<GuestRecord> load() {
            return List.copyOf(durable.values());
        }

        @Override
        public void save(GuestRecord record) {
            world.step(MoveBox.this, "before save");
            durable.put(record.name(), record);
            world.step(MoveBox.this, record.phase() + " saved");
        }

        @Override
        public void delete(String guest) {
            durable.remove(guest);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
