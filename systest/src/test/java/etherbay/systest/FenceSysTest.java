// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;
import etherbay.systest.WriteLoad.Plan;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;

/**
 * Never two writers, on real network interfaces: fence and floor against writes in flight, judged
 * by what the disk holds and by the target's own log of the writes that it executed.
 */
@ExtendWith(ReasonInTrace.class)
class FenceSysTest {
    private static final int DISK_SECTORS = 4096;
    private static final int HALF = DISK_SECTORS / 2;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SILENCE = Duration.ofMillis(700);

    @TempDir
    Path folder;

    private Path image;
    private Path writeLog;

    /** A line of the target's log: a write that it executed. */
    private record Executed(long epoch, MacAddress mac, long lba) {
        static Executed parse(String line) {
            String[] words = line.split(" ", -1);
            return new Executed(
                    Long.parseUnsignedLong(words[0]),
                    MacAddress.parse(words[1]).orElseThrow(),
                    Long.parseLong(words[2]));
        }
    }

    @BeforeEach
    void makeDisk() throws IOException {
        image = folder.resolve("disk");
        writeLog = folder.resolve("writes");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) DISK_SECTORS * SectorLedger.SECTOR_BYTES);
        }
    }

    private Daemon serve(NetLab.Node node, String... options) {
        String[] all = new String[options.length + 2];
        all[0] = "--write-log";
        all[1] = writeLog.toString();
        System.arraycopy(options, 0, all, 2, options.length);
        return AoeServer.ETHERBAY.start(node, 1, 0, image, all);
    }

    private List<Executed> executed() throws IOException {
        return Files.readString(writeLog).lines().map(Executed::parse).toList();
    }

    private static FenceHeader.Fields fence(Initiator taker, long epoch) {
        FenceHeader.Fields set =
                FenceHeader.Fields.of(FenceHeader.SET, 0, epoch, List.of(taker.mac()));
        return FenceHeader.Fields.read(taker.ask(frames -> frames.fence(set)), 0);
    }

    private static FenceHeader.Fields inForce(Initiator reader) {
        FenceHeader.Fields read = FenceHeader.Fields.of(FenceHeader.READ, 0, 0, List.of());
        return FenceHeader.Fields.read(reader.askAgain(frames -> frames.fence(read)), 0);
    }

    private static Initiator initiator(NetLab lab, String role) {
        Initiator initiator = Initiator.on(lab.node(role), 1, 0);
        initiator.discover();
        return initiator;
    }

    @ParameterizedTest
    @CsvSource({"-s, 1500", "-s, 9000", "--buffered, 9000"})
    void afterAFencesAnswerNoWriteOfTheFormerOwnerTakesEffect(String option, int mtu)
            throws IOException {
        int sectorsMax = mtu == 1500 ? 2 : 16;
        try (NetLab lab = new NetLab(mtu);
                Daemon daemon = serve(lab.node("target"), option);
                Initiator first = initiator(lab, "first");
                Initiator second = initiator(lab, "second")) {
            Prng prng = new Prng(mtu);
            SectorLedger firsts = new SectorLedger(0, HALF, 1);
            SectorLedger seconds = new SectorLedger(HALF, HALF, 2);
            int inFlight = 0;
            fence(first, 1);
            for (long epoch = 2; epoch < 14; epoch += 2) {
                Plan plan = Plan.cacheOff(sectorsMax, prng.nextLong());
                inFlight += takeOver(first, firsts, second, epoch, plan);
                inFlight += takeOver(second, seconds, first, epoch + 1, plan);
            }
            assertThat(inFlight).as("writes in flight when a fence came").isPositive();
            assertLogHasOneWriterPerEpoch(first.mac(), second.mac());
            assertThat(daemon.isAlive()).isTrue();
            System.out.printf(
                    "fence %s, MTU %d: 12 fences, %d writes in flight at them, %d executed%n",
                    option, mtu, inFlight, executed().size());
        }
    }

    /** The taker fences off the owner, who writes all the while. @return writes in flight then */
    private int takeOver(
            Initiator owner, SectorLedger owners, Initiator taker, long epoch, Plan plan)
            throws IOException {
        try (WriteLoad load = WriteLoad.start(owner, owners, plan)) {
            Tool.await("writes", PATIENCE, () -> load.acknowledgedCount() >= 150);
            int inFlight = load.inFlightCount();
            FenceHeader.Fields answer = fence(taker, epoch);
            int executedBefore = executed().size();
            assertThat(answer.error()).isZero();
            assertThat(answer.macs()).containsExactly(taker.mac());
            long[] foundAtAnswer = owners.found(taker::read);
            long refusedBefore = load.refusedCount();
            Tool.await("refusals", PATIENCE, () -> load.refusedCount() >= refusedBefore + 200);
            load.stop();
            assertThat(load.lastError()).isEqualTo(AoeHeader.ERROR_RESERVED);
            assertThat(load.failedCount()).as("ATA errors").isZero();
            assertThat(executed()).as("executed after the fence's answer").hasSize(executedBefore);
            assertThat(owners.found(taker::read))
                    .as("what was there at the fence's answer")
                    .isEqualTo(foundAtAnswer);
            Verdict verdict = owners.judge(taker::read, Promise.ACKNOWLEDGED);
            assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
            return inFlight;
        }
    }

    private void assertLogHasOneWriterPerEpoch(MacAddress odd, MacAddress even) throws IOException {
        long epoch = 0;
        for (Executed write : executed()) {
            assertThat(write.epoch())
                    .as("epochs of the log only grow")
                    .isGreaterThanOrEqualTo(epoch);
            epoch = write.epoch();
            assertThat(write.mac())
                    .as("writer of epoch " + epoch)
                    .isEqualTo(epoch % 2 == 1 ? odd : even);
            assertThat(write.lba() < HALF).as("its half of the disk").isEqualTo(epoch % 2 == 1);
        }
    }

    @Test
    void ofTwoTakersOfOneEpochExactlyOneWinsAndBothLearnWhoDid() {
        try (NetLab lab = new NetLab(1500);
                Daemon daemon = serve(lab.node("target"), "-s");
                Initiator first = initiator(lab, "first");
                Initiator second = initiator(lab, "second")) {
            int winsOfFirst = 0;
            for (long epoch = 10; epoch <= 600; epoch += 10) {
                FenceHeader.Fields[] answers = race(first, second, epoch);
                boolean firstWon = answers[0].error() == FenceHeader.ERROR_NONE;
                winsOfFirst += firstWon ? 1 : 0;
                assertThat(answers[firstWon ? 1 : 0].error()).isEqualTo(FenceHeader.ERROR_EPOCH);
                MacAddress winner = firstWon ? first.mac() : second.mac();
                for (FenceHeader.Fields answer : answers) {
                    assertThat(answer.epoch()).isEqualTo(epoch);
                    assertThat(answer.macs()).containsExactly(winner);
                }
                Initiator loser = firstWon ? second : first;
                assertThat(fence(loser, epoch).error()).isEqualTo(FenceHeader.ERROR_EPOCH);
                assertThat(fence(loser, epoch - 1).error()).isEqualTo(FenceHeader.ERROR_EPOCH);
                assertThat(inForce(loser).macs()).containsExactly(winner);
            }
            System.out.printf("fence: 60 races for an epoch, %d won by the first%n", winsOfFirst);
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    /** Both take {@code epoch} at the same moment. */
    private static FenceHeader.Fields[] race(Initiator first, Initiator second, long epoch) {
        CyclicBarrier start = new CyclicBarrier(2);
        Executor thread = task -> Thread.ofPlatform().start(task);
        List<CompletableFuture<FenceHeader.Fields>> takers = List.of(first, second).stream()
                .map(taker -> CompletableFuture.supplyAsync(
                        () -> {
                            await(start);
                            return fence(taker, epoch);
                        },
                        thread))
                .toList();
        return new FenceHeader.Fields[] {takers.get(0).join(), takers.get(1).join()};
    }

    private static void await(CyclicBarrier start) {
        try {
            start.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFenceHoldsWhenTheTargetIsKilledAfterItsAnswer() throws IOException {
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node node = lab.node("target");
            Daemon daemon = serve(node, "-s");
            try (Initiator first = initiator(lab, "first");
                    Initiator second = initiator(lab, "second")) {
                SectorLedger firsts = new SectorLedger(0, HALF, 1);
                fence(first, 1);
                for (long epoch = 2; epoch <= 6; epoch += 2) {
                    try (WriteLoad load =
                            WriteLoad.start(first, firsts, Plan.cacheOff(16, epoch))) {
                        Tool.await("writes", PATIENCE, () -> load.acknowledgedCount() >= 100);
                        assertThat(fence(second, epoch).error()).isZero();
                        daemon.close(); // SIGKILL
                        int executedBefore = executed().size();
                        daemon = serve(node, "-s");
                        long refusedBefore = load.refusedCount();
                        Tool.await(
                                "refusals",
                                PATIENCE,
                                () -> load.refusedCount() > refusedBefore + 100);
                        load.stop();
                        assertThat(load.lastError()).isEqualTo(AoeHeader.ERROR_RESERVED);
                        assertThat(inForce(second).epoch()).isEqualTo(epoch);
                        assertThat(inForce(second).macs()).containsExactly(second.mac());
                        assertThat(executed()).hasSize(executedBefore);
                        assertThat(fence(first, epoch).error()).isEqualTo(FenceHeader.ERROR_EPOCH);
                    }
                    Verdict verdict = firsts.judge(second::read, Promise.ACKNOWLEDGED);
                    assertThat(verdict.broken()).as(verdict.firstBroken()).isZero();
                    assertThat(fence(first, epoch + 1).error()).isZero();
                }
            } finally {
                daemon.close();
            }
        }
    }

    @Test
    void aWriteWithATagBelowTheFloorIsNotExecutedAlsoAfterAKill() throws IOException {
        try (NetLab lab = new NetLab(1500)) {
            NetLab.Node node = lab.node("target");
            Daemon daemon = serve(node, "-s");
            try (Initiator initiator = initiator(lab, "client");
                    Initiator other = initiator(lab, "other")) {
                SectorLedger ledger = new SectorLedger(0, 16, 1);
                initiator.nextTag(1000);
                assertThat(write(initiator, ledger, 0)).as("before the floor").isNotNull();
                MemorySegment answer = initiator.ask(
                        frames -> frames.floor(new FloorHeader.Fields(0, 0x8000_0000 | 2000)));
                assertThat(FloorHeader.Fields.read(answer, 0))
                        .isEqualTo(new FloorHeader.Fields(0, 0x8000_0000 | 2000));
                for (int kills = 0; kills < 2; kills++) {
                    int executedBefore = executed().size();
                    long[] before = ledger.found(initiator::read);
                    initiator.nextTag(1999);
                    assertThat(write(initiator, ledger, 0)).as("just below").isNull();
                    initiator.nextTag(1002);
                    assertThat(write(initiator, ledger, 1)).as("below").isNull();
                    assertThat(executed()).hasSize(executedBefore);
                    assertThat(ledger.found(initiator::read)).isEqualTo(before);
                    initiator.nextTag(2000);
                    assertThat(write(initiator, ledger, 2)).as("at the floor").isNotNull();
                    other.nextTag(1002);
                    assertThat(write(other, ledger, 3)).as("another's tag").isNotNull();
                    assertThat(executed()).hasSize(executedBefore + 2);
                    daemon.close(); // SIGKILL
                    daemon = serve(node, "-s");
                }
            } finally {
                daemon.close();
            }
        }
    }

    /** @return the answer; null when there is none */
    private static MemorySegment write(Initiator initiator, SectorLedger ledger, long lba) {
        long number = ledger.issue(lba, 1);
        byte[] data = ledger.data(lba, 1, number);
        return initiator.answer(initiator.send(frames -> frames.write(lba, data)), SILENCE);
    }
}
