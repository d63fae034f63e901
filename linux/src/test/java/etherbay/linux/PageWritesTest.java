// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Clock;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which writes the loop makes by itself, and when it leaves them to others. */
final class PageWritesTest {
    private static final int BYTES = 1 << 20;
    private static final long MS = 1_000_000;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment data = arena.allocate(128 * 1024, 4096);

    /** Each look at it takes a step. */
    private final class SteppingClock implements Clock {
        @Override
        public long nanoTime() {
            nowNs += stepNs;
            return nowNs;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    }

    private long nowNs;
    private long stepNs = 1000;
    private Path path;
    private int fd;
    private CachedPages cached;
    private PageWrites writes;

    @BeforeEach
    void open() throws IOException {
        path = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        fd = Libc.open(arena.allocateFrom(path.toString()).address(), Constants.O_RDWR, 0);
        cached = CachedPages.of(fd, BYTES, arena);
        writes = new PageWrites(cached, true, new SteppingClock());
    }

    @AfterEach
    void close() {
        cached.close();
        Libc.close(fd);
        arena.close();
    }

    private DiskRequest write(long lba, int bytes, int flags) {
        Io io = new Io(1).prepare(IoOperation.WRITE, lba, bytes / 512).segment(data, 0, bytes);
        DiskRequest request =
                new DiskRequest(0, arena.allocate(DiskRequest.IOVECS_BYTES).address());
        request.io = io;
        request.fd = fd;
        request.transfer(DiskRequest.Call.WRITE, flags);
        return request;
    }

    @Test
    void wholePagesAreWrittenAtOnceAndPartsOfThemWhereTheyAreCached() throws IOException {
        data.set(ValueLayout.JAVA_BYTE, 0, (byte) 7);
        assertThat(writes.made(write(9, 512, 0))).as("its page is not there").isFalse();
        DiskRequest whole = write(8, 8192, 0);
        assertThat(writes.made(whole)).isTrue();
        assertThat(whole.result).isEqualTo(8192);
        assertThat(writes.made(write(9, 512, 0))).isTrue();
        assertThat(writes.made(write(23, 1024, 0))).as("one of two pages").isFalse();
        byte[] file = Files.readAllBytes(path);
        assertThat(file[8 * 512]).isEqualTo((byte) 7);
        assertThat(file[9 * 512]).isEqualTo((byte) 7);
        assertThat(file[23 * 512]).isZero();
    }

    @Test
    void whatMustBeDurableOrIsLongOrIsNoCopyIsNot() {
        assertThat(writes.made(write(0, 4096, Constants.RWF_DSYNC))).isFalse();
        assertThat(writes.made(write(0, 65536, 0))).isTrue();
        assertThat(writes.made(write(0, 69632, 0))).isFalse();
        DiskRequest read = write(0, 4096, 0);
        read.transfer(DiskRequest.Call.READ, 0);
        assertThat(writes.made(read)).isFalse();
        PageWrites direct = new PageWrites(CachedPages.NONE, false, new SteppingClock());
        assertThat(direct.made(write(0, 4096, 0))).isFalse();
    }

    @Test
    void oneThatFailsIsLeftToTheUsualWayWhichSaysWhy() {
        DiskRequest nowhere = write(0, 4096, 0);
        nowhere.fd = -1;
        assertThat(writes.made(nowhere)).isFalse();
    }

    @Test
    void afterASlowOneThereIsAPauseThatGrowsWhileItHappensAgain() {
        assertThat(made(1)).isTrue();
        assertThat(made(3)).as("it waited for something").isTrue();
        assertThat(made(1)).isFalse();
        nowNs += 1000 * MS;
        assertThat(made(3)).isTrue();
        nowNs += 1500 * MS;
        assertThat(made(1)).as("twice as long now").isFalse();
        nowNs += 600 * MS;
        assertThat(made(1)).isTrue();
        nowNs += 60_000 * MS;
        assertThat(made(3)).isTrue();
        nowNs += 1000 * MS;
        assertThat(made(1)).as("it was long ago").isTrue();
    }

    private boolean made(long ms) {
        stepNs = ms * MS;
        return writes.made(write(0, 4096, 0));
    }

    @Test
    void aDiskWritesThemInTheOrderOfItsTurns() throws IOException {
        try (DiskRig rig = new DiskRig(path, Disk.Options.DEFAULT)) {
            List<String> ended = new ArrayList<>();
            MemorySegment page = rig.memory(4096, 5);
            Io first = DiskRig.io(IoOperation.WRITE, 0, page);
            Io second = DiskRig.io(IoOperation.WRITE, 8, page);
            rig.disk.submit(first.then(_ -> {
                ended.add("first");
                rig.disk.submit(second.then(_ -> ended.add("second")));
            }));
            assertThat(ended).as("never within submit").isEmpty();
            assertThat(rig.disks().readyToIdle()).isFalse();
            rig.turnUntil(() -> ended.size() == 2);
            assertThat(ended).containsExactly("first", "second");
            assertThat(first.status()).isEqualTo(IoStatus.OK);
            assertThat(rig.flush()).isEqualTo(IoStatus.OK);
            MemorySegment file = MemorySegment.ofArray(Files.readAllBytes(path));
            assertThat(file.asSlice(4096, 4096).mismatch(page)).isEqualTo(-1);
        }
    }
}
