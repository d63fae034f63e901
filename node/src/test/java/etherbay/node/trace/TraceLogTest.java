// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;

/** What the log says of each frame. */
class TraceLogTest {
    private static final AtaHeader.Fields DONE =
            new AtaHeader.Fields(0, 0, 0, AtaHeader.STATUS_DRDY, 8);

    private final TraceRig rig = new TraceRig();

    @Test
    void aRequestAndItsAnswerGetALineEachAndTheAnswerItsLatency() {
        FrameTracer tracer = rig.tracer("e1.0");
        MemorySegment request = TraceRig.request(1, 0, 7).read(8, 2);
        rig.receive(request, tracer);
        rig.clock.nowNs += 144_900;
        rig.send(TraceRig.reply(request, 1, 0).ata(DONE, new byte[1024]), tracer);
        rig.turnUntilIdle();
        assertThat(rig.log).hasSize(2);
        assertThat(rig.log.getFirst())
                .matches("e1\\.0 \\d\\d:\\d\\d:00\\.000000 received"
                        + " 02:00:00:00:00:01 > 02:00:00:00:00:02 e1\\.0 tag 00000007 request"
                        + " ata read \\(24\\) lba 8 sectors 2 .*, 60 bytes");
        assertThat(rig.log.getLast())
                .matches("e1\\.0 \\d\\d:\\d\\d:00\\.000144 sent"
                        + " 02:00:00:00:00:02 > 02:00:00:00:00:01 e1\\.0 tag 00000007 reply"
                        + " ata status 40 .*, 1060 bytes, 144 us after its request");
    }

    @Test
    void aRequestAtADiskGetsALineWhenItHasEnded() {
        IoTracer tracer = rig.writer.ioTracer("e1.0");
        long submittedNs = rig.clock.nowNs;
        rig.clock.nowNs += 144_900;
        tracer.ended(new Io(1).prepare(IoOperation.WRITE, 1L << 40, 16).fua(true), submittedNs);
        Io failed = new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(_ -> {});
        failed.complete(IoStatus.FAILED);
        tracer.ended(failed, submittedNs);
        rig.turnUntilIdle();
        assertThat(rig.log).hasSize(2);
        assertThat(rig.log.getFirst())
                .matches("e1\\.0 \\d\\d:\\d\\d:00\\.000144 disk"
                        + " WRITE lba 1099511627776 sectors 16 fua OK after 144 us");
        assertThat(rig.log.getLast()).endsWith(" disk FLUSH FAILED after 144 us");
        assertThat(rig.count("trace.requests")).isEqualTo(2);
    }

    @Test
    void requestsAtADiskThatDoNotFitAreCounted() {
        IoTracer tracer = rig.writer.ioTracer("e1.0");
        Io io = new Io(1).prepare(IoOperation.READ, 0, 1);
        for (int count = 0; count < TraceRig.RING_BYTES; count++) {
            tracer.ended(io, 0);
        }
        assertThat(rig.count("trace.dropped")).isPositive();
        assertThat(rig.count("trace.requests") + rig.count("trace.dropped"))
                .isEqualTo(TraceRig.RING_BYTES);
        tracer.close();
        assertThat(rig.log).hasSize((int) rig.count("trace.requests"));
    }

    @Test
    void latenciesArePerInitiatorTagAndExport() {
        FrameTracer first = rig.tracer("e1.0");
        FrameTracer second = rig.tracer("e1.1");
        MemorySegment early = TraceRig.request(1, 0, 7).flush();
        MemorySegment other = TraceRig.request(1, 1, 7).flush();
        rig.receive(early, first);
        rig.clock.nowNs += 10_000;
        rig.receive(other, second);
        rig.clock.nowNs += 10_000;
        rig.send(TraceRig.reply(other, 1, 1).ata(DONE, new byte[0]), second);
        rig.send(TraceRig.reply(early, 1, 0).ata(DONE, new byte[0]), first);
        rig.turnUntilIdle();
        assertThat(rig.log.get(2)).startsWith("e1.1 ").endsWith(", 10 us after its request");
        assertThat(rig.log.get(3)).startsWith("e1.0 ").endsWith(", 20 us after its request");
    }

    @Test
    void aRepeatedRequestCountsFromTheLastTimeAndASecondAnswerShowsNoLatency() {
        FrameTracer tracer = rig.tracer("e1.0");
        MemorySegment request = TraceRig.request(1, 0, 7).flush();
        rig.receive(request, tracer);
        rig.clock.nowNs += 1_000_000;
        rig.receive(request, tracer);
        rig.clock.nowNs += 5_000;
        MemorySegment answer = TraceRig.reply(request, 1, 0).ata(DONE, new byte[0]);
        rig.send(answer, tracer);
        rig.send(answer, tracer);
        rig.turnUntilIdle();
        assertThat(rig.log.get(2)).endsWith(", 5 us after its request");
        assertThat(rig.log.get(3)).endsWith(" bytes");
    }

    @Test
    void aBeaconShowsNoLatency() {
        FrameTracer tracer = rig.tracer("e1.0");
        MemorySegment beacon = TraceRig.reply(TraceRig.request(1, 0, 0).configQuery(), 1, 0)
                .config(new ConfigHeader.Fields(64, 1, 2, 1, 0, 0), new byte[0]);
        rig.send(beacon, tracer);
        rig.turnUntilIdle();
        assertThat(rig.log).singleElement().asString().endsWith(" string \"\"");
    }

    @Test
    void aFrameThatSaysItComesFromTheFutureCameNow() {
        FrameTracer tracer = rig.tracer("e1.0");
        MemorySegment request = TraceRig.request(1, 0, 7).flush();
        Frame frame = rig.frame(request);
        frame.arrived(60, rig.clock.nowNs + 1_000_000);
        tracer.received(frame);
        frame.release();
        rig.send(TraceRig.reply(request, 1, 0).ata(DONE, new byte[0]), tracer);
        rig.turnUntilIdle();
        assertThat(rig.log.getLast()).endsWith(", 0 us after its request");
    }

    @Test
    void framesThatAreNoMessageHaveTheirLineToo() {
        FrameTracer tracer = rig.tracer("e1.0");
        rig.receive(TraceRig.request(1, 0, 7).read(8, 2).asSlice(0, 30), tracer);
        rig.turnUntilIdle();
        assertThat(rig.log).singleElement().asString().contains("malformed");
    }

    @Test
    void aFullRingCostsFramesThatAreCountedAndNothingElse() {
        FrameTracer tracer = rig.tracer("e1.0");
        MemorySegment request = TraceRig.request(1, 0, 7).flush();
        int frameCount = TraceRig.RING_BYTES / 32;
        for (int i = 0; i < frameCount; i++) {
            rig.receive(request, tracer);
        }
        long dropped = rig.count("trace.dropped");
        assertThat(dropped).isPositive();
        assertThat(rig.count("trace.frames")).isEqualTo(frameCount - dropped);
        rig.turnUntilIdle();
        assertThat(rig.log).hasSize((int) (frameCount - dropped));
        rig.receive(request, tracer);
        rig.turnUntilIdle();
        assertThat(rig.log).hasSize((int) (frameCount - dropped) + 1);
        assertThat(rig.count("trace.dropped")).isEqualTo(dropped);
    }
}
