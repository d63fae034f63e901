// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor;
import etherbay.guest.machine.Need;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Machines in memory, with what a real hypervisor has been seen to do when a move fails: a source
 * whose stream breaks lets its processors run again by itself, one whose stream hangs at the end
 * answers nobody but who ends that, a destination ends. They live as long as the box, whatever
 * becomes of the daemon.
 */
final class FakeHypervisor implements Hypervisor {
    /** One machine. What it remembers moves with it. */
    static final class Machine {
        final GuestSpec spec;
        Condition condition;
        GuestMemory memory;

        @Nullable
        String listens;

        @Nullable
        String sendsTo;

        boolean hangs;

        Machine(GuestSpec spec, Condition condition) {
            this.spec = spec;
            this.condition = condition;
            memory = GuestMemory.FRESH;
        }
    }

    /**
     * What the guest remembers.
     *
     * @param boot which start of it; 0 before it has looked at its disk
     * @param written what it wrote last
     */
    record GuestMemory(long boot, long written) {
        static final GuestMemory FRESH = new GuestMemory(0, 0);
    }

    private final MoveWorld world;
    private final MoveBox box;

    /** What {@code max} is on this box. */
    String cpuName = "max of all";

    final Map<String, Machine> machines = new HashMap<>();

    FakeHypervisor(MoveWorld world, MoveBox box) {
        this.world = world;
        this.box = box;
    }

    private Machine machine(String guest) {
        Machine machine = machines.get(guest);
        if (machine == null) {
            throw new EtherbayException(ErrorCode.NOT_FOUND, "no machine", guest, "start it");
        }
        requireAnswer(machine);
        return machine;
    }

    private static void requireAnswer(Machine machine) {
        if (machine.hangs) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE, "no answer", "its stream hangs", "end that");
        }
    }

    private Machine machineIn(String guest, Condition... allowed) {
        Machine machine = machine(guest);
        if (!List.of(allowed).contains(machine.condition)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT, "not now", "it is " + machine.condition, "wait");
        }
        return machine;
    }

    @Override
    public Abilities abilities() {
        return new Abilities(
                "fake", "1", "none", "fake-1", List.of("fake-1"), List.of("max"), cpuName, 1024, 2);
    }

    @Override
    public List<Need> needs(GuestSpec spec) {
        String correction = world.refuses("no room seen") ? "end another one" : "";
        return List.of(new Need("memory", spec.memoryMib() + " MiB", "some", correction));
    }

    @Override
    public Set<String> present() {
        return Set.copyOf(machines.keySet());
    }

    @Override
    public Condition condition(String guest) {
        world.step(box, "condition");
        Machine machine = machines.get(guest);
        if (machine == null) {
            return Condition.ABSENT;
        }
        requireAnswer(machine);
        if (machine.condition == Condition.LEAVING && world.prng.chance(0.2)) {
            machine.condition = receiver(machine) == null ? broken(machine) : Condition.SWITCHING;
        }
        return machine.condition;
    }

    /** Runs on by itself. */
    private Condition broken(Machine machine) {
        machine.sendsTo = null;
        world.mark("stream broken");
        return Condition.RUNNING;
    }

    /** The machine that takes in what this one sends; null for none any more. */
    private @Nullable Machine receiver(Machine machine) {
        for (MoveBox other : world.boxes) {
            for (Machine there : other.hypervisor.machines.values()) {
                boolean same = there.listens != null && there.listens.equals(machine.sendsTo);
                if (same && there.condition == Condition.INCOMING && !world.isCut(box, other)) {
                    return there;
                }
            }
        }
        return null;
    }

    @Override
    public void start(GuestSpec spec, Path disk, Start start) {
        world.step(box, "start");
        if (machines.containsKey(spec.name())) {
            throw new EtherbayException(ErrorCode.CONFLICT, "there is one", spec.name(), "kill it");
        }
        if (start == Start.INCOMING && world.refuses("no memory there")) {
            throw new EtherbayException(ErrorCode.ENVIRONMENT, "no memory", "none", "buy some");
        }
        machines.put(
                spec.name(),
                new Machine(spec, start == Start.RUNNING ? Condition.RUNNING : Condition.INCOMING));
        world.step(box, "started");
    }

    @Override
    public String listen(String guest, String host) {
        Machine machine = machineIn(guest, Condition.INCOMING);
        String where = host + "/" + world.nextNumber();
        machine.listens = where;
        world.step(box, "listen");
        return where;
    }

    @Override
    public void pause(String guest) {
        world.step(box, "pause");
        machineIn(guest, Condition.RUNNING, Condition.LEAVING).condition = Condition.PAUSED;
    }

    @Override
    public void resume(String guest) {
        world.step(box, "resume");
        Machine machine = machineIn(
                guest,
                Condition.RUNNING,
                Condition.PAUSED,
                Condition.LOADED,
                Condition.SENT,
                Condition.SWITCHING,
                Condition.BROKEN); // as by its disk, which is well again
        machine.condition = Condition.RUNNING;
        machine.sendsTo = null;
        machine.listens = null;
        world.step(box, "resumed");
    }

    @Override
    public void powerOff(String guest) {
        machine(guest).condition = Condition.OFF;
    }

    @Override
    public void reset(String guest) {
        machine(guest).memory = GuestMemory.FRESH;
    }

    @Override
    public void kill(String guest) {
        world.step(box, "kill");
        machines.remove(guest);
    }

    @Override
    public void send(String guest, String to, Sending how) {
        world.step(box, "send");
        Machine machine = machineIn(guest, Condition.RUNNING);
        machine.sendsTo = to;
        machine.condition = Condition.LEAVING;
    }

    @Override
    public Progress progress(String guest) {
        machine(guest);
        return new Progress(1, 2, 1, 0, "");
    }

    @Override
    public void finishSending(String guest) {
        world.step(box, "finish sending");
        Machine machine = machineIn(guest, Condition.SWITCHING);
        Machine there = receiver(machine);
        if (there == null || world.refuses("the last of the memory lost")) {
            if (there != null) {
                there.condition = Condition.BROKEN;
            }
            machine.condition = broken(machine);
            return;
        }
        if (world.refuses("sending hangs", 0.03)) {
            machine.hangs = true;
            return;
        }
        there.memory = machine.memory;
        there.condition = Condition.LOADED;
        // The last word may be lost: the source does not know that all of it is there.
        machine.condition =
                world.refuses("word of the end lost", 0.03) ? broken(machine) : Condition.SENT;
        world.step(box, "sent");
    }

    @Override
    public void cancelSending(String guest) {
        world.step(box, "cancel");
        Machine machine = machines.get(guest);
        if (machine == null) {
            machine = machine(guest);
        }
        machine.hangs = false;
        if (!EnumSet.of(Condition.LEAVING, Condition.SWITCHING).contains(machine.condition)) {
            return;
        }
        Machine there = receiver(machine);
        if (there != null) {
            there.condition = Condition.BROKEN; // its stream ended before its end
        }
        machine.sendsTo = null;
        machine.condition = Condition.RUNNING;
        world.step(box, "cancelled");
    }

    @Override
    public void diskResized(String guest, long bytes) {
        machine(guest);
    }

    @Override
    public Path console(String guest) {
        return Path.of("/nowhere");
    }

    @Override
    public Path consoleLog(String guest) {
        return Path.of("/nowhere");
    }

    @Override
    public Path screen(String guest) {
        return Path.of("/nowhere");
    }
}
