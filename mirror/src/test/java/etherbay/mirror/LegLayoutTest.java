// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

final class LegLayoutTest {
    private static final long GIB_SECTORS = 1 << 21;
    private static final UUID ID = new UUID(1, 2);

    private static IntentHeader header(long syncSectors, int chunkBytes, int reserved) {
        return new IntentHeader(ID, 4, 1, 1, syncSectors, 0, chunkBytes, 5, reserved);
    }

    private static Superblock leg(int bitmapOffset, long dataOffset, int logSectors, int logAt) {
        return Samples.superblock()
                .bitmapOffset(bitmapOffset)
                .dataOffset(dataOffset)
                .log(logSectors, logAt)
                .build();
    }

    @Test
    void dataBeginsAtOneMebibyteWithOurRecordJustBeforeIt() {
        LegLayout layout = LegLayout.of(GIB_SECTORS, true);
        assertThat(layout).isEqualTo(new LegLayout(8, 8, 1 << 20, 2040, 2048, GIB_SECTORS - 2048));
        assertThat(LegLayout.of(GIB_SECTORS, false))
                .isEqualTo(new LegLayout(0, 0, 0, 2040, 2048, GIB_SECTORS - 2048));
    }

    @Test
    void dataAreWholePages() {
        assertThat(LegLayout.of(2048 + 8 + 7, true).dataSectors()).isEqualTo(8);
    }

    @Test
    void aBitmapHasAtMostSixtyFiveThousandBitsUpToSixtyFourTebibytes() {
        long limit = 64L << 31;
        for (long sectors = GIB_SECTORS; sectors <= limit; sectors = sectors * 3 / 2 + 1) {
            int chunkBytes = IntentFormat.chunkBytesFor(sectors);
            long bits = IntentFormat.bitCount(sectors, chunkBytes);
            assertThat(bits).isBetween(1L, (long) IntentFormat.BITS_MAX);
            assertThat(chunkBytes == 1 << 20 || bits > IntentFormat.BITS_MAX / 2)
                    .isTrue();
        }
        assertThat(IntentFormat.chunkBytesFor(limit)).isEqualTo(1 << 30);
        assertThat(LegLayout.of(limit, true).bitmapSectors()).isEqualTo(24);
    }

    @Test
    void dataBeginLaterWhereTheBitmapNeedsIt() {
        LegLayout layout = LegLayout.of(16_384L << 31, true);
        assertThat(layout.bitmapSectors()).isEqualTo(4104);
        assertThat(layout.dataOffset()).isEqualTo(6144);
        assertThat(layout.claimSector()).isEqualTo(6136);
    }

    @Test
    void aDiskTooSmallIsRefused() {
        for (long sectors : new long[] {-1, 0, 2048, 2055, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> LegLayout.of(sectors, true))
                    .isInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void ourOwnLayoutIsFoundAgain() {
        LegLayout layout = LegLayout.of(GIB_SECTORS, true);
        IntentHeader header = header(layout.dataSectors(), layout.chunkBytes(), 8);
        Superblock superblock = leg(layout.bitmapOffset(), layout.dataOffset(), 0, 0);
        assertThat(LegLayout.claimSector(superblock, Optional.of(header)))
                .isEqualTo(OptionalLong.of(layout.claimSector()));
    }

    @Test
    void ourRecordGivesWayToALogOfBadBlocks() {
        assertThat(LegLayout.claimSector(leg(0, 2048, 8, 2032), Optional.empty()))
                .hasValue(2032);
        assertThat(LegLayout.claimSector(leg(0, 2048, 8, 2024), Optional.empty()))
                .hasValue(2040);
        assertThat(LegLayout.claimSector(leg(0, 2048, 8, 2026), Optional.empty()))
                .hasValue(2024);
        assertThat(LegLayout.claimSector(leg(0, 32, 8, 16), Optional.empty())).hasValue(16);
        assertThat(LegLayout.claimSector(leg(0, 24, 8, 8), Optional.empty())).isEmpty();
    }

    @Test
    void whereABitmapOrTheSuperblockLiesThereIsNoRecord() {
        IntentHeader small = header(GIB_SECTORS, 1 << 20, 0);
        assertThat(LegLayout.claimSector(leg(8, 32, 0, 0), Optional.of(small))).hasValue(24);
        assertThat(LegLayout.claimSector(leg(8, 24, 0, 0), Optional.of(small))).isEmpty();
        assertThat(LegLayout.claimSector(leg(8, 2048, 0, 0), Optional.empty())).isEmpty();
        IntentHeader reserving = header(GIB_SECTORS, 1 << 20, 2026);
        assertThat(LegLayout.claimSector(leg(8, 2048, 0, 0), Optional.of(reserving)))
                .isEmpty();
        assertThat(LegLayout.claimSector(leg(0, 20, 0, 0), Optional.empty())).isEmpty();
        assertThat(LegLayout.claimSector(leg(0, 16, 0, 0), Optional.empty())).isEmpty();
    }

    @Test
    void aBitmapIsAddedBehindTheSuperblockOrBehindALogOfBadBlocks() {
        List<Superblock> plain = List.of(leg(0, 2048, 0, 0), leg(0, 4096, 0, 0));
        assertThat(LegLayout.bitmapOffset(plain, 24)).hasValue(8);
        List<Superblock> logged = List.of(leg(0, 2048, 0, 0), leg(0, 2048, 8, 16));
        assertThat(LegLayout.bitmapOffset(logged, 8)).hasValue(8);
        assertThat(LegLayout.bitmapOffset(logged, 24)).hasValue(24);
        List<Superblock> crooked = List.of(leg(0, 2048, 8, 9), leg(0, 2048, 8, 16));
        assertThat(LegLayout.bitmapOffset(crooked, 24)).hasValue(24);
    }

    @Test
    void aBitmapIsAddedOnlyWhereItIsFreeOnAllLegs() {
        assertThat(LegLayout.bitmapOffset(List.of(leg(0, 32, 0, 0)), 8)).hasValue(8);
        assertThat(LegLayout.bitmapOffset(List.of(leg(0, 32, 0, 0)), 16)).isEmpty();
        assertThat(LegLayout.bitmapOffset(List.of(leg(0, 2048, 0, 0), leg(0, 16, 0, 0)), 8))
                .isEmpty();
        assertThat(LegLayout.bitmapOffset(List.of(leg(0, 40, 8, 16)), 8)).hasValue(8);
        assertThat(LegLayout.bitmapOffset(List.of(leg(0, 40, 8, 8)), 8)).hasValue(16);
        assertThat(LegLayout.bitmapOffset(List.of(leg(0, 32, 8, 8)), 8))
                .as("our record stands before the log's end")
                .isEmpty();
    }

    @Test
    void anAddedBitmapLeavesOurRecordWhereItIs() {
        Superblock before = leg(0, 64, 8, 24);
        IntentHeader header = header(4096, 1 << 20, 16);
        int offset = LegLayout.bitmapOffset(List.of(before), 16).orElseThrow();
        Superblock after = Superblocks.withBitmapOffset(before, offset);
        assertThat(LegLayout.claimSector(after, Optional.of(header)))
                .isEqualTo(LegLayout.claimSector(before, Optional.empty()));
    }

    @Test
    void dataThatBeginInTheMiddleOfAPageLeaveThePageBefore() {
        assertThat(LegLayout.claimSector(leg(0, 2047, 0, 0), Optional.empty())).hasValue(2032);
    }
}
