// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where each sector of a volume lies. Immutable; asked without allocating. A larger map of the same
 * volume begins as the smaller one did: {@link #isContinuedBy}.
 */
public final class ExtentMap {
    /** A stretch that is laid out in one way. */
    static final class Run {
        private final long firstSector;
        private final long endSector;
        private final long stripeSectors;
        private final int[] disks;
        private final long[] atSectors;

        Run(long firstSector, long endSector, long stripeSectors, int[] disks, long[] atSectors) {
            this.firstSector = firstSector;
            this.endSector = endSector;
            this.stripeSectors = stripeSectors;
            this.disks = disks;
            this.atSectors = atSectors;
        }

        long firstSector() {
            return firstSector;
        }

        long endSector() {
            return endSector;
        }

        /** On one disk before the next follows; the whole stretch where it is linear. */
        long stripeSectors() {
            return stripeSectors;
        }

        /**
         * Which of the stripes a sector lies in.
         *
         * @param off from the beginning of the stretch, as with the methods below
         */
        int stripeAt(long off) {
            return (int) (off / stripeSectors % disks.length);
        }

        /** Where it lies on the disk of its stripe. */
        long diskSector(long off) {
            return atSectors[stripeAt(off)]
                    + off / roundSectors() * stripeSectors
                    + off % stripeSectors;
        }

        /** Sectors from there on that lie in one piece. */
        long straightSectors(long off) {
            return stripeSectors - off % stripeSectors;
        }

        int stripeCount() {
            return disks.length;
        }

        /** One round over all disks. */
        long roundSectors() {
            return stripeSectors * disks.length;
        }

        /** Index into {@link #pvs} of the disk of a stripe. */
        int disk(int stripe) {
            return disks[stripe];
        }

        /** Where the stretch begins on it, from the beginning of the disk. */
        long atSector(int stripe) {
            return atSectors[stripe];
        }
    }

    private final List<LvmId> pvs;
    private final Run[] runs;

    private ExtentMap(List<LvmId> pvs, Run[] runs) {
        this.pvs = List.copyOf(pvs);
        this.runs = runs;
    }

    /**
     * Of a volume whose disks are all there.
     *
     * @throws EtherbayException CONFLICT for a group of another host, for a volume of a type that
     *     we do not read, and for one of which a disk is missing
     */
    public static ExtentMap of(PoolGroup in, LogicalVolume lv) {
        in.checkOurs("served");
        String name = in.name() + "/" + lv.name();
        if (!lv.isPlain() || !lv.isVisible()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "volume " + name + " cannot be served",
                    lv.isVisible()
                            ? "it is of type " + lv.type() + "; we read linear and striped ones"
                            : "it is a part of another volume",
                    "activate it with LVM2 on a machine with device-mapper, and export the device:"
                            + " lvchange -ay " + name);
        }
        VolumeGroup group = in.group();
        List<LvmId> pvs = new ArrayList<>();
        List<Run> runs = new ArrayList<>();
        for (Segment segment : lv.segments()) {
            for (Segment.Area area : segment.areas()) {
                PhysicalVolume pv = group.physicalVolume(area.pv());
                if (in.isMissing(pv)) {
                    throw missing(name, pv);
                }
                if (!pvs.contains(pv.id())) {
                    pvs.add(pv.id());
                }
            }
            Run run = run(group, segment, pvs);
            if ((run.endSector() - run.firstSector()) % run.roundSectors() != 0) {
                throw uneven(name);
            }
            runs.add(run);
        }
        return new ExtentMap(pvs, runs.toArray(Run[]::new));
    }

    private static EtherbayException missing(String name, PhysicalVolume pv) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "a part of volume " + name + " is missing",
                "its disk " + pv.id() + " (was " + EtherbayException.shown(pv.deviceHint())
                        + ") is not there",
                "name the disk with --device; `etherbay pv list` shows what there is");
    }

    private static EtherbayException uneven(String name) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "volume " + name + " cannot be served",
                "its stripes do not divide its extents",
                "see its metadata: etherbay vg history; nobody but a damaged or hostile group has"
                        + " such");
    }

    private static Run run(VolumeGroup group, Segment segment, List<LvmId> pvs) {
        long extentSectors = group.extentSectors();
        long first = segment.firstExtent() * extentSectors;
        long end = segment.end() * extentSectors;
        int count = segment.areas().size();
        int[] disks = new int[count];
        long[] at = new long[count];
        for (int index = 0; index < count; index++) {
            Segment.Area area = segment.areas().get(index);
            PhysicalVolume pv = group.physicalVolume(area.pv());
            disks[index] = pvs.indexOf(pv.id());
            at[index] = pv.dataSectors() + area.firstExtent() * extentSectors;
        }
        long stripe = segment instanceof Segment.Striped striped && count > 1
                ? striped.stripeSectors()
                : end - first;
        return new Run(first, end, stripe, disks, at);
    }

    /** The disks that it lies on, by the index that runs name them with. */
    public List<LvmId> pvs() {
        return pvs;
    }

    /** Size of the volume, 512-byte sectors. */
    public long sectors() {
        return runs.length == 0 ? 0 : runs[runs.length - 1].endSector();
    }

    /** The run that holds a sector. */
    Run runAt(long sector) {
        int low = 0;
        int high = runs.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (runs[middle].endSector() <= sector) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return runs[low];
    }

    /** Whether {@code next} has every sector of this map where it is, and perhaps more. */
    public boolean isContinuedBy(ExtentMap next) {
        return next.sectors() >= sectors()
                && Stream.of(runs).allMatch(run -> next.holds(this, run));
    }

    /** By steps within which both maps go straight on. */
    private boolean holds(ExtentMap before, Run run) {
        long sector = run.firstSector();
        while (sector < run.endSector()) {
            Run here = runAt(sector);
            long step = Math.min(run.endSector(), here.endSector()) - sector;
            long off = sector - here.firstSector();
            long offBefore = sector - run.firstSector();
            boolean same = here.stripeCount() == run.stripeCount()
                    && (here.stripeCount() == 1 || here.stripeSectors() == run.stripeSectors());
            for (int index = 0; same && index < run.stripeCount(); index++) {
                same = pvs.get(here.disk(index)).equals(before.pvs.get(run.disk(index)))
                        && here.atSector(index) + off / here.stripeCount()
                                == run.atSector(index) + offBefore / run.stripeCount();
            }
            if (!same) {
                return false;
            }
            sector += step;
        }
        return true;
    }
}
