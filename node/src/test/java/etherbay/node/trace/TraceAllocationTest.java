// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;

import etherbay.aoe.AtaHeader;
import etherbay.base.Frame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Once warm, no traced frame makes the loop's thread allocate, nor does one that is dropped. */
class TraceAllocationTest {
    private static final int ROUND_COUNT_MAX = 20;
    private static final int FRAME_COUNT = 50_000;

    @TempDir
    private Path folder;

    private final TraceRig rig = new TraceRig();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void neitherWithNorWithoutAFile() {
        TraceWriter.Settings settings =
                new TraceWriter.Settings(1 << 20, 4 << 20, line -> {}, false);
        try (TraceWriter writer = new TraceWriter(rig.clock, rig.counters, settings)) {
            List<FrameTracer> tracers = List.of(
                    writer.tracer("e1.0", Optional.empty()),
                    writer.tracer("e1.1", Optional.of(folder.resolve("t.pcap"))));
            MemorySegment request = TraceRig.request(1, 0, 7).read(8, 2);
            AtaHeader.Fields done = new AtaHeader.Fields(0, 0, 0, AtaHeader.STATUS_DRDY, 8);
            List<Frame> frames = List.of(
                    rig.frame(request),
                    rig.frame(TraceRig.reply(request, 1, 0).ata(done, new byte[1024])),
                    rig.frame(TraceRig.request(0xffff, 0xff, 5).configQuery()));
            long allocatedBytesMin = Long.MAX_VALUE;
            for (int round = 0; round < ROUND_COUNT_MAX && allocatedBytesMin > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                show(frames, tracers);
                long allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;
                allocatedBytesMin = Math.min(allocatedBytesMin, allocatedBytes);
            }
            assertThat(allocatedBytesMin).isZero();
        }
        assertThat(rig.count("trace.frames")).isPositive();
        assertThat(rig.count("trace.dropped")).isPositive();
    }

    private static void show(List<Frame> frames, List<FrameTracer> tracers) {
        for (int i = 0; i < FRAME_COUNT; i++) {
            Frame frame = frames.get(i % frames.size());
            for (int index = 0; index < tracers.size(); index++) {
                tracers.get(index).received(frame);
                tracers.get(index).sent(frame);
            }
        }
    }
}
