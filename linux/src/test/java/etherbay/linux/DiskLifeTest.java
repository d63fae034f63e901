// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Disks that come and go while their loop serves. */
@Timeout(120)
final class DiskLifeTest {
    private static final int BYTES = 64 * 1024;

    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void makeFile() throws IOException {
        path = sparse("disk");
    }

    private Path sparse(String name) throws IOException {
        Path made = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(made.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        return made;
    }

    private static Disk.Options with(Disk.Engine engine) {
        return Disk.Options.DEFAULT.withEngine(engine);
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void disksComeAndGoFromOtherThreadsWhileTheLoopServes(Disk.Engine engine) throws Exception {
        DiskRig rig = new DiskRig(path, with(engine));
        ConcurrentLinkedQueue<Throwable> bugs = new ConcurrentLinkedQueue<>();
        Thread loopThread = rig.loop.start((where, bug) -> bugs.add(bug));
        // One disk serves without end: each continuation submits again.
        long[] served = new long[1];
        MemorySegment memory = rig.memory(4096, 0);
        boolean[] enough = new boolean[1];
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Io io = DiskRig.io(IoOperation.READ, 0, memory);
        rig.loop.mailbox().offer(() -> serve(rig.disk, io, memory, served, enough, ended));

        long fdCount = fdCount();
        List<Thread> threads = new ArrayList<>();
        for (int index = 0; index < 4; index++) {
            Path own = sparse("disk" + index);
            long seed = index + 1L;
            threads.add(Thread.ofPlatform()
                    .uncaughtExceptionHandler((where, bug) -> bugs.add(bug))
                    .start(() -> comeAndGo(rig, own, with(engine), seed)));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
        }
        assertThat(bugs).isEmpty();
        assertThat(fdCount()).isEqualTo(fdCount);
        onLoop(rig.loop, () -> enough[0] = true);
        ended.get();
        onLoop(rig.loop, () -> assertThat(served[0]).isPositive());
        rig.loop.stop();
        assertThat(loopThread.join(Duration.ofSeconds(20))).isTrue();
        rig.loop.adopt();
        rig.close();
    }

    private static void serve(
            Disk disk,
            Io io,
            MemorySegment memory,
            long[] served,
            boolean[] enough,
            CompletableFuture<Void> ended) {
        disk.submit(io.prepare(IoOperation.READ, 0, 8).segment(memory, 0, 4096).then(done -> {
            if (!done.status().isOk()) {
                throw new AssertionError(done.toString());
            }
            served[0]++;
            if (enough[0]) {
                ended.complete(null);
            } else {
                serve(disk, io, memory, served, enough, ended);
            }
        }));
    }

    /** Prepares, attaches, writes and reads back, detaches and releases a disk, again and again. */
    private static void comeAndGo(DiskRig rig, Path own, Disk.Options options, long seed) {
        for (int round = 0; round < 25; round++) {
            Disk disk = rig.prepare(own, options);
            MemorySegment data = rig.memory(4096, seed * 100 + round);
            MemorySegment back = rig.memory(4096, 0);
            CompletableFuture<IoStatus> read = new CompletableFuture<>();
            onLoop(rig.loop, () -> {
                disk.attach();
                disk.submit(DiskRig.io(IoOperation.WRITE, 8, data)
                        .then(written -> disk.submit(DiskRig.io(IoOperation.READ, 8, back)
                                .then(io -> read.complete(io.status())))));
            });
            assertThat(read.join()).isEqualTo(IoStatus.OK);
            assertThat(back.mismatch(data)).isEqualTo(-1);
            CompletableFuture<Void> detached = new CompletableFuture<>();
            onLoop(
                    rig.loop,
                    () -> disk.quiesce(() -> {
                        disk.detach();
                        detached.complete(null);
                    }));
            detached.join();
            disk.release();
        }
    }

    /** Runs it on the loop's thread and waits for it. */
    private static void onLoop(Loop loop, Runnable message) {
        FutureTask<Void> task = new FutureTask<>(message, null);
        assertThat(loop.mailbox().offer(task)).isTrue();
        try {
            task.get();
        } catch (InterruptedException | ExecutionException bug) {
            throw new AssertionError(bug);
        }
    }

    private static long fdCount() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.count();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Disk.Engine.class,
            names = {"URING", "THREADS"})
    void aDiskOutlivesTheThreadThatPreparedIt(Disk.Engine engine) throws Exception {
        LinuxIdler idler = new LinuxIdler();
        Loop loop = new Loop("test", Linux.clock(), idler, 0);
        FutureTask<Disk> preparing = new FutureTask<>(
                () -> Disk.prepare(path, with(engine), loop, idler, new Counters()));
        Thread thread = Thread.ofPlatform().start(preparing);
        Disk disk = preparing.get();
        thread.join();
        assertThat(disk.sectors()).isEqualTo(BYTES / 512);
        disk.attach();
        IoStatus[] status = new IoStatus[1];
        disk.submit(new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(io -> status[0] = io.status()));
        disk.close();
        assertThat(status[0]).isEqualTo(IoStatus.OK);
        idler.close();
    }

    @Test
    void aPreparedDiskIsLockedUntilItIsReleased() {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Path other = folder.resolve("other");
            assertThatThrownBy(() -> rig.prepare(other, Disk.Options.DEFAULT))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_FOUND));
            assertThatThrownBy(() -> rig.prepare(path, Disk.Options.DEFAULT))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
            rig.disk.detach();
            rig.disk.release();
            Disk again = rig.prepare(path, Disk.Options.DEFAULT);
            again.release();
            rig.prepare(path, Disk.Options.DEFAULT).close();
        }
    }

    @Test
    void disksOutliveTheIdlerAndTheLastOneEndsWhatTheyShare() throws IOException {
        long fdCount = fdCount();
        LinuxIdler idler = new LinuxIdler();
        Loop loop = new Loop("test", Linux.clock(), idler, 0);
        Disk first = Disk.open(path, Disk.Options.DEFAULT, loop, idler, new Counters());
        Disk second =
                Disk.open(sparse("second"), Disk.Options.DEFAULT, loop, idler, new Counters());
        idler.close();
        IoStatus[] status = new IoStatus[1];
        second.submit(
                new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(io -> status[0] = io.status()));
        first.close();
        second.close();
        assertThat(status[0]).isEqualTo(IoStatus.OK);
        assertThat(fdCount()).isEqualTo(fdCount);
    }

    @Test
    void aDiskIsNotUsedOutOfTurn() {
        Disk prepared;
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Io flush = new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(io -> {});
            assertMisuse("attached once", rig.disk::attach);
            assertMisuse("not while it is attached", rig.disk::release);
            rig.disk.submit(flush);
            assertMisuse("nothing of it is in flight", rig.disk::detach);
            rig.turnUntil(() -> !flush.inFlight());
            Loop other = new Loop("other", Linux.clock(), rig.idler, 0);
            assertMisuse(
                    "an idler is of one loop",
                    () -> Disk.prepare(path, Disk.Options.DEFAULT, other, rig.idler, rig.counters)
                            .release());
            rig.disk.detach();
            prepared = rig.disk;
            assertMisuse("only an attached disk", prepared::detach);
            assertMisuse("attached once", prepared::attach);
            assertMisuse("a disk that is attached", () -> prepared.submit(flush));
            prepared.release();
            assertMisuse("released once", prepared::release);
            prepared.close(); // as often as one likes
        }
    }

    @Test
    void aDiskThatIsOnlyPreparedTakesNoRequestsAndNoDetach() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Disk prepared = rig.prepare(sparse("other"), Disk.Options.DEFAULT);
            Io flush = new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(io -> {});
            assertMisuse("a disk that is attached", () -> prepared.submit(flush));
            assertMisuse("only an attached disk", prepared::detach);
            prepared.release();
        }
    }

    @Test
    void aContinuationNeitherDetachesNorClosesItsOwnDisk() {
        List<Consumer<Disk>> ways = List.of(Disk::detach, Disk::close);
        for (Consumer<Disk> way : ways) {
            try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
                boolean[] refused = new boolean[1];
                Io flush = new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(io -> {
                    assertMisuse("a disk is", () -> way.accept(rig.disk));
                    refused[0] = true;
                });
                rig.disk.submit(flush);
                rig.turnUntil(() -> refused[0]);
            }
        }
    }

    @Test
    void onlyTheLoopsThreadAttachesAndDetaches() throws Exception {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            Disk prepared = rig.prepare(sparse("other"), Disk.Options.DEFAULT);
            FutureTask<Void> elsewhere = new FutureTask<>(
                    () -> {
                        assertMisuse("only a loop's own thread", prepared::attach);
                        assertMisuse("only a loop's own thread", rig.disk::detach);
                        prepared.release();
                    },
                    null);
            Thread.ofPlatform().start(elsewhere);
            elsewhere.get();
        }
    }

    private static void assertMisuse(String what, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessageContaining(what);
    }
}
