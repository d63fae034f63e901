// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.FenceHeader;
import etherbay.aoe.TrimRange;
import etherbay.base.EtherbayException;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Settings, the log of writes, failed syncs over restarts, and the end of an export. */
class ExportTest {
    @Test
    void settingsThatAreNotAllowedAreRefusedWithWhatIs() {
        assertThatThrownBy(() -> ExportSettings.of(65535, 0)).hasMessageContaining("shelf 65535");
        assertThatThrownBy(() -> ExportSettings.of(4095, 0)).hasMessageContaining("4095");
        assertThatThrownBy(() -> ExportSettings.of(0, 255)).hasMessageContaining("slot 255");
        ExportSettings good = ExportSettings.of(65534, 254);
        assertThatThrownBy(() -> good.withQueueLength(1)).hasMessageContaining("queue-length 1");
        assertThatThrownBy(() -> good.withSectorsMax(256)).hasMessageContaining("sectors 256");
        assertThatThrownBy(() -> good.withModel("x".repeat(41), "1")).hasMessageContaining("model");
        assertThatThrownBy(() -> good.withModel("m", "\u00fc")).hasMessageContaining("firmware");
        assertThatThrownBy(() -> good.withFrameAgeNsMax(0)).isInstanceOf(EtherbayException.class);
        assertThat(good.name()).isEqualTo("e65534.254");
    }

    @Test
    void theLogTellsEachExecutedWriteWithTheTermUnderWhichItWasAdmitted() {
        List<String> lines = new ArrayList<>();
        WriteLog log = (epoch, mac, lba, sectors, crc32c) ->
                lines.add("%d %x %d %d %08x".formatted(epoch, mac, lba, sectors, crc32c));
        Rig rig = new Rig(Rig.settings(), new FakeDisk(FakeDisk.FULL, 64), log);
        byte[] data = Rig.pattern(2, 3);
        CRC32C crc32c = new CRC32C();
        crc32c.update(data);
        String crc = "%08x".formatted(crc32c.getValue());
        rig.send(rig.from(Rig.BOB).write(8, data));
        rig.send(rig.from(Rig.ALICE)
                .fence(FenceHeader.Fields.of(FenceHeader.SET, 0, 3, List.of(Rig.ALICE))));
        rig.settle();
        rig.settleAfter(rig.from(Rig.ALICE).write(10, data));
        MemorySegment trim = rig.from(Rig.ALICE).trim(8, 1);
        TrimRange.set(trim, 0, 1, 20, 4);
        rig.settleAfter(trim);
        rig.disk.fail(IoOperation.WRITE, IoStatus.FAILED);
        rig.settleAfter(rig.from(Rig.ALICE).write(12, data));
        assertThat(lines)
                .containsExactly(
                        "0 2000000000b 8 2 " + crc,
                        "3 2000000000a 10 2 " + crc,
                        "3 2000000000a 8 1 00000000",
                        "3 2000000000a 20 4 00000000");
    }

    @Test
    void anExportThatOpensAfterAFailedSyncRefusesWritesUntilItIsClearedAndReopened() {
        ExportState failed = Rig.freshState().withFailedSync(new Prng(3)::nextLong);
        FakeDisk disk = new FakeDisk(FakeDisk.FULL, 64);
        Rig rig = new Rig(Rig.settings(), disk, null, failed);
        assertThat(rig.export.syncFailed()).isTrue();
        assertThat(rig.ask(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1))).status())
                .isEqualTo(0x41);
        assertThat(rig.ask(rig.from(Rig.ALICE).flush()).status()).isEqualTo(0x41);
        List<Boolean> stored = new ArrayList<>();
        rig.export.change(ExportState::cleared, stored::add);
        assertThat(stored).containsExactly(true);
        Rig again = new Rig(Rig.settings(), disk, null, rig.store.stored);
        assertThat(again.ask(again.from(Rig.ALICE).write(0, Rig.pattern(1, 1))).status())
                .isEqualTo(0x40);
    }

    @Test
    void aFailedSyncThatCannotBeRecordedIsTriedAgain() {
        Rig rig = new Rig();
        rig.store.broken = true;
        rig.disk.fail(IoOperation.FLUSH, IoStatus.FAILED);
        rig.ask(rig.from(Rig.ALICE).flush());
        assertThat(rig.store.stored.syncFailed()).isFalse();
        rig.store.broken = false;
        rig.nowNs += 10_000 * Rig.MS;
        rig.settle();
        assertThat(rig.store.stored.syncFailed()).isTrue();
    }

    @Test
    void aStopEndsWhatIsInFlightFlushesAndIsRecordedAsClean() {
        Rig rig = new Rig(Rig.settings().withWriteCache(true));
        List<String> events = new ArrayList<>();
        rig.send(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        rig.export.stop(() -> events.add("stopped"));
        rig.send(rig.from(Rig.ALICE).read(0, 1));
        assertThat(rig.count("dropped.stopped")).isEqualTo(1);
        assertThat(events).isEmpty();
        rig.settle();
        assertThat(rig.port.takeSent()).as("the write").hasSize(1);
        assertThat(events).containsExactly("stopped");
        assertThat(rig.disk.done).containsExactly("WRITE 0+1", "FLUSH");
        assertThat(rig.store.stored.cleanStop()).isTrue();
    }

    @Test
    void aStopWhoseFlushFailsIsNotClean() {
        Rig rig = new Rig();
        rig.disk.fail(IoOperation.FLUSH, IoStatus.FAILED);
        List<String> events = new ArrayList<>();
        rig.export.stop(() -> events.add("stopped"));
        rig.settle();
        assertThat(events).containsExactly("stopped");
        assertThat(rig.store.stored.cleanStop()).isFalse();
        assertThat(rig.store.stored.syncFailed()).isTrue();
    }

    /** Whoever stopped it lets go of the disk: a sync that comes later would find none. */
    @Test
    void aStoppedExportAsksItsDiskForNothingMore() {
        Rig rig = new Rig(Rig.settings().withWriteCache(true));
        rig.settleAfter(rig.from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        rig.disk.fail(IoOperation.FLUSH, IoStatus.OFFLINE);
        rig.export.stop(() -> {});
        rig.settle();
        rig.nowNs += 5_000 * Rig.MS;
        rig.loop.turn(rig.nowNs);
        assertThat(rig.disk.inFlightCount()).isZero();
    }
}
