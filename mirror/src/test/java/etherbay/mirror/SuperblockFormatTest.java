// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.UUID;

final class SuperblockFormatTest {
    /** Not at the start of the memory, and not aligned. */
    private static final int AT = 12;

    private static MemorySegment encoded(Superblock superblock) {
        byte[] bytes = new byte[AT + SuperblockFormat.BYTES];
        Arrays.fill(bytes, (byte) 0x5a);
        MemorySegment block = MemorySegment.ofArray(bytes);
        SuperblockFormat.encode(superblock, block, AT);
        return block;
    }

    private static void checkDamaged(Superblock superblock, String why) {
        checkDamaged(encoded(superblock), why);
    }

    private static void checkDamaged(MemorySegment block, String why) {
        assertThatThrownBy(() -> SuperblockFormat.decode(block, AT, "e1.2\n"))
                .isInstanceOfSatisfying(EtherbayException.class, damaged -> {
                    assertThat(damaged.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(damaged).hasMessageContaining("on e1.2? ");
                    assertThat(damaged.why()).contains(why);
                });
    }

    private static void checkRoundTrip(Superblock superblock) {
        assertThat(SuperblockFormat.decode(encoded(superblock), AT, "x")).isEqualTo(superblock);
    }

    @Test
    void whatIsWrittenIsRead() {
        checkRoundTrip(Samples.superblock().build());
        checkRoundTrip(
                Samples.superblock().bitmapOffset(8).log(8, 16).resyncOffset(0).build());
        checkRoundTrip(Samples.superblock().roles().build());
        checkRoundTrip(Samples.superblock()
                .roles(0, Superblock.FAULTY, Superblock.SPARE)
                .deviceNumber(2)
                .recoveryOffset(0)
                .build());
        Integer[] roles = Collections.nCopies(1920, 1).toArray(new Integer[0]);
        checkRoundTrip(Samples.superblock().roles(roles).build());
    }

    @Test
    void anOddCountOfRolesHasItsChecksumOverTheLastOneToo() {
        MemorySegment two = encoded(Samples.superblock().roles(0, 1).build());
        MemorySegment three = encoded(Samples.superblock().roles(0, 1, 1).build());
        // One role of 1 more, and the count of roles one higher.
        assertThat(SuperblockFormat.sum(three, AT) - SuperblockFormat.sum(two, AT))
                .isEqualTo(2);
    }

    @Test
    void eachBitThatTheChecksumIsOverIsSeen() {
        MemorySegment block = encoded(Samples.superblock().build());
        for (int bit = 0; bit < (256 + 2 * 2) * 8; bit++) {
            int at = AT + bit / 8;
            byte before = block.get(Disk.U8, at);
            block.set(Disk.U8, at, (byte) (before ^ (1 << (bit % 8))));
            checkDamaged(block, "");
            block.set(Disk.U8, at, before);
        }
        assertThat(SuperblockFormat.decode(block, AT, "x"))
                .isEqualTo(Samples.superblock().build());
    }

    @Test
    void whatCannotBeIsRefusedThoughTheChecksumIsRight() {
        checkDamaged(Samples.superblock().superOffset(0).build(), "found at sector 8");
        checkDamaged(Samples.superblock().sizeSectors(8193).build(), "sizes cannot be");
        checkDamaged(Samples.superblock().sizeSectors(-1).build(), "sizes cannot be");
        checkDamaged(Samples.superblock().dataOffset(15).build(), "sizes cannot be");
        checkDamaged(Samples.superblock().dataOffset(Long.MAX_VALUE).build(), "sizes cannot be");
        checkDamaged(Samples.superblock().dataOffset(-1).build(), "sizes cannot be");
        checkDamaged(Samples.superblock().legCount(0).build(), "has 0 legs");
        checkDamaged(Samples.superblock().legCount(-1).build(), "has 4294967295 legs");
        checkDamaged(Samples.superblock().deviceNumber(1920).build(), "device number 1920");
        checkDamaged(Samples.superblock().roles(0, 2).build(), "slot 2 of 2");
        checkDamaged(Samples.superblock().resyncOffset(4097).build(), "in sync up to");
        checkDamaged(Samples.superblock().recoveryOffset(-2).build(), "filled up to");
        checkDamaged(Samples.superblock().bitmapOffset(7).build(), "its bitmap would lie");
        checkDamaged(Samples.superblock().bitmapOffset(2040).build(), "its bitmap would lie");
        checkDamaged(Samples.superblock().bitmapOffset(-8).build(), "its bitmap would lie");
    }

    @Test
    void aLogOfBadBlocksIsLookedAtWhereItHasEntries() {
        int bit = SuperblockFormat.BAD_BLOCKS;
        checkRoundTrip(Samples.superblock().features(bit).log(8, 2032).build());
        checkRoundTrip(Samples.superblock().log(8, -16).build());
        checkDamaged(Samples.superblock().features(bit).log(8, 2033).build(), "log of bad blocks");
        checkDamaged(Samples.superblock().features(bit).log(8, -16).build(), "log of bad blocks");
        checkDamaged(Samples.superblock().features(bit).log(9, 16).build(), "has 9 sectors");
        checkDamaged(Samples.superblock().features(bit).log(0, 16).build(), "has 0 sectors");
        checkDamaged(
                Samples.superblock().features(bit).log(8, 16).logShift(33).build(),
                "a shift of 33");
    }

    @Test
    void whatIsNotServedIsNamed() {
        checkRefused(Samples.superblock().level(5), "RAID level 5");
        checkRefused(Samples.superblock().features(SuperblockFormat.RESHAPE_ACTIVE), "reshape");
        checkRefused(Samples.superblock().features(SuperblockFormat.RESHAPE_BACKWARDS), "reshape");
        checkRefused(Samples.superblock().features(SuperblockFormat.NEW_OFFSET), "reshape");
        checkRefused(Samples.superblock().features(SuperblockFormat.REPLACEMENT), "replacing");
        checkRefused(Samples.superblock().features(SuperblockFormat.CLUSTERED), "cluster");
        checkRefused(Samples.superblock().features(SuperblockFormat.JOURNAL), "journal");
        checkRefused(Samples.superblock().features(SuperblockFormat.PPL), "PPL");
        checkRefused(Samples.superblock().features(SuperblockFormat.MULTIPLE_PPLS), "PPL");
        checkRefused(Samples.superblock().features(SuperblockFormat.RAID0_LAYOUT), "level 0");
        checkRefused(Samples.superblock().features(0x8000_2000), "0x80002000");
    }

    private static void checkRefused(Samples sample, String why) {
        Superblock superblock = sample.build();
        checkRoundTrip(superblock);
        assertThat(SuperblockFormat.refusal(superblock).orElseThrow()).contains(why);
    }

    @Test
    void whatIsServedIsNotRefused() {
        assertThat(SuperblockFormat.refusal(Samples.superblock().build())).isEmpty();
        Superblock filled = Samples.superblock()
                .features(SuperblockFormat.RECOVERY_BITMAP | SuperblockFormat.BAD_BLOCKS)
                .bitmapOffset(8)
                .log(8, 16)
                .recoveryOffset(8)
                .build();
        assertThat(SuperblockFormat.refusal(filled)).isEmpty();
    }

    @Test
    void anArrayIsCalledAsMdadmCallsIt() {
        UUID id = new UUID(0xa8dad8157649ed55L, 0xa6e084523e451a2eL);
        String text = "a8dad815:7649ed55:a6e08452:3e451a2e";
        assertThat(SuperblockFormat.text(id)).isEqualTo(text);
        assertThat(SuperblockFormat.parse(text)).isEqualTo(id);
        assertThatThrownBy(() -> SuperblockFormat.parse(id.toString()))
                .isInstanceOf(EtherbayException.class);
    }
}
