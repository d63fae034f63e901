// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.FenceHeader;
import etherbay.aoe.IdentifyData;
import etherbay.base.Prng;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;
import etherbay.systest.WriteLoad.Plan;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Acknowledged is durable: a machine with our target loses its power under load, and comes back
 * with all that was promised. It serves a file of its file system, and a bare disk; both lie on
 * disks that forget what was not flushed. Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class PowerCutSysTest {
    private static final int DATA_KIB = 48 << 10;
    private static final int DISK_SECTORS = 8192;
    private static final int SECTORS_MAX = 16;
    private static final int WRITES_MIN = 150;
    private static final int WRITES_MAX = 500;
    private static final Duration LOAD_TIMEOUT = Duration.ofMinutes(2);

    /** What a round asks of the target, and may expect after it. */
    private enum Round {
        CACHE_OFF("off", Promise.ACKNOWLEDGED),
        CACHE_ON("on", Promise.DURABLE),
        /** The experiment's control: nothing is promised, and the loss must be seen. */
        NO_FLUSH("on", Promise.NOTHING);

        final String writeCache;
        final Promise promise;

        Round(String writeCache, Promise promise) {
            this.writeCache = writeCache;
            this.promise = promise;
        }

        Plan plan(long seed) {
            return switch (this) {
                case CACHE_OFF -> Plan.cacheOff(SECTORS_MAX, seed);
                case CACHE_ON -> Plan.cacheOn(SECTORS_MAX, seed);
                case NO_FLUSH -> Plan.withoutFlush(SECTORS_MAX, seed);
            };
        }
    }

    private static final List<Round> ROUNDS = List.of(
            Round.CACHE_OFF, Round.CACHE_ON, Round.NO_FLUSH, Round.CACHE_OFF, Round.CACHE_ON);

    /** One of each kind. */
    private static final int ROUND_SHARE = 3;

    /**
     * The target syncs within a second whether it is asked or not: a power cut right after that
     * loses nothing, and shows nothing.
     */
    private static final int CONTROL_COUNT_MAX = 4;

    /** One exported disk and what is known of it. */
    private static final class Disk implements AutoCloseable {
        final String path;
        final int slot;
        final Initiator initiator;
        final SectorLedger ledger;
        String serial = "";
        long incarnation;
        long epoch;
        int lostInControl;

        Disk(Path segment, int slot, String path) {
            this.path = path;
            this.slot = slot;
            initiator = Initiator.on(segment, 1, slot);
            ledger = new SectorLedger(0, DISK_SECTORS, slot);
        }

        /** What the disk is like after the power came back. */
        void judge(Round before) {
            IdentifyData identity = initiator.identify();
            IdentifyData.Vendor ours = identity.vendor().orElseThrow();
            if (before != null) {
                assertThat(identity.serial()).as("serial").isEqualTo(serial);
                assertThat(ours.incarnation()).as("incarnation").isNotEqualTo(incarnation);
                assertThat(ours.epoch()).as("epoch in force").isEqualTo(epoch);
                Verdict verdict = ledger.judge(initiator::read, before.promise);
                System.out.printf(
                        "power cut, e1.%d %s: %d sectors broken, %d acknowledged ones lost%n",
                        slot, before, verdict.broken(), verdict.lost());
                assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
                lostInControl += before == Round.NO_FLUSH ? verdict.lost() : 0;
            }
            serial = identity.serial();
            incarnation = ours.incarnation();
        }

        /** Takes the next epoch; its answer says that this outlasts a power cut. */
        void fence() {
            FenceHeader.Fields wanted =
                    FenceHeader.Fields.of(FenceHeader.SET, 0, ++epoch, List.of(initiator.mac()));
            FenceHeader.Fields answer =
                    FenceHeader.Fields.read(initiator.ask(frames -> frames.fence(wanted)), 0);
            assertThat(answer.error()).isZero();
        }

        @Override
        public void close() {
            initiator.close();
        }
    }

    @TempDir
    Path folder;

    @Test
    void aTargetThatLosesItsPowerUnderLoadKeepsWhatItPromised() throws IOException {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        int roundCount = Share.of(ROUND_SHARE, ROUNDS.size(), "power cuts", getClass());
        Path initramfs = TargetGuest.initramfs();
        Path segment = folder.resolve("segment");
        Prng prng = new Prng(0xcafe);
        try (Daemon _ = SegmentLab.segment(segment);
                PowerCutDisk data = new PowerCutDisk(
                        PowerCutDisk.fileSystem(folder.resolve("ext4"), DATA_KIB),
                        folder.resolve("data"),
                        prng.nextLong());
                PowerCutDisk bare = new PowerCutDisk(
                        new byte[DISK_SECTORS * SectorLedger.SECTOR_BYTES],
                        folder.resolve("bare"),
                        prng.nextLong())) {
            try (Disk file = new Disk(segment, 0, "/data/disk");
                    Disk device = new Disk(segment, 1, TargetGuest.BARE_DISK)) {
                List<Disk> disks = List.of(file, device);
                List<PowerCutDisk> powered = List.of(data, bare);
                Round before = null;
                for (Round round : ROUNDS.subList(0, roundCount)) {
                    try (TargetGuest guest = TargetGuest.boot(initramfs, segment, data, bare)) {
                        serve(guest, round, disks);
                        judge(disks, before);
                        loadUntilPowerFails(guest, round, disks, powered, prng);
                        before = round;
                    }
                }
                int controlCount = 1;
                boolean more = true;
                while (more) {
                    try (TargetGuest guest = TargetGuest.boot(initramfs, segment, data, bare)) {
                        serve(guest, Round.NO_FLUSH, disks);
                        judge(disks, before);
                        more = disks.stream().anyMatch(disk -> disk.lostInControl == 0)
                                && controlCount++ < CONTROL_COUNT_MAX;
                        if (more) {
                            loadUntilPowerFails(guest, Round.NO_FLUSH, disks, powered, prng);
                            before = Round.NO_FLUSH;
                        }
                    }
                }
                assertThat(file.lostInControl).as("loss in the control, file").isPositive();
                assertThat(device.lostInControl).as("loss in the control, disk").isPositive();
            }
        }
    }

    private static void judge(List<Disk> disks, Round before) {
        for (Disk disk : disks) {
            disk.judge(before);
            disk.fence();
        }
    }

    private static void serve(TargetGuest guest, Round round, List<Disk> disks) {
        long startNs = System.nanoTime();
        guest.sh("[ -e /data/disk ] || { truncate -s %d /data/disk; sync; }"
                .formatted(DISK_SECTORS * SectorLedger.SECTOR_BYTES));
        Map<Integer, String> paths = new TreeMap<>();
        disks.forEach(disk -> paths.put(disk.slot, disk.path));
        guest.serve(round.writeCache, paths);
        disks.forEach(disk -> disk.initiator.discover());
        System.out.printf(
                "power cut: booted in %d ms, served after %d ms more%n",
                guest.bootTime().toMillis(), (System.nanoTime() - startNs) / 1_000_000);
    }

    private static void loadUntilPowerFails(
            TargetGuest guest,
            Round round,
            List<Disk> disks,
            List<PowerCutDisk> powered,
            Prng prng) {
        List<WriteLoad> loads = new ArrayList<>();
        for (Disk disk : disks) {
            loads.add(WriteLoad.start(disk.initiator, disk.ledger, round.plan(prng.nextLong())));
        }
        int writes = prng.between(WRITES_MIN, WRITES_MAX);
        long startNs = System.nanoTime();
        Tool.await(
                writes + " writes",
                LOAD_TIMEOUT,
                () -> loads.stream().allMatch(load -> load.acknowledgedCount() >= writes));
        int unflushed = powered.stream().mapToInt(PowerCutDisk::unflushedBlocks).sum();
        powered.forEach(PowerCutDisk::cut);
        guest.kill();
        loads.forEach(WriteLoad::stop);
        for (WriteLoad load : loads) {
            System.out.printf(
                    "power cut, %s after %d ms: %d writes and %d FLUSHes acknowledged, %d in"
                            + " flight, %d abandoned, %d blocks in the disks' caches%n",
                    round,
                    (System.nanoTime() - startNs) / 1_000_000,
                    load.acknowledgedCount(),
                    load.flushedCount(),
                    load.inFlightCount(),
                    load.abandonedCount(),
                    unflushed);
            assertThat(load.refusedCount()).as("refused writes").isZero();
            assertThat(load.inFlightCount()).as("writes in flight").isPositive();
        }
    }
}
