// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one user of a disk asked and was told, per sector; judges what a read may return. A value is
 * allowed when some legal order of the writes ends with it: it is not when another write that must
 * be there began after the value's own write had been acknowledged. After a crash only those must
 * be there that were acknowledged as durable.
 *
 * <p>Writes are numbered from 1; {@link SectorPattern} carries the number. Sectors that were never
 * written hold write {@link SectorPattern#NOBODY}.
 */
public final class SectorHistory {
    private static final long NEVER = Long.MAX_VALUE;

    private static final class Write {
        final long number;
        final long lba;
        final int sectors;
        final long begunAt;
        final boolean zeroes;
        long ackedAt = NEVER;

        /** From then on it must not come to pass over a newer write; at the latest when acked. */
        long endedAt = NEVER;

        boolean durable;
        boolean lostPerhaps;

        Write(long number, long lba, int sectors, long begunAt, boolean zeroes) {
            this.zeroes = zeroes;
            this.number = number;
            this.lba = lba;
            this.sectors = sectors;
            this.begunAt = begunAt;
        }

        boolean acked() {
            return ackedAt != NEVER;
        }
    }

    private final boolean durableOnceAcked;
    private final List<Write> writes = new ArrayList<>();
    private final Set<Write> unacked = new LinkedHashSet<>();
    private final List<Write> notDurable = new ArrayList<>();
    private final Map<Long, List<Write>> bySector = new HashMap<>();
    private final Map<Long, List<Write>> zeroesBySector = new HashMap<>();
    private long now;
    private long crashedAt;
    private long attachedAt;
    private long readCount;

    /**
     * @param durableOnceAcked a write is promised to be durable when it is acknowledged; else when
     *     a FLUSH begun after that is
     */
    public SectorHistory(boolean durableOnceAcked) {
        this.durableOnceAcked = durableOnceAcked;
    }

    /** A write is about to be asked for. @return its number, for the pattern */
    public long writeBegins(long lba, int sectors) {
        return begins(lba, sectors, false);
    }

    /** Zeroes are about to be asked for, or a trim that leaves such. @return its number */
    public long zeroesBegin(long lba, int sectors) {
        return begins(lba, sectors, true);
    }

    private long begins(long lba, int sectors, boolean zeroes) {
        Write write = new Write(writes.size() + 1L, lba, sectors, ++now, zeroes);
        writes.add(write);
        unacked.add(write);
        for (long sector = lba; sector < lba + sectors; sector++) {
            bySector.computeIfAbsent(sector, key -> new ArrayList<>(4)).add(write);
            if (zeroes) {
                zeroesBySector
                        .computeIfAbsent(sector, key -> new ArrayList<>(4))
                        .add(write);
            }
        }
        return write.number;
    }

    /** It was acknowledged. One that never is may have happened, now or at any later time. */
    public void writeAcked(long number) {
        Write write = writes.get((int) number - 1);
        Check.that(!write.acked(), "a write is acknowledged once");
        write.ackedAt = ++now;
        write.endedAt = now;
        unacked.remove(write);
        write.durable = durableOnceAcked;
        if (!durableOnceAcked) {
            notDurable.add(write);
        }
    }

    /**
     * It ended without an acknowledgement. It may have happened and may still happen, but not over
     * a write that begins from now on.
     */
    public void writeEnded(long number) {
        Write write = writes.get((int) number - 1);
        Check.that(!write.acked(), "a write ends once");
        write.endedAt = ++now;
    }

    /** All that were never acknowledged are ended: their user is gone, and its frames are dead. */
    public void unackedAreDead() {
        ++now;
        unacked.forEach(write -> write.endedAt = Math.min(write.endedAt, now));
    }

    /**
     * The disk was opened anew after a loss that its user has been told of: a FLUSH from now on
     * says nothing about what was lost before.
     */
    public void reattached() {
        attachedAt = ++now;
    }

    /** It was acknowledged as durable by itself (FUA). */
    public void writeAckedDurable(long number) {
        writeAcked(number);
        writes.get((int) number - 1).durable = true;
    }

    /** A FLUSH is about to be asked for. @return what {@link #flushAcked} wants to know */
    public long flushBegins() {
        return ++now;
    }

    /** The FLUSH begun then was acknowledged. Before a crash it began in, it promises nothing. */
    public void flushAcked(long begunAt) {
        notDurable.removeIf(write -> {
            boolean covered = write.ackedAt < begunAt && begunAt > crashedAt && !write.lostPerhaps;
            write.durable |= covered;
            return covered;
        });
    }

    /**
     * A FLUSH begun then was acknowledged by a device that knows when power was lost: all that was
     * acknowledged before it is there, crash or no crash.
     */
    public void flushPromised(long begunAt) {
        writes.forEach(write -> write.durable |=
                write.ackedAt < begunAt && (write.begunAt > attachedAt || !write.lostPerhaps));
        notDurable.removeIf(write -> write.durable);
    }

    /** The disk lost its power: what is not durable is there or not. */
    public void crashed() {
        crashedAt = ++now;
        notDurable.forEach(write -> write.lostPerhaps = true);
        notDurable.clear();
        // Those in flight as well: the answer may be on its way, from before the crash.
        unacked.forEach(write -> write.lostPerhaps = true);
    }

    /** The moment to give to {@link #checkRead}: before the read was asked for. */
    public long readBegins() {
        return ++now;
    }

    /**
     * Judges a sector that a read begun then returned.
     *
     * @param number what {@link SectorPattern#writeOf} said of it
     * @throws AssertionError when no legal order of the writes ends with it
     */
    public void checkRead(long begunAt, long lba, long number) {
        readCount++;
        if (number == SectorPattern.DAMAGED) {
            throw new AssertionError("sector " + lba + " is torn inside or holds another's data");
        }
        if (number != SectorPattern.NOBODY) {
            Write found = known(number);
            if (lba < found.lba || lba >= found.lba + found.sectors || found.zeroes) {
                throw new AssertionError(
                        "sector " + lba + " holds write " + number + " of elsewhere");
            }
            complain(lba, found, overtaken(begunAt, lba, found));
            return;
        }
        Write never = new Write(0, lba, 1, -1, true);
        never.endedAt = 0;
        Write newer = overtaken(begunAt, lba, never);
        for (Write zeroes : zeroesBySector.getOrDefault(lba, List.of())) {
            newer = newer == null ? null : overtaken(begunAt, lba, zeroes);
        }
        complain(lba, never, newer);
    }

    private static void complain(long lba, Write found, @Nullable Write newer) {
        if (newer != null) {
            throw new AssertionError(("sector %d holds write %d, but write %d began after that was"
                            + " acknowledged and was itself %s")
                    .formatted(
                            lba,
                            found.number,
                            newer.number,
                            newer.durable ? "durable" : "acknowledged"));
        }
    }

    /**
     * A write that must be there and is newer than that one; null when that one may be the last.
     */
    private @Nullable Write overtaken(long begunAt, long lba, Write found) {
        for (Write other : bySector.getOrDefault(lba, List.of())) {
            boolean mustBeThere = other.ackedAt < begunAt && !lost(other);
            if (mustBeThere && found.endedAt < other.begunAt) {
                return other;
            }
        }
        return null;
    }

    /**
     * Forgets what no read from now on can be judged by. Only while nothing is in flight; makes
     * long histories quick.
     */
    public void settle() {
        bySector.values().forEach(SectorHistory::settle);
        bySector.forEach((lba, known) -> {
            List<Write> zeroes = zeroesBySector.getOrDefault(lba, List.of());
            if (!zeroes.isEmpty() && !known.isEmpty()) {
                long oldestAt =
                        known.stream().mapToLong(write -> write.begunAt).min().orElse(0);
                zeroes.removeIf(write -> write.endedAt < oldestAt);
            }
        });
    }

    private static void settle(List<Write> known) {
        long newestAt = known.stream()
                .filter(write -> write.durable)
                .mapToLong(write -> write.begunAt)
                .max()
                .orElse(0);
        known.removeIf(write -> write.begunAt < newestAt);
    }

    /** Sectors judged so far: a judge that saw nothing proves nothing. */
    public long readCount() {
        return readCount;
    }

    /** Writes begun so far. */
    public long writeCount() {
        return writes.size();
    }

    /** Writes acknowledged so far. */
    public long ackedCount() {
        return writes.stream().filter(Write::acked).count();
    }

    private static boolean lost(Write write) {
        return write.lostPerhaps && !write.durable;
    }

    private Write known(long number) {
        if (number > writes.size()) {
            throw new AssertionError("write " + number + " was never asked for");
        }
        return writes.get((int) number - 1);
    }
}
