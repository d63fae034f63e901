// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.base.Prng;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes at random places of a {@link SectorLedger}'s disk, a window of requests at a time, and
 * notes there what became of each. Has the initiator and the ledger to itself, on a thread of its
 * own, until {@link #stop}. Never sends a request twice: one that stays without an answer is given
 * up, and its place is left alone.
 */
final class WriteLoad implements AutoCloseable {
    private static final Duration TURN = Duration.ofMillis(5);
    private static final Duration DRAIN = Duration.ofMillis(300);
    private static final long PATIENCE_NS = 2_000_000_000L;
    private static final int CHUNK_SECTORS_MAX = 16;

    /**
     * How to write.
     *
     * @param flushAfter writes answered between two FLUSHes; 0 for none
     * @param fuaOneIn one of so many writes asks for FUA; 0 for none
     * @param lasting whether an acknowledged write is durable
     */
    record Plan(
            int window, int sectorsMax, int flushAfter, int fuaOneIn, boolean lasting, long seed) {
        /** For an export that makes each write durable before it answers. */
        static Plan cacheOff(int sectorsMax, long seed) {
            return new Plan(32, sectorsMax, 0, 0, true, seed);
        }

        /** For one that only promises what was FLUSHed, or written with FUA. */
        static Plan cacheOn(int sectorsMax, long seed) {
            return new Plan(32, sectorsMax, 50, 16, false, seed);
        }

        /** For one that promises nothing, because nobody asks. */
        static Plan withoutFlush(int sectorsMax, long seed) {
            return new Plan(32, sectorsMax, 0, 0, false, seed);
        }
    }

    /** A request in flight: a write, or with no sectors a FLUSH. */
    private record Sent(
            long lba,
            int sectors,
            long number,
            boolean fua,
            SectorLedger.Snapshot covered,
            long atNs) {}

    private final Initiator initiator;
    private final SectorLedger ledger;
    private final Plan plan;
    private final Prng prng;
    private final Map<Integer, Sent> inFlight = new HashMap<>();
    private final BitSet busyChunks = new BitSet();
    private final Thread thread;
    private volatile boolean stopping;
    private final AtomicLong acknowledgedCount = new AtomicLong();
    private final AtomicLong refusedCount = new AtomicLong();
    private final AtomicLong failedCount = new AtomicLong();
    private final AtomicLong flushedCount = new AtomicLong();
    private final AtomicLong abandonedCount = new AtomicLong();
    private volatile int inFlightCount;
    private volatile int lastError;
    private long flushDueAt;

    private WriteLoad(Initiator initiator, SectorLedger ledger, Plan plan) {
        this.initiator = initiator;
        this.ledger = ledger;
        this.plan = plan;
        prng = new Prng(plan.seed());
        flushDueAt = plan.flushAfter();
        thread = Thread.ofPlatform().name("write-load").unstarted(this::run);
    }

    /** Begins; the disk is discovered already. */
    static WriteLoad start(Initiator initiator, SectorLedger ledger, Plan plan) {
        WriteLoad load = new WriteLoad(initiator, ledger, plan);
        load.thread.start();
        return load;
    }

    /** Sends nothing more, takes the answers that are on their way, and ends. */
    void stop() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() {
        stop();
    }

    long acknowledgedCount() {
        return acknowledgedCount.get();
    }

    /** Writes answered with the AoE error flag; see {@link #lastError}. */
    long refusedCount() {
        return refusedCount.get();
    }

    /** Writes and FLUSHes answered with an ATA error: they may have happened or not. */
    long failedCount() {
        return failedCount.get();
    }

    long flushedCount() {
        return flushedCount.get();
    }

    /** Requests that nobody answered. */
    long abandonedCount() {
        return abandonedCount.get();
    }

    int inFlightCount() {
        return inFlightCount;
    }

    /** The AoE error of the refusal before now; 0 when there was none. */
    int lastError() {
        return lastError;
    }

    private void run() {
        long drainedNs = 0;
        while (drainedNs == 0 || (System.nanoTime() - drainedNs < 0 && !inFlight.isEmpty())) {
            if (stopping && drainedNs == 0) {
                drainedNs = System.nanoTime() + DRAIN.toNanos();
            } else if (drainedNs == 0) {
                abandonOld();
                fillWindow();
            }
            for (MemorySegment answer = initiator.next(TURN);
                    answer != null;
                    answer = initiator.next(Duration.ZERO)) {
                answered(answer);
            }
        }
    }

    private void fillWindow() {
        int chunkCount = ledger.sectorCount() / CHUNK_SECTORS_MAX;
        int room = Math.min(plan.window() - inFlight.size(), chunkCount - busyChunks.cardinality());
        for (int i = 0; i < room; i++) {
            if (plan.flushAfter() > 0 && acknowledgedCount.get() >= flushDueAt) {
                flushDueAt = acknowledgedCount.get() + plan.flushAfter();
                SectorLedger.Snapshot covered = ledger.flushSent();
                sent(
                        initiator.send(AoeFrames::flush),
                        new Sent(0, 0, 0, false, covered, System.nanoTime()));
            } else {
                write(busyChunks.nextClearBit(prng.below(chunkCount)) % chunkCount);
            }
        }
    }

    private void write(int chunk) {
        if (busyChunks.get(chunk)) {
            return; // the search ended behind the last chunk: the next turn draws again
        }
        int sectors = prng.between(1, plan.sectorsMax());
        int spare = CHUNK_SECTORS_MAX - sectors;
        long lba = ledger.lbaFirst()
                + (long) chunk * CHUNK_SECTORS_MAX
                + (spare == 0 ? 0 : prng.below(spare + 1));
        boolean fua = plan.fuaOneIn() > 0 && prng.below(plan.fuaOneIn()) == 0;
        long number = ledger.issue(lba, sectors);
        byte[] data = ledger.data(lba, sectors, number);
        busyChunks.set(chunk);
        int tag = initiator.send(
                frames -> fua ? frames.writeFua(lba, data) : frames.write(lba, data));
        sent(
                tag,
                new Sent(lba, sectors, number, fua, SectorLedger.Snapshot.NONE, System.nanoTime()));
    }

    private void sent(int tag, Sent request) {
        inFlight.put(tag, request);
        inFlightCount = inFlight.size();
    }

    private void abandonOld() {
        long nowNs = System.nanoTime();
        for (Iterator<Sent> all = inFlight.values().iterator(); all.hasNext(); ) {
            if (nowNs - all.next().atNs() > PATIENCE_NS) {
                all.remove(); // its chunk stays busy
                abandonedCount.incrementAndGet();
            }
        }
    }

    private void answered(MemorySegment answer) {
        Sent request = inFlight.remove(AoeHeader.tag(answer, 0));
        if (request == null) {
            return;
        }
        inFlightCount = inFlight.size();
        boolean done = Initiator.done(answer);
        if (AoeHeader.error(answer, 0)) {
            lastError = AoeHeader.errorCode(answer, 0);
            refusedCount.incrementAndGet();
            ledger.refuse(request.lba(), request.sectors());
        } else if (!done) {
            failedCount.incrementAndGet();
            return; // what became of it is not known: its place is left alone
        } else if (request.sectors() == 0) {
            ledger.flushed(request.covered());
            flushedCount.incrementAndGet();
            return;
        } else {
            ledger.acknowledge(
                    request.lba(),
                    request.sectors(),
                    request.number(),
                    plan.lasting() || request.fua());
            acknowledgedCount.incrementAndGet();
        }
        busyChunks.clear((int) (request.lba() - ledger.lbaFirst()) / CHUNK_SECTORS_MAX);
    }
}
