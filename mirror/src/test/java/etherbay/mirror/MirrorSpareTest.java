// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;

/** Spares that take a place: what stands on them, and when, by the round that lists them. */
final class MirrorSpareTest {
    private static final int BITMAP_SECTOR = 16;
    private static final int UNIT_SECTORS = Intent.UNIT_BYTES / 512;

    /** 32 GiB in chunks of 1 MiB: the bitmap is one unit, and a few bits of the next. */
    private static final long SECTORS = 1L << 26;

    private static final long IN_SECOND_UNIT = SECTORS - 1024;

    /** Two legs, and {@code s2}, which is about to be a spare and is filled slowly then. */
    private static MirrorRig two() {
        MirrorRig rig = new MirrorRig(2, SECTORS);
        rig.chunkBytes = 0;
        rig.create();
        rig.syncBytesPerSecond = 64 * 512;
        rig.addStore(SECTORS);
        return rig.open(rig.parts(0, 1), false, false);
    }

    private static boolean isMarked(MirrorRig rig, int store, long lba) {
        byte[] bytes = new byte[2 * Intent.UNIT_BYTES];
        for (int sector = 0; sector < 2 * UNIT_SECTORS; sector++) {
            byte[] one = rig.stores.get(store).medium().peek(BITMAP_SECTOR + sector);
            System.arraycopy(one, 0, bytes, sector * 512, 512);
        }
        long chunk = lba / rig.mirror().detail().chunkSectors();
        return IntentFormat.isSet(MemorySegment.ofArray(bytes), 0, chunk);
    }

    private static boolean lists(MirrorRig rig, int store, int number) {
        Superblock superblock = rig.superblock(store);
        return number < superblock.roles().size()
                && superblock.roles().get(number) < superblock.legCount();
    }

    /** At the instant at which {@code s1} says that {@code s2} has a place. */
    private static void assertReadyWhenListed(MirrorRig rig) {
        rig.until("listed", () -> lists(rig, 1, 2));
        assertThat(lists(rig, 2, 2)).as("it has that place by its own word").isTrue();
        assertThat(rig.superblock(2).featureMap() & SuperblockFormat.RECOVERY_OFFSET_BIT)
                .as("it says that it is not whole")
                .isNotZero();
        assertThat(rig.superblock(2).recoveryOffset()).isZero();
        assertThat(isMarked(rig, 1, IN_SECOND_UNIT)).isTrue();
        assertThat(isMarked(rig, 2, IN_SECOND_UNIT))
                .as("marked before it had a place")
                .isTrue();
    }

    @Test
    void aSpareThatTakesThePlaceOfAFailedLegHasTheBitmapAndSaysWhatItLacksFirst() {
        try (MirrorRig rig = two()) {
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            assertThat(rig.write(IN_SECOND_UNIT, 1, 5)).isEqualTo(IoStatus.OK);
            rig.mirror().fail("s0");
            assertReadyWhenListed(rig);
        }
    }

    @Test
    void aSpareThatTakesANewPlaceHasTheBitmapAndSaysWhatItLacksFirst() {
        try (MirrorRig rig = two()) {
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            assertThat(rig.write(IN_SECOND_UNIT, 1, 5)).isEqualTo(IoStatus.OK);
            rig.mirror().growLegs(3);
            assertReadyWhenListed(rig);
        }
    }

    /** The round that makes it a spare is at any step of it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4, 8, 16, 32, 64, 128})
    void aSpareThatHasJustJoinedIsReadyTooWhenItIsListed(int afterEvents) {
        try (MirrorRig rig = two()) {
            assertThat(rig.write(IN_SECOND_UNIT, 1, 5)).isEqualTo(IoStatus.OK);
            rig.node.tell(() -> rig.mirror().add(rig.part(2), true, told -> {}));
            rig.until("a spare", () -> rig.mirror().detail().legs().size() == 3);
            int[] left = {afterEvents};
            rig.until("some events later", () -> left[0]-- == 0);
            rig.mirror().fail("s0");
            assertReadyWhenListed(rig);
        }
    }
}
