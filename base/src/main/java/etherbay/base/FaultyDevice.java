// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * A device that fails on purpose: with a given chance a request ends FAILED and never reaches the
 * device below. On the loop of that device, whose timers it uses.
 *
 * <p>Every request that the device could do draws one number, whatever it is and wherever: the same
 * requests in the same order fail with the same seed, and other chances do not move the fates that
 * they have nothing to do with.
 *
 * <p>A FLUSH that fails, or the sync of a write with FUA, is a sync that failed: from then on every
 * FLUSH and everything that changes data ends with FAILED until the device is opened again, as on a
 * disk, whose pages the kernel has dropped. Reads go on.
 *
 * <p>Allocates nothing.
 */
public final class FaultyDevice extends DeviceDecorator {
    /**
     * What fails.
     *
     * @param read chance of each READ that meets the range, 0.0 to 1.0
     * @param write chance of each WRITE, TRIM and WRITE_ZEROES that meets the range
     * @param flush chance of each FLUSH, and of the sync of each write with FUA, wherever it is
     * @param firstLba first sector of the range
     * @param lastLba last sector of it
     */
    public record Settings(
            double read, double write, double flush, long firstLba, long lastLba, long seed) {
        public Settings {
            Check.that(
                    isChance(read) && isChance(write) && isChance(flush),
                    "a chance lies between 0 and 1");
            Check.that(firstLba >= 0 && firstLba <= lastLba, "a range has at least one sector");
        }

        private static boolean isChance(double value) {
            return value >= 0 && value <= 1;
        }
    }

    private final Loop loop;
    private final Settings settings;
    private final Counter failedCounter;
    private final Prng prng;
    private final IoQueue failing = new IoQueue();
    private final Quiescence quiescence = new Quiescence();
    private final Timers.Timer timer;
    private boolean syncFailed;

    /**
     * @param failed counts what fails here
     */
    public FaultyDevice(BlockDevice below, Loop loop, Settings settings, Counter failed) {
        super(below);
        this.loop = loop;
        this.settings = settings;
        failedCounter = failed;
        prng = new Prng(settings.seed());
        timer = loop.timers().timer(this::fail);
    }

    /** Whether a sync failed here: nothing is written until this is opened anew. */
    public boolean syncFailed() {
        return syncFailed;
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities());
        if (!refusal.isOk()) {
            io.complete(refusal);
        } else if (fails(io)) {
            failedCounter.increment();
            io.holderWord(quiescence.entered());
            failing.add(io);
            timer.at(loop.nowNs()); // not within submit: its caller may submit again from there
        } else {
            below().submit(io);
        }
    }

    private boolean fails(Io io) {
        double drawn = prng.unit();
        IoOperation operation = io.operation();
        if (syncFailed && operation != IoOperation.READ) {
            return true;
        }
        double itself = chance(io);
        if (drawn < itself) {
            return true;
        }
        boolean syncs = operation == IoOperation.FLUSH || (io.fua() && operation.changesData());
        // The one number decides both: a sync is only made of what was written.
        syncFailed |= syncs && drawn < itself + (1 - itself) * settings.flush();
        return syncs && syncFailed;
    }

    /** Of the request by itself, without a sync. */
    private double chance(Io io) {
        boolean meets =
                io.lba() <= settings.lastLba() && settings.firstLba() < io.lba() + io.sectors();
        return switch (io.operation()) {
            case READ -> meets ? settings.read() : 0;
            case WRITE, TRIM, WRITE_ZEROES -> meets ? settings.write() : 0;
            case FLUSH -> 0;
        };
    }

    /** Those that are there: what a continuation submits is for the next time. */
    private void fail() {
        for (int count = failing.count(); count > 0; count--) {
            Io io = failing.poll();
            if (io != null) {
                long generation = io.holderWord();
                io.complete(IoStatus.FAILED);
                quiescence.left(generation);
            }
        }
    }

    @Override
    public void quiesce(Runnable finished) {
        below().quiesce(() -> quiescence.whenQuiet(finished));
    }

    @Override
    public void close() {
        while (!failing.isEmpty()) {
            timer.cancel();
            fail();
        }
        super.close();
    }
}
