// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What we encode, judged by programs that decode it: tshark, tcpdump and hdparm. */
@Timeout(60)
class WireTsharkSysTest {
    private static final MacAddress CLIENT = new MacAddress(0x0200_0000_0a01L);
    private static final MacAddress TARGET = new MacAddress(0x0200_0000_0b01L);
    private static final int TAG = 0x8000_0010;
    private static final byte[] NO_DATA = {};
    private static final AoeFrames REQUEST = AoeFrames.request(TARGET, CLIENT, 258, 3, TAG);
    private static final AoeFrames REPLY = AoeFrames.replyTo(REQUEST.configQuery(), TARGET, 258, 3);

    @TempDir
    private Path folder;

    @Test
    void tsharkMarksNoMessageOfAnyCommandMalformed() throws IOException {
        List<MemorySegment> frames = allMessages();
        List<String> lines = tshark(frames, "_ws.malformed", "_ws.expert.message", "aoe.tag");
        assertThat(lines).hasSameSizeAs(frames);
        assertThat(lines).allSatisfy(line -> assertThat(line).isEqualTo("||0x80000010"));
    }

    @Test
    void tsharkMarksAMessageThatIsCutSoThatTheMarkCanBeTrusted() throws IOException {
        MemorySegment whole = REQUEST.read(8, 2);
        List<String> lines = tshark(List.of(whole.asSlice(0, 30)), "_ws.malformed");
        assertThat(lines).isNotEqualTo(List.of(""));
    }

    @Test
    void tsharkReadsTheFieldsThatWeWroteAndMatchesTheReplyWithItsRequest() throws IOException {
        AtaHeader.Fields failed = new AtaHeader.Fields(
                AtaHeader.AFLAG_EXTENDED,
                AtaHeader.ERROR_IDNF,
                2,
                AtaHeader.STATUS_DRDY | AtaHeader.STATUS_ERR,
                0x0605_0403_0201L);
        List<String> lines = tshark(
                List.of(
                        REQUEST.read(0x0605_0403_0201L, 2),
                        REQUEST.write(8, new byte[1024]),
                        REPLY.ata(failed, NO_DATA),
                        REPLY.refused(AoeHeader.ERROR_RESERVED)
                                .reserve(ReserveHeader.Fields.of(
                                        ReserveHeader.SET, List.of(CLIENT)))),
                "aoe.version",
                "aoe.response",
                "aoe.flags_error",
                "aoe.error",
                "aoe.major",
                "aoe.minor",
                "aoe.cmd",
                "aoe.ata.cmd",
                "aoe.ata.status",
                "aoe.err_feature",
                "aoe.sector_count",
                "aoe.lba",
                "aoe.aflags.e",
                "aoe.aflags.w");
        assertThat(lines)
                .containsExactly(
                        "1|0|0||0x0102|0x03|0|0x24||0x00|2|0x0000060504030201|1|0",
                        "1|0|0||0x0102|0x03|0|0x34||0x00|2|0x0000000000000008|1|1",
                        "1|1|0||0x0102|0x03|0|0x34|0x41|0x10|2|0x0000060504030201|1|0",
                        "1|1|1|6|0x0102|0x03|3|||||||");
    }

    @Test
    void tcpdumpReadsEveryCommandToItsEnd() throws IOException {
        String tcpdump = Tool.require("tcpdump", "tcpdump").toString();
        List<MemorySegment> frames = allMessages();
        String text =
                Tool.check(List.of(tcpdump, "-vv", "-n", "-r", pcap(frames).toString()));
        assertThat(text.lines().filter(line -> line.contains("Command: ")))
                .hasSameSizeAs(frames)
                .allSatisfy(
                        line -> assertThat(line).contains("Major: 0x0102, Minor: 0x03, Command: "));
        assertThat(text).doesNotContain("invalid").doesNotContain("[|aoe]");
        assertThat(text)
                .contains("host:node1", "02:00:00:00:0a:01")
                .contains("Query Config Information", "MAC Mask List", "Reserve/Release");
    }

    @Test
    void hdparmReadsOurIdentifyDataAsItIsMeant() throws IOException {
        String text = hdparm(new IdentifyData(
                "S1234567890",
                "0.1",
                "Etherbay disk",
                1L << 31,
                3,
                EnumSet.allOf(IdentifyData.Capability.class),
                Optional.of(new IdentifyData.Vendor(true, true, 1, 2))));
        assertThat(text)
                .containsPattern("Model Number: +Etherbay disk")
                .containsPattern("Serial Number: +S1234567890")
                .containsPattern("Firmware Revision: +0\\.1")
                .containsPattern("LBA +user addressable sectors: +268435455")
                .containsPattern("LBA48 +user addressable sectors: +2147483648")
                .containsPattern("Logical +Sector size: +512 bytes")
                .containsPattern("Physical Sector size: +4096 bytes")
                .containsPattern("Solid State Device")
                .containsPattern("\\*\\s+Write cache")
                .containsPattern("\\*\\s+48-bit Address feature set")
                .containsPattern("\\*\\s+Mandatory FLUSH_CACHE")
                .containsPattern("\\*\\s+FLUSH_CACHE_EXT")
                .containsPattern("\\*\\s+WRITE_\\{DMA\\|MULTIPLE\\}_FUA_EXT")
                .containsPattern("\\*\\s+Data Set Management TRIM supported \\(limit 1 block\\)")
                .containsPattern("\\*\\s+Deterministic read ZEROs after TRIM")
                .contains("Checksum: correct");
    }

    @Test
    void hdparmSeesNoFeatureInABlockThatClaimsNone() throws IOException {
        String text = hdparm(new IdentifyData(
                "S2",
                "0.1",
                "Plain",
                2048,
                0,
                EnumSet.of(IdentifyData.Capability.LBA48, IdentifyData.Capability.WRITE_CACHE),
                Optional.empty()));
        assertThat(text)
                .containsPattern("LBA48 +user addressable sectors: +2048")
                .containsPattern("Physical Sector size: +512 bytes")
                .containsPattern("(?m)^\\s+Write cache")
                .doesNotContain("FLUSH", "FUA", "TRIM", "Solid State");
    }

    private static List<MemorySegment> allMessages() {
        byte[] string = "host:node1".getBytes(StandardCharsets.US_ASCII);
        // Six, because tcpdump calls a list invalid whose frame is padded, as shorter ones must be.
        List<MacAddress> macs = List.of(CLIENT, TARGET, CLIENT, TARGET, CLIENT, TARGET);
        List<MaskHeader.Directive> directives = List.of(
                new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, CLIENT),
                new MaskHeader.Directive(MaskHeader.DIRECTIVE_DELETE, TARGET));
        List<MemorySegment> frames = new ArrayList<>();
        frames.add(REQUEST.configQuery());
        for (int command = ConfigHeader.TEST; command <= ConfigHeader.FORCE; command++) {
            frames.add(REQUEST.config(ConfigHeader.Fields.request(command, 0), string));
        }
        ConfigHeader.Fields config = new ConfigHeader.Fields(64, 1, 17, 1, ConfigHeader.READ, 0);
        frames.add(REPLY.config(config, string));
        frames.add(REPLY.config(config, new byte[ConfigHeader.STRING_BYTES_MAX]));
        frames.add(REPLY.refused(AoeHeader.ERROR_CONFIG_PRESENT).config(config, string));
        frames.add(REQUEST.identify());
        frames.add(REQUEST.read(8, 2));
        frames.add(REQUEST.write(8, new byte[1024]));
        frames.add(REQUEST.writeFua(8, new byte[8704]));
        frames.add(REQUEST.flush());
        frames.add(REQUEST.trim(8, 64));
        for (int opcode : List.of(AtaCommand.READ_SECTORS, AtaCommand.CHECK_POWER_MODE_OPCODE)) {
            frames.add(REQUEST.ata(new AtaHeader.Fields(0, 0, 1, opcode, 0xe000_0008L), NO_DATA));
        }
        AtaHeader.Fields done = new AtaHeader.Fields(0, 0, 0, AtaHeader.STATUS_DRDY, 8);
        frames.add(REPLY.ata(done, new byte[1024]));
        frames.add(REPLY.ata(done, NO_DATA));
        frames.add(REQUEST.mask(MaskHeader.Fields.of(MaskHeader.READ, List.of())));
        frames.add(REQUEST.mask(MaskHeader.Fields.of(MaskHeader.EDIT, directives)));
        frames.add(REPLY.mask(MaskHeader.Fields.of(MaskHeader.EDIT, directives)));
        frames.add(REPLY.mask(
                new MaskHeader.Fields(MaskHeader.EDIT, MaskHeader.ERROR_FULL, 1, List.of())));
        for (int command = ReserveHeader.READ; command <= ReserveHeader.FORCE; command++) {
            frames.add(REQUEST.reserve(ReserveHeader.Fields.of(command, macs)));
            frames.add(REPLY.reserve(ReserveHeader.Fields.of(command, macs)));
        }
        frames.add(REQUEST.fence(FenceHeader.Fields.of(FenceHeader.SET, 0, 7, macs)));
        frames.add(REPLY.fence(
                FenceHeader.Fields.of(FenceHeader.SET, FenceHeader.ERROR_EPOCH, 7, macs)));
        frames.add(REQUEST.floor(new FloorHeader.Fields(0, TAG)));
        frames.add(REPLY.floor(new FloorHeader.Fields(FloorHeader.ERROR_TABLE_FULL, 0)));
        return frames;
    }

    /** One line per frame: the fields that tshark decodes, parted by '|'. */
    private List<String> tshark(List<MemorySegment> frames, String... fields) throws IOException {
        String tshark = Tool.require("tshark", "tshark").toString();
        List<String> command =
                new ArrayList<>(List.of(tshark, "-r", pcap(frames).toString()));
        command.addAll(List.of("-T", "fields", "-E", "separator=|"));
        for (String field : fields) {
            command.add("-e");
            command.add(field);
        }
        return Tool.check(command)
                .lines()
                .filter(line -> !line.startsWith("Running as user"))
                .toList();
    }

    private String hdparm(IdentifyData data) throws IOException {
        Path hdparm = Tool.require("hdparm", "hdparm");
        MemorySegment block = MemorySegment.ofArray(new byte[IdentifyData.BYTES]);
        data.write(block, 0);
        StringBuilder words = new StringBuilder();
        for (int index = 0; index < 256; index++) {
            words.append(String.format(
                    Locale.ROOT,
                    "%04x%c",
                    IdentifyData.word(block, 0, index),
                    index % 8 == 7 ? '\n' : ' '));
        }
        Path input = Files.writeString(folder.resolve("words"), words);
        return Tool.check(List.of("sh", "-c", hdparm + " --Istdin <" + input));
    }

    /** A capture file in the classic format: draft-ietf-opsawg-pcap, link type 1 (Ethernet). */
    private Path pcap(List<MemorySegment> frames) throws IOException {
        ByteBuffer capture = ByteBuffer.allocate(1 << 20);
        capture.putInt(0xa1b2_c3d4).putShort((short) 2).putShort((short) 4);
        capture.putInt(0).putInt(0).putInt(65535).putInt(1);
        for (int i = 0; i < frames.size(); i++) {
            byte[] bytes = frames.get(i).toArray(ValueLayout.JAVA_BYTE);
            capture.putInt(0)
                    .putInt(i)
                    .putInt(bytes.length)
                    .putInt(bytes.length)
                    .put(bytes);
        }
        Path file = folder.resolve("frames.pcap");
        byte[] written = new byte[capture.position()];
        capture.flip().get(written);
        return Files.write(file, written);
    }
}
