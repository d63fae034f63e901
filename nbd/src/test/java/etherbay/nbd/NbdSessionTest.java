// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockCapabilities;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

final class NbdSessionTest {
    private final TestDisk disk = new TestDisk(2048, TestDisk.ALL, 1);

    private static TestDisk diskWith(boolean flush, boolean fua) {
        return new TestDisk(
                64, new BlockCapabilities(flush, fua, true, true, 512, 512, false, false), 1);
    }

    private static void run(TestDisk disk) {
        while (!disk.waiting.isEmpty()) {
            disk.finishOne();
        }
    }

    /**
     * The client's bytes of `qemu-io -f raw -c 'write -P 0xab 1000 3' -c 'read 512 1024' -c flush`
     * (QEMU 7.2), taken between it and nbdkit 1.32; the answers but for the flags of the export are
     * nbdkit's.
     */
    @Test
    void qemuIsAnsweredAsNbdkitAnswersIt() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer peer = rig.connect(TlsMode.OFF);
            assertThat(peer.outputHex()).isEqualTo("4e42444d4147494349484156454f50540003");
            peer.hex("0000000349484156454f50540000000800000000");
            assertThat(peer.outputHex()).isEqualTo("0003e889045565a9000000080000000100000000");
            peer.hex("49484156454f50540000000a0000001b00000000000000010000000f626173653a616c6c6f63"
                    + "6174696f6e");
            assertThat(peer.outputHex())
                    .isEqualTo("0003e889045565a90000000a000000040000001300000001626173653a616c6c6f"
                            + "636174696f6e0003e889045565a90000000a0000000100000000");
            peer.hex("49484156454f505400000007000000080000000000010003");
            assertThat(peer.outputHex())
                    .isEqualTo("0003e889045565a900000007000000030000000e0003"
                            + "00000001"
                            + "00001000"
                            + "02000000"
                            + "0003e889045565a900000007000000030000000c0000000000000010000005ed"
                            + "0003e889045565a9000000070000000100000000");
            peer.hex("25609513000100010000558b41a83ff000000000000003e800000003ababab");
            run(disk);
            assertThat(peer.outputHex()).isEqualTo("67446698000000000000558b41a83ff0");
            peer.hex("25609513000000000000558b41a83ff0000000000000020000000400");
            run(disk);
            assertThat(peer.outputHex())
                    .startsWith("668e33ef000100010000558b41a83ff0000004080000000000000200")
                    .hasSize(2 * (20 + 8 + 1024))
                    .contains("00ababab00");
            peer.hex("25609513000000030000558b41a83ff0000000000000000000000000");
            run(disk);
            assertThat(peer.outputHex()).isEqualTo("67446698000000000000558b41a83ff0");
            peer.hex("25609513000000020000000000000000000000000000000000000000");
            assertThat(peer.session.endReason()).isEqualTo(EndReason.DISCONNECTED);
            peer.session.abandon();
            assertThat(peer.session.isGone()).isTrue();
        }
        assertThat(disk.done).containsExactly("READ", "WRITE fua", "READ", "FLUSH");
    }

    @Test
    void flagsSayWhatTheDeviceCanDoAndNothingElse() {
        int always = NbdWire.FLAG_HAS_FLAGS | NbdWire.FLAG_CAN_MULTI_CONN | NbdWire.FLAG_SEND_CACHE;
        ServedExport none = new ServedExport(new NbdExport("", "", diskWith(false, false), false));
        assertThat(none.flags(false))
                .isEqualTo(always | NbdWire.FLAG_SEND_TRIM | NbdWire.FLAG_SEND_WRITE_ZEROES);
        ServedExport flush = new ServedExport(new NbdExport("", "", diskWith(true, false), false));
        assertThat(flush.flags(true) & (NbdWire.FLAG_SEND_FLUSH | NbdWire.FLAG_SEND_FUA))
                .isEqualTo(NbdWire.FLAG_SEND_FLUSH | NbdWire.FLAG_SEND_FUA);
        ServedExport readOnly = new ServedExport(new NbdExport("", "", diskWith(true, true), true));
        assertThat(readOnly.flags(false))
                .isEqualTo(always | NbdWire.FLAG_READ_ONLY | NbdWire.FLAG_SEND_FLUSH);
    }

    @Test
    void aWriteWithFuaIsFlushedWhereTheDeviceHasNoFua() {
        TestDisk plain = diskWith(true, false);
        try (SessionRig rig = SessionRig.over(plain)) {
            SessionRig.Peer peer = rig.transmitting(false);
            peer.request(NbdWire.CMD_FLAG_FUA, NbdWire.CMD_WRITE, 7, 0, 512);
            peer.send(new byte[512]);
            plain.finishOne();
            assertThat(peer.output()).isEmpty();
            run(plain);
            assertThat(peer.outputHex()).isEqualTo("67446698000000000000000000000007");
        }
        assertThat(plain.done).containsExactly("WRITE", "FLUSH");
    }

    @Test
    void aFailedFlushFailsTheWriteWithFua() {
        TestDisk plain = diskWith(true, false)
                .outcome(io -> io.operation() == IoOperation.FLUSH ? IoStatus.FAILED : IoStatus.OK);
        try (SessionRig rig = SessionRig.over(plain)) {
            SessionRig.Peer peer = rig.transmitting(false);
            peer.request(NbdWire.CMD_FLAG_FUA, NbdWire.CMD_WRITE, 7, 0, 512);
            peer.send(new byte[512]);
            run(plain);
            assertThat(peer.outputHex()).isEqualTo("67446698000000050000000000000007");
        }
    }

    @Test
    void everyEndOfAnIoHasItsError() {
        for (IoStatus status : IoStatus.values()) {
            disk.outcome(_ -> status);
            try (SessionRig rig = SessionRig.over(disk)) {
                SessionRig.Peer peer = rig.transmitting(false);
                peer.request(0, NbdWire.CMD_FLUSH, 1, 0, 0);
                run(disk);
                assertThat(peer.outputHex())
                        .isEqualTo("67446698%08x0000000000000001"
                                .formatted(NbdError.of(status).number()));
            }
        }
        assertThat(NbdError.of(IoStatus.FENCED)).isEqualTo(NbdError.EPERM);
    }

    @Test
    void whatCannotBeIsRefusedAndTheNextRequestIsUnderstood() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer peer = rig.transmitting(true);
            peer.request(0, NbdWire.CMD_WRITE, 1, disk.content.length - 1L, 2);
            peer.hex("abcd");
            peer.request(0, NbdWire.CMD_READ, 2, disk.content.length, 1);
            peer.request(0, 77, 3, 0, 1);
            peer.request(NbdWire.CMD_FLAG_DF, NbdWire.CMD_TRIM, 4, 0, 512);
            peer.request(0, NbdWire.CMD_BLOCK_STATUS, 5, 0, 512);
            peer.request(0, NbdWire.CMD_READ, 6, -1, 1);
            assertThat(peer.outputHex())
                    .isEqualTo("674466980000001c0000000000000001"
                            + "668e33ef0001800200000000000000020000000e00000016"
                            + "00000000000000100000"
                            + "67446698000000160000000000000003"
                            + "67446698000000160000000000000004"
                            + "668e33ef0001800200000000000000050000000e00000016"
                            + "00000000000000000000"
                            + "668e33ef0001800200000000000000060000000e00000016"
                            + "0000ffffffffffffffff");
            assertThat(disk.waiting).isEmpty();
        }
    }

    /** Our own client takes an answer before the payload is sent for a server gone mad. */
    @Test
    void aRefusedWriteIsAnsweredBehindItsPayload() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer peer = rig.transmitting(false);
            peer.request(0, NbdWire.CMD_WRITE, 1, disk.content.length, 2);
            peer.hex("ab");
            assertThat(peer.output()).isEmpty();
            peer.hex("cd");
            assertThat(peer.outputHex()).isEqualTo("674466980000001c0000000000000001");
            SessionRig.Peer gone = rig.transmitting(false);
            gone.request(0, NbdWire.CMD_WRITE, 1, disk.content.length, 2);
            gone.hex("ab");
            gone.session.inputEnded();
            assertThat(gone.session.endReason()).isEqualTo(EndReason.CLOSED);
            gone.session.abandon();
            assertThat(gone.session.isGone()).isTrue();
        }
    }

    @Test
    void anErrorWithinAStructuredReadIsTold() {
        disk.outcome(io -> io.lba() == 64 ? IoStatus.FAILED : IoStatus.OK);
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer peer = rig.transmitting(true);
            peer.request(0, NbdWire.CMD_READ, 9, 0, 3 * Limits.CHUNK_BYTES);
            run(disk);
            byte[] said = peer.output();
            assertThat(said).hasSize(2 * (28 + Limits.CHUNK_BYTES) + 34);
            byte[] last = Arrays.copyOfRange(said, said.length - 34, said.length);
            assertThat(HexFormat.of().formatHex(last))
                    .isEqualTo("668e33ef0001800200000000000000090000000e"
                            + "0000000500000000000000008000");
        }
    }

    @Test
    void aSimpleReadThatDoesNotFitTheMemoryStreamsAndIsTornByAnError() {
        disk.outcome(io -> io.lba() == 64L * 20 ? IoStatus.FAILED : IoStatus.OK);
        try (SessionRig rig =
                new SessionRig(new ChunkPool(8, 8), new NbdExport("", "", disk, false))) {
            SessionRig.Peer peer = rig.transmitting(false);
            peer.request(0, NbdWire.CMD_READ, 9, 0, 25 * Limits.CHUNK_BYTES);
            int received = 0;
            for (int round = 0; round < 100 && !peer.session.ended(); round++) {
                run(disk);
                peer.again();
                received += peer.output().length;
            }
            assertThat(peer.session.endReason()).isEqualTo(EndReason.TORN);
            assertThat(received).isGreaterThan(16).isLessThan(16 + 21 * Limits.CHUNK_BYTES);
            peer.session.abandon();
            run(disk);
        }
    }

    @Test
    void aSlowReaderKeepsItsShareAndOthersGoOn() {
        try (SessionRig rig =
                new SessionRig(new ChunkPool(4, 16), new NbdExport("", "", disk, false))) {
            SessionRig.Peer slow = rig.transmitting(true);
            slow.request(0, NbdWire.CMD_READ, 1, 0, 16 * Limits.CHUNK_BYTES);
            slow.request(0, NbdWire.CMD_READ, 2, 0, 16 * Limits.CHUNK_BYTES);
            run(disk);
            slow.again();
            assertThat(rig.pool.madeCount()).isEqualTo(5);
            assertThat(slow.leftBytes()).isEqualTo(NbdWire.REQUEST_BYTES);
            SessionRig.Peer other = rig.transmitting(true);
            other.request(0, NbdWire.CMD_READ, 3, 0, Limits.CHUNK_BYTES);
            run(disk);
            assertThat(other.output()).hasSize(28 + Limits.CHUNK_BYTES);
            slow.session.abandon();
            assertThat(slow.session.isGone()).isTrue();
            assertThat(rig.pool.heldCount()).isZero();
        }
    }

    @Test
    void withoutTlsARequiringServerTellsNothing() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer peer = rig.connect(TlsMode.REQUIRE);
            peer.flags(3);
            peer.output();
            peer.option(NbdWire.OPT_LIST, "");
            peer.option(NbdWire.OPT_GO, "00000000 0000");
            peer.option(99, "");
            assertThat(peer.outputText()).contains("use TLS").doesNotContain("a disk");
            assertThat(peer.session.negotiating()).isTrue();
            peer.option(NbdWire.OPT_STARTTLS, "");
            assertThat(peer.session.startsTls()).isTrue();
            peer.option(NbdWire.OPT_LIST, "");
            assertThat(peer.leftBytes()).isEqualTo(NbdWire.OPTION_HEADER_BYTES);
        }
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer old = rig.connect(TlsMode.REQUIRE);
            old.flags(3);
            old.option(NbdWire.OPT_EXPORT_NAME, "");
            assertThat(old.session.endReason()).isEqualTo(EndReason.REFUSED);
        }
    }

    /** What is held for a client that asks and never reads is bounded, and it is served later. */
    @Test
    void whoReadsNoAnswersIsAskedToWait() {
        int descriptionBytes = 4000;
        String description = "d".repeat(descriptionBytes);
        try (SessionRig rig =
                new SessionRig(new ChunkPool(8, 8), new NbdExport("x", description, disk, false))) {
            SessionRig.Peer peer = rig.connect(TlsMode.OFF);
            peer.flags(3);
            peer.output();
            int wanted = 2 * Limits.OPTION_OUTPUT_BYTES_MAX / descriptionBytes;
            for (int count = 0; count < wanted; count++) {
                peer.option(NbdWire.OPT_LIST, "");
            }
            long held = peer.session.output().bytes();
            assertThat(held)
                    .isBetween(
                            (long) Limits.OPTION_OUTPUT_BYTES_MAX,
                            Limits.OPTION_OUTPUT_BYTES_MAX + 2L * descriptionBytes);
            assertThat(peer.leftBytes()).isPositive();
            long said = peer.output().length;
            assertThat(said).isEqualTo(held);
            while (peer.leftBytes() > 0) {
                peer.again();
                said += peer.output().length;
            }
            int listBytes = 2 * NbdWire.OPTION_REPLY_HEADER_BYTES + 4 + 1 + descriptionBytes;
            assertThat(said).isEqualTo((long) wanted * listBytes);
            assertThat(peer.session.endReason()).isNull();
        }
    }

    @Test
    void aNewConnectionSeesThatTheDeviceHasGrown() {
        disk.sectors(1024);
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer before = rig.transmitting(false);
            disk.sectors(2048);
            SessionRig.Peer after = rig.transmitting(false);
            before.request(0, NbdWire.CMD_READ, 1, 1024 * 512, 512);
            after.request(0, NbdWire.CMD_READ, 1, 1024 * 512, 512);
            run(disk);
            assertThat(before.output()).hasSize(16);
            assertThat(after.output()).hasSize(16 + 512);
        }
    }

    @Test
    void whatIsNoProtocolEndsTheSession() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer http = rig.connect(TlsMode.OFF);
            http.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(http.session.endReason()).isEqualTo(EndReason.MALFORMED);
            SessionRig.Peer lost = rig.transmitting(false);
            lost.send(new byte[NbdWire.REQUEST_BYTES]);
            assertThat(lost.session.endReason()).isEqualTo(EndReason.MALFORMED);
            SessionRig.Peer long_ = rig.transmitting(false);
            long_.request(0, NbdWire.CMD_WRITE, 1, 0, NbdWire.PAYLOAD_BYTES_MAX + 1);
            assertThat(long_.session.endReason()).isEqualTo(EndReason.PAYLOAD);
            SessionRig.Peer endless = rig.connect(TlsMode.OFF);
            endless.flags(3);
            for (int count = 0; count <= Limits.OPTION_COUNT_MAX; count++) {
                endless.option(99, "");
                endless.output();
            }
            assertThat(endless.session.endReason()).isEqualTo(EndReason.EXCESS);
        }
    }
}
