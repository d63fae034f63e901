// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;

final class IntentFormatTest {
    private static final int AT = 12;

    private static IntentHeader header(
            int version, long syncSectors, int chunkBytes, int sleepS, int reserved) {
        return new IntentHeader(
                Samples.ARRAY_ID, version, 17, 5, syncSectors, 2, chunkBytes, sleepS, reserved);
    }

    private static MemorySegment encoded(IntentHeader header) {
        MemorySegment block = MemorySegment.ofArray(new byte[AT + IntentFormat.BYTES]);
        block.fill((byte) 0x5a);
        IntentFormat.encode(header, block, AT);
        return block;
    }

    private static void checkDamaged(IntentHeader header, String why) {
        assertThatThrownBy(() -> IntentFormat.decode(encoded(header), AT, "e1.2"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        damaged -> assertThat(damaged.why()).contains(why));
    }

    @Test
    void whatIsWrittenIsRead() {
        IntentHeader header = header(4, 129024, 1 << 20, 5, 8);
        assertThat(IntentFormat.decode(encoded(header), AT, "x")).isEqualTo(header);
        assertThat(IntentFormat.refusal(header)).isEmpty();
    }

    @Test
    void whatCannotBeIsRefused() {
        checkDamaged(header(4, 129024, 0, 5, 8), "0 bytes");
        checkDamaged(header(4, 129024, 256, 5, 8), "256 bytes");
        checkDamaged(header(4, 129024, 768 << 10, 5, 8), "no power of two");
        checkDamaged(header(4, 129024, 1 << 31, 5, 8), "2147483648 bytes");
        checkDamaged(header(4, -1, 1 << 20, 5, 8), "covers 18446744073709551615");
        checkDamaged(header(4, 1L << 40, 512, 5, 0), "bits");
        checkDamaged(header(4, 129024, 1 << 20, -1, 8), "cleaned every");
        checkDamaged(header(4, 129024, 512, 5, 8), "needs 32 sectors");
        MemorySegment none = MemorySegment.ofArray(new byte[IntentFormat.BYTES]);
        assertThatThrownBy(() -> IntentFormat.decode(none, 0, "x"))
                .isInstanceOf(EtherbayException.class);
    }

    @Test
    void otherVersionsAreRefusedByName() {
        assertThat(IntentFormat.refusal(header(3, 8, 512, 5, 8)).orElseThrow())
                .contains("order of the machine");
        assertThat(IntentFormat.refusal(header(5, 8, 512, 5, 8)).orElseThrow()).contains("cluster");
        assertThat(IntentFormat.refusal(header(-1, 8, 512, 5, 8)).orElseThrow())
                .contains("version 4294967295");
    }

    @Test
    void theBitOfEachChunkIsItsOwn() {
        MemorySegment bitmap = MemorySegment.ofArray(new byte[AT + 512]);
        IntentFormat.set(bitmap, AT, 0, true);
        IntentFormat.set(bitmap, AT, 9, true);
        IntentFormat.set(bitmap, AT, 15, true);
        IntentFormat.set(bitmap, AT, 9, false);
        assertThat(bitmap.get(Disk.U8, AT + 256)).isEqualTo((byte) 1);
        assertThat(bitmap.get(Disk.U8, AT + 257)).isEqualTo((byte) 0x80);
        assertThat(IntentFormat.isSet(bitmap, AT, 15)).isTrue();
        assertThat(IntentFormat.isSet(bitmap, AT, 9)).isFalse();
    }

    @Test
    void headerAndBitsTakeWholePages() {
        assertThat(IntentFormat.sectorsFor(0)).isEqualTo(8);
        assertThat(IntentFormat.sectorsFor((4096 - 256) * 8)).isEqualTo(8);
        assertThat(IntentFormat.sectorsFor((4096 - 256) * 8 + 1)).isEqualTo(16);
    }
}
