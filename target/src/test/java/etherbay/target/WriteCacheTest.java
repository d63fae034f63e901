// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockCapabilities;
import etherbay.base.Clock;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.ParkIdler;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** When a write counts as done. Time stands still unless a test moves it. */
class WriteCacheTest {
    private static final long MS = 1_000_000L;
    private static final MemorySegment DATA = Arena.ofAuto().allocate(512);

    private long nowNs;
    private final Loop loop = new Loop("test", clock(), new ParkIdler(), 0);
    private final List<String> ended = new ArrayList<>();
    private final List<IoStatus> failures = new ArrayList<>();

    private Clock clock() {
        return new Clock() {
            @Override
            public long nanoTime() {
                return nowNs;
            }

            @Override
            public long wallMillis() {
                return 0;
            }
        };
    }

    private WriteCache cache(FakeDisk disk, boolean on) {
        return new WriteCache(disk, loop, on, failures::add);
    }

    private static FakeDisk disk(BlockCapabilities capabilities) {
        return new FakeDisk(capabilities, 64);
    }

    private void write(WriteCache cache, long lba, boolean fua) {
        Io io = new Io(1)
                .prepare(IoOperation.WRITE, lba, 1)
                .segment(DATA, 0, 512)
                .fua(fua);
        cache.submit(io.then(done -> ended.add("write " + done.lba() + " " + done.status())));
    }

    private void write(WriteCache cache, long lba) {
        write(cache, lba, false);
    }

    private void flush(WriteCache cache) {
        Io io = new Io(1).prepare(IoOperation.FLUSH, 0, 0);
        cache.submit(io.then(done -> ended.add("flush " + done.status())));
    }

    private void turnAt(long atNs) {
        nowNs = atNs;
        loop.turn(atNs);
    }

    private void turn() {
        turnAt(nowNs);
    }

    @Test
    void offALoneWriteGoesByFuaAndOthersShareOneFlush() {
        FakeDisk disk = disk(FakeDisk.FULL);
        WriteCache cache = cache(disk, false);
        write(cache, 1);
        write(cache, 2);
        write(cache, 3);
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK");
        turn();
        assertThat(ended).as("the flush has only begun").hasSize(1);
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK", "write 2 OK", "write 3 OK");
        assertThat(disk.done).containsExactly("WRITE 1+1 fua", "WRITE 2+1", "WRITE 3+1", "FLUSH");
    }

    @Test
    void offAWriteFinishedWhileAFlushRunsWaitsForTheNextOne() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, false);
        write(cache, 1);
        disk.completeAll();
        turn();
        write(cache, 2); // behind the flush in the disk's queue, and done by the time it ends
        disk.completeOne();
        assertThat(ended).containsExactly("write 1 OK");
        disk.completeOne();
        assertThat(ended).hasSize(1);
        turn();
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK", "write 2 OK");
        assertThat(disk.done).containsExactly("WRITE 1+1", "FLUSH", "WRITE 2+1", "FLUSH");
    }

    @Test
    void aSyncAndAWriteWithFuaNeverRunTogether() {
        FakeDisk disk = disk(FakeDisk.FULL);
        WriteCache cache = cache(disk, false);
        write(cache, 1);
        flush(cache);
        turn();
        assertThat(disk.inFlightCount())
                .as("the flush waits for the write by FUA")
                .isEqualTo(1);
        disk.completeAll();
        turn();
        write(cache, 2, true);
        disk.completeAll();
        assertThat(disk.done).containsExactly("WRITE 1+1 fua", "FLUSH", "WRITE 2+1");
        turn();
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK", "flush OK", "write 2 OK");
    }

    @Test
    void onAWriteIsDoneAtTheDiskAndASyncStartsWithinASecond() {
        FakeDisk disk = disk(FakeDisk.FULL);
        WriteCache cache = cache(disk, true);
        turnAt(100 * MS);
        write(cache, 1);
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK");
        turnAt(900 * MS);
        assertThat(disk.inFlightCount()).isZero();
        turnAt(1100 * MS);
        disk.completeAll();
        assertThat(disk.done).containsExactly("WRITE 1+1", "FLUSH");
        turnAt(60_000 * MS);
        assertThat(disk.inFlightCount()).as("nothing is unsynced any more").isZero();
    }

    @Test
    void onTheNextSyncCoversWhatTheRunningOneMissed() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, true);
        write(cache, 1);
        disk.completeAll();
        turnAt(1000 * MS);
        write(cache, 2);
        disk.completeAll();
        assertThat(loop.nextDeadlineNs()).isEqualTo(1900 * MS);
        turnAt(1900 * MS);
        disk.completeAll();
        assertThat(disk.done).containsExactly("WRITE 1+1", "FLUSH", "WRITE 2+1", "FLUSH");
    }

    @Test
    void onNewWritesWaitWhileASyncRunsLongerThanASecond() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, true);
        write(cache, 1);
        disk.completeAll();
        turnAt(1000 * MS);
        assertThat(disk.inFlightCount()).isEqualTo(1);
        turnAt(2000 * MS);
        write(cache, 2);
        assertThat(disk.inFlightCount()).as("a second has not quite passed").isEqualTo(2);
        turnAt(2001 * MS);
        write(cache, 3);
        write(cache, 4);
        assertThat(disk.inFlightCount()).isEqualTo(2);
        disk.completeOne();
        disk.completeAll();
        assertThat(disk.done)
                .containsExactly("WRITE 1+1", "FLUSH", "WRITE 2+1", "WRITE 3+1", "WRITE 4+1");
    }

    @Test
    void aWriteThatFollowsHeldOnesStaysBehindThem() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, true);
        Io flush = new Io(1).prepare(IoOperation.FLUSH, 0, 0);
        cache.submit(flush.then(done -> write(cache, 2)));
        turnAt(0);
        turnAt(1001 * MS);
        write(cache, 1);
        assertThat(disk.inFlightCount()).isEqualTo(1);
        disk.completeAll();
        assertThat(disk.done).containsExactly("FLUSH", "WRITE 1+1", "WRITE 2+1");
    }

    @Test
    void onAWriteThatAsksForFuaIsDurableByTheDiskOrByAFlush() {
        for (BlockCapabilities capabilities : List.of(FakeDisk.FULL, FakeDisk.NO_FUA)) {
            FakeDisk disk = disk(capabilities);
            WriteCache cache = cache(disk, true);
            ended.clear();
            write(cache, 1, true);
            disk.completeAll();
            assertThat(ended.isEmpty()).isEqualTo(!capabilities.fua());
            turn();
            disk.completeAll();
            assertThat(ended).containsExactly("write 1 OK");
            assertThat(disk.done.getLast()).isIn("WRITE 1+1 fua", "FLUSH");
        }
    }

    @Test
    void aFailedSyncFailsWhatWaitedForItAndEverythingLater() {
        for (boolean on : new boolean[] {false, true}) {
            FakeDisk disk = disk(FakeDisk.NO_FUA);
            WriteCache cache = cache(disk, on);
            ended.clear();
            failures.clear();
            write(cache, 1, true);
            flush(cache);
            disk.fail(IoOperation.FLUSH, IoStatus.FAILED);
            disk.completeAll();
            turn();
            disk.completeAll();
            disk.mend();
            write(cache, 2);
            flush(cache);
            turn();
            disk.completeAll();
            assertThat(ended)
                    .containsExactly(
                            "flush FAILED", "write 1 UNKNOWN", "write 2 FAILED", "flush FAILED");
            assertThat(failures).containsExactly(IoStatus.FAILED);
            assertThat(disk.done).containsExactly("WRITE 1+1");
        }
    }

    @Test
    void whatTheDiskFinishesAfterAFailedSyncIsNotAcknowledged() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, true);
        write(cache, 1);
        disk.completeAll();
        turnAt(1000 * MS);
        write(cache, 2);
        disk.fail(IoOperation.FLUSH, IoStatus.FAILED);
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK", "write 2 UNKNOWN");
    }

    @Test
    void aFailedWriteByFuaConcernsItselfOnlyWhenItWasAlone() {
        FakeDisk disk = disk(FakeDisk.FULL);
        WriteCache cache = cache(disk, false);
        disk.fail(IoOperation.WRITE, IoStatus.FAILED);
        write(cache, 1);
        disk.completeAll();
        assertThat(failures).isEmpty();
        write(cache, 1);
        write(cache, 2);
        disk.completeOne();
        assertThat(failures).hasSize(1);
        disk.mend();
        disk.completeAll();
        turn();
        assertThat(ended).containsExactly("write 1 FAILED", "write 1 FAILED", "write 2 UNKNOWN");
    }

    @Test
    void aFailedWriteAloneIsNoFailedSync() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, false);
        disk.fail(IoOperation.WRITE, IoStatus.NO_SPACE);
        write(cache, 1);
        disk.completeAll();
        disk.mend();
        write(cache, 2);
        disk.completeAll();
        turn();
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 NO_SPACE", "write 2 OK");
        assertThat(failures).isEmpty();
    }

    @Test
    void aSyncThatIsRefusedLosesNothingAndIsTriedAgain() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, true);
        write(cache, 1);
        disk.completeAll();
        disk.fail(IoOperation.FLUSH, IoStatus.OFFLINE);
        turnAt(1000 * MS);
        disk.completeAll();
        disk.mend();
        turnAt(2000 * MS);
        disk.completeAll();
        assertThat(failures).isEmpty();
        assertThat(disk.done).containsExactly("WRITE 1+1", "FLUSH");
    }

    @Test
    void switchedOffLaterWritesAreDurableAndAFlushMakesTheEarlierOnesSo() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, true);
        write(cache, 1);
        disk.completeAll();
        cache.switchTo(false);
        write(cache, 2);
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK");
        turn();
        disk.completeAll();
        assertThat(disk.done).containsExactly("WRITE 1+1", "WRITE 2+1", "FLUSH");
        assertThat(ended).hasSize(2);
    }

    @Test
    void quietMeansThatHeldAndUnsyncedWritesAreDone() {
        FakeDisk disk = disk(FakeDisk.NO_FUA);
        WriteCache cache = cache(disk, false);
        write(cache, 1);
        cache.quiesce(() -> ended.add("quiet"));
        disk.completeAll();
        assertThat(ended).isEmpty();
        turn();
        disk.completeAll();
        assertThat(ended).containsExactly("write 1 OK", "quiet");
    }
}
