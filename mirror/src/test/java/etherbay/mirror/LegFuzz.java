// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.EtherbayException;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * What stands on a leg, four sectors of it: the beginning of the superblock, of the bitmap, of the
 * log of bad blocks, and our record. Each is read as it is, and with its checksum put right, since
 * no engine guesses one. What is read is what is written, or it is refused in words.
 */
public final class LegFuzz {
    private static final int SECTOR_BYTES = 512;
    private static final int SUM_AT = 216;
    private static final int ROLE_COUNT_AT = 220;
    private static final int SHIFT_AT = 185;
    private static final String LEG = "the leg";

    private LegFuzz() {}

    /** One leg. */
    public static void fuzzerTestOneInput(byte[] input) {
        read(input);
        byte[] sealed = Arrays.copyOf(input, 4 * SECTOR_BYTES);
        MemorySegment superblock = superblock(sealed);
        int roleCount = superblock.get(Disk.U32, ROLE_COUNT_AT);
        if (roleCount >= 0 && roleCount <= SuperblockFormat.ROLE_COUNT_MAX) {
            int sum = SuperblockFormat.checksum(superblock, 0);
            MemorySegment.ofArray(sealed).set(Disk.U32, SUM_AT, sum);
        }
        int claimAt = 3 * SECTOR_BYTES;
        CRC32C crc = new CRC32C();
        crc.update(sealed, claimAt, SECTOR_BYTES - Integer.BYTES);
        MemorySegment.ofArray(sealed)
                .set(Disk.U32, sealed.length - Integer.BYTES, (int) crc.getValue());
        read(sealed);
    }

    static MemorySegment superblock(byte[] input) {
        byte[] first = Arrays.copyOf(input, Math.min(input.length, SECTOR_BYTES));
        return MemorySegment.ofArray(Arrays.copyOf(first, SuperblockFormat.BYTES));
    }

    /** A sector of the input, zeroes where it has none. */
    static MemorySegment sector(byte[] input, int index) {
        byte[] leg = Arrays.copyOf(input, 4 * SECTOR_BYTES);
        return MemorySegment.ofArray(
                Arrays.copyOfRange(leg, index * SECTOR_BYTES, (index + 1) * SECTOR_BYTES));
    }

    private static void read(byte[] input) {
        MemorySegment block = superblock(input);
        Optional<Superblock> superblock =
                refusedInWords(() -> SuperblockFormat.decode(block, 0, LEG));
        superblock.ifPresent(LegFuzz::checkSuperblock);
        MemorySegment bitmap = sector(input, 1);
        Optional<IntentHeader> header = refusedInWords(() -> IntentFormat.decode(bitmap, 0, LEG));
        header.ifPresent(LegFuzz::checkHeader);
        superblock.ifPresent(found -> checkClaimSector(found, header));
        checkLog(sector(input, 2), block.get(Disk.U8, SHIFT_AT) & 31);
        checkClaim(sector(input, 3));
    }

    private static <T> Optional<T> refusedInWords(Supplier<T> decoded) {
        try {
            return Optional.of(decoded.get());
        } catch (EtherbayException refused) {
            List.of(refused.getMessage(), refused.why(), refused.correction())
                    .forEach(LegFuzz::checkShown);
            return Optional.empty();
        }
    }

    private static void checkShown(String text) {
        assertThat(text).isNotBlank();
        assertThat(text.chars()).noneMatch(Character::isISOControl);
    }

    private static void checkSuperblock(Superblock read) {
        MemorySegment again = MemorySegment.ofArray(new byte[SuperblockFormat.BYTES]);
        SuperblockFormat.encode(read, again, 0);
        Superblock twice = SuperblockFormat.decode(again, 0, LEG);
        assertThat(twice.roles()).isEqualTo(read.roles());
        assertThat(twice.events()).isEqualTo(read.events());
        assertThat(twice.name()).isEqualTo(read.name());
        assertThat(twice.dataOffset()).isEqualTo(read.dataOffset());
        SuperblockFormat.refusal(read).ifPresent(LegFuzz::checkShown);
    }

    private static void checkHeader(IntentHeader read) {
        MemorySegment again = MemorySegment.ofArray(new byte[IntentFormat.BYTES]);
        IntentFormat.encode(read, again, 0);
        assertThat(IntentFormat.decode(again, 0, LEG)).isEqualTo(read);
        IntentFormat.refusal(read).ifPresent(LegFuzz::checkShown);
    }

    private static void checkClaimSector(Superblock superblock, Optional<IntentHeader> header) {
        LegLayout.claimSector(superblock, header)
                .ifPresent(sector -> assertThat(sector)
                        .isBetween(16L, superblock.dataOffset() - ClaimFormat.SECTORS));
    }

    private static void checkLog(MemorySegment log, int shift) {
        Optional<List<BadBlocks.Range>> ranges =
                refusedInWords(() -> BadBlocks.decode(log, 0, 1, shift, LEG));
        ranges.ifPresent(read -> {
            MemorySegment again = MemorySegment.ofArray(new byte[2 * SECTOR_BYTES]);
            assertThat(BadBlocks.encode(read, again, 0, 2, shift)).isTrue();
            List<BadBlocks.Range> twice = BadBlocks.decode(again, 0, 2, shift, LEG);
            assertThat(sectorCount(twice)).isEqualTo(sectorCount(read));
        });
    }

    private static long sectorCount(List<BadBlocks.Range> ranges) {
        return ranges.stream().mapToLong(BadBlocks.Range::sectorCount).sum();
    }

    private static void checkClaim(MemorySegment sector) {
        MemorySegment again = MemorySegment.ofArray(new byte[SECTOR_BYTES]);
        ClaimFormat.decode(sector, 0, Samples.ARRAY_ID).ifPresent(read -> {
            ClaimFormat.encode(read, again, 0);
            assertThat(ClaimFormat.decode(again, 0, Samples.ARRAY_ID).map(ClaimRecord::epoch))
                    .contains(read.epoch());
        });
    }
}
