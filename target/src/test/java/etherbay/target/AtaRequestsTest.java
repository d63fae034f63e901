// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.aoe.TrimRange;
import etherbay.base.BlockCapabilities;
import etherbay.base.Frame;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Each ATA command, as an initiator sees it. */
class AtaRequestsTest {
    private static final int GOOD = 0x40;
    private static final int BAD = 0x41;

    private static MemorySegment ata(Rig rig, int opcode, int feature, int count, long lba) {
        return rig.from(Rig.ALICE)
                .ata(new AtaHeader.Fields(0, feature, count, opcode, lba), new byte[0]);
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Rig rig = new Rig();
        Rig.Answer written = rig.ask(rig.from(Rig.ALICE).write(100, Rig.pattern(2, 1)));
        assertThat(written.status()).isEqualTo(GOOD);
        assertThat(written.frame().byteSize()).isEqualTo(60);

        Rig.Answer read = rig.ask(rig.from(Rig.ALICE).read(100, 2));
        assertThat(read.status()).isEqualTo(GOOD);
        assertThat(read.frame().byteSize()).isEqualTo(36 + 1024);
        assertThat(read.data(2)).isEqualTo(Rig.pattern(2, 1));
        assertThat(AtaHeader.sectorCount(read.frame(), 0)).isZero();
    }

    @Test
    void whatTheDiskLendsIsSentFromWhereItLies() {
        Rig rig = new Rig();
        rig.port.sendsTails = true;
        rig.disk.lentAddress = 1 << 20;
        Rig.Answer lent = rig.ask(rig.from(Rig.ALICE).read(100, 2));
        assertThat(lent.status()).isEqualTo(GOOD);
        assertThat(lent.frame().byteSize()).isEqualTo(AtaHeader.END);
        assertThat(AtaHeader.sectorCount(lent.frame(), 0)).isZero();
        assertThat(rig.port.lastTailAddress).isEqualTo((1 << 20) + 100 * 512);
        assertThat(rig.port.lastTailBytes).isEqualTo(1024);
        assertThat(rig.port.lastSentBytes).isEqualTo(36 + 1024);
        assertThat(rig.disk.done).isEmpty();
        assertThat(rig.count("reads")).isEqualTo(1);
        assertThat(rig.count("read.sectors")).isEqualTo(2);

        rig.disk.lentAddress = 0;
        assertThat(rig.ask(rig.from(Rig.ALICE).read(100, 2)).data(2)).isEqualTo(new byte[1024]);
        assertThat(rig.disk.done).containsExactly("READ 100+2");
        assertThat(rig.port.lastTailBytes).as("of the same slot").isZero();
    }

    @Test
    void nothingIsLentToAPortThatCannotOrWhileSomebodyWatches() {
        Rig rig = new Rig();
        rig.disk.lentAddress = 1 << 20;
        assertThat(rig.ask(rig.from(Rig.ALICE).read(100, 2)).data(2)).isEqualTo(new byte[1024]);
        rig.port.sendsTails = true;
        rig.export.apply(Rig.settings().withTraceIo(true));
        rig.export.traceTo(new FrameTrace() {
            @Override
            public void received(Frame frame) {}

            @Override
            public void sent(Frame frame) {}
        });
        assertThat(rig.ask(rig.from(Rig.ALICE).read(100, 2)).data(2)).isEqualTo(new byte[1024]);
    }

    @Test
    void nothingIsLentPastARequestThatWaitsForItsPlace() {
        int queueLength = 16;
        Rig rig = new Rig(Rig.settings().withQueueLength(queueLength));
        rig.port.sendsTails = true;
        rig.disk.lentAddress = 1 << 20;
        for (int lba = 0; lba < queueLength; lba++) {
            rig.port.receive(rig.from(Rig.ALICE).write(lba, Rig.pattern(1, 1)), rig.nowNs);
        }
        rig.port.receive(rig.from(Rig.ALICE).write(100, Rig.pattern(1, 2)), rig.nowNs);
        rig.port.receive(rig.from(Rig.BOB).read(100, 1), rig.nowNs);
        assertThat(rig.port.takeSent()).isEmpty();
        rig.settle();
        assertThat(rig.disk.done).endsWith("READ 100+1");
    }

    @Test
    void whatIsNotAllowedIsNotLentEither() {
        Rig rig = new Rig();
        rig.port.sendsTails = true;
        rig.disk.lentAddress = 1 << 20;
        assertThat(rig.ask(rig.from(Rig.ALICE).read(4095, 2)).ataError())
                .isEqualTo(AtaHeader.ERROR_IDNF);
        assertThat(rig.ask(ata(rig, AtaCommand.READ_SECTORS_EXT, 0, 3, 0)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.port.lastTailBytes).isZero();
    }

    @Test
    void the28BitCommandsMaskTheDeviceBits() {
        Rig rig = new Rig();
        long deviceBits = 0xe000_0000L;
        byte[] data = Rig.pattern(1, 3);
        rig.ask(rig.from(Rig.ALICE)
                .ata(
                        new AtaHeader.Fields(1, 0, 1, AtaCommand.WRITE_SECTORS, deviceBits | 7),
                        data));
        assertThat(rig.disk.done).containsExactly("WRITE 7+1 fua");
        Rig.Answer read = rig.ask(ata(rig, AtaCommand.READ_SECTORS, 0, 1, deviceBits | 7));
        assertThat(read.data(1)).isEqualTo(data);
    }

    @Test
    void aCountThatNoFrameCarriesIsAborted() {
        Rig rig = new Rig();
        for (int count : new int[] {0, 3, 255}) {
            for (int opcode : new int[] {AtaCommand.READ_SECTORS, AtaCommand.READ_SECTORS_EXT}) {
                Rig.Answer answer = rig.ask(ata(rig, opcode, 0, count, 0));
                assertThat(answer.status()).isEqualTo(BAD);
                assertThat(answer.ataError()).isEqualTo(AtaHeader.ERROR_ABRT);
                assertThat(AtaHeader.sectorCount(answer.frame(), 0)).isEqualTo(count);
            }
        }
    }

    @Test
    void aWriteWithFewerBytesThanItsCountIsAbortedAndNeverAnAoeError() {
        Rig rig = new Rig();
        MemorySegment frame = rig.from(Rig.ALICE).write(0, Rig.pattern(2, 1));
        rig.port.receive(frame, 36 + 1023, rig.nowNs);
        Rig.Answer answer = rig.answer();
        assertThat(answer.status()).isEqualTo(BAD);
        assertThat(answer.ataError()).isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(answer.aoeError()).isZero();
    }

    @Test
    void aReadRequestMayBeShortOrAsLongAsItsAnswer() {
        Rig rig = new Rig();
        MemorySegment frame = rig.from(Rig.ALICE).read(0, 1);
        rig.port.receive(frame, 36, rig.nowNs);
        rig.settle();
        assertThat(rig.answer().status()).isEqualTo(GOOD);
        AtaHeader.Fields probe = new AtaHeader.Fields(0x40, 0, 1, AtaCommand.READ_SECTORS_EXT, 0);
        assertThat(rig.ask(rig.from(Rig.ALICE).ata(probe, new byte[1024])).status())
                .isEqualTo(GOOD);
    }

    @Test
    void whatLiesBeyondTheEndIsNotFound() {
        Rig rig = new Rig();
        long[] lbas = {4095, 4096, AtaHeader.LBA48_MASK};
        for (long lba : lbas) {
            Rig.Answer read = rig.ask(rig.from(Rig.ALICE).read(lba, 2));
            assertThat(read.status()).isEqualTo(BAD);
            assertThat(read.ataError()).isEqualTo(AtaHeader.ERROR_IDNF);
            Rig.Answer write = rig.ask(rig.from(Rig.ALICE).write(lba, Rig.pattern(2, 0)));
            assertThat(write.ataError()).isEqualTo(AtaHeader.ERROR_IDNF);
        }
        assertThat(rig.ask(rig.from(Rig.ALICE).read(4094, 2)).status()).isEqualTo(GOOD);
    }

    @Test
    void aReadOnlyExportAbortsWrites() {
        Rig rig = new Rig(Rig.settings().withReadOnly(true));
        Rig.Answer answer = rig.ask(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(answer.ataError()).isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.ask(rig.from(Rig.ALICE).trim(0, 8)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(0, 1)).status()).isEqualTo(GOOD);
    }

    @Test
    void flushReachesTheDiskByBothOpcodes() {
        Rig rig = new Rig();
        for (int opcode : new int[] {AtaCommand.FLUSH_CACHE, AtaCommand.FLUSH_CACHE_EXT}) {
            assertThat(rig.ask(ata(rig, opcode, 0, 0, 0)).status()).isEqualTo(GOOD);
        }
        assertThat(rig.disk.done).containsExactly("FLUSH", "FLUSH");
    }

    @Test
    void aFailingFlushIsAnAtaErrorAndSoIsEveryLaterOne() {
        Rig rig = new Rig();
        rig.disk.fail(IoOperation.FLUSH, IoStatus.FAILED);
        Rig.Answer failed = rig.ask(rig.from(Rig.ALICE).flush());
        assertThat(failed.status()).isEqualTo(BAD);
        assertThat(failed.aoeError()).isZero();
        rig.disk.mend();
        assertThat(rig.ask(rig.from(Rig.ALICE).flush()).status()).isEqualTo(BAD);
        Rig.Answer write = rig.ask(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(write.status()).isEqualTo(BAD);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(0, 1)).status()).isEqualTo(GOOD);
        assertThat(rig.store.stored.syncFailed()).isTrue();
        assertThat(rig.store.stored.incarnation()).isNotEqualTo(Rig.freshState().incarnation());
    }

    @Test
    void identifyTellsSizeSerialIncarnationAndEpoch() {
        Rig rig = new Rig();
        for (int count : new int[] {0, 1, 255}) {
            Rig.Answer answer =
                    rig.ask(ata(rig, AtaCommand.IDENTIFY_DEVICE, 0, count, 0xa000_0000L));
            assertThat(answer.status()).isEqualTo(GOOD);
            assertThat(answer.frame().byteSize()).isEqualTo(36 + 512);
            IdentifyData data = IdentifyData.read(answer.frame(), AtaHeader.END);
            assertThat(data.sectors()).isEqualTo(4096);
            assertThat(data.serial()).isEqualTo(rig.export.state().serial());
            assertThat(data.vendor().orElseThrow().incarnation())
                    .isEqualTo(rig.export.state().incarnation());
            assertThat(data.vendor().orElseThrow().epoch()).isZero();
            assertThat(data.capabilities())
                    .contains(Capability.LBA48, Capability.FLUSH_EXT, Capability.TRIM_ZEROES)
                    .doesNotContain(Capability.WRITE_CACHE, Capability.WRITE_CACHE_ENABLED);
        }
    }

    private static MemorySegment boundRead(Rig rig, int mark, int tag) {
        MemorySegment frame = rig.from(Rig.ALICE).read(8, 1);
        AtaHeader.mark(frame, 0, mark);
        AoeHeader.tag(frame, 0, tag);
        return frame;
    }

    @Test
    void aReadBoundToAnotherIncarnationIsNotAnsweredWithData() {
        Rig rig = new Rig();
        int mark = IdentifyData.Vendor.mark(rig.export.state().incarnation());
        Rig.Answer bound = rig.ask(boundRead(rig, mark, 0x8000_0001));
        assertThat(bound.status()).isEqualTo(GOOD);
        assertThat(AtaHeader.mark(bound.frame(), 0)).isZero();
        Rig.Answer refused = rig.ask(boundRead(rig, mark ^ 1, 0x8000_0002));
        assertThat(refused.aoeError()).isEqualTo(AoeHeader.ERROR_UNAVAILABLE);
        assertThat(refused.frame().byteSize()).isEqualTo(60);
        assertThat(rig.count("refused.incarnation")).isEqualTo(1);
        // Those of others, who do not know of it, and whatever stands in their reserved bytes.
        assertThat(rig.ask(boundRead(rig, 0, 0x8000_0003)).status()).isEqualTo(GOOD);
        assertThat(rig.ask(boundRead(rig, mark ^ 1, 4)).status()).isEqualTo(GOOD);
    }

    @Test
    void theDiskIsAlwaysActive() {
        Rig rig = new Rig();
        Rig.Answer answer = rig.ask(ata(rig, AtaCommand.CHECK_POWER_MODE_OPCODE, 0, 0, 0));
        assertThat(answer.status()).isEqualTo(GOOD);
        assertThat(AtaHeader.sectorCount(answer.frame(), 0)).isEqualTo(0xff);
    }

    @Test
    void whatWeDoNotKnowIsAborted() {
        Rig rig = new Rig();
        for (int opcode : new int[] {0x25, 0x35, 0xb0, 0xff}) {
            Rig.Answer answer = rig.ask(ata(rig, opcode, 0, 1, 0));
            assertThat(answer.status()).isEqualTo(BAD);
            assertThat(answer.ataError()).isEqualTo(AtaHeader.ERROR_ABRT);
            assertThat(answer.aoeError()).isZero();
        }
    }

    @Test
    void theWireTurnsTheWriteCacheOffAndOnOnlyWhereTheSettingsSayOn() {
        Rig rig = new Rig(Rig.settings().withWriteCache(true));
        rig.ask(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(rig.disk.done).containsExactly("WRITE 0+1");
        rig.disk.done.clear();
        assertThat(rig.ask(ata(rig, AtaCommand.SET_FEATURES_OPCODE, 0x82, 0, 0)).status())
                .isEqualTo(GOOD);
        assertThat(rig.export.cacheOn()).isFalse();
        assertThat(rig.disk.done).as("what was acknowledged is durable").containsExactly("FLUSH");
        assertThat(rig.ask(ata(rig, AtaCommand.SET_FEATURES_OPCODE, 0x02, 0, 0)).status())
                .isEqualTo(GOOD);
        assertThat(rig.export.cacheOn()).isTrue();

        Rig off = new Rig();
        assertThat(off.ask(ata(off, AtaCommand.SET_FEATURES_OPCODE, 0x02, 0, 0)).status())
                .isEqualTo(BAD);
        assertThat(off.ask(ata(off, AtaCommand.SET_FEATURES_OPCODE, 0x03, 0, 0)).status())
                .isEqualTo(BAD);
        assertThat(off.export.cacheOn()).isFalse();
    }

    @Test
    void trimReachesTheDiskInAllItsRangesAndReadsAsZeroes() {
        Rig rig = new Rig();
        rig.ask(rig.from(Rig.ALICE).write(8, Rig.pattern(2, 9)));
        rig.disk.done.clear();
        MemorySegment frame = rig.from(Rig.ALICE).trim(8, 1);
        TrimRange.set(frame, 0, 63, 9, 1);
        assertThat(rig.ask(frame).status()).isEqualTo(GOOD);
        assertThat(rig.disk.done).containsExactly("TRIM 8+1", "TRIM 9+1", "FLUSH");
        assertThat(rig.ask(rig.from(Rig.ALICE).read(8, 2)).data(2)).containsOnly(0);
    }

    @Test
    void trimBeyondTheEndDoesNothing() {
        Rig rig = new Rig();
        MemorySegment frame = rig.from(Rig.ALICE).trim(8, 1);
        TrimRange.set(frame, 0, 1, 4090, 7);
        assertThat(rig.ask(frame).ataError()).isEqualTo(AtaHeader.ERROR_IDNF);
        assertThat(rig.disk.done).isEmpty();
    }

    @Test
    void aTrimOfWhichOneRangeFailsHasFailed() {
        Rig rig = new Rig();
        MemorySegment frame = rig.from(Rig.ALICE).trim(8, 1);
        TrimRange.set(frame, 0, 1, 16, 1);
        rig.send(frame);
        rig.disk.fail(IoOperation.TRIM, IoStatus.FAILED);
        rig.disk.completeOne();
        rig.disk.mend();
        rig.settle();
        assertThat(rig.answer().ataError()).isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.disk.done).containsExactly("TRIM 16+1", "FLUSH");
    }

    @Test
    void trimIsAbortedWhereZeroesAreNotSure() {
        BlockCapabilities unsure =
                new BlockCapabilities(true, true, true, false, 512, 512, false, false);
        Rig rig = new Rig(Rig.settings(), new FakeDisk(unsure, 64), null);
        assertThat(rig.ask(rig.from(Rig.ALICE).trim(8, 1)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        Rig.Answer identify = rig.ask(rig.from(Rig.ALICE).identify());
        assertThat(IdentifyData.read(identify.frame(), AtaHeader.END).capabilities())
                .doesNotContain(Capability.TRIM);
    }

    @Test
    void anEmptyTrimSucceedsAndTwoTrimsFollowEachOther() {
        Rig rig = new Rig();
        assertThat(rig.ask(rig.from(Rig.ALICE).trim(0, 0)).status()).isEqualTo(GOOD);
        rig.send(rig.from(Rig.ALICE).trim(0, 1));
        rig.send(rig.from(Rig.ALICE).trim(8, 1));
        rig.send(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 2)));
        rig.settle();
        assertThat(rig.port.takeSent()).hasSize(3);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(8, 1)).data(1)).isEqualTo(Rig.pattern(1, 2));
    }

    @Test
    void everyWayAnIoEndsHasItsAtaError() {
        assertThat(AtaAnswer.errorOf(IoStatus.OK, true)).isZero();
        assertThat(AtaAnswer.errorOf(IoStatus.FAILED, true)).isEqualTo(AtaHeader.ERROR_UNC);
        assertThat(AtaAnswer.errorOf(IoStatus.FAILED, false)).isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(AtaAnswer.errorOf(IoStatus.RANGE, true)).isEqualTo(AtaHeader.ERROR_IDNF);
        for (IoStatus status : IoStatus.values()) {
            assertThat(AtaAnswer.errorOf(status, false) == 0).isEqualTo(status.isOk());
        }
    }

    @Test
    void requestsBeyondTheQueueAreDroppedAndTheOthersAnswered() {
        Rig rig = new Rig(Rig.settings().withQueueLength(2));
        for (int i = 0; i < 6; i++) {
            rig.send(rig.from(Rig.ALICE).read(i, 1));
        }
        assertThat(rig.disk.inFlightCount()).isEqualTo(2);
        assertThat(rig.export.inFlightCount()).isEqualTo(4);
        assertThat(rig.count("dropped.full")).isEqualTo(2);
        rig.settle();
        assertThat(rig.port.takeSent()).hasSize(4);
        assertThat(rig.port.freeCount()).isEqualTo(64);
    }

    @Test
    void whoFillsTheQueueMakesRoomForOthers() {
        Rig rig = new Rig(Rig.settings().withQueueLength(2));
        for (int i = 0; i < 4; i++) {
            rig.send(rig.from(Rig.ALICE).write(i, Rig.pattern(1, i)));
        }
        rig.send(rig.from(Rig.BOB).read(9, 1));
        rig.send(rig.from(Rig.BOB).read(9, 1));
        assertThat(rig.count("dropped.full")).as("two writes of Alice").isEqualTo(2);
        rig.send(rig.from(Rig.BOB).read(9, 1));
        assertThat(rig.count("dropped.full")).as("and Bob's third").isEqualTo(3);
        rig.send(rig.from(Rig.ALICE)
                .fence(FenceHeader.Fields.of(FenceHeader.SET, 0, 1, List.of(Rig.ALICE))));
        assertThat(rig.isSilent()).as("the fence waits for writes under way").isTrue();
        rig.settle();
        assertThat(rig.port.takeSent()).as("and not for what was dropped").hasSize(5);
        assertThat(rig.port.freeCount()).isEqualTo(64);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(1, 1)).data(1)).isEqualTo(Rig.pattern(1, 1));
        assertThat(rig.ask(rig.from(Rig.ALICE).read(2, 1)).data(1)).isEqualTo(new byte[512]);
        rig.settleAfter(rig.from(Rig.ALICE).write(2, Rig.pattern(1, 2)));
        assertThat(rig.ask(rig.from(Rig.ALICE).read(2, 1)).data(1)).isEqualTo(Rig.pattern(1, 2));
    }

    @Test
    void aFailingDiskIsAnAtaErrorAndTheExportLives() {
        Rig rig = new Rig();
        rig.disk.fail(IoOperation.READ, IoStatus.FAILED);
        Rig.Answer answer = rig.ask(rig.from(Rig.ALICE).read(0, 1));
        assertThat(answer.ataError()).isEqualTo(AtaHeader.ERROR_UNC);
        assertThat(answer.aoeError()).isZero();
        assertThat(rig.count("failed.ios")).isEqualTo(1);
        rig.disk.fail(IoOperation.WRITE, IoStatus.NO_SPACE);
        assertThat(rig.ask(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1))).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        rig.disk.mend();
        assertThat(rig.ask(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1))).status())
                .isEqualTo(GOOD);
    }

    @Test
    void aGrownDiskIsServedWholeAndAShrunkOneUpToItsEnd() {
        Rig rig = new Rig(Rig.settings(), new FakeDisk(FakeDisk.FULL, 64), null);
        rig.disk.resize(32);
        assertThat(rig.port.takeSent()).as("it is announced").hasSize(1);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(32, 1)).frame().byteSize()).isEqualTo(60);
    }
}
