// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

final class LvmCrcTest {
    /** Bit by bit, as {@code calc_crc} of lvm2's lib/misc/crc.c defines it. */
    private static int slowly(byte[] bytes, int from, int count) {
        int crc = LvmCrc.INITIAL;
        for (int index = from; index < from + count; index++) {
            crc ^= bytes[index] & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0xedb8_8320);
            }
        }
        return crc;
    }

    @Test
    void itIsThatOfLvm() {
        Prng prng = new Prng(1);
        byte[] bytes = new byte[2000];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) prng.nextLong();
        }
        assertThat(LvmCrc.of(bytes, 7, 0)).isEqualTo(LvmCrc.INITIAL);
        for (int count = 1; count < 1900; count += 13) {
            assertThat(LvmCrc.of(bytes, 100, count)).isEqualTo(slowly(bytes, 100, count));
        }
    }
}
