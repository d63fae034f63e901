// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What a disk says of itself: any 512 bytes mean something that a person can read, and what they
 * mean stays the same when it is written and read again.
 */
public final class IdentifyFuzz {
    private IdentifyFuzz() {}

    /** One block; what is short is filled up with zeroes. */
    public static void fuzzerTestOneInput(byte[] input) {
        MemorySegment block = MemorySegment.ofArray(Arrays.copyOf(input, IdentifyData.BYTES));
        IdentifyData data = IdentifyData.read(block, 0);
        assertThat(IdentifyData.integrity(block, 0)).isNotNull();
        assertThat(data.sectors()).isBetween(0L, IdentifyData.SECTORS_MAX);
        assertThat(IdentifyData.isText(data.serial(), IdentifyData.SERIAL_CHARS))
                .isTrue();
        assertThat(IdentifyData.isText(data.model(), IdentifyData.MODEL_CHARS)).isTrue();
        assertThat(IdentifyData.isText(data.firmware(), IdentifyData.FIRMWARE_CHARS))
                .isTrue();
        MemorySegment written = MemorySegment.ofArray(new byte[IdentifyData.BYTES]);
        data.write(written, 0);
        assertThat(IdentifyData.integrity(written, 0)).isEqualTo(IdentifyData.Integrity.VALID);
        assertThat(IdentifyData.read(written, 0)).isEqualTo(told(data));
    }

    /** What a block of ours can tell of it: a disk without LBA48 has 28 bits of sectors. */
    private static IdentifyData told(IdentifyData data) {
        boolean all = data.has(IdentifyData.Capability.LBA48);
        return new IdentifyData(
                data.serial(),
                data.firmware(),
                data.model(),
                all ? data.sectors() : Math.min(data.sectors(), AtaHeader.LBA28_MASK),
                data.physicalBlockExponent(),
                data.capabilities(),
                data.vendor());
    }
}
