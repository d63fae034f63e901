// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * How a mirror is assembled: all legs are read, it is decided which make the array, a new epoch is
 * claimed at each that may hold something that counts, and then everything is read and decided
 * again, since a former owner may have written until then. On the loop; used once.
 */
final class Opening {
    /** Decisions that ask for more claims each time. */
    private static final int ROUND_COUNT_MAX = 4;

    private final Loop loop;
    private final List<Part> parts;
    private final AssemblyRequest request;
    private final MirrorSettings settings;
    private final MirrorListener listener;
    private final Consumer<Mirror.Opened> told;
    private final Set<String> claimed = new HashSet<>();
    private final Set<String> weak = new HashSet<>();
    private final TreeMap<Integer, LegReader.Outcome> outcomes = new TreeMap<>();
    private Epoch epoch = Epoch.NONE;
    private int roundCount;
    private int pendingCount;

    Opening(
            Loop loop,
            List<Part> parts,
            AssemblyRequest request,
            MirrorSettings settings,
            MirrorListener listener,
            Consumer<Mirror.Opened> told) {
        this.loop = loop;
        this.parts = parts;
        this.request = request;
        this.settings = settings;
        this.listener = listener;
        this.told = told;
    }

    void begin() {
        outcomes.clear();
        pendingCount = parts.size();
        if (parts.isEmpty()) {
            refuse(new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is nothing to assemble a mirror of",
                    "no leg was named or found",
                    "name its legs: etherbay mirror assemble NAME e0.0 e0.1"));
            return;
        }
        for (int index = 0; index < parts.size(); index++) {
            int at = index;
            LegReader.read(parts.get(index), outcome -> {
                outcomes.put(at, outcome);
                if (--pendingCount == 0) {
                    decideOrRefuse();
                }
            });
        }
    }

    private void refuse(EtherbayException why) {
        told.accept(new Mirror.Opened(null, why));
    }

    private void decideOrRefuse() {
        try {
            decide();
        } catch (EtherbayException why) {
            refuse(why);
        }
    }

    private List<LegReader.Found> found() {
        List<LegReader.Found> found = new ArrayList<>();
        outcomes.values().forEach(outcome -> {
            LegReader.Found one = outcome.found();
            if (one != null) {
                found.add(one);
            }
        });
        return found;
    }

    private void decide() {
        for (LegReader.Outcome outcome : outcomes.values()) {
            EtherbayException why = outcome.why();
            if (why != null) {
                throw why;
            }
        }
        List<LegReader.Found> found = found();
        if (found.isEmpty()) {
            throw nothingThere();
        }
        Assembly assembly =
                Assembly.decide(found.stream().map(LegReader.Found::reading).toList(), request);
        if (request.readOnly() || (roundCount > 0 && toClaim(assembly).isEmpty())) {
            assemble(assembly, found);
            return;
        }
        if (++roundCount > ROUND_COUNT_MAX) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the legs change while they are assembled",
                    "somebody else writes to them",
                    "see `etherbay mirror detail`, and stop the other");
        }
        look(assembly);
    }

    private EtherbayException nothingThere() {
        String each = String.join(
                "; ",
                outcomes.values().stream()
                        .map(outcome -> outcome.part().name() + ": "
                                + (outcome.status().isOk()
                                        ? "no superblock of an array"
                                        : "reading it ended " + outcome.status()))
                        .toList());
        boolean allRead =
                outcomes.values().stream().allMatch(one -> one.status().isOk());
        return new EtherbayException(
                allRead ? ErrorCode.NOT_FOUND : ErrorCode.UNAVAILABLE,
                "no leg of a mirror is there",
                each,
                "see `etherbay mirror list`; a new mirror is made by `etherbay mirror create`");
    }

    // Claims.

    private void look(Assembly assembly) {
        List<Part> wanted = toClaim(assembly);
        Epoch[] highest = {assembly.epochMax()};
        if (epoch.isAfter(highest[0])) {
            highest[0] = epoch;
        }
        each(
                wanted,
                (part, done) -> part.gate().look(answer -> {
                    if (answer.epoch().isAfter(highest[0])) {
                        highest[0] = answer.epoch();
                    }
                    done.accept(answer);
                }),
                answers -> {
                    requireAnswers(assembly, wanted, answers);
                    requireNobodySince(assembly, highest[0]);
                    if (epoch.equals(Epoch.NONE)) {
                        epoch = new Epoch(highest[0].value() + 1);
                    }
                    claim(assembly, wanted);
                });
    }

    /** A claim that is not in force yet counts as well, before ours. */
    private void requireNobodySince(Assembly assembly, Epoch claimed) {
        boolean first = epoch.equals(Epoch.NONE);
        if (first && !request.takeOver() && claimed.isAfter(request.since())) {
            throw new OwnedException(
                    "the mirror " + assembly.name() + " is not taken",
                    "a leg has been claimed since, epoch " + claimed
                            + "; what is known here ends with epoch " + request.since(),
                    "see who has it: etherbay mirror detail " + assembly.name());
        }
    }

    /** Those that must be ours, and the others that will be written to. */
    private List<Part> toClaim(Assembly assembly) {
        Set<String> names = new HashSet<>(assembly.mustClaim());
        assembly.legs().forEach(leg -> names.add(leg.reading().name()));
        names.removeAll(claimed);
        return parts.stream().filter(part -> names.contains(part.name())).toList();
    }

    private void claim(Assembly assembly, List<Part> wanted) {
        each(wanted, (part, done) -> part.gate().claim(epoch, done), answers -> {
            requireAnswers(assembly, wanted, answers);
            wanted.forEach(part -> claimed.add(part.name()));
            begin();
        });
    }

    private interface Question {
        void ask(Part part, Consumer<LegGate.Claimed> answer);
    }

    private void each(
            List<Part> asked, Question question, Consumer<List<LegGate.Claimed>> answered) {
        TreeMap<Integer, LegGate.Claimed> answers = new TreeMap<>();
        if (asked.isEmpty()) {
            answeredOrRefused(() -> answered.accept(List.of()));
        }
        for (int index = 0; index < asked.size(); index++) {
            int at = index;
            question.ask(asked.get(index), answer -> {
                answers.put(at, answer);
                if (answers.size() == asked.size()) {
                    answeredOrRefused(() -> answered.accept(List.copyOf(answers.values())));
                }
            });
        }
    }

    private void answeredOrRefused(Runnable step) {
        try {
            step.run();
        } catch (EtherbayException why) {
            refuse(why);
        }
    }

    private void requireAnswers(
            Assembly assembly, List<Part> asked, List<LegGate.Claimed> answers) {
        for (int index = 0; index < asked.size(); index++) {
            String name = asked.get(index).name();
            switch (answers.get(index).outcome()) {
                case OURS -> {}
                case WEAK -> {
                    if (weak.add(name)) {
                        listener.told(name + ": its target cannot fence; that nobody else writes to"
                                + " it is up to you");
                    }
                }
                case OTHERS ->
                    throw new OwnedException(
                            "the mirror " + assembly.name() + " is not ours",
                            name + " was taken by another owner, epoch "
                                    + answers.get(index).epoch(),
                            "see `etherbay mirror detail " + assembly.name()
                                    + "`; --take-over fences the other");
                case SILENT ->
                    throw new EtherbayException(
                            ErrorCode.UNAVAILABLE,
                            "the mirror " + assembly.name() + " cannot be claimed",
                            name + " does not answer, and nothing is written before all legs that"
                                    + " may be in sync refuse others",
                            "bring it back, and try again");
            }
        }
    }

    // The mirror.

    private void assemble(Assembly assembly, List<LegReader.Found> found) {
        assembly.warnings().forEach(listener::told);
        Superblock shared = assembly.freshest();
        for (Assembly.Absent absent : assembly.absent()) {
            Optional<Integer> number = absent.deviceNumber();
            if (number.isPresent()) {
                shared = Superblocks.withRole(shared, number.get(), Superblock.FAULTY);
            }
        }
        Intent intent = intentOf(assembly, found);
        int bitmapOffset = intent.isOnDisk() ? shared.bitmapOffset() : 0;
        List<Assembled.Member> members = new ArrayList<>();
        for (Assembly.Leg leg : assembly.legs()) {
            LegReader.Found of = foundOf(found, leg.reading().name());
            members.add(member(of.withBitmap(bitmapOffset, intent.header), leg));
            shared = Superblocks.withRole(shared, leg.deviceNumber(), leg.slot());
        }
        shared = Superblocks.withEvents(shared, assembly.eventsNext() - 1);
        Mirror mirror = new Mirror(
                loop,
                settings,
                listener,
                new Assembled(
                        assembly.freshest(),
                        shared,
                        assembly.numbersTaken(),
                        intent,
                        epoch,
                        members,
                        checkOf(assembly, found),
                        request.readOnly()));
        mirror.begin(why -> told.accept(new Mirror.Opened(why == null ? mirror : null, why)));
    }

    private static LegReader.Found foundOf(List<LegReader.Found> found, String name) {
        return found.stream()
                .filter(one -> one.part().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /**
     * The check that was under way, by our records on the legs that are the freshest: all of them,
     * else somebody else has changed the array since.
     */
    private static Optional<CheckMark> checkOf(Assembly assembly, List<LegReader.Found> found) {
        long events = assembly.freshest().events();
        List<LegReader.Found> recorded = assembly.legs().stream()
                .filter(leg -> leg.isInSync() && leg.reading().superblock().events() == events)
                .map(leg -> foundOf(found, leg.reading().name()))
                .filter(one -> one.claimSector() >= 0)
                .toList();
        if (recorded.stream().anyMatch(one -> one.reading().claim().isEmpty())) {
            return Optional.empty();
        }
        return recorded.stream()
                .flatMap(one -> one.reading().claim().stream())
                .max(Comparator.comparing(ClaimRecord::epoch)
                        .thenComparing(ClaimRecord::generation, Long::compareUnsigned))
                .flatMap(ClaimRecord::check)
                .filter(mark -> mark.nextSector() <= assembly.sizeSectors());
    }

    static Assembled.Member member(LegReader.Found found, Assembly.Leg leg) {
        Superblock own = Superblocks.withNumber(found.reading().superblock(), leg.deviceNumber());
        return switch (leg.standing()) {
            case Assembly.InSync ignored ->
                new Assembled.Member(
                        found.part(),
                        own,
                        found.claimSector(),
                        found.superblockSum(),
                        Leg.Standing.IN_SYNC,
                        false,
                        0,
                        found.badBlocks());
            case Assembly.Recovering recovering ->
                new Assembled.Member(
                        found.part(),
                        own,
                        found.claimSector(),
                        found.superblockSum(),
                        Leg.Standing.RECOVERING,
                        recovering.extent() == Assembly.Extent.BITMAP,
                        recovering.fromSectors(),
                        found.badBlocks());
            case Assembly.Spare ignored ->
                new Assembled.Member(
                        found.part(),
                        own,
                        found.claimSector(),
                        found.superblockSum(),
                        Leg.Standing.SPARE,
                        false,
                        0,
                        found.badBlocks());
        };
    }

    private static Intent intentOf(Assembly assembly, List<LegReader.Found> found) {
        BitSet bits = new BitSet();
        IntentHeader header = null;
        for (LegReader.Found one : found) {
            if (assembly.bitmaps().contains(one.part().name())) {
                bits.or(one.bits());
                IntentHeader own = one.reading().intent().orElseThrow();
                header = header == null || own.eventsCleared() > header.eventsCleared()
                        ? own
                        : header;
            }
        }
        boolean onDisk =
                (assembly.freshest().featureMap() & SuperblockFormat.BITMAP_OFFSET_BIT) != 0;
        boolean trusted = header != null;
        if (header == null) {
            header = headerOf(assembly);
        }
        // Without a bitmap the one in memory knows of nothing that was written before.
        long cleared = Math.max(header.eventsCleared(), assembly.eventsCleared());
        header = Superblocks.withEventsCleared(header, cleared);
        Intent intent = new Intent(Superblocks.served(header, onDisk), bits);
        if (onDisk && !trusted) {
            intent.markAll();
        }
        switch (assembly.resync().extent()) {
            case NOTHING -> {}
            case BITMAP -> intent.tearMarked();
            case FULL -> {
                int first = intent.chunkOf(assembly.resync().fromSectors());
                for (int chunk = first; chunk < intent.chunkCount(); chunk++) {
                    intent.tear(chunk);
                }
            }
        }
        return intent;
    }

    /** Of an array whose bitmap cannot be used, or that has none. */
    private static IntentHeader headerOf(Assembly assembly) {
        Optional<IntentHeader> broken = assembly.legs().stream()
                .filter(Assembly.Leg::isInSync)
                .flatMap(leg -> leg.reading().intent().stream())
                .findFirst();
        return broken.orElseGet(() -> new IntentHeader(
                assembly.arrayId(),
                IntentFormat.VERSION_SERVED,
                assembly.eventsNext() - 1,
                assembly.eventsNext() - 1, // it knows of nothing that was written before
                assembly.sizeSectors(),
                0,
                IntentFormat.chunkBytesFor(assembly.sizeSectors()),
                5,
                0));
    }
}
