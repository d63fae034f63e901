// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Frame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The last frames of an export, in memory. */
final class FrameRingTest {
    @TempDir
    private Path folder;

    private final TraceRig rig = new TraceRig();
    private final FrameRing ring = new FrameRing(rig.clock, null);

    private static int number(Pcap.Packet packet) {
        return packet.bytes().get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    }

    private void show(int bytes, int number, Consumer<Frame> to) {
        byte[] content = new byte[bytes];
        MemorySegment memory = MemorySegment.ofArray(content);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, 0, number);
        Frame frame = rig.frame(memory);
        to.accept(frame);
        frame.release();
    }

    private List<Pcap.Packet> since(long sinceNs) throws IOException {
        Path file = folder.resolve("ring.pcap");
        try (OutputStream out = Files.newOutputStream(file)) {
            ring.writeTo(out, sinceNs);
        }
        return Pcap.read(file);
    }

    @Test
    void theNewestTakeThePlaceOfTheOldestAndOlderOnesAreLeftOut() throws IOException {
        assertThat(since(0)).isEmpty();
        int count = 3000; // of jumbo frames: three times what it holds
        for (int index = 0; index < count; index++) {
            rig.clock.nowNs += 1_000_000;
            show(9000, index, ring::sent);
        }
        List<Pcap.Packet> all = since(0);
        assertThat(all.size()).isBetween(800, 1000);
        assertThat(all).allSatisfy(packet -> assertThat(packet.frameBytes()).isEqualTo(9000));
        for (int index = 0; index < all.size(); index++) {
            assertThat(number(all.get(index))).isEqualTo(count - all.size() + index);
        }
        assertThat(since(rig.clock.nowNs - 9_500_000)).hasSize(10);
        assertThat(all.getLast().wallNs()).isEqualTo(rig.clock.wallMillis() * 1_000_000);
    }

    @Test
    void shortFramesAreBoundedByTheirNumber() throws IOException {
        for (int index = 0; index < 40_000; index++) {
            show(60, index, ring::received);
        }
        List<Pcap.Packet> all = since(Long.MIN_VALUE);
        assertThat(all).hasSize((1 << 14) - 1);
        assertThat(number(all.getLast())).isEqualTo(39_999);
    }
}
