// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A bitmap that an array gets later: what stands on the legs, also in the middle of it. */
final class MirrorBitmapTest {
    private static final long MS_NS = 1_000_000;
    private static final int BITMAP_SECTOR = 16;

    /** Of several chunks of 1 MiB, as one has that stands in memory alone. */
    private static final long SECTORS = 16_384;

    private static MirrorRig without() {
        return new MirrorRig(2, SECTORS).create(true, false).open();
    }

    private static boolean isListed(MirrorRig rig, int store) {
        return (rig.superblock(store).featureMap() & SuperblockFormat.BITMAP_OFFSET_BIT) != 0;
    }

    /** What a leg has there, be it a bitmap or not. */
    private static MemorySegment bitmap(MirrorRig rig, int store) {
        byte[] page = new byte[4096];
        for (int sector = 0; sector < 8; sector++) {
            byte[] bytes = rig.stores.get(store).medium().peek(BITMAP_SECTOR + sector);
            System.arraycopy(bytes, 0, page, sector * 512, 512);
        }
        return MemorySegment.ofArray(page);
    }

    private static void add(MirrorRig rig) {
        List<Boolean> told = new ArrayList<>();
        rig.mirror().addBitmap(told::add);
        rig.until("added", () -> !told.isEmpty());
        assertThat(told).containsExactly(true);
    }

    @Test
    void anArrayInUseGetsABitmapAndOnlyWhatItMarksIsCopiedAfterACrash() {
        try (MirrorRig rig = without()) {
            rig.write(3, 1, 5);
            assertThat(rig.mirror().detail().bitmap()).isFalse();
            add(rig);
            assertThat(rig.mirror().detail().bitmap()).isTrue();
            long events = rig.superblock(0).events();
            for (int store = 0; store < 2; store++) {
                assertThat(rig.superblock(store).bitmapOffset()).isEqualTo(8);
                IntentHeader header = IntentFormat.decode(bitmap(rig, store), 0, "s" + store);
                assertThat(header.events()).isEqualTo(events);
                assertThat(header.syncSectors()).isEqualTo(SECTORS);
                assertThat(header.sectorsReserved()).isEqualTo(24);
                assertThat(IntentFormat.isSet(bitmap(rig, store), 0, 0))
                        .as("written before it was added, and not flushed since")
                        .isTrue();
            }
            rig.write(15_000, 1, 6);
            rig.kill().open();
            rig.until("same", () -> rig.told.contains("the legs in sync are the same again"));
            assertThat(rig.told).noneMatch(said -> said.contains("all of it is compared"));
            assertThat(rig.mirror().detail().copiedSectors())
                    .isLessThanOrEqualTo(2 * rig.mirror().detail().chunkSectors());
            assertThat(rig.read(3)).isEqualTo(5);
            assertThat(rig.read(15_000)).isEqualTo(6);
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1);
        }
    }

    @Test
    void anArrayThatWasLeftDirtyGetsABitmapThatMarksAllOfIt() {
        try (MirrorRig rig = without()) {
            rig.write(3, 1, 5);
            rig.kill();
            rig.syncBytesPerSecond = 4096;
            rig.open();
            assertThat(rig.told)
                    .anyMatch(said -> said.contains("all of it is compared")
                            && said.contains("etherbay mirror grow m0 --bitmap"));
            add(rig);
            rig.kill();
            rig.told.clear();
            rig.syncBytesPerSecond = 0;
            rig.open();
            rig.until("same", () -> rig.told.contains("the legs in sync are the same again"));
            assertThat(rig.mirror().detail().copiedSectors()).isEqualTo(SECTORS);
            rig.runFor(3 * MirrorRig.SECOND_NS);
            assertThat(rig.mirror().detail().dirtySectors()).isZero();
        }
    }

    /**
     * Both machines lose their power and the process ends, at instants all over it. A leg whose
     * superblock names a bitmap is only where all legs have one, durably: md reads it from any.
     */
    @Test
    void aCrashAtAnyInstantOfItLeavesAnArrayThatIsWhole() {
        Set<Integer> listedCounts = new HashSet<>();
        for (int turn = 0; turn < 120; turn++) {
            try (MirrorRig rig = without()) {
                rig.write(3, 1, 5);
                rig.flush();
                List<Boolean> told = new ArrayList<>();
                rig.mirror().addBitmap(told::add);
                for (int step = 0; step < turn; step++) {
                    if (step % 8 == 0) {
                        rig.begin(IoOperation.WRITE, 128L * step, 1, 7); // ends as it may
                    }
                    rig.runFor(MS_NS / 20);
                }
                rig.stores.forEach(store -> store.powerCut());
                rig.kill();
                rig.stores.forEach(store -> store.start());
                rig.runFor(4 * MirrorRig.SECOND_NS); // what was on its way may arrive
                int listed = (isListed(rig, 0) ? 1 : 0) + (isListed(rig, 1) ? 1 : 0);
                listedCounts.add(listed);
                for (int store = 0; store < 2 && listed > 0; store++) {
                    assertThat(IntentFormat.isThere(bitmap(rig, store), 0)).isTrue();
                    assertThat(IntentFormat.decode(bitmap(rig, store), 0, "s").arrayId())
                            .isEqualTo(rig.superblock(store).arrayId());
                }
                rig.open();
                assertThat(rig.mirror().detail().bitmap()).isEqualTo(listed > 0);
                assertThat(rig.read(3)).isEqualTo(5);
                rig.until("clean", () -> rig.mirror().detail().state().equals("clean"));
                rig.stop();
                MirrorTest.assertClean(rig, 0, 1);
                assertThat(isListed(rig, 0)).isEqualTo(listed > 0);
                assertThat(isListed(rig, 1)).isEqualTo(listed > 0);
                for (int lba = 0; lba < SECTORS; lba += 128) {
                    assertThat(rig.peek(1, lba)).isEqualTo(rig.peek(0, lba));
                }
            }
        }
        assertThat(listedCounts).as("of legs that name it").containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void aLegThatFailsMeanwhileGetsItWhenItIsBack() {
        try (MirrorRig rig = without()) {
            rig.stores.get(1).silence();
            add(rig);
            assertThat(rig.standing("s1")).isEqualTo("faulty");
            assertThat(rig.write(9, 1, 6)).isEqualTo(IoStatus.OK);
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "in sync");
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1);
            assertThat(isListed(rig, 1)).isTrue();
            assertThat(IntentFormat.isThere(bitmap(rig, 1), 0)).isTrue();
            assertThat(rig.peek(1, 9)).isEqualTo(6);
        }
    }

    @Test
    void aSecondBitmapIsRefusedAndOneWhileALegIsMissing() {
        try (MirrorRig rig = without()) {
            rig.mirror().fail("s1");
            assertThatThrownBy(() -> rig.mirror().addBitmap(told -> {}))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("the mirror gets no bitmap");
        }
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            assertThatThrownBy(() -> rig.mirror().addBitmap(told -> {}))
                    .isInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void anArrayWithABitmapAddedGrows() {
        try (MirrorRig rig = without()) {
            add(rig);
            rig.stores.forEach(store -> store.medium().grow(store.medium().sectors() + 8192));
            rig.runFor(MirrorRig.SECOND_NS);
            assertThat(rig.mirror().growSize()).isEqualTo(SECTORS + 8192);
            rig.until("same", () -> rig.told.contains("the legs in sync are the same again"));
            assertThat(rig.write(24_000, 4, 6)).isEqualTo(IoStatus.OK);
            rig.stop();
            rig.open();
            assertThat(rig.read(24_003)).isEqualTo(6);
        }
    }

    /** What a leg lacks was known to the process that has ended, and to nobody else. */
    @Test
    void aLegThatWasBeingFilledWhenTheProcessEndedIsFilledWhole() {
        try (MirrorRig rig = new MirrorRig(2, SECTORS).create(true, false)) {
            rig.syncBytesPerSecond = 4096;
            rig.open();
            rig.stores.get(1).powerCut();
            assertThat(rig.write(SECTORS - 1, 1, 7)).isEqualTo(IoStatus.OK);
            assertThat(rig.write(3, 1, 5)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s1", "faulty");
            rig.stores.get(1).start();
            rig.untilStanding("s1", "recovering");
            rig.stores.get(0).silence(); // so that it goes on saying that s1 is out
            rig.until("said so", () -> rig.superblock(1).recoveryOffset() != Superblock.END);
            assertThat(rig.superblock(1).events())
                    .isGreaterThan(rig.superblock(0).events());
            rig.kill();
            rig.stores.get(0).answer();
            rig.syncBytesPerSecond = 0;
            rig.open(rig.parts(0), false, false);
            List<Optional<EtherbayException>> told = new ArrayList<>();
            rig.node.tell(() -> rig.mirror().add(rig.part(1), false, told::add));
            rig.until("added", () -> !told.isEmpty());
            assertThat(told.getFirst()).isEmpty();
            rig.untilStanding("s1", "in sync");
            rig.stop();
            assertThat(rig.peek(1, SECTORS - 1)).isEqualTo(7);
            assertThat(rig.peek(1, 3)).isEqualTo(5);
        }
    }

    /** What was looked at when it was asked for may be otherwise when its round begins. */
    @Test
    void aBitmapIsNotAddedOnceALegHasLeft() {
        try (MirrorRig rig = without()) {
            List<Boolean> told = new ArrayList<>();
            rig.begin(IoOperation.WRITE, 3, 1, 5); // the legs are told that it is written to
            rig.node.tell(() -> {
                rig.mirror().addBitmap(told::add);
                rig.mirror().fail("s1");
            });
            rig.until("told", () -> !told.isEmpty());
            assertThat(told).containsExactly(false);
            assertThat(rig.mirror().detail().bitmap()).isFalse();
            assertThat(MirrorLegsTest.add(rig, 1, false)).isEmpty();
            rig.untilStanding("s1", "in sync");
            add(rig);
            rig.stop();
            MirrorTest.assertClean(rig, 0, 1);
        }
    }
}
