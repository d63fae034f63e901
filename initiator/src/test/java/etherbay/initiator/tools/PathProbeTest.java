// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Payload;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

class PathProbeTest {
    private final FakeWire wire = new FakeWire(9000);
    private final FakeTarget target = wire.target();

    @AfterEach
    void close() {
        wire.close();
    }

    private PathProbe.Result probe() {
        return new PathProbe(wire.path(), 4096).run();
    }

    private static boolean wider(MemorySegment frame, int sectorCount) {
        return frame.byteSize() > Payload.frameBytes(sectorCount);
    }

    @Test
    void aGoodPathPassesAllThatTheMtuCarries() {
        assertThat(probe()).isEqualTo(new PathProbe.Result(17, 17, "", 200, 0, 16, 0));
    }

    @ParameterizedTest
    @CsvSource({"2, 17", "17, 2", "1, 1", "16, 9"})
    void eachDirectionHasItsOwnLimit(int out, int in) {
        target.loses = request -> wider(request, out);
        target.losesReply = reply -> wider(reply, in);
        PathProbe.Result result = probe();
        assertThat(result.outSectors()).isEqualTo(out);
        assertThat(result.inSectors()).isEqualTo(in);
        assertThat(result.lostCount()).isZero();
    }

    @Test
    void noMoreIsReadThanTheTargetStatesAndTheDiskHas() {
        target.sectorsMax = 8;
        assertThat(probe().inSectors()).isEqualTo(8);
        assertThat(new PathProbe(wire.path(), 3).run().inSectors()).isEqualTo(3);
        assertThat(new PathProbe(wire.path(), 0).run().inSectors()).isZero();
    }

    @Test
    void lossesAreCountedAtTheLargestSize() {
        int[] number = {0};
        target.loses = request -> wider(request, 16) && ++number[0] % 25 == 0;
        PathProbe.Result result = probe();
        assertThat(result.outSectors()).isEqualTo(17);
        assertThat(result.roundCount()).isEqualTo(200);
        assertThat(result.lostCount()).isEqualTo(4);
    }

    @Test
    void aPathThatLosesAllFromNowOnIsGivenUp() {
        int[] number = {0};
        target.loses = request -> ++number[0] > 40;
        PathProbe.Result result = probe();
        assertThat(result.lostCount()).isEqualTo(20);
        assertThat(result.roundCount()).isLessThan(40);
        assertThat(result.burstLostCount()).isEqualTo(16);
    }

    @Test
    void aBurstThatOverflowsTheBuffersIsSeenAndRoundTripsAreNot() {
        target.bufferCount = 32;
        int[] unseen = {0};
        // Room for 20: what the client has not heard of yet is still in the buffer.
        target.loses = request -> FakeTarget.isIdentify(request) && unseen[0] >= 20;
        target.last = reply -> {
            unseen[0]++;
            return reply;
        };
        wire.afterEachTurn(() -> unseen[0] = 0);
        PathProbe.Result result = probe();
        assertThat(result.lostCount()).isZero();
        assertThat(result.burstCount()).isEqualTo(32);
        assertThat(result.burstLostCount()).isEqualTo(12);
    }

    @Test
    void aRefusalToReadIsNoLimitOfThePath() {
        target.answer = (request, frames) -> FakeTarget.isRead(request)
                ? Optional.of(frames.refused(AoeHeader.ERROR_RESERVED).identify())
                : target.byTheBook(request, frames);
        PathProbe.Result result = probe();
        assertThat(result.inSectors()).isZero();
        assertThat(result.inRefusal()).isEqualTo("it is reserved by others");
        assertThat(result.roundCount()).as("only to the target").isEqualTo(100);
    }

    @Test
    void aReadThatFailsSaysHow() {
        target.answer = (request, frames) -> FakeTarget.isRead(request)
                ? Optional.of(frames.ata(
                        new AtaHeader.Fields(0, AtaHeader.ERROR_ABRT, 1, 0x41, 0), new byte[0]))
                : target.byTheBook(request, frames);
        assertThat(probe().inRefusal()).contains("it refused a read", "failed error 04");
    }

    @Test
    void aTargetThatDoesNotIdentifyIsNotMeasured() {
        target.loses = FakeTarget::isIdentify;
        assertThat(probe()).isEqualTo(PathProbe.Result.SILENT);
    }
}
