// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A medium in memory that behaves as badly as a {@link Medium} may. What was written since the last
 * {@link #sync} is kept apart; a power cut leaves of each such sector one of the contents that it
 * had since then. A failing write may have written some of its sectors; a failing sync may have
 * made some durable, and what it did not is never so, whatever later syncs say.
 *
 * <p>Media on one {@link Power} share its operations: writes and syncs, counted from 1.
 */
final class CrashMedium implements Medium {
    private static final int SECTOR_BYTES = PvLabel.SECTOR_BYTES;
    private static final byte[] ZEROES = new byte[SECTOR_BYTES];

    /** The power went away in the midst of an operation. */
    static final class PowerCut extends RuntimeException {
        private PowerCut() {
            super("the power is cut");
        }
    }

    private enum Fate {
        WELL,
        FAILS,
        CUT
    }

    /** What several media hang on. */
    static final class Power {
        private final Prng prng;
        private final List<CrashMedium> media = new ArrayList<>();
        private long opCount;
        private long writeCount;
        private long cutAt;
        private long failsAt;
        private boolean staysBroken;

        Power(long seed) {
            prng = new Prng(seed);
        }

        /** Writes and syncs so far. */
        long opCount() {
            return opCount;
        }

        long writeCount() {
            return writeCount;
        }

        /** The {@code n}-th operation from now on is the last one. */
        Power cutAfter(long n) {
            cutAt = opCount + n;
            return this;
        }

        /** The {@code n}-th operation from now on fails; those behind it do not. */
        Power failAfter(long n) {
            failsAt = opCount + n;
            staysBroken = false;
            return this;
        }

        /** The medium of the {@code n}-th operation from now on takes no other one either. */
        Power breakAfter(long n) {
            failAfter(n);
            staysBroken = true;
            return this;
        }

        /** No cut and no failure to come, and only what is durable is there. */
        void restart() {
            cutAt = 0;
            failsAt = 0;
            media.forEach(CrashMedium::loseUnsynced);
        }

        private Fate next(CrashMedium medium) {
            opCount++;
            medium.broken |= opCount == failsAt && staysBroken;
            if (opCount == failsAt || medium.broken) {
                return Fate.FAILS;
            }
            return cutAt != 0 && opCount >= cutAt ? Fate.CUT : Fate.WELL;
        }
    }

    private final Power power;
    private final String name;
    private long bytes;
    private boolean broken;
    private final Map<Long, byte[]> durable = new HashMap<>();

    /** What reads see where it differs from what is durable. */
    private final Map<Long, byte[]> cached = new HashMap<>();

    /** Contents since the last sync, by sector; ordered, so that a seed decides alone. */
    private final Map<Long, List<byte[]>> unsynced = new TreeMap<>();

    CrashMedium(Power power, String name, long bytes) {
        this.power = power;
        this.name = name;
        this.bytes = bytes;
        power.media.add(this);
    }

    /** What is durable of it, on another power. */
    CrashMedium copy(Power other) {
        CrashMedium copy = new CrashMedium(other, name, bytes);
        copy.durable.putAll(durable);
        return copy;
    }

    /** One that nothing else hangs on. */
    static CrashMedium of(long bytes) {
        return new CrashMedium(new Power(0), "disk", bytes);
    }

    Power power() {
        return power;
    }

    /** As somebody else would: durable at once, and no operation of ours. */
    CrashMedium put(long atByte, byte[] content) {
        for (int done = 0; done < content.length; ) {
            int count = pieceBytes(atByte + done, content.length - done);
            long sector = (atByte + done) / SECTOR_BYTES;
            durable.put(sector, changed(sector, atByte + done, content, done, count));
            cached.remove(sector);
            unsynced.remove(sector);
            done += count;
        }
        return this;
    }

    byte[] get(long atByte, int count) {
        byte[] into = new byte[count];
        read(atByte, into);
        return into;
    }

    /** It becomes larger or smaller. */
    void resize(long to) {
        bytes = to;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(long atByte, byte[] into) {
        checkWithin(atByte, into.length);
        for (int done = 0; done < into.length; ) {
            int count = pieceBytes(atByte + done, into.length - done);
            int skip = (int) ((atByte + done) % SECTOR_BYTES);
            byte[] sector = content((atByte + done) / SECTOR_BYTES);
            System.arraycopy(sector, skip, into, done, count);
            done += count;
        }
    }

    /** What is left of a sector from there on, or of what is wanted. */
    private static int pieceBytes(long atByte, int left) {
        return (int) Math.min(left, SECTOR_BYTES - atByte % SECTOR_BYTES);
    }

    private byte[] content(long sector) {
        byte[] seen = cached.get(sector);
        return seen != null ? seen : durable.getOrDefault(sector, ZEROES);
    }

    private byte[] changed(long sector, long atByte, byte[] from, int at, int count) {
        byte[] content = content(sector).clone();
        System.arraycopy(from, at, content, (int) (atByte % SECTOR_BYTES), count);
        return content;
    }

    private void checkWithin(long atByte, int count) {
        Check.that(atByte >= 0 && atByte + count <= bytes, "what is done lies within the medium");
    }

    @Override
    public void write(long atByte, byte[] content) {
        checkWithin(atByte, content.length);
        power.writeCount++;
        Fate fate = power.next(this);
        for (int done = 0; done < content.length; ) {
            int count = pieceBytes(atByte + done, content.length - done);
            if (fate != Fate.FAILS || power.prng.chance(0.5)) {
                long sector = (atByte + done) / SECTOR_BYTES;
                byte[] next = changed(sector, atByte + done, content, done, count);
                cached.put(sector, next);
                unsynced.computeIfAbsent(sector, _ -> new ArrayList<>()).add(next);
            }
            done += count;
        }
        end(fate, "written");
    }

    @Override
    public void sync() {
        Fate fate = power.next(this);
        if (fate == Fate.WELL) {
            unsynced.forEach((sector, contents) -> {
                durable.put(sector, contents.getLast());
                cached.remove(sector);
            });
            unsynced.clear();
        } else if (fate == Fate.FAILS) {
            unsynced.forEach(this::settle);
            unsynced.clear();
        }
        end(fate, "synced");
    }

    private void end(Fate fate, String done) {
        switch (fate) {
            case WELL -> {}
            case FAILS ->
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE, name + " cannot be " + done, "I/O error", "dmesg");
            case CUT -> throw new PowerCut();
        }
    }

    /** One of the contents that a sector had since it was durable, that one included. */
    private void settle(long sector, List<byte[]> contents) {
        int chosen = power.prng.below(contents.size() + 1);
        if (chosen > 0) {
            durable.put(sector, contents.get(chosen - 1));
        }
    }

    private void loseUnsynced() {
        unsynced.forEach(this::settle);
        unsynced.clear();
        cached.clear();
        broken = false;
    }

    boolean isBroken() {
        return broken;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return name;
    }
}
