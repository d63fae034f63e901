// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.MoveCheck;
import etherbay.guest.keeper.MoveWatch;
import etherbay.guest.machine.GuestBoot;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor;
import etherbay.sim.Simulation;

import java.util.List;
import java.util.Optional;

/**
 * A guest that is moved again and again while everything fails, then healed: it runs on one node at
 * most always, none of its writes is lost or undone, and in the end it runs, with its memory unless
 * a node or hypervisor died with it.
 */
final class MoveLife {
    private static final int SETTLE_COUNT_MAX = 60;

    static final GuestSpec SPEC = new GuestSpec(
            "vm",
            "5f1a2b3c-0000-4000-8000-000000000001",
            "fake-1",
            "max",
            1,
            64,
            new GuestDisk("vm", List.of("e0.0", "e1.0"), List.of("eth0")),
            List.of(),
            GuestBoot.DISK,
            false);

    private MoveLife() {}

    static void run(Simulation simulation) {
        MoveWorld world = new MoveWorld(simulation);
        MoveBox first = world.boxes.getFirst();
        world.attempt(first, keeper -> {
            keeper.create(SPEC, record -> {});
            keeper.start(SPEC.name());
        });
        world.faults = new double[] {0.002, 0.01, 0.03, 0.08}[world.prng.below(4)];
        world.mistaken = world.prng.chance(0.4);
        int rounds = world.prng.between(2, 12);
        for (int round = 0; round < rounds; round++) {
            world.boxes.forEach(box -> world.attempt(box, GuestKeeper::settle));
            act(world);
        }
        world.heal();
        settle(world);
        simulation.mark("guest alive in the end");
    }

    /** What a person does. */
    private static void act(MoveWorld world) {
        MoveBox box = world.holder()
                .filter(holder -> world.prng.chance(0.9))
                .orElseGet(() -> world.boxes.get(world.prng.below(world.boxes.size())));
        if (world.mistaken && world.prng.chance(0.3)) {
            world.cutOff(box);
            MoveBox other = world.boxes.get(world.prng.below(world.boxes.size()));
            world.memoryLost = true; // also when it gets no further than its first steps
            world.attempt(other, keeper -> {
                keeper.recover(SPEC.name(), false);
                world.mark("guest recovered");
            });
            return;
        }
        String to = world.boxes.get(world.prng.below(world.boxes.size())).name;
        world.attempt(box, keeper -> {
            keeper.migrate(SPEC.name(), to, Hypervisor.Sending.DEFAULT, new Watch(world));
            world.mark("guest moved");
        });
        if (world.prng.chance(0.2)) {
            world.attempt(box, GuestKeeper::tellAll);
        }
    }

    /** Aborts now and then. */
    private record Watch(MoveWorld world) implements MoveWatch {
        @Override
        public void checked(List<MoveCheck> checks) {
            world.mark("move checked");
        }

        @Override
        public void at(Step step) {
            world.mark("at " + step);
        }

        @Override
        public void sent(Hypervisor.Progress progress) {}

        @Override
        public boolean isAborted() {
            boolean aborted = world.prng.chance(0.02);
            if (aborted) {
                world.mark("move aborted");
            }
            return aborted;
        }
    }

    private static void settleAll(MoveWorld world) {
        for (int count = 0; count < SETTLE_COUNT_MAX; count++) {
            world.boxes.forEach(box -> world.attempt(box, keeper -> {
                keeper.settle();
                keeper.tellAll();
            }));
        }
    }

    /**
     * Who has called a living node dead, and was then stopped half way by a fault, may have to say
     * it again: several epochs without a run look like one with a run to whoever was passed over.
     */
    private static void settle(MoveWorld world) {
        settleAll(world);
        for (MoveBox box : world.mistaken ? world.boxes : List.<MoveBox>of()) {
            if (!isAlive(world)) {
                world.mark("recovered in the end");
                world.memoryLost = true;
                world.attempt(box, keeper -> keeper.recover(SPEC.name(), false));
                settleAll(world);
            }
        }
        world.require(isAlive(world), "in the end the guest does not run on one: " + states(world));
        world.require(
                world.boots() == 1 || world.memoryLost,
                "the guest lost its memory: " + states(world));
    }

    /** It runs on one node, and writes. */
    private static boolean isAlive(MoveWorld world) {
        List<MoveBox> running = world.running();
        long before = world.lastWritten();
        running.forEach(box -> world.attempt(box, GuestKeeper::settle));
        return world.running().size() == 1 && world.lastWritten() > before;
    }

    private static String states(MoveWorld world) {
        StringBuilder text = new StringBuilder();
        for (MoveBox box : world.boxes) {
            Optional<String> record = Optional.ofNullable(box.keeper())
                    .map(keeper -> keeper.list().stream()
                            .map(seen -> seen.record().phase() + " of epoch "
                                    + seen.record().epoch() + " place "
                                    + seen.record().place()
                                    + " " + seen.condition() + " "
                                    + seen.trouble()
                                            .map(EtherbayException::toText)
                                            .orElse(""))
                            .toList()
                            .toString());
            text.append(box.name).append(": ").append(record.orElse("down")).append("; ");
        }
        return text.toString();
    }
}
