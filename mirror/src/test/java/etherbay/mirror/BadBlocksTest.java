// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;

final class BadBlocksTest {
    private static final int SECTORS = 8;

    private final MemorySegment log = MemorySegment.ofArray(new byte[SECTORS * 512]);

    private List<BadBlocks.Range> written(List<BadBlocks.Range> ranges, int shift) {
        assertThat(BadBlocks.encode(ranges, log, 0, SECTORS, shift)).isTrue();
        return BadBlocks.decode(log, 0, SECTORS, shift, "x");
    }

    @Test
    void anEmptyLogIsAllOnes() {
        assertThat(written(List.of(), 0)).isEmpty();
        assertThat(log.toArray(Disk.U8)).containsOnly(0xff);
    }

    @Test
    void whatIsWrittenIsRead() {
        List<BadBlocks.Range> ranges =
                List.of(new BadBlocks.Range(4096, 8), new BadBlocks.Range(1L << 40, 512));
        assertThat(written(ranges, 0)).isEqualTo(ranges);
    }

    @Test
    void aRangeTooLongIsSeveralEntries() {
        assertThat(written(List.of(new BadBlocks.Range(10, 1025)), 0))
                .containsExactly(
                        new BadBlocks.Range(10, 512),
                        new BadBlocks.Range(522, 512),
                        new BadBlocks.Range(1034, 1));
    }

    @Test
    void theUnitIsHonoured() {
        assertThat(written(List.of(new BadBlocks.Range(15, 2)), 3))
                .containsExactly(new BadBlocks.Range(8, 16));
    }

    @Test
    void aLogThatIsFullHasNoRoomForMore() {
        List<BadBlocks.Range> full = Collections.nCopies(512, new BadBlocks.Range(1, 1));
        assertThat(written(full, 0)).hasSize(512);
        List<BadBlocks.Range> more = Collections.nCopies(513, new BadBlocks.Range(1, 1));
        assertThat(BadBlocks.encode(more, log, 0, SECTORS, 0)).isFalse();
    }

    @Test
    void whatIsNoRangeIsRefused() {
        for (long entry : new long[] {0, 1 << 10, Long.MAX_VALUE, -2}) {
            log.set(Disk.U64, 0, entry);
            assertThatThrownBy(() -> BadBlocks.decode(log, 0, SECTORS, 0, "x"))
                    .isInstanceOf(EtherbayException.class);
        }
        log.set(Disk.U64, 0, (1L << 53) | 1);
        assertThat(BadBlocks.decode(log.asSlice(0, 512), 0, 0, 32, "x")).isEmpty();
        assertThatThrownBy(() -> BadBlocks.decode(log, 0, SECTORS, 32, "x"))
                .isInstanceOf(EtherbayException.class);
    }
}
