// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.mirror.Assembly.Extent;
import etherbay.mirror.Assembly.Recovering;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The life of an array in a model that knows the truth: which writes each leg holds, and which were
 * acknowledged. A write is a number, and a chunk of its own; even ones lie in the lower half.
 * Versions, bitmaps and the end of the writer are cut short between any two legs. There is one
 * writer at a time: that is what fences are for.
 */
final class MirrorHistory {
    /** The rules under test, or a wrong variant of them. */
    @FunctionalInterface
    interface Rules {
        Assembly decide(List<LegReading> legs, AssemblyRequest request);
    }

    private static final AssemblyRequest PLAIN =
            new AssemblyRequest(false, false, false, ReadLeg.NODE_A, 0);
    private static final double CRASH_CHANCE = 0.02;
    private static final long HALF = ReadLeg.SIZE_SECTORS / 2;
    private static final int DISK_COUNT_MAX = 6;

    /** The process that wrote has ended. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Disk {
        private final long id;
        private int number;
        private int slot;
        private long filledTo = Superblock.END;
        private boolean byBitmap;
        private Optional<LegReading> reading = Optional.empty();
        private long intentEvents;
        private long eventsCleared;
        private final BitSet data = new BitSet();
        private final BitSet bits = new BitSet();

        Disk(long id) {
            this.id = id;
        }
    }

    private final Prng prng;
    private final Rules rules;
    private final Map<String, Integer> marks;
    private final int legCount;
    private final boolean hasBitmap;
    private final List<Disk> disks = new ArrayList<>();
    private final BitSet acknowledged = new BitSet();
    private final List<Integer> table = new ArrayList<>();
    private final Set<Disk> inSync = new LinkedHashSet<>();
    private final Set<Disk> filling = new LinkedHashSet<>();

    /** Whoever was listed in the last version that all had, or in one tried since. */
    private final Set<Disk> needed = new LinkedHashSet<>();

    private long events = 1;
    private long eventsCleared;
    private boolean isClean = true;
    private boolean runs = true;
    private int writeCount;

    MirrorHistory(Prng prng, Rules rules, Map<String, Integer> marks) {
        this.prng = prng;
        this.rules = rules;
        this.marks = marks;
        legCount = prng.between(2, 3);
        hasBitmap = prng.chance(0.7);
        for (int slot = 0; slot < legCount; slot++) {
            Disk disk = new Disk(slot);
            disk.number = slot;
            disk.slot = slot;
            disk.intentEvents = events;
            disks.add(disk);
            table.add(slot);
            inSync.add(disk);
        }
        disks.forEach(this::writeSuperblock);
        needed.addAll(inSync);
    }

    void run(int stepCount) {
        for (int step = 0; step < stepCount; step++) {
            try {
                if (runs) {
                    live();
                } else {
                    assemble();
                }
            } catch (Crash crash) {
                mark("crash");
                runs = false;
            }
        }
    }

    private void live() {
        switch (prng.below(20)) {
            case 0, 1, 2, 3, 4 -> write(Optional.empty());
            case 5, 6, 7 -> lose();
            case 8, 9, 10 -> bringBack();
            case 11 -> replace();
            case 12, 13, 14, 15 -> fillOn();
            case 16, 17 -> clearBits();
            case 18 -> stop();
            default -> {
                mark("kill");
                runs = false;
            }
        }
    }

    /** @param lost a leg that stops answering amid the write */
    private void write(Optional<Disk> lost) {
        if (isClean) {
            isClean = false;
            version();
        }
        int write = writeCount++;
        List<Disk> targets = members();
        if (hasBitmap) {
            targets.forEach(disk -> reach(disk, disk.bits, write, lost));
        }
        targets.forEach(disk -> reach(disk, disk.data, write, lost));
        if (lost.isPresent()) {
            table.set(lost.get().number, Superblock.FAULTY);
            inSync.remove(lost.get());
            filling.remove(lost.get());
            version();
        }
        crash();
        acknowledged.set(write);
    }

    private void reach(Disk disk, BitSet what, int write, Optional<Disk> lost) {
        crash();
        if (lost.isEmpty() || lost.get() != disk || prng.chance(0.3)) {
            what.set(write);
        }
    }

    /** A leg fails, if another in sync has answered. */
    private void lose() {
        List<Disk> able = members().stream()
                .filter(disk -> inSync.size() > 1 || !inSync.contains(disk))
                .toList();
        if (!able.isEmpty()) {
            mark("lose");
            write(Optional.of(pick(able)));
        }
    }

    private void bringBack() {
        List<Disk> out = disks.stream()
                .filter(disk -> !members().contains(disk) && disk.reading.isPresent())
                .filter(disk -> members().stream().noneMatch(other -> other.slot == disk.slot))
                .toList();
        if (out.isEmpty()) {
            return;
        }
        Disk disk = pick(out);
        Assembly.Standing standing;
        try {
            standing = Assembly.returning(
                    readings(List.of(disk)).getFirst(),
                    readings(List.copyOf(inSync)),
                    hasBitmap ? readings(inSync).getFirst().intent() : Optional.empty());
        } catch (EtherbayException split) {
            assertThat(disks.size()).as(split.toText()).isGreaterThan(2);
            mark("refused for want of a witness");
            return;
        }
        if (standing instanceof Recovering recovering) {
            mark("bring back " + recovering.extent());
            fill(disk, recovering);
            version();
        }
    }

    private void fill(Disk disk, Recovering recovering) {
        disk.byBitmap = recovering.extent() == Extent.BITMAP;
        disk.filledTo = disk.byBitmap ? 0 : Math.min(recovering.fromSectors(), HALF);
        disk.eventsCleared = eventsCleared;
        table.set(disk.number, disk.slot);
        filling.add(disk);
    }

    /** A new disk for a slot that is empty; numbers are never given again. */
    private void replace() {
        List<Integer> free = IntStream.range(0, legCount)
                .filter(slot -> members().stream().noneMatch(disk -> disk.slot == slot))
                .boxed()
                .toList();
        if (free.isEmpty() || disks.size() == DISK_COUNT_MAX) {
            return;
        }
        mark("replace");
        Disk disk = new Disk(disks.size());
        disk.number = table.size();
        disk.slot = free.getFirst();
        table.add(disk.slot);
        disks.add(disk);
        fill(disk, new Recovering(Extent.FULL, 0));
        version();
    }

    private void fillOn() {
        for (Disk disk : List.copyOf(filling)) {
            copy(disk);
            if (prng.chance(0.5) && !disk.byBitmap && disk.filledTo == 0) {
                disk.filledTo = HALF;
            } else {
                mark("filled");
                disk.filledTo = Superblock.END;
                disk.byBitmap = false;
                filling.remove(disk);
                inSync.add(disk);
                assertWhole(disk);
            }
            version();
        }
    }

    /** What the plan says is copied, and nothing else. */
    private void copy(Disk disk) {
        Disk source = inSync.iterator().next();
        for (int write = 0; write < writeCount; write++) {
            boolean marked =
                    disk.byBitmap ? source.bits.get(write) : disk.filledTo == 0 || write % 2 == 1;
            if (marked) {
                disk.data.set(write, source.data.get(write));
            }
            disk.bits.set(write, source.bits.get(write));
        }
    }

    /** Nothing is under way, no leg is missing, and all have flushed. */
    private void clearBits() {
        if (inSync.size() < legCount || !hasBitmap) {
            return;
        }
        mark("clear");
        eventsCleared = events;
        for (Disk disk : inSync) {
            crash();
            disk.eventsCleared = events;
        }
        for (Disk disk : inSync) {
            crash();
            disk.bits.clear();
        }
    }

    private void stop() {
        mark("stop");
        isClean = true;
        version();
        runs = false;
    }

    private void assemble() {
        List<Disk> reachable = disks.stream()
                .filter(disk -> disk.reading.isPresent() && prng.chance(0.75))
                .sorted(Comparator.comparingLong(disk -> prng.nextLong()))
                .toList();
        if (reachable.isEmpty()) {
            return;
        }
        Assembly plan;
        try {
            plan = rules.decide(readings(reachable), PLAIN);
        } catch (EtherbayException refusal) {
            mark("refused " + refusal.code());
            if (disks.size() > 2 && refusal.getMessage().contains("split")) {
                // One went out while another was out, and who was with both is out by now.
                mark("refused for want of a witness");
                return;
            }
            assertThat(reachable.containsAll(needed))
                    .as("enough is here, but: %s", refusal.toText())
                    .isFalse();
            assertThat(refusal.getMessage()).doesNotContain("split");
            return;
        }
        mark("assembled");
        lift(plan);
        take(plan);
        runs = true;
        version();
    }

    /** Legs in sync that are a version behind get that version, before there is another. */
    private void lift(Assembly plan) {
        table.clear();
        table.addAll(plan.freshest().roles());
        events = plan.freshest().events();
        isClean = plan.freshest().isClean();
        for (Assembly.Leg leg : plan.legs()) {
            Disk disk = disk(leg);
            if (leg.isInSync() && leg.reading().superblock().events() != events) {
                disk.filledTo = Superblock.END;
                crash();
                disk.intentEvents = events;
                crash();
                writeSuperblock(disk);
            }
        }
    }

    private Disk disk(Assembly.Leg leg) {
        return disks.get((int) leg.reading().superblock().deviceId().getLeastSignificantBits());
    }

    private void take(Assembly plan) {
        inSync.clear();
        filling.clear();
        eventsCleared = plan.eventsCleared();
        table.clear();
        table.addAll(plan.freshest().roles());
        table.replaceAll(role -> role == Superblock.SPARE ? role : Superblock.FAULTY);
        while (table.size() < disks.size()) {
            table.add(Superblock.SPARE);
        }
        for (Assembly.Leg leg : plan.legs()) {
            Disk disk = disk(leg);
            if (leg.isInSync()) {
                table.set(disk.number, leg.slot());
                disk.slot = leg.slot();
                disk.filledTo = Superblock.END;
                disk.byBitmap = false;
                disk.eventsCleared = plan.eventsCleared();
                inSync.add(disk);
            } else if (leg.standing() instanceof Recovering recovering) {
                disk.slot = leg.slot();
                mark("assembled with " + recovering.extent());
                fill(disk, recovering);
            }
        }
        inSync.forEach(this::assertWhole);
        resync(plan);
        events = plan.eventsNext() - 1;
        isClean = plan.resync().extent() == Extent.NOTHING;
    }

    private void assertWhole(Disk disk) {
        BitSet lacking = (BitSet) acknowledged.clone();
        lacking.andNot(disk.data);
        assertThat(lacking.isEmpty())
                .as("disk %d is in sync and lacks the writes %s", disk.id, lacking)
                .isTrue();
    }

    private void resync(Assembly plan) {
        Disk first = inSync.iterator().next();
        BitSet marked = new BitSet();
        disks.stream()
                .filter(disk -> plan.bitmaps().contains("disk" + disk.id))
                .forEach(disk -> marked.or(disk.bits));
        for (Disk disk : members()) {
            disk.bits.or(marked);
            for (int write = 0; write < writeCount; write++) {
                boolean copied = switch (plan.resync().extent()) {
                    case NOTHING -> false;
                    case BITMAP -> marked.get(write);
                    case FULL -> true;
                };
                if (copied) {
                    disk.data.set(write, first.data.get(write));
                }
            }
            if (inSync.contains(disk)) {
                assertThat(disk.data).as("disk %d differs", disk.id).isEqualTo(first.data);
            }
        }
    }

    /** Those that are being filled first, then those that are behind. */
    private List<Disk> order() {
        return members().stream()
                .sorted(Comparator.comparing((Disk disk) -> inSync.contains(disk))
                        .thenComparing(disk -> disk.reading
                                .map(reading -> reading.superblock().events())
                                .orElse(0L)))
                .toList();
    }

    /** One version to all members. */
    private void version() {
        events++;
        needed.addAll(members());
        for (Disk disk : order()) {
            crash();
            disk.intentEvents = events;
            crash();
            writeSuperblock(disk);
        }
        needed.clear();
        needed.addAll(members());
    }

    private void writeSuperblock(Disk disk) {
        int[] slots = table.stream()
                .mapToInt(role ->
                        role == Superblock.FAULTY ? -1 : role == Superblock.SPARE ? -2 : role)
                .toArray();
        ReadLeg leg = ReadLeg.leg(disk.number)
                .device(disk.id)
                .ofLegs(legCount)
                .events(events)
                .resyncFrom(isClean ? Superblock.END : 0)
                .says(slots);
        if (disk.filledTo != Superblock.END) {
            leg = disk.byBitmap ? leg.filledByBitmap() : leg.filledTo(disk.filledTo);
        }
        disk.reading = Optional.of((hasBitmap ? leg : leg.withoutBitmap()).read());
    }

    private List<LegReading> readings(Iterable<Disk> from) {
        List<LegReading> readings = new ArrayList<>();
        for (Disk disk : from) {
            LegReading reading = disk.reading.orElseThrow();
            Optional<IntentHeader> intent = reading.intent()
                    .map(header -> new IntentHeader(
                            header.arrayId(),
                            header.version(),
                            disk.intentEvents,
                            disk.eventsCleared,
                            header.syncSectors(),
                            header.stateBits(),
                            header.chunkBytes(),
                            header.daemonSleepS(),
                            header.sectorsReserved()));
            readings.add(new LegReading(
                    "disk" + disk.id,
                    reading.sectors(),
                    reading.superblock(),
                    intent,
                    Optional.empty(),
                    Optional.empty()));
        }
        return readings;
    }

    private List<Disk> members() {
        List<Disk> members = new ArrayList<>(inSync);
        members.addAll(filling);
        return members;
    }

    private void crash() {
        if (prng.chance(CRASH_CHANCE)) {
            throw new Crash();
        }
    }

    private Disk pick(List<Disk> from) {
        return from.get(prng.below(from.size()));
    }

    private void mark(String what) {
        marks.merge(what, 1, Integer::sum);
    }
}
