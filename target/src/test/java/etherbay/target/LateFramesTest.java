// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AtaHeader;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;

/** A late duplicate of a write never overtakes a newer one. */
class LateFramesTest {
    private static byte[] readBack(Rig rig, long lba) {
        return rig.ask(rig.from(Rig.ALICE).read(lba, 1)).data(1);
    }

    @Test
    void aWriteThatArrivedBeforeTheNewestOverlappingOneIsDroppedWhateverItsPort() {
        Rig rig = new Rig();
        MemorySegment older = rig.from(Rig.ALICE).write(8, Rig.pattern(2, 1));
        MemorySegment newer = rig.from(Rig.ALICE).write(9, Rig.pattern(1, 2));
        rig.otherPort.receive(newer, rig.nowNs);
        rig.port.receive(older, rig.nowNs - 1);
        rig.settle();
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.count("dropped.late")).isEqualTo(1);
        assertThat(readBack(rig, 9)).isEqualTo(Rig.pattern(1, 2));
    }

    @Test
    void aWriteThatWaitedWhileTheExportWasOpenedAnewDoesNotOvertakeWhatCameBefore() {
        Rig rig = new Rig();
        rig.settleAfter(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 2)));
        Export after = new Export(
                rig.loop,
                rig.counters,
                Rig.settings(),
                rig.disk,
                new ExportRecords(rig.export.state(), rig.store, null, () -> 1));
        rig.target.replace(rig.export, after);
        rig.port.takeSent();
        rig.otherPort.takeSent();
        rig.otherPort.receive(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 1)), rig.nowNs - 1);
        rig.settle();
        assertThat(rig.otherPort.takeSent()).isEmpty();
        assertThat(rig.count("dropped.late")).isEqualTo(1);
        assertThat(readBack(rig, 8)).isEqualTo(Rig.pattern(1, 2));
    }

    @Test
    void aRepetitionOfWhatWasDroppedIsTaken() {
        Rig rig = new Rig();
        rig.otherPort.receive(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 2)), rig.nowNs);
        rig.port.receive(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 1)), rig.nowNs - 1);
        rig.port.receive(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 3)), rig.nowNs + 1);
        rig.settle();
        assertThat(rig.port.takeSent()).hasSize(1);
        assertThat(readBack(rig, 8)).isEqualTo(Rig.pattern(1, 3));
    }

    @Test
    void aTrimIsLateLikeAWriteAndMakesWritesLate() {
        Rig rig = new Rig();
        rig.otherPort.receive(rig.from(Rig.ALICE).trim(0, 4096), rig.nowNs);
        rig.port.receive(rig.from(Rig.ALICE).write(4000, Rig.pattern(1, 1)), rig.nowNs - 1);
        rig.port.receive(rig.from(Rig.ALICE).trim(17, 1), rig.nowNs - 1);
        rig.settle();
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.count("dropped.late")).isEqualTo(2);
    }

    @Test
    void readsAreNeverLate() {
        Rig rig = new Rig();
        rig.otherPort.receive(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 2)), rig.nowNs);
        rig.port.receive(rig.from(Rig.ALICE).read(8, 1), rig.nowNs - 1);
        rig.settle();
        assertThat(new Rig.Answer(rig.port.takeSent().getFirst()).status()).isEqualTo(0x40);
    }

    @Test
    void framesThatWaitedLongerThanHalfASecondAreDropped() {
        Rig rig = new Rig();
        rig.loop.turn(rig.nowNs);
        rig.port.receive(
                rig.from(Rig.ALICE).write(8, Rig.pattern(1, 1)), rig.nowNs - 500 * Rig.MS - 1);
        rig.port.receive(rig.from(Rig.ALICE).configQuery(), rig.nowNs - 500 * Rig.MS - 1);
        rig.settle();
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.count("dropped.age")).isEqualTo(2);
        rig.port.receive(rig.from(Rig.ALICE).write(8, Rig.pattern(1, 1)), rig.nowNs - 500 * Rig.MS);
        rig.settle();
        assertThat(rig.port.takeSent()).hasSize(1);
    }

    @Test
    void overlappingWritesTakeEffectInTheOrderOfArrivalThoughTheyWait() {
        Rig rig = new Rig(Rig.settings().withQueueLength(2));
        for (int i = 0; i < 4; i++) {
            rig.send(rig.from(Rig.ALICE).write(8, Rig.pattern(1, i)));
        }
        assertThat(rig.disk.inFlightCount()).isEqualTo(1);
        rig.settle();
        assertThat(rig.port.takeSent()).hasSize(4);
        assertThat(readBack(rig, 8)).isEqualTo(Rig.pattern(1, 3));
    }

    @Test
    void regionsDoNotOverlapWhenTheirStampsDiffer() {
        ArrivalOrder order = new ArrivalOrder();
        order.admitted(15, 2, 100);
        assertThat(order.isLate(0, 1, 99)).as("the region of sector 15").isTrue();
        assertThat(order.isLate(31, 1, 99)).as("the region of sector 16").isTrue();
        assertThat(order.isLate(0, 1, 100)).as("the same moment").isFalse();
        assertThat(order.isLate(32, 16, 99)).isFalse();
        assertThat(order.isLate(0, 0, 99)).as("nothing").isFalse();
        order.admitted(AtaHeader.LBA48_MASK, 1, 200);
        assertThat(order.isLate(AtaHeader.LBA48_MASK, 1, 199)).isTrue();
        order.admitted(0, 65535, 300);
        assertThat(order.isLate(AtaHeader.LBA48_MASK, 1, 299))
                .as("a large trim is everywhere")
                .isTrue();
    }
}
