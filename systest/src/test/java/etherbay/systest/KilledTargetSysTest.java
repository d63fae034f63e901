// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;
import etherbay.systest.WriteLoad.Plan;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code kill -9} of the target's process under load, and what it knows and holds when it is back.
 * The machine goes on running, so its page cache survives: a power cut asks for more, see {@link
 * PowerCutSysTest}.
 */
@ExtendWith(ReasonInTrace.class)
class KilledTargetSysTest {
    private static final int DISK_SECTORS = 16384;
    private static final int ROUND_COUNT = 3;
    private static final byte[] CONFIG = "node1:disk0".getBytes(StandardCharsets.US_ASCII);
    private static final MacAddress STRANGER = new MacAddress(0x0200_0000_0777L);

    /** All that a target must remember. */
    private record Remembered(
            String serial,
            long incarnation,
            long epoch,
            List<MacAddress> owners,
            List<MacAddress> reservations,
            List<MacAddress> masks,
            String config) {

        static Remembered by(Initiator initiator) {
            IdentifyData identity = initiator.identify();
            FenceHeader.Fields read = FenceHeader.Fields.of(FenceHeader.READ, 0, 0, List.of());
            FenceHeader.Fields fence =
                    FenceHeader.Fields.read(initiator.askAgain(frames -> frames.fence(read)), 0);
            ReserveHeader.Fields holders = ReserveHeader.Fields.read(
                    initiator.askAgain(frames ->
                            frames.reserve(ReserveHeader.Fields.of(ReserveHeader.READ, List.of()))),
                    0);
            MaskHeader.Fields masks = MaskHeader.Fields.read(
                    initiator.askAgain(frames ->
                            frames.mask(MaskHeader.Fields.of(MaskHeader.READ, List.of()))),
                    0);
            MemorySegment config = initiator.askAgain(AoeFrames::configQuery);
            return new Remembered(
                    identity.serial(),
                    identity.vendor().orElseThrow().incarnation(),
                    fence.epoch(),
                    fence.macs(),
                    holders.macs(),
                    masks.directives().stream().map(MaskHeader.Directive::mac).toList(),
                    new String(ConfigHeader.string(config, 0), StandardCharsets.US_ASCII));
        }
    }

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"false, 1500", "true, 9000"})
    void aKilledTargetComesBackWithAllThatItAcknowledgedAndRemembered(boolean cacheOn, int mtu)
            throws IOException {
        Path image = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) DISK_SECTORS * SectorLedger.SECTOR_BYTES);
        }
        String[] options = cacheOn ? new String[0] : new String[] {"-s"};
        Prng prng = new Prng(mtu);
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node node = lab.node("target");
            Daemon daemon = AoeServer.ETHERBAY.start(node, 1, 0, image, options);
            try (Initiator initiator = Initiator.on(lab.node("client"), 1, 0)) {
                initiator.discover();
                try (Capture capture = Capture.start(node, folder.resolve("state.pcap"))) {
                    configure(initiator);
                    capture.assertAllWellFormed(node.mac());
                }
                Remembered before = Remembered.by(initiator);
                SectorLedger ledger = new SectorLedger(0, DISK_SECTORS, mtu);
                for (int round = 0; round < ROUND_COUNT; round++) {
                    int sectorsMax = mtu == 1500 ? 2 : 16;
                    Plan plan = cacheOn
                            ? Plan.cacheOn(sectorsMax, prng.nextLong())
                            : Plan.cacheOff(sectorsMax, prng.nextLong());
                    try (WriteLoad load = WriteLoad.start(initiator, ledger, plan)) {
                        killUnderLoad(daemon, load, prng);
                    }
                    daemon = AoeServer.ETHERBAY.start(node, 1, 0, image, options);
                    assertThat(Remembered.by(initiator)).isEqualTo(before);
                    // The page cache kept what the process wrote, flushed or not.
                    Verdict verdict = ledger.judge(initiator::read, Promise.ACKNOWLEDGED);
                    assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
                }
            } finally {
                daemon.close();
            }
        }
    }

    private static void configure(Initiator initiator) {
        MacAddress self = initiator.mac();
        MemorySegment config = initiator.ask(frames -> frames.config(
                ConfigHeader.Fields.request(ConfigHeader.SET, CONFIG.length), CONFIG));
        assertThat(AoeHeader.error(config, 0)).as("config is set").isFalse();
        List<MaskHeader.Directive> masks = List.of(
                new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, self),
                new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, STRANGER));
        MemorySegment mask =
                initiator.ask(frames -> frames.mask(MaskHeader.Fields.of(MaskHeader.EDIT, masks)));
        assertThat(MaskHeader.Fields.read(mask, 0).error()).isZero();
        MemorySegment reserve = initiator.ask(frames ->
                frames.reserve(ReserveHeader.Fields.of(ReserveHeader.SET, List.of(self))));
        assertThat(AoeHeader.error(reserve, 0)).as("reserved").isFalse();
        FenceHeader.Fields fence = FenceHeader.Fields.of(FenceHeader.SET, 0, 7, List.of(self));
        assertThat(FenceHeader.Fields.read(initiator.ask(frames -> frames.fence(fence)), 0)
                        .error())
                .isZero();
        Remembered now = Remembered.by(initiator);
        assertThat(now.epoch()).isEqualTo(7);
        assertThat(now.owners()).containsExactly(self);
        assertThat(now.reservations()).containsExactly(self);
        assertThat(now.masks()).containsExactlyInAnyOrder(self, STRANGER);
        assertThat(now.config()).isEqualTo("node1:disk0");
    }

    private static void killUnderLoad(Daemon daemon, WriteLoad load, Prng prng) {
        int writes = prng.between(200, 2000);
        Tool.await(
                writes + " writes",
                Duration.ofSeconds(60),
                () -> load.acknowledgedCount() >= writes);
        daemon.close(); // SIGKILL
        load.stop();
        System.out.printf(
                "kill -9: %d writes and %d FLUSHes acknowledged, %d in flight, %d abandoned%n",
                load.acknowledgedCount(),
                load.flushedCount(),
                load.inFlightCount(),
                load.abandonedCount());
        assertThat(load.inFlightCount()).as("writes in flight").isPositive();
        assertThat(load.refusedCount()).as("refused writes").isZero();
    }
}
