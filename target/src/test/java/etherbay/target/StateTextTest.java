// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Epoch;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

final class StateTextTest {
    private static final ExportState FULL = ExportState.opened(
                    Optional.empty(), "boot-1", "file /a b inode 7", () -> 0x1234_5678_9abc_def0L)
            .withConfig(new byte[] {'a', '\\', '\n', 0, (byte) 0xff})
            .withMasks(List.of(new MacAddress(1), new MacAddress(2)))
            .withReservations(List.of(new MacAddress(3)))
            .withOwners(new Epoch(-2), List.of(new MacAddress(4)))
            .withFloors(List.of(new ExportState.Floor(new MacAddress(4), 0x8000_002a)));

    @Test
    void whatIsWrittenIsReadBack() throws StateText.DamagedException {
        assertThat(StateText.decode(StateText.encode(FULL))).isEqualTo(FULL);
    }

    @Test
    void theChecksumIsThatOfEveryByteBeforeItsLine() {
        String text = new String(StateText.encode(FULL), StandardCharsets.US_ASCII);
        int sumAt = text.lastIndexOf("crc32c ");
        var sum = new java.util.zip.CRC32C();
        sum.update(text.substring(0, sumAt).getBytes(StandardCharsets.US_ASCII));
        assertThat(text.substring(sumAt)).isEqualTo("crc32c %08x\n".formatted(sum.getValue()));
    }

    @Test
    void aByteBeyondAsciiIsNoQuestionMark() {
        byte[] text = StateText.encode(FULL.withConfig(new byte[] {'?'}));
        int at = new String(text, StandardCharsets.US_ASCII).indexOf('?');
        text[at] = (byte) 0xbf;
        assertThatThrownBy(() -> StateText.decode(text))
                .isInstanceOf(StateText.DamagedException.class);
    }

    @Test
    void everyDamagedByteAndEveryCutIsNoticed() {
        byte[] whole = StateText.encode(FULL);
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x01;
            assertThatThrownBy(() -> StateText.decode(damaged))
                    .isInstanceOf(StateText.DamagedException.class);
            byte[] cut = java.util.Arrays.copyOf(whole, at);
            assertThatThrownBy(() -> StateText.decode(cut))
                    .isInstanceOf(StateText.DamagedException.class);
        }
    }
}
