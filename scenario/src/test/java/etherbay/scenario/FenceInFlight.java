// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FenceHeader;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Never two writers. An owner writes without pause; two others take the disk over with the same
 * epoch, over a bad network, while the target is killed or loses its power. Exactly one of the two
 * wins. From the moment at which the target's first answer says so, no write of an earlier term
 * takes effect: not in the target's log, not on its disk, not after any further crash.
 */
final class FenceInFlight {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress TARGET = new MacAddress(0x02eb_0000_0100L);
    private static final long MAC_BASE = 0x02eb_0000_0001L;
    private static final long OLD_EPOCH = 1;
    private static final long NEW_EPOCH = 2;
    private static final int SECTORS = 24;

    /** One who wants to own the disk. */
    private final class Taker {
        final MacAddress mac;
        final SimInitiator initiator;
        boolean answered;
        boolean won;

        Taker(int number) {
            mac = new MacAddress(MAC_BASE + number);
            SimNode node = simulation.node("node" + number);
            SimPort port = network.port(node, "eth0", mac).frames(24);
            initiator = new SimInitiator(node, mac, TargetBox.SHELF, TargetBox.SLOT, 8)
                    .path(port, TARGET);
            port.onFrames(initiator::onFrame);
        }

        void take(long epoch) {
            SimRequest fence = SimRequest.fence(epoch, List.of(mac)).then(this::told);
            simulation.trace("takes", mac.bits(), epoch);
            initiator.submit(fence);
        }

        private void told(SimRequest fence) {
            if (fence.error == FenceHeader.ERROR_NOT_STORED) {
                simulation.mark("fence not stored");
                take(fence.epoch);
                return;
            }
            answered = true;
            won = fence.epochInForce == fence.epoch
                    && fence.ownersInForce.equals(List.of(mac.bits()));
        }
    }

    private final Simulation simulation;
    private final Prng prng;
    private final SimNetwork network;
    private final TargetBox box;
    private final Taker owner;
    private final Taker one;
    private final Taker other;
    private final List<Long> atAnswer = new ArrayList<>();
    private long nextWrite = 1;
    private int logAtAnswer = -1;
    private int diskLogAtAnswer;
    private long winnerAtAnswer;
    private boolean writing = true;
    private boolean cutSinceAnswer;

    private FenceInFlight(Simulation simulation, Consumer<TargetBox> plant) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        network = new SimNetwork(simulation, "lan");
        box = new TargetBox(simulation, SECTORS).on(network, TARGET);
        boolean cacheOn = prng.chance(0.5);
        box.settings(settings -> settings.withWriteCache(cacheOn));
        if (prng.chance(0.5)) {
            box.medium().faults().slow(0.3, 5 * MS_NS);
        }
        plant.accept(box);
        owner = new Taker(1);
        one = new Taker(2);
        other = new Taker(3);
    }

    static void run(Simulation simulation) {
        new FenceInFlight(simulation, box -> {}).run();
    }

    static void planted(Simulation simulation, Consumer<TargetBox> plant) {
        new FenceInFlight(simulation, plant).run();
    }

    private void run() {
        box.start();
        owner.take(OLD_EPOCH);
        simulation.runUntil("the first owner owns", 5 * SECOND_NS, () -> owner.won);
        network.holdIf((from, to, frame) -> {
            watch(frame);
            return false;
        });
        network.conditions(new Impairment.Settings(
                0.1 * prng.unit(), 0.1 * prng.unit(), 0.2 * prng.unit(), 0, 2 * MS_NS));
        for (int index = 0; index < 8; index++) {
            writeOn();
        }
        simulation.runFor(prng.below(3 * MS_NS));
        contend();
        settleContest();
        newOwnerWrites();
        crash();
        box.start();
        oldOwnerIsOut();
        judgeLogs();
    }

    private void contend() {
        box.stateDisk().failSaves(prng.below(2));
        one.take(NEW_EPOCH);
        simulation.after(prng.below(3 * MS_NS), () -> other.take(NEW_EPOCH));
        int crashes = prng.below(3);
        for (int index = 0; index < crashes; index++) {
            simulation.runFor(prng.below(6 * MS_NS));
            crash();
            simulation.runFor(prng.below(2 * MS_NS));
            box.start();
        }
    }

    private void crash() {
        if (prng.chance(0.5)) {
            box.kill();
        } else {
            box.powerCut();
            cutSinceAnswer = logAtAnswer >= 0;
        }
    }

    private void settleContest() {
        simulation.runUntil(
                "both takers answered", 20 * SECOND_NS, () -> one.answered && other.answered);
        if (one.won == other.won) {
            throw new AssertionError(
                    "of two takers of one epoch, won: " + one.won + ", " + other.won);
        }
        long winner = one.won ? one.mac.bits() : other.mac.bits();
        if (winner != winnerAtAnswer) {
            throw new AssertionError("the first answer named another winner");
        }
        simulation.runFor(10 * MS_NS);
        writing = false;
        judgeDisk();
    }

    /** A power cut after the answer may bring back what was there before, but nothing writes. */
    private void judgeDisk() {
        if (box.diskLog().size() != diskLogAtAnswer) {
            throw new AssertionError("the disk wrote after the fence was answered");
        }
        for (int lba = 0; lba < SECTORS && !cutSinceAnswer; lba++) {
            long now = writeAt(lba);
            if (now != atAnswer.get(lba)) {
                throw new AssertionError(
                        "write %d of the old owner landed on sector %d late".formatted(now, lba));
            }
        }
    }

    /** Keeps a request of the old owner in flight. */
    private void writeOn() {
        if (!writing) {
            return;
        }
        int sectors = prng.between(1, 2);
        long lba = prng.below(SECTORS - sectors + 1);
        owner.initiator.submit(SimRequest.write(lba, sectors, nextWrite++).then(answered -> {
            if (answered.isOk()) {
                writeOn();
            } else {
                simulation.mark("old owner told");
            }
        }));
    }

    /** Sees what the target sends: the first answer which says that the new epoch is in force. */
    private void watch(byte[] frame) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        boolean answer = AoeHeader.response(memory, 0)
                && AoeHeader.command(memory, 0) == AoeHeader.COMMAND_FENCE
                && FenceHeader.epoch(memory, 0) == NEW_EPOCH;
        if (answer && logAtAnswer < 0) {
            logAtAnswer = box.evidence().writes().size();
            diskLogAtAnswer = box.diskLog().size();
            winnerAtAnswer = FenceHeader.mac(memory, 0, 0);
            for (int lba = 0; lba < SECTORS; lba++) {
                atAnswer.add(writeAt(lba));
            }
            simulation.trace("fence answered", winnerAtAnswer, logAtAnswer);
        }
    }

    private long writeAt(long lba) {
        long write = SectorPattern.writeOf(box.medium().peek(lba), lba);
        if (write == SectorPattern.DAMAGED) {
            throw new AssertionError("sector " + lba + " is damaged");
        }
        return write;
    }

    private void newOwnerWrites() {
        Taker winner = one.won ? one : other;
        SimRequest write = SimRequest.writeFua(0, 1, nextWrite++);
        winner.initiator.submit(write);
        simulation.runUntil("the new owner wrote", 5 * SECOND_NS, () -> !write.isOpen());
        if (!write.isOk()) {
            throw new AssertionError("the new owner may not write: " + write);
        }
    }

    /** After one more crash the fence still stands: for writes, and for takers of an old epoch. */
    private void oldOwnerIsOut() {
        SimRequest write = SimRequest.write(0, 1, nextWrite++);
        owner.initiator.submit(write);
        Taker late = new Taker(4);
        late.take(NEW_EPOCH);
        simulation.runUntil(
                "the old owner is told", 5 * SECOND_NS, () -> !write.isOpen() && late.answered);
        boolean refused = write.outcome == SimRequest.Outcome.REFUSED
                && write.error == AoeHeader.ERROR_RESERVED;
        if (!refused) {
            throw new AssertionError("the old owner was let in after a crash: " + write);
        }
        if (late.won) {
            throw new AssertionError("an epoch was given away twice");
        }
    }

    private void judgeLogs() {
        long winner = winnerAtAnswer;
        List<Evidence.Write> writes = box.evidence().writes();
        for (int index = 0; index < writes.size(); index++) {
            Evidence.Write write = writes.get(index);
            long allowed = index < logAtAnswer ? owner.mac.bits() : winner;
            long epoch = index < logAtAnswer ? OLD_EPOCH : NEW_EPOCH;
            if (write.mac() != allowed || write.epoch() != epoch) {
                throw new AssertionError("executed out of its term: " + write);
            }
        }
        simulation.mark("writes of the old term", logAtAnswer);
    }
}
