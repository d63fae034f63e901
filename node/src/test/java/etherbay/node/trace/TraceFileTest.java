// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Frame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The capture files: their bytes, their bound, who shares them and what ends them. */
@Timeout(60)
class TraceFileTest {
    /**
     * A file with one frame of 61 bytes as {@code tcpdump --time-stamp-precision=nano -i veth1 -s 0
     * -w FILE ether proto 0x88a2} (tcpdump 4.99, libpcap 1.10) wrote it on a little-endian machine.
     */
    private static final byte[] BY_TCPDUMP = HexFormat.of()
            .parseHex("4d3cb2a1020004000000000000000000" + "000004000100000099d9066bd1a68b37"
                    + "3d0000003d000000ffffffffffff0200" + "0000000188a210000001000180000001"
                    + "0000" + "00".repeat(35));

    private static final int HEADERS_BYTES = PcapFormat.HEADER_BYTES;
    private static final MemorySegment REQUEST = TraceRig.request(1, 0, 7).read(8, 2);
    private static final int RECORD_BYTES = PcapFormat.RECORD_HEADER_BYTES + 60;

    @TempDir
    private Path folder;

    private final TraceRig rig = new TraceRig();

    private Path file() {
        return folder.resolve("t.pcap");
    }

    private Path olderFile() {
        return folder.resolve("t.pcap.1");
    }

    @Test
    void theBytesAreThoseOfTcpdump() throws IOException {
        assertThat(BY_TCPDUMP).hasSize(24 + 16 + 61);
        FrameTracer tracer = rig.tracer("e1.0", file());
        Frame frame = rig.frame(MemorySegment.ofArray(BY_TCPDUMP).asSlice(40));
        long wallNs = 1_795_611_033_931_899_089L;
        frame.arrived(61, rig.clock.nowNs + wallNs - rig.clock.wallMillis() * 1_000_000);
        rig.clock.nowNs = frame.receivedNs();
        tracer.received(frame);
        frame.release();
        tracer.close();
        assertThat(Files.readAllBytes(file())).isEqualTo(BY_TCPDUMP);
    }

    @Test
    void aFileHoldsWholeFramesOfBothDirectionsAndTheLogHasThemToo() throws IOException {
        FrameTracer tracer = rig.tracer("e1.0", file());
        byte[] data = new byte[8704];
        data[8703] = 42;
        MemorySegment reply = TraceRig.reply(REQUEST, 1, 0)
                .ata(new AtaHeader.Fields(0, 0, 0, AtaHeader.STATUS_DRDY, 8), data);
        rig.receive(REQUEST, tracer);
        rig.clock.nowNs += 1234;
        rig.send(reply, tracer);
        tracer.close();
        List<Pcap.Packet> packets = Pcap.read(file());
        assertThat(packets).hasSize(2);
        assertThat(packets.getFirst().frameBytes()).isEqualTo(60);
        assertThat(packets.getLast().frameBytes()).isEqualTo(8740);
        assertThat(packets.getLast().bytes().toArray(ValueLayout.JAVA_BYTE))
                .hasSize(8740)
                .endsWith((byte) 42);
        assertThat(packets.getLast().wallNs() - packets.getFirst().wallNs()).isEqualTo(1234);
        assertThat(rig.log).hasSize(2);
    }

    @Test
    void whatWasTracedIsInTheFileWithinHalfASecondWhileItIsOn() throws IOException {
        FrameTracer tracer = rig.tracer("e1.0", file());
        rig.receive(REQUEST, tracer);
        rig.turnUntilIdle();
        assertThat(Files.size(file())).as("not each frame for itself").isZero();
        rig.clock.nowNs += 300_000_000;
        rig.writer.turn();
        assertThat(Pcap.read(file())).hasSize(1);
    }

    @Test
    void twoExportsShareAFileByAnyNameAndTheLastOneClosesIt() throws IOException {
        Files.createDirectory(folder.resolve("sub"));
        FrameTracer first = rig.tracer("e1.0", file());
        FrameTracer second = rig.tracer("e1.1", folder.resolve("sub/../t.pcap"));
        rig.receive(REQUEST, first);
        rig.receive(TraceRig.request(1, 1, 8).flush(), second);
        first.close();
        rig.receive(TraceRig.request(1, 1, 9).flush(), second);
        assertThatThrownBy(() -> new TraceRig().tracer("e2.0", file()))
                .as("still open")
                .hasMessageContaining("t.pcap");
        second.close();
        assertThat(tags(file())).containsExactly(7, 8, 9);
        new TraceRig().tracer("e2.0", file()).close();
        assertThat(tags(olderFile())).containsExactly(7, 8, 9);
    }

    private static List<Integer> tags(Path file) throws IOException {
        return Pcap.read(file).stream()
                .map(packet -> AoeHeader.tag(packet.bytes(), 0))
                .toList();
    }

    @Test
    void aWildcardRequestStandsOnceInAFileAndOnceInTheLogOfEachExport() throws IOException {
        FrameTracer first = rig.tracer("e1.0", file());
        FrameTracer second = rig.tracer("e1.1", file());
        MemorySegment toAll = TraceRig.request(0xffff, 0xff, 5).configQuery();
        Frame frame = rig.frame(toAll);
        first.received(frame);
        rig.send(TraceRig.reply(toAll, 1, 0).configQuery(), first);
        second.received(frame);
        rig.send(TraceRig.reply(toAll, 1, 1).configQuery(), second);
        frame.release();
        rig.receive(toAll, first, second); // another one, in the same place at the same time
        first.close();
        second.close();
        assertThat(Pcap.read(file())).hasSize(4);
        assertThat(rig.log)
                .hasSize(6)
                .filteredOn(line -> line.startsWith("e1.1 "))
                .hasSize(3);
    }

    @Test
    void anEqualRequestToOneExportIsNotTakenForTheSame() throws IOException {
        FrameTracer tracer = rig.tracer("e1.0", file());
        FrameTracer other = rig.tracer("e1.1", file());
        rig.receive(REQUEST, tracer);
        rig.receive(REQUEST, tracer);
        rig.receive(REQUEST, other);
        tracer.close();
        other.close();
        assertThat(Pcap.read(file())).hasSize(3);
    }

    @Test
    void aFileThatReachesItsBoundIsSetAsideOnceAndReplacesTheOneBefore() throws IOException {
        TraceRig small = new TraceRig(HEADERS_BYTES + 3 * RECORD_BYTES);
        FrameTracer tracer = small.tracer("e1.0", file());
        for (int tag = 0; tag < 8; tag++) {
            small.receive(TraceRig.request(1, 0, tag).flush(), tracer);
        }
        tracer.close();
        assertThat(tags(olderFile())).containsExactly(3, 4, 5);
        assertThat(tags(file())).containsExactly(6, 7);
        assertThat(folder).isDirectoryNotContaining(path -> path.toString().endsWith(".2"));
    }

    @Test
    void aFileThatCannotBeWrittenEndsItsTraceAndTheLogGoesOn() throws IOException {
        TraceRig small = new TraceRig(HEADERS_BYTES + RECORD_BYTES);
        FrameTracer tracer = small.tracer("e1.0", file());
        Files.createDirectory(olderFile()); // the rotation fails
        for (int i = 0; i < 4; i++) {
            small.receive(REQUEST, tracer);
        }
        small.turnUntilIdle();
        assertThat(small.log).hasSize(4);
        assertThat(small.count("trace.failed")).isEqualTo(3);
        assertThat(Pcap.read(file())).hasSize(1);
        assertThatThrownBy(() -> small.tracer("e1.1", file()))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    assertThat(refused.why()).contains("t.pcap.1");
                });
        tracer.close();
        Files.delete(olderFile());
        FrameTracer again = small.tracer("e1.0", file());
        small.receive(REQUEST, again);
        again.close();
        assertThat(Pcap.read(file())).hasSize(1);
    }

    @Test
    void onlyTheOwnerMayReadAFile() throws IOException {
        rig.tracer("e1.0", file()).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void nothingButATraceOrAnEmptyFileIsReplaced() throws IOException {
        Files.writeString(file(), "a disk image, say");
        assertRefused(file(), ErrorCode.CONFLICT);
        assertThat(file()).hasContent("a disk image, say");
        Files.write(file(), new byte[0]);
        rig.tracer("e1.0", file()).close();
        assertThat(Pcap.read(file())).isEmpty();
        Files.writeString(olderFile(), "somebody's");
        assertRefused(file(), ErrorCode.CONFLICT);
        assertThat(olderFile()).hasContent("somebody's");
    }

    @Test
    void aFileThatCannotBeOpenedIsRefusedWithItsKind() throws IOException {
        assertRefused(folder.resolve("none/t.pcap"), ErrorCode.NOT_FOUND);
        assertRefused(folder, ErrorCode.INVALID);
        assertRefused(Path.of("/dev/null"), ErrorCode.INVALID);
        Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("none"));
        assertRefused(folder.resolve("dangling"), ErrorCode.INVALID);
        assertRefused(folder.resolve("x".repeat(300)), ErrorCode.ENVIRONMENT);
    }

    private void assertRefused(Path path, ErrorCode code) {
        assertThatThrownBy(() -> rig.tracer("e1.0", path))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).as(refused.toText()).isEqualTo(code);
                    assertThat(refused).hasMessageContaining(path.getFileName().toString());
                });
    }

    @Test
    void theThreadWritesAllBeforeATracerIsClosed() throws IOException {
        try (TraceWriter writer = new TraceWriter(
                rig.clock,
                new Counters(),
                new TraceWriter.Settings(1 << 20, 1 << 20, null, false))) {
            FrameTracer tracer = writer.tracer("e1.0", Optional.of(file()));
            FrameTracer left = writer.tracer("e1.1", Optional.of(folder.resolve("left.pcap")));
            for (int tag = 0; tag < 2000; tag++) {
                rig.receive(TraceRig.request(1, 0, tag).flush(), tracer, left);
            }
            tracer.close();
            tracer.close();
            assertThat(tags(file())).hasSize(2000).isSorted();
            FrameTracer again = writer.tracer("e1.0", Optional.of(file()));
            rig.receive(REQUEST, again);
            again.close();
            assertThat(tags(file())).containsExactly(7);
        }
        assertThat(tags(folder.resolve("left.pcap"))).hasSize(2000);
    }
}
