// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Objects;

/** Once warm, neither a stack of decorators nor a port allocates. */
class AllocationTest {
    private static final MacAddress A = new MacAddress(0x0200_0000_000aL);
    private static final MacAddress B = new MacAddress(0x0200_0000_000bL);
    private static final long NOW_NS = new HandClock().nanoTime();
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What is measured: one step of the data path. */
    private interface Step {
        void run() throws IOException;
    }

    /** Completes in the next step, and allocates nothing itself. */
    private static final class QueueDisk implements BlockDevice {
        private final IoQueue queue = new IoQueue();
        private final BlockCapabilities capabilities =
                new BlockCapabilities(true, true, true, true, 4096, 4096, false, false);

        @Override
        public BlockCapabilities capabilities() {
            return capabilities;
        }

        @Override
        public long sectors() {
            return 1 << 20;
        }

        @Override
        public void listen(Listener listener) {}

        @Override
        public void submit(Io io) {
            queue.add(io);
        }

        void finishAll() {
            for (Io io = queue.poll(); io != null; io = queue.poll()) {
                io.complete(IoStatus.OK);
            }
        }

        @Override
        public void quiesce(Runnable finished) {
            finished.run();
        }

        @Override
        public void close() {}
    }

    /**
     * The least that a thousand steps allocated in any of many rounds: the first ones are
     * interpreted and compiled.
     */
    private static long allocatedBytesMin(Step step) throws IOException {
        long min = Long.MAX_VALUE;
        for (int round = 0; round < 400 && min > 0; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int count = 0; count < 1_000; count++) {
                step.run();
            }
            min = Math.min(min, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return min;
    }

    @Test
    void aStackOfDecoratorsAllocatesNothing() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            QueueDisk disk = new QueueDisk();
            BlockDevice device = new Slice(SectorDevice.over(disk), 8, 0);
            MemorySegment memory = arena.allocate(16 * 1024);
            Io[] ios = new Io[32];
            Io.Completion done = io -> Check.that(io.status().isOk(), "the disk works");
            for (int index = 0; index < ios.length; index++) {
                ios[index] = new Io(2);
            }
            assertThat(allocatedBytesMin(() -> {
                        for (int index = 0; index < ios.length; index++) {
                            IoOperation operation =
                                    index % 3 == 0 ? IoOperation.READ : IoOperation.WRITE;
                            ios[index]
                                    .prepare(operation, index * 5L % 64, 8)
                                    .segment(memory, 0, 1000)
                                    .segment(memory, 1000, 4096 - 1000)
                                    .then(done);
                            device.submit(ios[index]);
                        }
                        disk.finishAll();
                    }))
                    .isZero();
            device.close();
        }
    }

    /** Half of the requests fail, and all are slow. */
    @Test
    void devicesThatMisbehaveOnPurposeAllocateNothing() throws IOException {
        HandClock clock = new HandClock();
        Loop loop = new Loop("test", clock, new ParkIdler(), 0);
        QueueDisk disk = new QueueDisk();
        long[] shown = new long[1];
        BlockDevice device = new TraceDevice(
                new DelayDevice(
                        new FaultyDevice(
                                disk,
                                loop,
                                new FaultyDevice.Settings(0.5, 0.5, 0, 0, Long.MAX_VALUE, 1),
                                new Counters().counter("failed-on-purpose")),
                        loop,
                        new DelayDevice.Settings(1000, 2000, 3000, 500, 100_000, 1 << 30, 1)),
                clock,
                (_, submittedNs) -> shown[0] += submittedNs);
        Io[] ios = new Io[32];
        Io.Completion done = _ -> {};
        for (int index = 0; index < ios.length; index++) {
            ios[index] = new Io(1);
        }
        assertThat(allocatedBytesMin(() -> {
                    for (Io io : ios) {
                        device.submit(io.prepare(IoOperation.TRIM, 0, 8).then(done));
                    }
                    clock.nowNs += 1_000_000_000L;
                    loop.turn(clock.nowNs);
                    loop.turn(clock.nowNs);
                    disk.finishAll();
                }))
                .isZero();
        device.close();
    }

    @Test
    void aPortOfAnInProcessSegmentAllocatesNothing() throws IOException {
        HandClock clock = new HandClock();
        Segment segment = new Segment(clock, 9000, new Counters());
        try (EthernetPort a = segment.port("a", A, () -> {});
                EthernetPort b = segment.port("b", B, () -> {})) {
            assertThat(allocatedBytesMin(() -> pingPong(a, b, null))).isZero();
        }
    }

    @Test
    void aPortOnASocketAndTheSwitchBetweenAllocateNothing(@TempDir Path folder) throws IOException {
        HandClock clock = new HandClock();
        Counters counters = new Counters();
        PortAddress.UnixSocket address = new PortAddress.UnixSocket(folder.resolve("s"));
        SegmentSwitch segment = new SegmentSwitch(
                new SegmentSwitch.Settings(address, 9000, Impairment.Settings.NONE, 1),
                clock,
                counters);
        SocketPort.Settings atA = new SocketPort.Settings(address, A, 9000);
        SocketPort.Settings atB = new SocketPort.Settings(address, B, 9000);
        try (SocketPort a = new SocketPort(atA, clock, () -> {}, counters);
                SocketPort b = new SocketPort(atB, clock, () -> {}, counters)) {
            long bytes = allocatedBytesMin(() -> pingPong(a, b, segment));
            assertThat(bytes).isZero();
            assertThat(counters.counter("port." + address + ".frames.received").value())
                    .isGreaterThanOrEqualTo(1_000);
        }
        segment.stop();
        segment.run();
    }

    private static void pingPong(EthernetPort a, EthernetPort b, @Nullable SegmentSwitch segment)
            throws IOException {
        a.onFrames(KEEP_NOTHING);
        b.onFrames(KEEP_NOTHING);
        send(a, B);
        send(b, A);
        a.flush(NOW_NS);
        b.flush(NOW_NS);
        if (segment != null) {
            segment.turn(false);
            segment.turn(false);
        }
        a.poll(NOW_NS);
        b.poll(NOW_NS);
    }

    private static final FrameHandler KEEP_NOTHING = frame -> {};

    private static void send(EthernetPort port, MacAddress to) {
        Frame frame = Objects.requireNonNull(port.claim(4132));
        TestFrames.write(frame.memory(), frame.at(), to, port.mac(), 1);
        port.commit(frame);
    }
}
