// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.Prng;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Writers on one disk over NBD, each with a link, a thread, a part of the disk and a ledger of its
 * own, until {@link #stop} or until the server is gone: they write, flush now and then, and read
 * back what they just wrote. They leave most of the machine to others.
 */
final class MirrorLoad implements AutoCloseable {
    private static final int SECTORS_MAX = 16;
    private static final int FLUSH_EVERY = 16;
    private static final int READ_EVERY = 4;
    private static final Duration PAUSE = Duration.ofMillis(3);

    private final Path socket;
    private final List<CompletableFuture<Void>> writers = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private final ConcurrentSkipListSet<Long> written = new ConcurrentSkipListSet<>();
    private long acknowledgedCount;
    private long longestNs;
    private volatile boolean stopping;

    private MirrorLoad(Path socket) {
        this.socket = socket;
    }

    /** One writer for each ledger. */
    static MirrorLoad start(Path socket, List<SectorLedger> ledgers, long seed) {
        MirrorLoad load = new MirrorLoad(socket);
        Prng prng = new Prng(seed);
        for (SectorLedger ledger : ledgers) {
            long own = prng.nextLong();
            load.writers.add(CompletableFuture.runAsync(
                    () -> load.run(ledger, new Prng(own)),
                    task -> Thread.ofPlatform().name("mirror-load").start(task)));
        }
        return load;
    }

    /** Ledgers of so many sectors each, spread over a disk. */
    static List<SectorLedger> ledgers(int count, int sectors, long strideSectors) {
        List<SectorLedger> ledgers = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            ledgers.add(new SectorLedger(index * strideSectors, sectors, index + 1L));
        }
        return ledgers;
    }

    private void run(SectorLedger ledger, Prng prng) {
        try (NbdLink link = NbdLink.open(socket)) {
            for (int count = 1; !stopping; count++) {
                step(link, ledger, prng, count);
                Tool.pause(PAUSE);
            }
        } catch (IOException | UncheckedIOException gone) {
            stopping = true; // what was under way is not acknowledged
        }
    }

    private void step(NbdLink link, SectorLedger ledger, Prng prng, int count) throws IOException {
        int sectors = prng.between(1, SECTORS_MAX);
        int room = ledger.sectorCount() - sectors;
        long lba = ledger.lbaFirst() + prng.between(0, room);
        long number = ledger.issue(lba, sectors);
        byte[] data = ledger.data(lba, sectors, number);
        written.add(lba);
        written.add(lba + sectors - 1);
        long beganNs = System.nanoTime();
        int error = link.write(lba, data);
        ended(beganNs, error, "a write of sector " + lba);
        if (error != 0) {
            return; // it may be there, or not
        }
        ledger.acknowledge(lba, sectors, number, false);
        if (count % READ_EVERY == 0) {
            long readNs = System.nanoTime();
            byte[] read = new byte[data.length];
            int readError = link.readInto(lba, read);
            ended(readNs, readError, "a read of sector " + lba);
            if (readError == 0 && !Arrays.equals(read, data)) {
                note("wrong bytes at sector " + lba);
            }
        }
        if (count % FLUSH_EVERY == 0) {
            SectorLedger.Snapshot sent = ledger.flushSent();
            long flushNs = System.nanoTime();
            int flushError = link.flush();
            ended(flushNs, flushError, "a FLUSH");
            if (flushError == 0) {
                ledger.flushed(sent);
            }
        }
    }

    private synchronized void ended(long beganNs, int error, String what) {
        acknowledgedCount++;
        longestNs = Math.max(longestNs, System.nanoTime() - beganNs);
        if (error != 0) {
            errors.add(what + " ended with error " + error);
        }
    }

    private synchronized void note(String error) {
        errors.add(error);
    }

    synchronized long acknowledgedCount() {
        return acknowledgedCount;
    }

    /** The longest that a request took since the last call. */
    synchronized Duration takeLongest() {
        long ns = longestNs;
        longestNs = 0;
        return Duration.ofNanos(ns);
    }

    /** What went wrong; a server that ends is nothing wrong. */
    synchronized List<String> errors() {
        return List.copyOf(errors);
    }

    /** From now on {@link #writtenBytes} counts anew. */
    void forgetWritten() {
        written.clear();
    }

    /** Bytes of all chunks of the disk that were written to. */
    long writtenBytes(long chunkBytes) {
        long chunkSectors = chunkBytes / SectorLedger.SECTOR_BYTES;
        return written.stream().map(lba -> lba / chunkSectors).distinct().count() * chunkBytes;
    }

    void awaitMore(int count, Duration timeout) {
        long wanted = acknowledgedCount() + count;
        Tool.await(wanted + " requests", timeout, () -> acknowledgedCount() >= wanted);
    }

    /** Ends it: the writers have ended when this returns. */
    void stop() {
        stopping = true;
        writers.forEach(CompletableFuture::join);
    }

    /** Waits until the server is gone and the writers have ended for that. */
    void awaitEnd() {
        writers.forEach(CompletableFuture::join);
    }

    @Override
    public void close() {
        stop();
    }
}
