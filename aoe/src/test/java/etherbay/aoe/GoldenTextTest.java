// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;

/**
 * Every captured frame is decoded to the line above it, and its headers encode to the same bytes.
 */
class GoldenTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "aoe-sancheck",
                "aoecfg-force",
                "aoecfg-prefix",
                "aoecfg-read",
                "aoecfg-set",
                "aoecfg-set-present",
                "aoecfg-test",
                "aoecfg-test-silence",
                "aoecfg-wild",
                "aoeping-identify",
                "aoeping-smart",
                "ipxe-sanboot",
                "vblade-bad-argument",
                "vblade-beacon",
                "vblade-beyond-end",
                "vblade-flush",
                "vblade-mask",
                "vblade-read",
                "vblade-refused",
                "vblade-reserve",
                "vblade-write"
            })
    void capturedFramesDecodeToTheirTextAndEncodeToTheirBytes(String name) {
        Golden golden = Golden.load(name);
        for (Golden.Captured captured : golden.frames()) {
            assertThat(textOfBytesRead(captured)).isEqualTo(captured.text());
        }
        assertThat(golden.frames().stream()
                        .map(captured ->
                                FrameText.of(captured.segment(), 0, captured.bytes().length)))
                .isEqualTo(golden.frames().stream().map(Golden.Captured::text).toList());
        for (Golden.Captured captured : golden.frames()) {
            assertThat(Hex.of(reencoded(captured))).as(captured.text()).isEqualTo(captured.hex());
        }
    }

    /** From no more memory than the text is said to need. */
    private static String textOfBytesRead(Golden.Captured captured) {
        MemorySegment frame = captured.segment();
        int bytes = captured.bytes().length;
        int bytesRead = FrameText.bytesRead(frame, 0, bytes);
        assertThat(bytesRead)
                .isEqualTo(
                        AoeHeader.command(frame, 0) == AoeHeader.COMMAND_ATA
                                ? Math.min(bytes, AtaHeader.END)
                                : bytes);
        return FrameText.of(frame.asSlice(0, bytesRead), 0, bytes);
    }

    /**
     * The headers decoded and encoded again over their own bytes inverted; what lies behind is
     * kept.
     */
    private static byte[] reencoded(Golden.Captured captured) {
        MemorySegment from = captured.segment();
        byte[] bytes = captured.bytes();
        MemorySegment to = MemorySegment.ofArray(bytes);
        invert(bytes, 0, AoeHeader.END);
        Ethernet.Fields.read(from, 0).write(to, 0);
        AoeHeader.Fields.read(from, 0).write(to, 0);
        if (AoeHeader.argumentMalformed(from, 0, bytes.length)) {
            return bytes;
        }
        switch (AoeHeader.command(from, 0)) {
            case AoeHeader.COMMAND_ATA -> {
                invert(bytes, AoeHeader.END, AtaHeader.END);
                AtaHeader.Fields.read(from, 0).write(to, 0);
            }
            case AoeHeader.COMMAND_CONFIG -> {
                invert(bytes, AoeHeader.END, ConfigHeader.END);
                ConfigHeader.Fields.read(from, 0).write(to, 0);
            }
            case AoeHeader.COMMAND_MASK -> {
                MaskHeader.Fields fields = MaskHeader.Fields.read(from, 0);
                invert(
                        bytes,
                        AoeHeader.END,
                        MaskHeader.frameBytes(fields.directives().size()));
                fields.write(to, 0);
            }
            case AoeHeader.COMMAND_RESERVE -> {
                ReserveHeader.Fields fields = ReserveHeader.Fields.read(from, 0);
                invert(
                        bytes,
                        AoeHeader.END,
                        ReserveHeader.frameBytes(fields.macs().size()));
                fields.write(to, 0);
            }
            case AoeHeader.COMMAND_FENCE -> {
                FenceHeader.Fields fields = FenceHeader.Fields.read(from, 0);
                invert(
                        bytes,
                        AoeHeader.END,
                        FenceHeader.frameBytes(fields.macs().size()));
                fields.write(to, 0);
            }
            default -> fail("no captured frame has command %d", AoeHeader.command(from, 0));
        }
        return bytes;
    }

    private static void invert(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            bytes[i] = (byte) ~bytes[i];
        }
    }
}
