// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.sim.SimNetwork;
import etherbay.sim.SimPort;
import etherbay.sim.Simulation;
import etherbay.sim.hostile.ExportFacts;
import etherbay.sim.hostile.ExportModel;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.HostileFrames;
import etherbay.sim.hostile.HostileFrames.Course;
import etherbay.sim.hostile.Mark;
import etherbay.sim.hostile.PortFacts;
import etherbay.sim.hostile.Replies;
import etherbay.sim.hostile.TargetModel;
import etherbay.target.ExportState;
import etherbay.target.Limits;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an export remembers, it remembers over any number of kills and losses of power: config
 * string, masks, reservation, fence, floors, and with the write cache off every sector. Frames of
 * many senders, most of them mutated, one after the other; every answer is what the model says. Of
 * a change that a crash met, nothing or all is there, and all once it was answered. A loss of power
 * makes a new incarnation, and READs that name the former one get no data.
 */
final class ModelledExport {
    private static final long MS_NS = 1_000_000L;
    private static final MacAddress TARGET = new MacAddress(0x02eb_0000_0100L);

    /** Hears what the target sends, to whomever. */
    private static final MacAddress LISTENER = new MacAddress(0x02eb_0000_0001L);

    private static final int MTU = 1500;
    private static final int SECTORS = 40;
    private static final int QUEUE_LENGTH = 16;
    private static final int FRAME_COUNT = 200;
    private static final int SHOWN_LENGTH_MAX = 80;
    private static final Pattern NOT_PLAIN = Pattern.compile("[^ -~]");

    /** Longer than any change of state, any write and the drain before it. */
    private static final long ANSWERED_NS = 6 * MS_NS;

    /** So many times as long for one that takes long. */
    private static final int LATER_COUNT = 10;

    /** What is to be remembered, of the real one and of the model. */
    private record Remembered(
            String config,
            List<MacAddress> masks,
            List<MacAddress> reservations,
            long epoch,
            List<MacAddress> owners,
            Map<MacAddress, Integer> floors) {
        static Remembered of(ExportState state) {
            return new Remembered(
                    state.config(),
                    state.masks(),
                    state.reservations(),
                    state.epoch().value(),
                    state.owners(),
                    state.floors().stream()
                            .collect(Collectors.toMap(
                                    ExportState.Floor::mac, ExportState.Floor::tag)));
        }

        static Remembered of(ExportModel model) {
            return new Remembered(
                    model.config(),
                    model.masks(),
                    model.reservations(),
                    model.epoch(),
                    model.owners(),
                    model.floors());
        }
    }

    private final Simulation simulation;
    private final Prng prng;
    private final TargetBox box;
    private final TargetModel model;
    private final ExportModel export;
    private final HostileFrames frames;
    private final List<byte[]> sent = new ArrayList<>();
    private Replies replies = new Replies();

    private ModelledExport(Simulation simulation) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
        SimNetwork network = new SimNetwork(simulation, "lan");
        box = new TargetBox(simulation, SECTORS).on(network, TARGET).mtu(MTU);
        box.settings(settings -> settings.withWriteCache(false).withQueueLength(QUEUE_LENGTH));
        SimPort listener = network.port(simulation.node("listener"), "eth0", LISTENER);
        listener.promiscuous().tap((port, bytes, atNs) -> sent.add(bytes));
        listener.onFrames(frame -> {});
        ExportFacts facts = new ExportFacts(
                TargetBox.SHELF,
                TargetBox.SLOT,
                SECTORS,
                QUEUE_LENGTH,
                0,
                List.of(),
                false,
                false,
                true,
                Limits.FRAME_AGE_NS_DEFAULT);
        model = new TargetModel(List.of(new PortFacts(TARGET, MTU)), List.of(facts));
        export = model.exports().getFirst();
        frames = new HostileFrames(prng.nextLong(), Course.SENT, model);
    }

    static void run(Simulation simulation) {
        new ModelledExport(simulation).run();
    }

    private void run() {
        start();
        export.incarnation(box.incarnation());
        HostileFrame frame = new HostileFrame();
        for (int count = 0; count < FRAME_COUNT; count++) {
            Remembered before = Remembered.of(export);
            frames.next(frame);
            model.take(frame, simulation.nowNs(), replies);
            arrive(frame);
            if (!before.equals(Remembered.of(export)) && prng.chance(0.2)) {
                crashWhileChanging(before, frame);
            } else if (prng.chance(0.01)) {
                settle();
                crash();
            }
            settle();
        }
        compareSectors();
        crash();
        compareSectors();
        simulation.mark("change remembered", model.changeCount());
        note("READ bound to the incarnation", Mark.READ_BOUND);
        note("READ of another incarnation", Mark.READ_OTHER_INCARNATION);
    }

    private void note(String what, Mark mark) {
        long count = model.marks().count(mark);
        if (count > 0) {
            simulation.mark(what, count);
        }
    }

    private void start() {
        box.start();
        simulation.runFor(Limits.ANNOUNCE_AGAIN_NS + 10 * MS_NS);
        sent.clear(); // beacons
    }

    private void arrive(HostileFrame frame) {
        SimPort port = box.ports().getFirst();
        port.arrive(Arrays.copyOf(frame.bytes(), frame.length()));
    }

    private void settle() {
        simulation.runFor(ANSWERED_NS);
        judgeSent();
        // A TRIM of 64 ranges, each with a sync of its own.
        for (int more = 0; more < LATER_COUNT && replies.openCount() > 0; more++) {
            simulation.runFor(ANSWERED_NS);
            judgeSent();
        }
        if (replies.openCount() > 0) {
            throw new AssertionError("not answered: " + replies.missing());
        }
        demand(Remembered.of(export));
    }

    private void judgeSent() {
        for (byte[] answer : sent) {
            String wrong = replies.take(answer, answer.length);
            if (wrong != null) {
                throw new AssertionError("answered wrongly: " + wrong);
            }
        }
        sent.clear();
    }

    private Remembered stored() {
        return Remembered.of(box.stateDisk().stored().orElseThrow());
    }

    private void demand(Remembered wanted) {
        Remembered stored = stored();
        demand("config string", stored.config, wanted.config);
        demand("masks", stored.masks, wanted.masks);
        demand("reservation", stored.reservations, wanted.reservations);
        demand("epoch", stored.epoch, wanted.epoch);
        demand("owners", stored.owners, wanted.owners);
        demand("floors", stored.floors, wanted.floors);
    }

    private static void demand(String what, Object stored, Object wanted) {
        if (!stored.equals(wanted)) {
            throw new AssertionError("remembered %s: %s, the model says %s"
                    .formatted(what, plain(stored), plain(wanted)));
        }
    }

    /** A config string is any octets. */
    private static String plain(Object value) {
        String text = NOT_PLAIN
                .matcher(value.toString())
                .replaceAll(octet -> "%02x".formatted((int) octet.group().charAt(0)));
        return text.length() <= SHOWN_LENGTH_MAX
                ? text
                : text.substring(0, SHOWN_LENGTH_MAX) + "... (" + text.length() + ")";
    }

    private void crash() {
        endAndStart();
        demand(Remembered.of(export));
    }

    /** A loss of power makes a new incarnation, whose mark is the next; a kill makes none. */
    private void endAndStart() {
        if (prng.chance(0.5)) {
            box.kill();
            start();
            demand("incarnation", box.incarnation(), export.incarnation());
        } else {
            int wanted = export.nextMark();
            box.powerCut();
            start();
            export.incarnation(box.incarnation());
            demand("mark", export.mark(), wanted);
        }
        export.restarted(simulation.nowNs());
    }

    private void crashWhileChanging(Remembered before, HostileFrame frame) {
        simulation.runFor(prng.below(3 * MS_NS));
        judgeSent();
        boolean answered = replies.openCount() == 0;
        endAndStart();
        if (!answered && stored().equals(before)) {
            simulation.mark("change lost before its answer");
            arrive(frame); // asked again, as its sender does
        } else {
            simulation.mark(answered ? "crash after the answer" : "change kept unanswered");
            replies = new Replies();
            demand(Remembered.of(export));
        }
    }

    private void compareSectors() {
        byte[] wanted = export.sectors();
        for (int lba = 0; lba < SECTORS; lba++) {
            byte[] sector = box.medium().peek(lba);
            MemorySegment expected =
                    MemorySegment.ofArray(wanted).asSlice(lba * 512L, sector.length);
            if (expected.mismatch(MemorySegment.ofArray(sector)) >= 0) {
                throw new AssertionError("sector " + lba + " differs from the model's");
            }
        }
    }
}
