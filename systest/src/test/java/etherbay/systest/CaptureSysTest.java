// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The judges themselves: each sees a malformed AoE frame. */
class CaptureSysTest {
    private static final String MAC = "e2:3e:94:c9:1d:05";
    // Answer of Debian's vblade 25 to a config query for e1.0, as tcpdump recorded it.
    private static final byte[] CONFIG_ANSWER = HexFormat.of()
            .parseHex("c641d99584cfe23e94c91d0588a21800" + "00010001800000000010401902100000");

    @TempDir
    Path folder;

    @Test
    void aWholeFrameIsWellFormed() throws IOException {
        assertThat(Capture.malformed(pcap(CONFIG_ANSWER.length), MAC)).isEmpty();
    }

    @Test
    void tcpdumpFindsAConfigHeaderCutShort() throws IOException {
        Path cut = pcap(CONFIG_ANSWER.length - 5);
        assertThat(Capture.malformed(cut, MAC)).hasSize(1).first().asString().contains("(invalid)");
        assertThat(Capture.malformed(cut, "02:00:00:00:00:09")).isEmpty();
    }

    @Test
    void wiresharkFindsAnAoeHeaderCutShort() throws IOException {
        assertThat(Capture.malformed(pcap(CONFIG_ANSWER.length - 9), MAC))
                .anyMatch(line -> line.contains("Malformed Packet"));
    }

    @Test
    void thePaddingOfAReserveFrameIsNotHeldAgainstIt() throws IOException {
        MacAddress sender = MacAddress.parse(MAC).orElseThrow();
        MemorySegment reserve = AoeFrames.request(MacAddress.BROADCAST, sender, 1, 0, 1)
                .reserve(ReserveHeader.Fields.of(ReserveHeader.SET, List.of(sender)));
        byte[] padded = reserve.toArray(ValueLayout.JAVA_BYTE);
        assertThat(padded).hasSize(60);
        assertThat(Capture.malformed(pcap(padded), MAC)).isEmpty();
    }

    /** A capture file of the first bytes of one frame (pcap 2.4, Ethernet, microseconds). */
    private Path pcap(int frameBytes) throws IOException {
        return pcap(Arrays.copyOf(CONFIG_ANSWER, frameBytes));
    }

    private Path pcap(byte[] frame) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(40 + frame.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4);
        file.putInt(0).putInt(0).putInt(65535).putInt(1);
        file.putInt(0).putInt(0).putInt(frame.length).putInt(frame.length).put(frame);
        Path path = folder.resolve("one.pcap");
        Files.write(path, file.array());
        return path;
    }
}
