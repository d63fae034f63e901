// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Epoch;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.sim.SimStore;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What a leg cannot give, by md's log on it: the log stands until that was written anew. */
final class MirrorBadBlocksTest {
    private static final int LOG_SECTOR = 1024;
    private static final long LOG_SECTORS = 8;
    private static final int VALUE = 5;
    private static final int STALE = 6;

    /** A mirror whose {@code s1} has a log that names 8 sectors at each of these, stale there. */
    private static MirrorRig withLog(long... lbas) {
        MirrorRig rig = new MirrorRig(2).create().open();
        List<BadBlocks.Range> ranges = new ArrayList<>();
        for (long lba : lbas) {
            rig.write(lba, 8, VALUE);
            ranges.add(new BadBlocks.Range(MirrorRig.DATA_OFFSET + lba, 8));
        }
        rig.stop();
        MemorySegment block = rig.world().arena().allocate(4096, 512);
        SuperblockFormat.encode(logging(rig.superblock(1)), block, 0);
        write(rig, SuperblockFormat.SECTOR, block);
        BadBlocks.encode(ranges, block, 0, (int) LOG_SECTORS, 0);
        write(rig, LOG_SECTOR, block);
        block.fill((byte) STALE);
        for (long lba : lbas) {
            write(rig, MirrorRig.DATA_OFFSET + lba, block);
        }
        return rig.kill();
    }

    private static Superblock logging(Superblock own) {
        return new Superblock(
                own.featureMap() | SuperblockFormat.BAD_BLOCKS,
                own.arrayId(),
                own.name(),
                own.createdUs(),
                own.level(),
                own.sizeSectors(),
                own.legCount(),
                own.bitmapOffset(),
                own.dataOffset(),
                own.dataSectors(),
                own.superOffset(),
                own.recoveryOffset(),
                own.deviceNumber(),
                own.deviceId(),
                own.deviceFlags(),
                0,
                (int) LOG_SECTORS,
                LOG_SECTOR - (int) own.superOffset(),
                own.updatedUs(),
                own.events(),
                own.resyncOffset(),
                own.roles());
    }

    private static void write(MirrorRig rig, long sector, MemorySegment block) {
        List<IoStatus> ended = new ArrayList<>();
        Io io = new Io(1)
                .prepare(IoOperation.WRITE, sector, 8)
                .segment(block, 0, 4096)
                .fua(true)
                .then(done -> ended.add(done.status()));
        Part part = rig.part(1);
        rig.node.tell(
                () -> part.gate().claim(new Epoch(100), claimed -> part.device().submit(io)));
        rig.until("written", () -> !ended.isEmpty());
        assertThat(ended).containsExactly(IoStatus.OK);
    }

    private static List<BadBlocks.Range> log(MirrorRig rig) {
        MemorySegment first = MemorySegment.ofArray(rig.stores.get(1).medium().peek(LOG_SECTOR));
        return BadBlocks.decode(first, 0, 1, 0, "s1");
    }

    private static void assertWrittenAnew(MirrorRig rig, long lba) {
        rig.until("the log is empty", () -> log(rig).isEmpty());
        for (long sector = lba; sector < lba + 8; sector++) {
            assertThat(rig.peek(1, sector)).as("sector %d", sector).isEqualTo(VALUE);
        }
    }

    @Test
    void aLegThatReturnsByBitmapCannotGiveWhatItsLogNamesUntilThatWasWrittenAnew() {
        try (MirrorRig rig = withLog(40)) {
            rig.stores.get(0).medium().faults().badReads(MirrorRig.DATA_OFFSET + 40, 8);
            rig.open();
            rig.runFor(MirrorRig.SECOND_NS);
            assertThat(rig.read(40)).as("no leg can give it").isEqualTo(-1);
            rig.stores.get(1).silence();
            assertThat(rig.write(100, 1, 7)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s1", "faulty");
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "in sync");
            rig.runFor(MirrorRig.SECOND_NS);
            assertThat(rig.read(40)).as("nor by now").isEqualTo(-1);
            assertThat(log(rig)).hasSize(1);
            rig.stores.get(0).medium().faults().heal();
            rig.stores.get(1).silence();
            assertThat(rig.write(100, 1, 8)).isEqualTo(IoStatus.OK);
            rig.untilStanding("s1", "faulty");
            rig.stores.get(1).answer();
            rig.untilStanding("s1", "in sync");
            assertWrittenAnew(rig, 40);
        }
    }

    @Test
    void aLogIsNotEmptiedWhereTheLegHasLeftBeforeAllWasWrittenAnew() {
        try (MirrorRig rig = withLog(40, 80)) {
            rig.syncBytesPerSecond = 1024;
            rig.open();
            rig.runFor(MirrorRig.SECOND_NS);
            assertThat(rig.peek(1, 40)).as("the first was").isEqualTo(VALUE);
            assertThat(rig.peek(1, 80)).as("the second waits").isEqualTo(STALE);
            rig.mirror().fail("s1");
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(log(rig)).hasSize(2);
            assertThat(rig.told).noneMatch(said -> said.contains("written anew, up to sector 87"));
            assertThat(MirrorLegsTest.add(rig, 1, false)).isEmpty();
            rig.untilStanding("s1", "in sync");
            assertWrittenAnew(rig, 80);
        }
    }

    @Test
    void whatSilenceKeptFromBeingWrittenAnewIsWrittenOnceTheLegAnswers() {
        try (MirrorRig rig = withLog(40, 80)) {
            rig.syncBytesPerSecond = 1024;
            rig.open();
            rig.runFor(3_800_000_000L); // the second one is next
            rig.stores.get(1).silence();
            rig.runFor(MirrorRig.SECOND_NS / 2);
            rig.stores.get(0).silence();
            rig.runFor(20 * MirrorRig.SECOND_NS);
            rig.stores.forEach(SimStore::answer);
            rig.runFor(5 * MirrorRig.SECOND_NS);
            assertThat(rig.standing("s1")).isEqualTo("in sync");
            assertWrittenAnew(rig, 80);
        }
    }

    @Test
    void whatNoOtherLegCouldGiveIsWrittenAnewOnceOneIsInSync() {
        try (MirrorRig rig = withLog(40, 80)) {
            rig.syncBytesPerSecond = 1024;
            rig.open();
            rig.runFor(MirrorRig.SECOND_NS);
            rig.mirror().fail("s0");
            rig.runFor(10 * MirrorRig.SECOND_NS);
            assertThat(log(rig)).hasSize(2);
            assertThat(MirrorLegsTest.add(rig, 0, false)).isEmpty();
            rig.untilStanding("s0", "in sync");
            assertWrittenAnew(rig, 80);
        }
    }

    /** Notes what reaches a disk. */
    private static final class Noted extends DeviceDecorator {
        private final List<String> notes;

        Noted(BlockDevice below, List<String> notes) {
            super(below);
            this.notes = notes;
        }

        @Override
        public void submit(Io io) {
            if (io.operation() == IoOperation.FLUSH) {
                notes.add("flush");
            } else if (io.operation() == IoOperation.WRITE && io.lba() >= LOG_SECTOR) {
                notes.add("write " + io.lba());
            }
            below().submit(io);
        }
    }

    @Test
    void whatWasWrittenAnewIsDurableBeforeTheLogIsEmptied() {
        try (MirrorRig rig = withLog(40)) {
            Part part = rig.part(1);
            List<String> notes = new ArrayList<>();
            Part noted = new Part("s1", new Noted(part.device(), notes), part.gate(), "");
            rig.open(List.of(rig.part(0), noted), false, false);
            rig.until("emptied", () -> log(rig).isEmpty());
            String data = "write " + (MirrorRig.DATA_OFFSET + 40);
            assertThat(notes).containsSubsequence(data, "flush", "write " + LOG_SECTOR);
        }
    }
}
