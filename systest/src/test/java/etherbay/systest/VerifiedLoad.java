// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Prng;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A load that checks itself: writes for some seconds, reads all that it wrote, and so on until
 * {@link #stop}, on a thread of its own. A {@link WriteLoad} never repeats a request, so one that
 * was dropped anywhere shows.
 */
final class VerifiedLoad implements AutoCloseable {
    private static final Duration ROUND = Duration.ofSeconds(3);
    private static final int SECTOR_COUNT = 4096;
    private static final int SECTORS_MAX = 16;

    /** Two at a time leave the machine room for those beside it. */
    private static final int WINDOW = 2;

    private final Initiator initiator;
    private final SectorLedger ledger = new SectorLedger(0, SECTOR_COUNT, 1);
    private final Prng prng = new Prng(1);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CompletableFuture<Result> result;

    /**
     * What came of it.
     *
     * @param errors each is one too many
     */
    record Result(int roundCount, long writeCount, long flushCount, List<String> errors) {}

    private VerifiedLoad(Initiator initiator) {
        this.initiator = initiator;
        result = CompletableFuture.supplyAsync(
                this::run, task -> Thread.ofPlatform().name("verified-load").start(task));
    }

    /** Begins on a disk that holds zeroes and is discovered already. */
    static VerifiedLoad start(Initiator initiator) {
        return new VerifiedLoad(initiator);
    }

    private Result run() {
        int roundCount = 0;
        long writeCount = 0;
        long flushCount = 0;
        List<String> errors = new ArrayList<>();
        boolean last = false;
        while (!last) {
            WriteLoad.Plan plan =
                    new WriteLoad.Plan(WINDOW, SECTORS_MAX, 50, 16, false, prng.nextLong());
            WriteLoad load = WriteLoad.start(initiator, ledger, plan);
            last = stopped();
            load.stop();
            roundCount++;
            writeCount += load.acknowledgedCount();
            flushCount += load.flushedCount();
            note(errors, roundCount, load);
        }
        return new Result(roundCount, writeCount, flushCount, errors);
    }

    private void note(List<String> errors, int round, WriteLoad load) {
        long wrongCount = load.refusedCount()
                + load.failedCount()
                + load.abandonedCount()
                + load.inFlightCount();
        if (wrongCount > 0) {
            errors.add("round %d: %d refused, %d failed, %d abandoned, %d in flight at the end"
                    .formatted(
                            round,
                            load.refusedCount(),
                            load.failedCount(),
                            load.abandonedCount(),
                            load.inFlightCount()));
        }
        Verdict verdict = ledger.judge(initiator::read, Promise.ACKNOWLEDGED);
        if (verdict.broken() > 0) {
            errors.add("round %d: %d sectors, the first: %s"
                    .formatted(round, verdict.broken(), verdict.firstBroken()));
        }
    }

    private boolean stopped() {
        try {
            return stopping.await(ROUND.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Ends the round with its check; may be called again. */
    Result stop() {
        stopping.countDown();
        return result.join();
    }

    @Override
    public void close() {
        stop();
    }
}
