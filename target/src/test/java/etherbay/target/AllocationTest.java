// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;

import etherbay.aoe.AoeFrames;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;

/** Once warm, no frame makes the loop's thread allocate. */
class AllocationTest {
    /** The first ones are interpreted and compiled. */
    private static final int ROUND_COUNT_MAX = 20;

    private static final int FRAME_COUNT = 50_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private void assertAllocatesNothing(Rig rig, MemorySegment... frames) {
        rig.port.keepsSent = false;
        rig.disk.keepsDone = false;
        long allocatedBytesMin = Long.MAX_VALUE;
        for (int round = 0; round < ROUND_COUNT_MAX && allocatedBytesMin > 0; round++) {
            long sentBefore = rig.port.sentCount;
            long before = threads.getCurrentThreadAllocatedBytes();
            run(rig, frames, FRAME_COUNT);
            long allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(rig.port.sentCount - sentBefore).isEqualTo(FRAME_COUNT);
            allocatedBytesMin = Math.min(allocatedBytesMin, allocatedBytes);
        }
        assertThat(allocatedBytesMin).isZero();
    }

    private static void run(Rig rig, MemorySegment[] frames, int count) {
        for (int i = 0; i < count; i++) {
            rig.send(frames[i % frames.length]);
            if (i % 8 == 7) {
                rig.nowNs += Rig.MS;
                rig.settle();
            }
        }
        rig.settle();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsWritesAndFlushes(boolean writeCache) {
        Rig rig = new Rig(Rig.settings().withWriteCache(writeCache));
        AoeFrames requests = rig.from(Rig.ALICE);
        byte[] data = Rig.pattern(2, 1);
        assertAllocatesNothing(
                rig,
                requests.read(0, 2),
                requests.write(8, data),
                requests.writeFua(16, data),
                requests.write(8, data),
                requests.flush(),
                requests.trim(64, 64),
                requests.read(5000, 1),
                requests.identify());
    }

    @Test
    void discovery() {
        Rig rig = new Rig();
        AoeFrames toAll = AoeFrames.request(MacAddress.BROADCAST, Rig.ALICE, 0xffff, 0xff, 1);
        assertAllocatesNothing(rig, toAll.configQuery(), rig.from(Rig.BOB).configQuery());
    }
}
