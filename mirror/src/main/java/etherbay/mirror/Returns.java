// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Takes legs back that were away, and new ones in: claimed for this term first, so that nothing of
 * an earlier one can land on them; then read; then filled with what they lack. One that fails again
 * and again is tried less and less often. On the loop of the mirror.
 */
final class Returns {
    private static final long PATIENCE_NS_MIN = 1_000_000_000;
    private static final long PATIENCE_NS_MAX = 60_000_000_000L;

    private final MirrorCore core;
    private final Map<String, Long> patienceNs = new HashMap<>();
    private final Map<String, Timers.Timer> timers = new HashMap<>();
    private final Set<String> busy = new HashSet<>();

    Returns(MirrorCore core) {
        this.core = core;
    }

    /** A leg that is not in use answers again. */
    void returned(String name) {
        if (faulty(name) != null) {
            tryLater(name, 0);
        }
    }

    private @Nullable Leg faulty(String name) {
        if (core.isStopped() || core.isReadOnly()) {
            return null;
        }
        return core.legs().stream()
                .filter(leg -> leg.name.equals(name)
                        && leg.standing == Leg.Standing.FAULTY
                        && leg.cause == Leg.Cause.AWAY)
                .findFirst()
                .orElse(null);
    }

    private void tryLater(String name, long afterNs) {
        Timers.Timer timer =
                timers.computeIfAbsent(name, key -> core.timers().timer(() -> tryNow(key)));
        if (!timer.isSet()) {
            timer.at(core.nowNs() + afterNs);
        }
    }

    private void tryNow(String name) {
        Leg leg = faulty(name);
        if (leg == null) {
            patienceNs.remove(name);
            return;
        }
        if (!leg.failureDurable || leg.flightCount() > 0) {
            tryLater(name, PATIENCE_NS_MIN / 10);
            return;
        }
        if (!leg.isOnline()) {
            return; // it says when it is
        }
        long patience = patienceNs.merge(
                name, PATIENCE_NS_MIN, (before, least) -> Math.min(PATIENCE_NS_MAX, before * 2));
        Part part = new Part(leg.name, leg.device, leg.gate, leg.host);
        add(part, false, failure -> {
            if (failure.isPresent()) {
                leg.why = failure.get().getMessage() + ": " + failure.get().why();
                if (failure.get().code() == ErrorCode.CONFLICT) {
                    leg.cause = Leg.Cause.MEDIUM; // a person decides
                    core.tell(leg.name + ": " + leg.why);
                } else {
                    tryLater(name, patience);
                }
            }
        });
    }

    /** A leg was failed for being away: it may have answered again before. */
    void failed(Leg leg) {
        if (leg.isOnline()) {
            tryLater(leg.name, patienceNs.getOrDefault(leg.name, PATIENCE_NS_MIN));
        }
    }

    /** It is in sync again. */
    void whole(Leg leg) {
        patienceNs.remove(leg.name);
    }

    void add(Part part, boolean fresh, Consumer<Optional<EtherbayException>> told) {
        Optional<EtherbayException> inUse = inUse(part);
        if (inUse.isPresent()) {
            told.accept(inUse);
            return;
        }
        if (!busy.add(part.name())) {
            told.accept(Optional.of(refusal(part, "it is being taken in already", "wait")));
            return;
        }
        Consumer<Optional<EtherbayException>> ended = failure -> {
            busy.remove(part.name());
            told.accept(failure);
        };
        part.gate().renew();
        part.gate().claim(core.metadata().epoch(), answer -> {
            switch (answer.outcome()) {
                case OURS, WEAK ->
                    LegReader.read(
                            part,
                            outcome -> ended.accept(caught(() -> judge(part, outcome, fresh))));
                case SILENT ->
                    ended.accept(Optional.of(refusal(part, "it does not answer", "bring it back")));
                case OTHERS ->
                    ended.accept(Optional.of(refusal(
                            part,
                            "another owner has it, epoch " + answer.epoch(),
                            "see who uses it: etherbay stat; if nobody does, stop the mirror and"
                                    + " assemble it with this leg: it gets a later epoch")));
            }
        });
    }

    private Optional<EtherbayException> inUse(Part part) {
        for (Leg leg : core.legs()) {
            boolean same = leg.name.equals(part.name()) || leg.device.equals(part.device());
            if (same && leg.standing != Leg.Standing.FAULTY) {
                return Optional.of(
                        refusal(part, "it is in use already", "see `etherbay mirror detail`"));
            }
            if (same && (!leg.failureDurable || leg.flightCount() > 0)) {
                return Optional.of(refusal(
                        part, "what was asked of it before it failed has not ended", "wait"));
            }
        }
        return Optional.empty();
    }

    private static Optional<EtherbayException> caught(Supplier<Optional<EtherbayException>> step) {
        try {
            return step.get();
        } catch (EtherbayException why) {
            return Optional.of(why);
        }
    }

    private static EtherbayException refusal(Part part, String why, String correction) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the leg " + part.name() + " is not taken in",
                why,
                correction);
    }

    private Optional<EtherbayException> judge(Part part, LegReader.Outcome outcome, boolean fresh) {
        if (core.isStopped()) {
            return Optional.of(refusal(part, "the mirror has stopped", "assemble it"));
        }
        if (!outcome.status().isOk()) {
            return Optional.of(
                    refusal(part, "reading it ended " + outcome.status(), "see the disk"));
        }
        Optional<EtherbayException> inUse = inUse(part);
        if (inUse.isPresent()) {
            return inUse;
        }
        requireAbilities(part);
        LegReader.Found found = outcome.found();
        UUID arrayId = core.metadata().shared().arrayId();
        boolean ofThis = found != null && found.reading().superblock().arrayId().equals(arrayId);
        if (ofThis && found != null) {
            requireNoTwin(found);
            try {
                takeBack(found);
                return Optional.empty();
            } catch (EtherbayException split) {
                if (!fresh || split.code() != ErrorCode.CONFLICT) {
                    throw split;
                }
                core.tell(part.name() + ": what it holds is given up: " + split.why());
            }
        }
        if (!fresh) {
            return Optional.of(new EtherbayException(
                    ErrorCode.CONFLICT,
                    part.name() + " is not a leg of this mirror any more",
                    found == null
                            ? "it holds no superblock"
                            : "it holds another array, "
                                    + SuperblockFormat.text(
                                            found.reading().superblock().arrayId()),
                    "to write over it: etherbay mirror add NAME " + part.name() + " --yes"));
        }
        takeNew(part);
        return Optional.empty();
    }

    /** The mirror cannot promise less than it did. */
    private void requireAbilities(Part part) {
        if (!Abilities.suffice(part.device().capabilities(), core.capabilities())) {
            throw refusal(
                    part,
                    "it cannot what the mirror has promised its users (FLUSH, FUA, TRIM that"
                            + " zeroes)",
                    "stop the mirror and assemble it with this leg");
        }
    }

    private void takeBack(LegReader.Found read) {
        LegReader.Found found =
                read.withBitmap(core.primary().superblock.bitmapOffset(), core.intent().header);
        Superblock shared = core.metadata().shared();
        Superblock own = found.reading().superblock();
        requireRoom(found.part(), own.dataSectors());
        requireLayout(found.part(), own);
        List<LegReading> inSync = core.legs().stream()
                .filter(Leg::isInSync)
                .map(leg -> new LegReading(
                        leg.name,
                        leg.device.sectors(),
                        leg.superblock,
                        Optional.of(core.intent().header),
                        Optional.empty(),
                        Optional.empty()))
                .toList();
        Assembly.Standing standing = Assembly.returning(found.reading(), inSync, marksFor(own));
        int number = numberFor(own, shared);
        Optional<Integer> slot = freeSlot(own.role());
        Assembly.Leg leg = new Assembly.Leg(
                found.reading(),
                number,
                slot.orElse(Superblock.SPARE),
                slot.isEmpty() ? new Assembly.Spare() : resumed(notSpare(standing), own));
        core.roster().join(Opening.member(found, leg), leg.slot());
    }

    /**
     * The bitmap, where it can know what that leg lacks. One in memory alone knows nothing of what
     * a leg missed that has not been in use since the mirror was assembled.
     */
    private Optional<IntentHeader> marksFor(Superblock own) {
        return former(own).isPresent() || core.intent().isOnDisk()
                ? Optional.of(core.intent().header)
                : Optional.empty();
    }

    /** What that leg was here, where it has been in use since the mirror was assembled. */
    private Optional<Leg> former(Superblock own) {
        return core.legs().stream()
                .filter(leg -> leg.superblock.deviceId().equals(own.deviceId())
                        && leg.number() == own.deviceNumber())
                .findFirst();
    }

    /** A leg that was a spare is filled whole once there is a slot for it. */
    private static Assembly.Standing notSpare(Assembly.Standing standing) {
        return standing instanceof Assembly.Spare
                ? new Assembly.Recovering(Assembly.Extent.FULL, 0)
                : standing;
    }

    /**
     * One that was being filled whole, and was away, goes on where it was as far as that was
     * flushed. What was written below since is marked, unless marks were taken out since its
     * superblock was written.
     */
    private Assembly.Standing resumed(Assembly.Standing standing, Superblock own) {
        boolean whole = standing instanceof Assembly.Recovering recovering
                && recovering.extent() == Assembly.Extent.FULL;
        boolean marked =
                Long.compareUnsigned(own.events(), core.intent().header.eventsCleared()) >= 0;
        long kept = former(own)
                .filter(leg -> leg.cause == Leg.Cause.AWAY
                        && Long.compareUnsigned(own.recoveryOffset(), leg.keptSectors) <= 0)
                .map(leg -> leg.keptSectors)
                .orElse(0L);
        return whole && marked ? new Assembly.Recovering(Assembly.Extent.FULL, kept) : standing;
    }

    private int numberFor(Superblock own, Superblock shared) {
        boolean taken = core.legs().stream()
                .anyMatch(leg -> leg.number() == own.deviceNumber()
                        && !leg.superblock.deviceId().equals(own.deviceId()));
        return taken ? freeNumber(shared) : own.deviceNumber();
    }

    private int freeNumber(Superblock shared) {
        // As md counts: the first numbers are given once, and those of legs that are out not again
        // before all others, since an old leg would pass for the new one.
        for (int number = shared.legCount(); number < SuperblockFormat.ROLE_COUNT_MAX; number++) {
            boolean known = core.numbersTaken().contains(number)
                    || (number < shared.roles().size()
                            && shared.roles().get(number) != Superblock.SPARE);
            if (!known && isUnused(number)) {
                return number;
            }
        }
        for (int number = shared.legCount(); ; number++) {
            if (shared.roles().get(number) >= shared.legCount() && isUnused(number)) {
                return number;
            }
        }
    }

    private boolean isUnused(int number) {
        return core.legs().stream().noneMatch(leg -> leg.number() == number);
    }

    private Optional<Integer> freeSlot(int wanted) {
        Superblock shared = core.metadata().shared();
        if (wanted < shared.legCount() && !shared.roles().contains(wanted)) {
            return Optional.of(wanted);
        }
        for (int slot = 0; slot < shared.legCount(); slot++) {
            if (!shared.roles().contains(slot)) {
                return Optional.of(slot);
            }
        }
        return Optional.empty();
    }

    private void requireRoom(Part part, long dataSectors) {
        if (dataSectors < core.sectors()) {
            throw refusal(
                    part,
                    "it has room for " + dataSectors + " sectors of data, and the mirror has "
                            + core.sectors(),
                    "take a larger one");
        }
    }

    private void requireNoTwin(LegReader.Found found) {
        Part part = found.part();
        Superblock own = found.reading().superblock();
        Optional<Leg> twin = core.legs().stream()
                .filter(leg -> leg.standing != Leg.Standing.FAULTY)
                .filter(leg -> leg.superblock.deviceId().equals(own.deviceId()))
                .findFirst();
        if (twin.isPresent()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the leg " + part.name() + " is not taken in",
                    "it is the same as " + twin.get().name + ", or a copy of it",
                    "to write over it as a new leg, zero its superblock first");
        }
    }

    private void requireLayout(Part part, Superblock own) {
        if (core.intent().isOnDisk() && own.bitmapOffset() == 0) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the leg " + part.name() + " is not taken in",
                    "it has no place for the write-intent bitmap that the array has by now",
                    "to write over it as a new leg, zero its superblock first");
        }
    }

    /** Laid out as the legs that are there. */
    private void takeNew(Part part) {
        Superblock like = core.primary().superblock;
        long dataSectors = (part.device().sectors() - like.dataOffset()) & -8L;
        requireRoom(part, dataSectors);
        Superblock own = Superblocks.fresh(
                like, freeNumber(core.metadata().shared()), core.freshId(), dataSectors);
        Optional<Integer> slot = freeSlot(Superblock.SPARE);
        Assembled.Member member = new Assembled.Member(
                part,
                own,
                LegLayout.claimSector(own, Optional.of(core.intent().header)).orElse(-1),
                0,
                slot.isEmpty() ? Leg.Standing.SPARE : Leg.Standing.RECOVERING,
                false,
                0,
                List.of());
        core.roster().join(member, slot.orElse(Superblock.SPARE));
    }

    /** Spares fill slots that are free. */
    void takeSpares() {
        for (Leg leg : List.copyOf(core.legs())) {
            Optional<Integer> slot = freeSlot(Superblock.SPARE);
            if (leg.standing == Leg.Standing.SPARE && slot.isPresent()) {
                core.roster().activate(leg, slot.get());
            }
        }
    }
}
