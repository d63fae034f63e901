// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;
import etherbay.mirror.Assembly.Absent;
import etherbay.mirror.Assembly.Extent;
import etherbay.mirror.Assembly.InSync;
import etherbay.mirror.Assembly.Leg;
import etherbay.mirror.Assembly.Resync;
import etherbay.mirror.Assembly.Spare;
import etherbay.mirror.Assembly.Standing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The rules of {@link Assembly#decide}, in the order in which they are asked. Why they are enough:
 * a later view is made only by one who has all legs of the former, takes legs out of it, and writes
 * that to all that stay before it acknowledges anything. So a view all of whose legs are here, and
 * of which none knows a later one, is the last.
 */
final class AssemblyRules {
    private final List<View> present;
    private final AssemblyRequest request;
    private final List<String> warnings = new ArrayList<>();

    AssemblyRules(List<LegReading> present, AssemblyRequest request) {
        this.present = present.stream().map(View::of).toList();
        this.request = request;
    }

    Assembly decide() {
        refuseOtherArrays();
        refuseCopies();
        refuseOtherOwner();
        View freshest = freshest();
        refuseSplit(freshest);
        refuseSmallLegs(freshest);
        List<View> inSync =
                present.stream().filter(view -> isFresh(view, freshest)).toList();
        refuseSameNumber(inSync);
        boolean loses = refuseAbsent(freshest);
        warnOfHosts(inSync);
        return plan(freshest, inSync, loses);
    }

    private void refuseOtherArrays() {
        if (present.isEmpty()) {
            throw AssemblyRefusals.noLegs();
        }
        if (!present.stream().allMatch(view -> view.isOf(present.getFirst()))) {
            throw AssemblyRefusals.severalArrays(legs(present));
        }
    }

    private void refuseCopies() {
        for (View view : present) {
            List<View> same = present.stream()
                    .filter(other -> other.superblock()
                            .deviceId()
                            .equals(view.superblock().deviceId()))
                    .toList();
            if (same.size() > 1) {
                throw AssemblyRefusals.copies(legs(same));
            }
        }
    }

    /** Of several records the one of the highest epoch says who owns. */
    private void refuseOtherOwner() {
        refuseLaterOwner();
        Epoch last = epochMax();
        Optional<ClaimRecord> others = present.stream()
                .flatMap(view -> view.leg().claim().stream())
                .filter(claim -> claim.epoch().equals(last) && !claim.released())
                .filter(claim -> !claim.owner().equals(request.node()))
                .findFirst();
        if (others.isEmpty()) {
            return;
        }
        if (request.readOnly()) {
            warnings.add(AssemblyRefusals.ownerWrites(others.get()));
        } else if (request.takeOver()) {
            warnings.add(AssemblyRefusals.takenOver(others.get()));
        } else {
            throw AssemblyRefusals.owned(
                    present.getFirst().superblock(), legs(present), others.get(), request.nowMs());
        }
    }

    /** Whoever has had it since may have written to it, also if it has let go. */
    private void refuseLaterOwner() {
        present.stream()
                .flatMap(view -> view.leg().claim().stream())
                .filter(claim -> claim.epoch().isAfter(request.since()))
                .filter(claim -> !claim.owner().equals(request.node()))
                .findFirst()
                .filter(claim -> !request.readOnly())
                .ifPresent(claim -> {
                    throw AssemblyRefusals.hadSince(
                            present.getFirst().superblock(), claim, request.since());
                });
    }

    private Epoch epochMax() {
        return present.stream()
                .flatMap(view -> view.leg().claim().stream())
                .map(ClaimRecord::epoch)
                .max(Comparator.naturalOrder())
                .orElse(Epoch.NONE);
    }

    /**
     * The whole leg with the most events; of several the one that none of them shuts out: md counts
     * events back when an array becomes clean, and a leg that has failed keeps the number. And
     * rather one that no later version shuts out, which a leg that was being filled may have taken
     * first: it did not come into force, or a leg that it leaves in sync would have it.
     */
    private View freshest() {
        List<View> whole = present.stream().filter(View::isWhole).toList();
        if (whole.isEmpty()) {
            throw AssemblyRefusals.nothingWhole(legs(present));
        }
        List<View> last = whole.stream()
                .filter(view -> whole.stream().noneMatch(other -> other.isAhead(view)))
                .toList();
        return last.stream()
                .filter(view -> last.stream().noneMatch(other -> other.shuts(view)))
                .min(Comparator.comparing(this::isShutLater))
                .orElseGet(last::getFirst);
    }

    private boolean isShutLater(View view) {
        return present.stream().anyMatch(other -> other.isAhead(view) && other.shuts(view));
    }

    private void refuseSplit(View freshest) {
        List<View> side =
                present.stream().filter(view -> isFresh(view, freshest)).toList();
        List<View> others = present.stream()
                .filter(View::isWhole)
                .filter(view -> view.wentOnWithout(side))
                .toList();
        if (!others.isEmpty()) {
            throw AssemblyRefusals.split(
                    legs(side.stream().filter(view -> !others.contains(view)).toList()),
                    legs(others));
        }
    }

    /** In sync with the freshest: the same version, or one before whose successor was cut short. */
    static boolean isFresh(View view, View freshest) {
        return view.isWhole() && freshest.lists(view) && !view.isBehindByMoreThanOne(freshest);
    }

    private void refuseSmallLegs(View freshest) {
        long size = freshest.superblock().sizeSectors();
        List<View> small = present.stream()
                .filter(view -> Long.compareUnsigned(view.roomSectors(), size) < 0)
                .toList();
        if (!small.isEmpty()) {
            throw AssemblyRefusals.small(legs(small), size, small.getFirst().roomSectors());
        }
    }

    private void refuseSameNumber(List<View> inSync) {
        for (View view : inSync) {
            List<View> same = inSync.stream()
                    .filter(other ->
                            other.superblock().role() == view.superblock().role()
                                    || other.superblock().deviceNumber()
                                            == view.superblock().deviceNumber())
                    .toList();
            if (same.size() > 1) {
                throw AssemblyRefusals.copies(legs(same));
            }
        }
    }

    /** @return whether something may be lost, which force allows */
    private boolean refuseAbsent(View freshest) {
        List<Absent> missing = freshest.numbers()
                .filter(number -> holderOf(number, freshest).isEmpty())
                .mapToObj(number -> new Absent(freshest.role(number), Optional.of(number)))
                .toList();
        List<View> knowMore = present.stream()
                .filter(view -> !view.isWhole() && freshest.isBehindByMoreThanOne(view))
                .filter(view -> !view.lists(freshest))
                .toList();
        if (missing.isEmpty() && knowMore.isEmpty()) {
            return false;
        }
        if (!request.readOnly() && !request.force()) {
            throw missing.isEmpty()
                    ? AssemblyRefusals.knowMore(freshest.leg(), legs(knowMore))
                    : AssemblyRefusals.absent(freshest.leg(), legs(present), missing);
        }
        warnings.add(AssemblyRefusals.leftBehind(freshest.superblock(), missing));
        return true;
    }

    /**
     * Who stands here for a number that the freshest lists. One that is versions behind can be a
     * disk which had that number before another got it; md never gives the first numbers anew.
     */
    private Optional<View> holderOf(int number, View freshest) {
        return present.stream()
                .filter(view -> view.superblock().deviceNumber() == number)
                .filter(freshest::lists)
                .filter(view -> !view.isBehindByMoreThanOne(freshest)
                        || number < freshest.superblock().legCount())
                .max((one, other) -> Long.compareUnsigned(
                        one.superblock().events(), other.superblock().events()));
    }

    private void warnOfHosts(List<View> inSync) {
        Map<String, List<String>> byHost = new TreeMap<>();
        for (View view : inSync) {
            view.leg()
                    .host()
                    .ifPresent(host -> byHost.computeIfAbsent(host, key -> new ArrayList<>())
                            .add(view.leg().name()));
        }
        byHost.forEach((host, names) -> {
            if (names.size() > 1) {
                warnings.add(AssemblyRefusals.oneHost(host, names));
            }
        });
    }

    private Assembly plan(View freshest, List<View> inSync, boolean loses) {
        Superblock said = freshest.superblock();
        List<View> marking = marking(freshest, inSync);
        Optional<IntentHeader> bitmap = marking.stream()
                .flatMap(view -> view.bitmap(freshest).stream())
                .max((one, other) ->
                        Long.compareUnsigned(one.eventsCleared(), other.eventsCleared()));
        long resyncOffset = inSync.stream()
                .map(view -> view.superblock().resyncOffset())
                .min(Long::compareUnsigned)
                .orElseThrow();
        Resync resync = resync(resyncOffset, inSync.size(), bitmap.isPresent());
        if (resync.extent() == Extent.FULL) {
            warnings.add(AssemblyRefusals.fullResync(said));
        }
        Seats seats = new Seats(freshest, present);
        boolean clean = resyncOffset == Superblock.END;
        List<Leg> legs = seats.legs(view -> standing(view, freshest, bitmap, clean));
        return new Assembly(
                said.arrayId(),
                AssemblyRefusals.name(said),
                said.sizeSectors(),
                said.legCount(),
                said,
                legs,
                request.readOnly() ? List.of() : mustClaim(),
                seats.absent(),
                resync,
                marking.stream().map(view -> view.leg().name()).toList(),
                bitmap.map(IntentHeader::eventsCleared).orElse(0L),
                said.events() + 1,
                epochMax(),
                seats.numbersTaken(),
                loses,
                warnings);
    }

    /** Legs whose bitmaps count: none, when none of them is as new as the freshest superblock. */
    private static List<View> marking(View freshest, List<View> inSync) {
        List<View> trusted = inSync.stream()
                .filter(view -> view.bitmap(freshest).isPresent())
                .toList();
        boolean current = trusted.stream()
                .flatMap(view -> view.bitmap(freshest).stream())
                .anyMatch(intent -> Long.compareUnsigned(
                                intent.events(), freshest.superblock().events())
                        >= 0);
        return current ? trusted : List.of();
    }

    private static Resync resync(long resyncOffset, int inSyncCount, boolean hasBitmap) {
        if (resyncOffset == Superblock.END) {
            return Resync.NONE;
        }
        if (hasBitmap) {
            return new Resync(Extent.BITMAP, 0);
        }
        return inSyncCount > 1 ? new Resync(Extent.FULL, resyncOffset) : Resync.NONE;
    }

    private static Standing standing(
            View view, View freshest, Optional<IntentHeader> bitmap, boolean clean) {
        if (isFresh(view, freshest)) {
            return new InSync();
        }
        if (!view.isMember()) {
            return new Spare();
        }
        boolean missedNothing =
                !view.isWhole() && freshest.lists(view) && !view.isBehindByMoreThanOne(freshest);
        return missedNothing ? view.resumption(bitmap, clean) : view.recovery(bitmap);
    }

    /** Whoever has a slot in any superblock here. */
    private List<String> mustClaim() {
        return present.stream()
                .filter(view -> present.stream().anyMatch(other -> other.lists(view)))
                .map(view -> view.leg().name())
                .toList();
    }

    private static List<LegReading> legs(List<View> views) {
        return views.stream().map(View::leg).toList();
    }
}
