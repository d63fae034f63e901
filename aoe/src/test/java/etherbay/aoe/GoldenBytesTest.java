// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Messages built from fields written here are the bytes that other programs sent. */
class GoldenBytesTest {
    private static final MacAddress CLIENT = new MacAddress(0x0200_0000_0a01L);
    private static final MacAddress TARGET = new MacAddress(0x0200_0000_0b01L);
    private static final MacAddress OTHER_2 = new MacAddress(0x0200_0000_0a02L);
    private static final MacAddress OTHER_3 = new MacAddress(0x0200_0000_0a03L);
    private static final int VBLADE_FIRMWARE = 0x4019;
    private static final byte[] NO_DATA = {};

    @Test
    void configQueryIsThatOfIpxe() {
        AoeFrames frames = AoeFrames.request(MacAddress.BROADCAST, CLIENT, 1, 0, 0x18ae_0001);
        assertThat(sent(frames.configQuery(), 32)).isEqualTo(captured("ipxe-sanboot", 0));
    }

    @Test
    void wildConfigQueryIsThatOfSancheck() {
        AoeFrames frames = AoeFrames.request(
                MacAddress.BROADCAST,
                CLIENT,
                AoeHeader.SHELF_BROADCAST,
                AoeHeader.SLOT_BROADCAST,
                0x8000_0000);
        String expected = captured("aoe-sancheck", 0);
        assertThat(expected).startsWith(sent(frames.configQuery(), 30));
    }

    @Test
    void configReplyIsThatOfVblade() {
        AoeFrames frames = AoeFrames.replyTo(request("ipxe-sanboot", 0), TARGET, 1, 0);
        MemorySegment frame =
                frames.config(new ConfigHeader.Fields(16, VBLADE_FIRMWARE, 2, 1, 0, 0), NO_DATA);
        assertThat(sent(frame, 32)).isEqualTo(captured("ipxe-sanboot", 1));
    }

    @Test
    void refusalToSetCarriesThePresentStringAsThatOfVblade() {
        AoeFrames frames = AoeFrames.replyTo(request("aoecfg-set-present", 0), TARGET, 1, 0)
                .refused(AoeHeader.ERROR_CONFIG_PRESENT);
        MemorySegment frame = frames.config(
                new ConfigHeader.Fields(16, VBLADE_FIRMWARE, 2, 1, ConfigHeader.SET, 0),
                ascii("host:node1"));
        assertThat(sent(frame, 42)).isEqualTo(captured("aoecfg-set-present", 1));
    }

    @Test
    void identifyRequestIsThatOfIpxe() {
        long deviceBits = 0xe000_0000L; // lba3 = E0h, as in all its 28-bit commands
        MemorySegment frame = AoeFrames.request(TARGET, CLIENT, 1, 0, 0x18ae_0002)
                .ata(
                        new AtaHeader.Fields(0, 0, 1, AtaCommand.IDENTIFY_DEVICE, deviceBits),
                        NO_DATA);
        assertThat(sent(frame, 36)).isEqualTo(captured("ipxe-sanboot", 6));
    }

    @Test
    void identifyRequestIsThatOfSancheckWithoutItsFiller() {
        MemorySegment frame =
                AoeFrames.request(TARGET, CLIENT, 1, 0, 0x8000_0001).identify();
        assertThat(captured("aoe-sancheck", 4)).startsWith(sent(frame, 36));
    }

    @Test
    void readRequestIsThatOfIpxe() {
        MemorySegment frame =
                AoeFrames.request(TARGET, CLIENT, 1, 0, 0x18ae_0003).read(64, 2);
        assertThat(sent(frame, 36)).isEqualTo(captured("ipxe-sanboot", 8));
    }

    @Test
    void readReplyIsThatOfVblade() {
        byte[] data = Arrays.copyOfRange(Golden.load("vblade-read").frame(2).bytes(), 36, 1060);
        for (int i = 0; i < data.length; i++) {
            int diskOffset = 512 + i; // the captured disk holds (offset / 512 + offset) mod 256
            assertThat(data[i]).isEqualTo((byte) (diskOffset / 512 + diskOffset));
        }
        MemorySegment frame = AoeFrames.replyTo(request("vblade-read", 0), TARGET, 1, 0)
                .ata(
                        new AtaHeader.Fields(
                                AtaHeader.AFLAG_EXTENDED, 0, 0, AtaHeader.STATUS_DRDY, 1),
                        data);
        assertThat(sent(frame, 1060)).isEqualTo(captured("vblade-read", 2));
    }

    @Test
    void writeRequestIsTheOneVbladeExecuted() {
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) 0xab);
        MemorySegment frame =
                AoeFrames.request(TARGET, CLIENT, 1, 0, 0x8000_0012).write(5, data);
        assertThat(sent(frame, 548)).isEqualTo(captured("vblade-write", 0));
    }

    @Test
    void readBeyondTheEndIsAnsweredWithIdnf() {
        MemorySegment frame = AoeFrames.replyTo(request("vblade-beyond-end", 0), TARGET, 1, 0)
                .ata(
                        new AtaHeader.Fields(
                                AtaHeader.AFLAG_EXTENDED,
                                AtaHeader.ERROR_IDNF,
                                2,
                                AtaHeader.STATUS_DRDY | AtaHeader.STATUS_ERR,
                                2047),
                        NO_DATA);
        assertThat(sent(frame, 36)).isEqualTo(captured("vblade-beyond-end", 2));
    }

    @Test
    void maskEditAndItsAnswerAreThoseOfVblade() {
        MemorySegment edit = AoeFrames.request(TARGET, CLIENT, 1, 0, 0x8000_0021)
                .mask(MaskHeader.Fields.of(
                        MaskHeader.EDIT,
                        List.of(
                                new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, CLIENT),
                                new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, OTHER_2))));
        assertThat(sent(edit, 44)).isEqualTo(captured("vblade-mask", 2));

        MemorySegment answer = AoeFrames.replyTo(edit, TARGET, 1, 0)
                .mask(MaskHeader.Fields.of(
                        MaskHeader.EDIT,
                        List.of(
                                new MaskHeader.Directive(MaskHeader.DIRECTIVE_NONE, CLIENT),
                                new MaskHeader.Directive(MaskHeader.DIRECTIVE_NONE, OTHER_2))));
        assertThat(sent(answer, 44)).isEqualTo(captured("vblade-mask", 3));
    }

    @Test
    void badDirectiveIsAnsweredWithItsIndex() {
        MemorySegment answer = AoeFrames.replyTo(request("vblade-mask", 6), TARGET, 1, 0)
                .mask(new MaskHeader.Fields(
                        MaskHeader.EDIT, MaskHeader.ERROR_BAD_DIRECTIVE, 0, List.of()));
        assertThat(sent(answer, 28)).isEqualTo(captured("vblade-mask", 7));
    }

    @Test
    void reservationAndItsRefusalAreThoseOfVblade() {
        List<MacAddress> holders = List.of(OTHER_2, OTHER_3);
        MemorySegment set = AoeFrames.request(TARGET, CLIENT, 1, 0, 0x8000_0031)
                .reserve(ReserveHeader.Fields.of(ReserveHeader.SET, holders));
        assertThat(sent(set, 38)).isEqualTo(captured("vblade-reserve", 1));

        MemorySegment refusal = AoeFrames.replyTo(request("vblade-reserve", 4), TARGET, 1, 0)
                .refused(AoeHeader.ERROR_RESERVED)
                .reserve(ReserveHeader.Fields.of(ReserveHeader.SET, holders));
        assertThat(sent(refusal, 38)).isEqualTo(captured("vblade-reserve", 10));
    }

    @Test
    void builtFramesArePaddedWithZerosToTheMinimumOfEthernet() {
        MemorySegment frame = AoeFrames.request(TARGET, CLIENT, 1, 0, 1)
                .floor(new FloorHeader.Fields(0, 0xffff_ffff));
        byte[] bytes = frame.toArray(ValueLayout.JAVA_BYTE);
        assertThat(bytes).hasSize(60);
        assertThat(Arrays.copyOfRange(bytes, 32, 60)).containsOnly(0);
    }

    @Test
    void fenceIsLaidOutAsItsDocumentSays() {
        MemorySegment frame = AoeFrames.request(TARGET, CLIENT, 1, 2, 0x8000_0001)
                .fence(FenceHeader.Fields.of(
                        FenceHeader.SET, 0, 0x0102_0304_0506_0708L, List.of(CLIENT, OTHER_2)));
        assertThat(sent(frame, 48))
                .isEqualTo("020000000b01" + "020000000a01" + "88a2" + "10" + "00" + "0001" + "02"
                        + "f0" + "80000001" + "01" + "00" + "02" + "00" + "0102030405060708"
                        + "020000000a01" + "020000000a02");
    }

    @Test
    void floorIsLaidOutAsItsDocumentSays() {
        MemorySegment frame = AoeFrames.request(TARGET, CLIENT, 1, 2, 0x8000_0001)
                .floor(new FloorHeader.Fields(FloorHeader.ERROR_TABLE_FULL, 0x8765_4321));
        assertThat(sent(frame, 32))
                .isEqualTo("020000000b01" + "020000000a01" + "88a2" + "10" + "00" + "0001" + "02"
                        + "f1" + "80000001" + "00" + "01" + "0000" + "87654321");
    }

    private static String captured(String name, int index) {
        return Golden.load(name).frame(index).hex();
    }

    private static MemorySegment request(String name, int index) {
        return Golden.load(name).frame(index).segment();
    }

    private static String sent(MemorySegment frame, int messageBytes) {
        return Hex.of(frame.toArray(ValueLayout.JAVA_BYTE), 0, messageBytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
