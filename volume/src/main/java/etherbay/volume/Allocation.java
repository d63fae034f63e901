// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds room in a group for a new volume or for more of one. {@code contiguous}: one stretch on
 * each disk, behind the present end of the volume if it has one. Everything else: wherever there is
 * room, the stretch that follows the volume's end first, then the largest. Stripes lie on disks of
 * their own, the same number on each. Pure: it plans, and changes nothing.
 */
final class Allocation {
    private static final String CONTIGUOUS = "contiguous";

    private final VolumeGroup group;
    private final List<PhysicalVolume> disks;

    /**
     * @param usable whether new extents may be taken from a disk: it is there
     * @param wanted only from these, by key; empty for any
     */
    Allocation(VolumeGroup group, Predicate<PhysicalVolume> usable, List<String> wanted) {
        this.group = group;
        disks = group.physicalVolumes().stream()
                .filter(pv -> pv.allocatable() && !pv.markedMissing() && usable.test(pv))
                .filter(pv -> wanted.isEmpty() || wanted.contains(pv.key()))
                .toList();
    }

    /** Extents that are free there. */
    long freeExtents() {
        return disks.stream().mapToLong(group::freeExtents).sum();
    }

    /**
     * What is added behind the segments that a volume has.
     *
     * @param present those, empty for a new volume
     * @param extentCount to add, a multiple of {@code stripeCount}
     * @param stripeSectors on one disk before the next follows
     * @return segments to put behind the present ones
     * @throws EtherbayException CONFLICT where there is no room, with what there is
     */
    List<Segment.Striped> find(
            List<Segment> present,
            long extentCount,
            int stripeCount,
            long stripeSectors,
            String policy) {
        List<Segment.Striped> found = new ArrayList<>();
        List<Segment.Area> last =
                present.isEmpty() ? List.of() : present.getLast().areas();
        long first = present.isEmpty() ? 0 : present.getLast().end();
        long left = extentCount / stripeCount;
        boolean contiguous = policy.equals(CONTIGUOUS);
        List<Segment.Area> taken = new ArrayList<>();
        while (left > 0) {
            List<Segment.Area> next = next(taken, last, stripeCount, left, contiguous)
                    .orElseThrow(() -> noRoom(extentCount, stripeCount, contiguous));
            long each = next.getFirst().extentCount();
            found.add(new Segment.Striped(
                    first, each * stripeCount, stripeCount == 1 ? 0 : stripeSectors, next));
            first += each * stripeCount;
            left -= each;
            taken.addAll(next);
            last = next;
        }
        return found;
    }

    /** An area of the same size on so many disks. */
    private Optional<List<Segment.Area>> next(
            List<Segment.Area> taken,
            List<Segment.Area> last,
            int stripeCount,
            long wanted,
            boolean contiguous) {
        List<Segment.Area> following =
                last.size() == stripeCount ? following(taken, last) : List.of();
        List<Segment.Area> best = following;
        if (following.isEmpty()) {
            if (contiguous && !last.isEmpty()) {
                return Optional.empty();
            }
            best = largest(taken, stripeCount);
        }
        long room = best.stream().mapToLong(Segment.Area::extentCount).min().orElse(0);
        if (best.size() < stripeCount || room == 0 || (contiguous && room < wanted)) {
            return Optional.empty();
        }
        long each = Math.min(room, wanted);
        return Optional.of(best.stream()
                .map(area -> new Segment.Area(area.pv(), area.firstExtent(), each))
                .toList());
    }

    /** The free stretches right behind each area; empty unless all have some. */
    private List<Segment.Area> following(List<Segment.Area> taken, List<Segment.Area> last) {
        List<Segment.Area> following = new ArrayList<>();
        for (Segment.Area area : last) {
            free(taken).stream()
                    .filter(free -> free.pv().equals(area.pv()) && free.firstExtent() == area.end())
                    .forEach(following::add);
        }
        return following.size() == last.size() ? following : List.of();
    }

    /** The largest free stretch of each disk, of the disks that have the largest. */
    private List<Segment.Area> largest(List<Segment.Area> taken, int stripeCount) {
        List<Segment.Area> free = free(taken);
        return disks.stream()
                .flatMap(pv -> free.stream()
                        .filter(area -> area.pv().equals(pv.key()))
                        .max(Comparator.comparingLong(Segment.Area::extentCount))
                        .stream())
                .sorted(Comparator.comparingLong(Segment.Area::extentCount).reversed())
                .limit(stripeCount)
                .toList();
    }

    private List<Segment.Area> free(List<Segment.Area> taken) {
        List<Segment.Area> free = new ArrayList<>();
        for (PhysicalVolume pv : disks) {
            List<Segment.Area> used = new ArrayList<>(group.areasOn(pv.key()));
            taken.stream().filter(area -> area.pv().equals(pv.key())).forEach(used::add);
            used.sort(Comparator.comparingLong(Segment.Area::firstExtent));
            long at = 0;
            for (Segment.Area area : used) {
                if (area.firstExtent() > at) {
                    free.add(new Segment.Area(pv.key(), at, area.firstExtent() - at));
                }
                at = Math.max(at, area.end());
            }
            if (at < pv.extentCount()) {
                free.add(new Segment.Area(pv.key(), at, pv.extentCount() - at));
            }
        }
        return free;
    }

    private EtherbayException noRoom(long extentCount, int stripeCount, boolean contiguous) {
        long mib = group.extentSectors() / 2048;
        String where = stripeCount == 1 ? "" : ", the same on each of " + stripeCount + " disks";
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "group " + group.name() + " has no room for " + extentCount + " extents"
                        + (contiguous ? " in one piece" : where),
                "%d extents of %s are free on %d disks"
                        .formatted(
                                freeExtents(),
                                mib == 0 ? group.extentSectors() + " sectors" : mib + " MiB",
                                disks.size()),
                contiguous
                        ? "ask for less, or take --alloc normal"
                        : "ask for less, or add a disk: etherbay vg extend " + group.name()
                                + " DEVICE");
    }
}
