// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One frame as it arrives. It is told in one line, whatever it is; what passes for well-formed can
 * be read within its length, and what was read says the same when it is written and read again.
 */
public final class FrameFuzz {
    /** Behind the frame: nobody may write there. */
    private static final int GUARD_BYTES = 64;

    private FrameFuzz() {}

    /** One frame. */
    public static void fuzzerTestOneInput(byte[] input) {
        // Exactly as long as the frame: what reads beyond it throws.
        MemorySegment frame = MemorySegment.ofArray(input.clone());
        String text = FrameText.of(frame, 0, input.length);
        assertThat(text).isNotEmpty();
        assertThat(text.chars()).allMatch(letter -> letter >= 0x20 && letter <= 0x7e);
        assertThat(FrameText.bytesRead(frame, 0, input.length)).isBetween(0, input.length);
        boolean readable = !AoeHeader.malformedMessage(frame, 0, input.length)
                && !AoeHeader.argumentMalformed(frame, 0, input.length);
        if (readable) {
            writeAgain(frame, input);
        }
    }

    private static void writeAgain(MemorySegment frame, byte[] input) {
        byte[] room = Arrays.copyOf(input, input.length + GUARD_BYTES);
        MemorySegment copy = MemorySegment.ofArray(room);
        Ethernet.Fields.read(frame, 0).write(copy, 0);
        AoeHeader.Fields.read(frame, 0).write(copy, 0);
        Object before = argument(frame, copy);
        assertThat(Ethernet.Fields.read(copy, 0)).isEqualTo(Ethernet.Fields.read(frame, 0));
        assertThat(AoeHeader.Fields.read(copy, 0)).isEqualTo(AoeHeader.Fields.read(frame, 0));
        assertThat(argument(copy, copy)).isEqualTo(before);
        assertThat(AoeHeader.malformedMessage(copy, 0, input.length)).isFalse();
        assertThat(FrameText.of(copy, 0, input.length))
                .isEqualTo(FrameText.of(frame, 0, input.length));
        assertThat(Arrays.copyOfRange(room, input.length, room.length)).containsOnly(0);
    }

    /** Reads the argument, and writes it to {@code to}. */
    private static Object argument(MemorySegment frame, MemorySegment to) {
        return switch (AoeHeader.command(frame, 0)) {
            case AoeHeader.COMMAND_ATA -> {
                AtaHeader.Fields fields = AtaHeader.Fields.read(frame, 0);
                fields.write(to, 0);
                yield fields;
            }
            case AoeHeader.COMMAND_CONFIG -> {
                ConfigHeader.Fields fields = ConfigHeader.Fields.read(frame, 0);
                fields.write(to, 0);
                yield fields;
            }
            case AoeHeader.COMMAND_MASK -> {
                MaskHeader.Fields fields = MaskHeader.Fields.read(frame, 0);
                fields.write(to, 0);
                yield fields;
            }
            case AoeHeader.COMMAND_RESERVE -> {
                ReserveHeader.Fields fields = ReserveHeader.Fields.read(frame, 0);
                fields.write(to, 0);
                yield fields;
            }
            case AoeHeader.COMMAND_FENCE -> {
                FenceHeader.Fields fields = FenceHeader.Fields.read(frame, 0);
                fields.write(to, 0);
                yield fields;
            }
            case AoeHeader.COMMAND_FLOOR -> {
                FloorHeader.Fields fields = FloorHeader.Fields.read(frame, 0);
                fields.write(to, 0);
                yield fields;
            }
            default -> AoeHeader.command(frame, 0);
        };
    }
}
