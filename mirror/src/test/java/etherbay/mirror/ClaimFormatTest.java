// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Epoch;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;

final class ClaimFormatTest {
    private static final int AT = 12;

    private static final CheckMark REPAIR = new CheckMark(
            true, Optional.of(new UUID(8, 9)), 4096, 5, 3, 2, List.of(1L, 7L, 1L << 40));

    private static ClaimRecord claim(String name, boolean released) {
        return claim(name, released, Optional.empty());
    }

    private static ClaimRecord claim(String name, boolean released, Optional<CheckMark> check) {
        return new ClaimRecord(
                Samples.ARRAY_ID,
                new Epoch(-3),
                7,
                new UUID(5, 6),
                name,
                1_700_000_000_000L,
                released,
                4096,
                0x1234_5678,
                0x9abc_def0,
                check);
    }

    private static MemorySegment encoded(ClaimRecord claim) {
        MemorySegment block = MemorySegment.ofArray(new byte[AT + ClaimFormat.BYTES]);
        block.fill((byte) 0x5a);
        ClaimFormat.encode(claim, block, AT);
        return block;
    }

    @Test
    void whatIsWrittenIsRead() {
        assertThat(ClaimFormat.BYTES).isEqualTo(512);
        for (ClaimRecord claim : new ClaimRecord[] {claim("node 1", true), claim("", false)}) {
            assertThat(ClaimFormat.decode(encoded(claim), AT, Samples.ARRAY_ID)).contains(claim);
        }
    }

    @Test
    void aCheckThatIsUnderWayIsReadAsItWasWritten() {
        CheckMark check = new CheckMark(
                false,
                Optional.empty(),
                1L << 50,
                100,
                0,
                0,
                LongStream.range(0, CheckMark.SECTOR_COUNT_MAX).boxed().toList());
        for (CheckMark mark : new CheckMark[] {REPAIR, check}) {
            ClaimRecord claim = claim("x".repeat(128), false, Optional.of(mark));
            assertThat(ClaimFormat.decode(encoded(claim), AT, Samples.ARRAY_ID)).contains(claim);
        }
    }

    @Test
    void aCheckThatSaysWhatCannotBeIsNone() {
        CheckMark impossible = new CheckMark(true, Optional.empty(), 4096, 2, 3, 0, List.of(1L));
        ClaimRecord claim = claim("node", false, Optional.of(impossible));
        assertThat(ClaimFormat.decode(encoded(claim), AT, Samples.ARRAY_ID))
                .contains(claim("node", false));
    }

    @Test
    void aNameTooLongIsCutBetweenLetters() {
        MemorySegment block = encoded(claim("x" + "ö".repeat(100), false));
        ClaimRecord read = ClaimFormat.decode(block, AT, Samples.ARRAY_ID).orElseThrow();
        assertThat(read.ownerName()).isEqualTo("x" + "ö".repeat(63));
    }

    @Test
    void aChangedBitMakesItNone() {
        MemorySegment block = encoded(claim("node", false));
        for (int bit = 0; bit < ClaimFormat.BYTES * 8; bit++) {
            int at = AT + bit / 8;
            byte before = block.get(Disk.U8, at);
            block.set(Disk.U8, at, (byte) (before ^ (1 << (bit % 8))));
            assertThat(ClaimFormat.decode(block, AT, Samples.ARRAY_ID)).isEmpty();
            block.set(Disk.U8, at, before);
        }
    }

    @Test
    void aRecordOfAnotherArrayIsNone() {
        assertThat(ClaimFormat.decode(encoded(claim("node", false)), AT, new UUID(0, 0)))
                .isEmpty();
    }

    @Test
    void itHoldsForTheSuperblockWrittenWithItAndTheOneBefore() {
        ClaimRecord claim = claim("node", false);
        assertThat(ClaimFormat.holds(claim, 0x1234_5678)).isTrue();
        assertThat(ClaimFormat.holds(claim, 0x9abc_def0)).isTrue();
        assertThat(ClaimFormat.holds(claim, 0x1234_5679)).isFalse();
    }
}
