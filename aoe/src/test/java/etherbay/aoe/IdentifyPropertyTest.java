// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;
import etherbay.sim.Property;
import etherbay.sim.Property.Gen;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Optional;

/** What a disk says of itself is understood as it was meant, and a damaged block is known. */
class IdentifyPropertyTest {
    private static final int CASE_COUNT = 2000;

    private static final Gen<IdentifyData> ANY = (prng, size) -> new IdentifyData(
            text(prng, IdentifyData.SERIAL_CHARS),
            text(prng, IdentifyData.FIRMWARE_CHARS),
            text(prng, IdentifyData.MODEL_CHARS),
            prng.below(IdentifyData.SECTORS_MAX + 1),
            prng.below(16),
            capabilities(prng),
            prng.chance(0.5)
                    ? Optional.empty()
                    : Optional.of(new IdentifyData.Vendor(
                            prng.chance(0.5), prng.chance(0.5), prng.nextLong(), prng.nextLong())));

    private static EnumSet<IdentifyData.Capability> capabilities(Prng prng) {
        EnumSet<IdentifyData.Capability> some = EnumSet.of(IdentifyData.Capability.LBA48);
        for (IdentifyData.Capability each : IdentifyData.Capability.values()) {
            if (prng.chance(0.5)) {
                some.add(each);
            }
        }
        return some;
    }

    private static String text(Prng prng, int charsMax) {
        StringBuilder text = new StringBuilder();
        for (int count = prng.between(0, charsMax); count > 0; count--) {
            text.append((char) prng.between(' ', '~'));
        }
        return text.toString().strip();
    }

    private static MemorySegment written(IdentifyData data) {
        MemorySegment block = MemorySegment.ofArray(new byte[IdentifyData.BYTES]);
        data.write(block, 0);
        return block;
    }

    @Test
    void everyBlockIsReadBackAsItWas() {
        Property.check("identify", CASE_COUNT, ANY, data -> {
            MemorySegment block = written(data);
            assertThat(IdentifyData.read(block, 0)).isEqualTo(data);
            assertThat(IdentifyData.integrity(block, 0)).isEqualTo(IdentifyData.Integrity.VALID);
        });
    }

    /** What is sent, and which of its bits is another one when it arrives. */
    private record Damaged(IdentifyData data, int bit) {}

    @Test
    void aBlockOfWhichABitIsAnotherIsNotTakenForWhole() {
        Gen<Damaged> any = (prng, size) ->
                new Damaged(ANY.make(prng, size), prng.between(0, 8 * IdentifyData.BYTES - 1));
        Property.check("a damaged block", CASE_COUNT, any, damaged -> {
            MemorySegment block = written(damaged.data);
            long at = damaged.bit / 8;
            int mask = 1 << damaged.bit % 8;
            block.set(Wire.U8, at, (byte) (block.get(Wire.U8, at) ^ mask));
            boolean signature = at == IdentifyData.BYTES - 2;
            assertThat(IdentifyData.integrity(block, 0))
                    .isEqualTo(
                            signature
                                    ? IdentifyData.Integrity.ABSENT
                                    : IdentifyData.Integrity.WRONG);
            assertThat(IdentifyData.read(block, 0).sectors())
                    .isBetween(0L, IdentifyData.SECTORS_MAX);
        });
    }
}
