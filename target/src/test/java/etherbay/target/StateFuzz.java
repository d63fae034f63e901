// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.IdentifyData;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The file that remembers an export's state. It is refused with a reason, or means a state that is
 * written and read again as it was. The sum is tried as it stands and put right, since no engine
 * guesses it.
 */
public final class StateFuzz {
    private StateFuzz() {}

    /** One file. */
    public static void fuzzerTestOneInput(byte[] input) {
        readTwice(input);
        readTwice(withRightSum(input));
    }

    private static void readTwice(byte[] file) {
        try {
            ExportState state = StateText.decode(file);
            assertThat(state.config()).hasSizeLessThanOrEqualTo(1024);
            assertThat(state.masks()).hasSizeLessThanOrEqualTo(255);
            assertThat(state.reservations()).hasSizeLessThanOrEqualTo(255);
            assertThat(state.owners()).hasSizeLessThanOrEqualTo(32);
            assertThat(state.floors()).hasSizeLessThanOrEqualTo(16);
            assertThat(IdentifyData.isText(state.serial(), IdentifyData.SERIAL_CHARS))
                    .isTrue();
            byte[] written = StateText.encode(state);
            assertThat(StateText.decode(written)).isEqualTo(state);
            assertThat(StateText.encode(StateText.decode(written))).isEqualTo(written);
        } catch (StateText.DamagedException damaged) {
            assertThat(damaged.getMessage()).isNotBlank();
        }
    }

    /** The same text up to its last line, with the sum of it. */
    private static byte[] withRightSum(byte[] input) {
        String text = new String(input, StandardCharsets.US_ASCII);
        int sumAt = text.lastIndexOf("\ncrc32c ") + 1;
        String before = sumAt == 0 ? text + "\n" : text.substring(0, sumAt);
        CRC32C sum = new CRC32C();
        sum.update(before.getBytes(StandardCharsets.US_ASCII));
        return (before + "crc32c %08x\n".formatted(sum.getValue()))
                .getBytes(StandardCharsets.US_ASCII);
    }
}
