// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

final class SimDiskTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private final Simulation simulation = new Simulation("sim-disk", 7);
    private final SimMedium medium = new SimMedium(simulation, "disk", 64);
    private SimNode node = simulation.node("host");
    private SimDisk disk = medium.open(node);
    private final List<IoStatus> outcomes = new ArrayList<>();

    @AfterEach
    void end() {
        simulation.close();
    }

    @Test
    void whatIsWrittenIsRead() {
        write(8, 4, 1, false);
        settle();
        assertThat(readWrite(8, 4)).containsExactly(1L, 1L, 1L, 1L);
        assertThat(readWrite(7, 1)).containsExactly(SectorPattern.NOBODY);
    }

    @Test
    void aPowerCutKeepsWhatAFlushCovered() {
        write(0, 8, 1, false);
        settle();
        submit(new Io(1).prepare(IoOperation.FLUSH, 0, 0));
        settle();
        write(0, 8, 2, false);
        settle();
        Set<Long> seen = new HashSet<>();
        reopenAfterPowerCut();
        readWrite(0, 8).forEach(seen::add);
        assertThat(seen).isSubsetOf(1L, 2L);
        assertThat(outcomes).containsOnly(IoStatus.OK);
    }

    @Test
    void aPowerCutTearsAndLosesWhatNoFlushCovered() {
        Set<Long> seen = new HashSet<>();
        int torn = 0;
        for (int round = 1; round <= 40; round++) {
            write(0, 8, round, false);
            settle();
            reopenAfterPowerCut();
            List<Long> now = readWrite(0, 8);
            torn += new HashSet<>(now).size() > 1 ? 1 : 0;
            seen.addAll(now);
        }
        assertThat(torn).isPositive();
        assertThat(seen).hasSizeBetween(2, 39);
    }

    @Test
    void aWriteWithFuaIsDurableByItself() {
        for (int round = 1; round <= 40; round++) {
            write(0, 2, round, true);
            settle();
            reopenAfterPowerCut();
            assertThat(readWrite(0, 2)).containsExactly((long) round, (long) round);
        }
    }

    @Test
    void aKilledProcessLosesNothingThatCompleted() {
        write(3, 5, 9, false);
        settle();
        node.kill();
        reopen();
        assertThat(readWrite(3, 5)).containsOnly(9L);
    }

    @Test
    void aWriteInFlightAtAKillIsThereInPart() {
        Set<Integer> counts = new HashSet<>();
        for (int round = 1; round <= 40; round++) {
            write(0, 8, round, false);
            simulation.runFor(5_000);
            node.kill();
            reopen();
            long now = round;
            counts.add(
                    (int) readWrite(0, 8).stream().filter(found -> found == now).count());
        }
        assertThat(counts).contains(0).hasSizeGreaterThan(2);
    }

    @Test
    void whatAKilledProcessLeftIsDurableOnceTheNextOneFlushed() {
        for (int round = 1; round <= 40; round++) {
            write(0, 8, round, false);
            simulation.runFor(5_000);
            node.kill();
            reopen();
            List<Long> left = readWrite(0, 8);
            flushAndSettle();
            reopenAfterPowerCut();
            assertThat(readWrite(0, 8)).isEqualTo(left);
        }
    }

    @Test
    void onceAFlushFailedEveryLaterOneFailsUntilReopened() {
        medium.faults().failFlushes(1);
        flushAndSettle();
        flushAndSettle();
        node.kill();
        reopen();
        flushAndSettle();
        assertThat(outcomes).containsExactly(IoStatus.FAILED, IoStatus.FAILED, IoStatus.OK);
    }

    @Test
    void likeLinuxItCanForgetThatAFlushFailedAndLoseWhatItCovered() {
        int lost = 0;
        for (int round = 1; round <= 40; round++) {
            medium.faults().forgetFailedFlushes(true).failFlushes(1);
            write(0, 1, round, false);
            settle();
            flushAndSettle();
            flushAndSettle();
            assertThat(outcomes.removeLast()).isEqualTo(IoStatus.OK);
            assertThat(readWrite(0, 1)).containsOnly((long) round);
            reopenAfterPowerCut();
            lost += readWrite(0, 1).getFirst() == round ? 0 : 1;
        }
        assertThat(lost).isBetween(5, 40);
    }

    @Test
    void badRangesAndAFullMediumFailTheirRequestsOnly() {
        medium.faults().badWrites(10, 1).badReads(20, 1).space(4);
        write(8, 4, 1, false);
        write(20, 2, 2, false);
        write(0, 2, 3, false);
        settle();
        write(40, 8, 4, false);
        settle();
        assertThat(outcomes)
                .containsExactlyInAnyOrder(
                        IoStatus.FAILED, IoStatus.OK, IoStatus.OK, IoStatus.NO_SPACE);
        submit(read(20, 2));
        settle();
        assertThat(outcomes.getLast()).isEqualTo(IoStatus.FAILED);
    }

    @Test
    void refusalsCompleteAtOnce() {
        write(63, 2, 1, false);
        assertThat(outcomes).containsExactly(IoStatus.RANGE);
        assertThat(disk.inFlightCount()).isZero();
    }

    @Test
    void blocksOf4096BytesAreWhole() {
        SimMedium large = new SimMedium(simulation, "4k", 64)
                .capabilities(
                        new BlockCapabilities(true, false, false, false, 4096, 4096, false, false));
        for (int round = 1; round <= 20; round++) {
            SimNode host = simulation.node("4k");
            disk = large.open(host);
            write(0, 16, round, false);
            settle();
            host.powerCut();
            disk = large.open(simulation.node("4k again"));
            List<Long> found = readWrite(0, 16);
            assertThat(new HashSet<>(found.subList(0, 8))).hasSize(1);
            assertThat(new HashSet<>(found.subList(8, 16))).hasSize(1);
            disk.close();
        }
    }

    @Test
    void quiesceWaitsForWhatIsInFlightAndNoLonger() {
        List<String> order = new ArrayList<>();
        disk.submit(read(0, 1).then(io -> order.add("read")));
        disk.quiesce(() -> order.add("quiet"));
        assertThat(order).isEmpty();
        settle();
        assertThat(order).containsExactly("read", "quiet");
    }

    private void reopenAfterPowerCut() {
        node.powerCut();
        reopen();
    }

    private void reopen() {
        node = simulation.node("host");
        disk = medium.open(node);
    }

    private void settle() {
        assertThat(simulation.runUntilQuiet(SECOND_NS)).isTrue();
        assertThat(disk.inFlightCount()).isZero();
    }

    private void flushAndSettle() {
        submit(new Io(1).prepare(IoOperation.FLUSH, 0, 0));
        settle();
    }

    private void write(long lba, int sectors, long number, boolean fua) {
        MemorySegment memory = memory(sectors);
        SectorPattern.fill(memory, 0, lba, sectors, number);
        Io io = new Io(2).prepare(IoOperation.WRITE, lba, sectors).fua(fua);
        int first = BlockDevice.SECTOR_BYTES / 2; // pieces that end within a sector
        submit(io.segment(memory, 0, first)
                .segment(memory, first, sectors * BlockDevice.SECTOR_BYTES - first));
    }

    private Io read(long lba, int sectors) {
        return new Io(1)
                .prepare(IoOperation.READ, lba, sectors)
                .segment(memory(sectors), 0, sectors * BlockDevice.SECTOR_BYTES);
    }

    private List<Long> readWrite(long lba, int sectors) {
        Io io = read(lba, sectors);
        submit(io);
        settle();
        assertThat(outcomes.removeLast()).isEqualTo(IoStatus.OK);
        List<Long> writes = new ArrayList<>();
        for (int index = 0; index < sectors; index++) {
            long at = (long) index * BlockDevice.SECTOR_BYTES;
            writes.add(SectorPattern.writeOf(io.segmentMemory(0), at, lba + index));
        }
        return writes;
    }

    private void submit(Io io) {
        disk.submit(io.then(ended -> outcomes.add(ended.status())));
    }

    private MemorySegment memory(int sectors) {
        return simulation.arena().allocate((long) sectors * BlockDevice.SECTOR_BYTES, 4096);
    }
}
