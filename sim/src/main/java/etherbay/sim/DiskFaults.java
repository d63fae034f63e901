// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;

import java.util.ArrayList;
import java.util.List;

/** What goes wrong with a {@link SimMedium}, and how slow it is. Set and changed at any time. */
public final class DiskFaults {
    private record BadRange(long lba, long sectors, boolean reads, boolean writes) {
        boolean meets(Io io) {
            boolean direction = io.operation().changesData() ? writes : reads;
            return direction && io.lba() < lba + sectors && lba < io.lba() + io.sectors();
        }
    }

    private final List<BadRange> badRanges = new ArrayList<>();
    int latencyNsMin = 20_000;
    int latencyNsMax = 300_000;
    double slow;
    long slowNsMax = 50_000_000;
    double tear = 0.25;
    long stalledUntilNs;
    long blockCountMax = Long.MAX_VALUE;
    private int failingFlushCount;
    private int failingFuaCount;
    private long misdirectedFrom;
    private long misdirectedSectors;
    private double misdirect;
    boolean flushFailureIsForgotten;

    DiskFaults() {}

    /** How long a request takes, uniform, each by itself: so completions change their order. */
    public DiskFaults latencyNs(int minNs, int maxNs) {
        Check.that(minNs > 0 && minNs <= maxNs, "a latency has a smallest and a largest value");
        latencyNsMin = minNs;
        latencyNsMax = maxNs;
        return this;
    }

    /** Probability that a request takes up to {@code maxNs} longer. */
    public DiskFaults slow(double probability, long maxNs) {
        slow = probability;
        slowNsMax = maxNs;
        return this;
    }

    /** Probability that the two ends of a write land at different times. */
    public DiskFaults tear(double probability) {
        tear = probability;
        return this;
    }

    /** Nothing completes before then. */
    public DiskFaults stallUntil(long whenNs) {
        stalledUntilNs = whenNs;
        return this;
    }

    /** The next {@code count} FLUSHes fail, and what they covered may be lost. */
    public DiskFaults failFlushes(int count) {
        failingFlushCount = count;
        return this;
    }

    /** The next {@code count} writes with FUA fail. */
    public DiskFaults failFuaWrites(int count) {
        failingFuaCount = count;
        return this;
    }

    /** Whether this FLUSH or write with FUA is one that fails. */
    boolean failsSync(Io io) {
        if (io.operation() == IoOperation.FLUSH) {
            return failingFlushCount > 0 && failingFlushCount-- > 0;
        }
        return failingFuaCount > 0 && failingFuaCount-- > 0;
    }

    /**
     * Whether a FLUSH after a failed one reports OK though it does not cover what the failed one
     * lost, and a failed write with FUA loses what others had written: what Linux does, and what no
     * {@link etherbay.base.BlockDevice} may do. For tests of the layer that has to remember.
     */
    public DiskFaults forgetFailedFlushes(boolean forgotten) {
        flushFailureIsForgotten = forgotten;
        return this;
    }

    /** Reads and writes that meet this range fail. */
    public DiskFaults badRange(long lba, long sectors) {
        badRanges.add(new BadRange(lba, sectors, true, true));
        return this;
    }

    /** Reads that meet this range fail, writes do not. */
    public DiskFaults badReads(long lba, long sectors) {
        badRanges.add(new BadRange(lba, sectors, true, false));
        return this;
    }

    /** Writes that meet this range fail, reads do not. */
    public DiskFaults badWrites(long lba, long sectors) {
        badRanges.add(new BadRange(lba, sectors, false, true));
        return this;
    }

    /**
     * Probability that a write within this range lands at another place of the range; whoever wrote
     * is told that all is well.
     */
    public DiskFaults misdirect(double probability, long lba, long sectors) {
        misdirect = probability;
        misdirectedFrom = lba;
        misdirectedSectors = sectors;
        return this;
    }

    /** By how many blocks a write misses its place; mostly 0. */
    long misdirection(Io io, int sectorsPerBlock, Prng prng) {
        boolean within = io.lba() >= misdirectedFrom
                && io.lba() + io.sectors() <= misdirectedFrom + misdirectedSectors;
        if (misdirect == 0 || !within || !prng.chance(misdirect)) {
            return 0;
        }
        long places = (misdirectedSectors - io.sectors()) / sectorsPerBlock + 1;
        long there = misdirectedFrom / sectorsPerBlock + prng.below(places);
        return there - io.lba() / sectorsPerBlock;
    }

    /** The storage below holds that many logical blocks; a write to one more gets NO_SPACE. */
    public DiskFaults space(long blockCount) {
        blockCountMax = blockCount;
        return this;
    }

    /** Nothing fails any more, and there is space; the latency stays. */
    public DiskFaults heal() {
        badRanges.clear();
        failingFlushCount = 0;
        failingFuaCount = 0;
        stalledUntilNs = 0;
        slow = 0;
        misdirect = 0;
        return space(Long.MAX_VALUE);
    }

    IoStatus outcome(Io io) {
        for (int index = 0; index < badRanges.size(); index++) {
            if (badRanges.get(index).meets(io)) {
                return IoStatus.FAILED;
            }
        }
        return IoStatus.OK;
    }
}
