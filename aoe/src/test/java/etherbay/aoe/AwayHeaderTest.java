// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

class AwayHeaderTest {
    /** The example of {@code docs/protocols/etherbay-vendor.md}. */
    private static final String EXAMPLE = "ffffffffffff" + "02000000" + "0b01" + "88a2" + "1800"
            + "0001" + "00f2" + "00000000" + "2710" + "0000";

    @Test
    void theExampleSaysTenSeconds() {
        MemorySegment frame = MemorySegment.ofArray(HexFormat.of().parseHex(EXAMPLE));
        assertThat(AoeHeader.malformedMessage(frame, 0, frame.byteSize())).isFalse();
        assertThat(AoeHeader.response(frame, 0)).isTrue();
        assertThat(AoeHeader.command(frame, 0)).isEqualTo(AoeHeader.COMMAND_AWAY);
        assertThat(AwayHeader.withinMs(frame, 0)).isEqualTo(10_000);
        assertThat(FrameText.of(frame, 0, frame.byteSize())).contains("away, back within 10000 ms");
        MemorySegment written = MemorySegment.ofArray(new byte[AwayHeader.END]);
        AwayHeader.write(written, 0, 10_000);
        assertThat(written.asSlice(AoeHeader.END).mismatch(frame.asSlice(AoeHeader.END)))
                .isEqualTo(-1);
    }

    @Test
    void aByteLessIsMalformed() {
        MemorySegment frame = MemorySegment.ofArray(HexFormat.of().parseHex(EXAMPLE));
        assertThat(AoeHeader.malformedMessage(frame, 0, frame.byteSize() - 1)).isTrue();
    }
}
