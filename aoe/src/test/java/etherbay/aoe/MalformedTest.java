// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.MacAddress;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Bytes from outside are judged before they are read, and judging never fails. */
class MalformedTest {
    private static final int[] COMMANDS = {
        AoeHeader.COMMAND_ATA,
        AoeHeader.COMMAND_CONFIG,
        AoeHeader.COMMAND_MASK,
        AoeHeader.COMMAND_RESERVE,
        AoeHeader.COMMAND_FENCE,
        AoeHeader.COMMAND_FLOOR,
        AoeHeader.COMMAND_AWAY,
        0x77
    };

    @Test
    void randomBytesOfAnyLengthAreJudgedAndWhatPassesCanBeRead() {
        Prng prng = new Prng(88);
        int[] passed = new int[256];
        for (int round = 0; round < 200_000; round++) {
            MemorySegment frame = randomFrame(prng);
            assertThat(FrameText.of(frame, 0, frame.byteSize())).isNotEmpty().doesNotContain("\n");
            if (AoeHeader.malformedMessage(frame, 0, frame.byteSize())) {
                continue;
            }
            if (!AoeHeader.argumentMalformed(frame, 0, frame.byteSize())) {
                passed[AoeHeader.command(frame, 0)]++;
                readAll(frame);
            }
        }
        for (int command : COMMANDS) {
            assertThat(passed[command])
                    .as("frames of command %d that passed", command)
                    .isGreaterThan(100);
        }
    }

    @Test
    void emptyFrameIsMalformed() {
        assertThat(AoeHeader.malformedMessage(MemorySegment.ofArray(new byte[0]), 0, 0))
                .isTrue();
    }

    @Test
    void otherEtherTypeIsMalformed() {
        MemorySegment frame = request(AoeHeader.COMMAND_FLOOR, 60);
        Ethernet.type(frame, 0, 0x0800);
        assertThat(AoeHeader.malformedMessage(frame, 0, 60)).isTrue();
    }

    @Test
    void unknownCommandIsNotMalformedBecauseItIsAnswered() {
        assertThat(AoeHeader.malformedMessage(request(0x55, AoeHeader.END), 0, AoeHeader.END))
                .isFalse();
    }

    @Test
    void refusalCutBehindTheCommonHeaderIsNotMalformedButItsArgumentIs() {
        MemorySegment frame = request(AoeHeader.COMMAND_CONFIG, AoeHeader.END);
        AoeHeader.versionFlags(frame, 0, 1, AoeHeader.FLAG_RESPONSE | AoeHeader.FLAG_ERROR);
        assertThat(AoeHeader.malformedMessage(frame, 0, AoeHeader.END)).isFalse();
        assertThat(ConfigHeader.malformed(frame, 0, AoeHeader.END)).isTrue();
    }

    @Test
    void configQueryOf32BytesWithoutPaddingPasses() {
        assertThat(ConfigHeader.malformed(request(AoeHeader.COMMAND_CONFIG, 32), 0, 32))
                .isFalse();
        assertThat(ConfigHeader.malformed(request(AoeHeader.COMMAND_CONFIG, 31), 0, 31))
                .isTrue();
    }

    @Test
    void configReadRequestMayClaimAnyStringLength() {
        MemorySegment frame = request(AoeHeader.COMMAND_CONFIG, 60);
        new ConfigHeader.Fields(0, 0, 0, 0, ConfigHeader.READ, 1024).write(frame, 0);
        assertThat(ConfigHeader.malformed(frame, 0, 60)).isFalse();
    }

    @Test
    void configStringBeyondTheFrameIsMalformed() {
        MemorySegment frame = request(AoeHeader.COMMAND_CONFIG, 60);
        new ConfigHeader.Fields(0, 0, 0, 0, ConfigHeader.SET, 28).write(frame, 0);
        assertThat(ConfigHeader.malformed(frame, 0, 60)).isFalse();
        ConfigHeader.stringBytes(frame, 0, 29);
        assertThat(ConfigHeader.malformed(frame, 0, 60)).isTrue();
    }

    @Test
    void configStringBeyondTheProtocolIsMalformedEvenWhenItFits() {
        MemorySegment frame = request(AoeHeader.COMMAND_CONFIG, 2000);
        new ConfigHeader.Fields(0, 0, 0, 0, ConfigHeader.FORCE, 1025).write(frame, 0);
        assertThat(ConfigHeader.malformed(frame, 0, 2000)).isTrue();
    }

    @Test
    void directivesBeyondTheFrameAreMalformed() {
        MemorySegment frame = request(AoeHeader.COMMAND_MASK, MaskHeader.frameBytes(3));
        MaskHeader.Directive add =
                new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, MacAddress.BROADCAST);
        MaskHeader.Fields.of(MaskHeader.EDIT, Collections.nCopies(3, add)).write(frame, 0);
        assertThat(MaskHeader.malformed(frame, 0, frame.byteSize())).isFalse();
        assertThat(MaskHeader.malformed(frame, 0, frame.byteSize() - 1)).isTrue();
    }

    @Test
    void failedDirectiveIndexOfAReplyIsNoCount() {
        MemorySegment frame = request(AoeHeader.COMMAND_MASK, MaskHeader.END);
        AoeHeader.versionFlags(frame, 0, 1, AoeHeader.FLAG_RESPONSE);
        new MaskHeader.Fields(MaskHeader.EDIT, MaskHeader.ERROR_FULL, 200, List.of())
                .write(frame, 0);
        assertThat(MaskHeader.malformed(frame, 0, MaskHeader.END)).isFalse();
    }

    @Test
    void macListsBeyondTheFrameAreMalformed() {
        List<MacAddress> three = Collections.nCopies(3, MacAddress.BROADCAST);
        MemorySegment reserve = request(AoeHeader.COMMAND_RESERVE, ReserveHeader.frameBytes(3));
        ReserveHeader.Fields.of(ReserveHeader.SET, three).write(reserve, 0);
        MemorySegment fence = request(AoeHeader.COMMAND_FENCE, FenceHeader.frameBytes(3));
        FenceHeader.Fields.of(FenceHeader.SET, 0, 7, three).write(fence, 0);

        for (MemorySegment frame : List.of(reserve, fence)) {
            assertThat(AoeHeader.malformedMessage(frame, 0, frame.byteSize())).isFalse();
            assertThat(AoeHeader.malformedMessage(frame, 0, frame.byteSize() - 1))
                    .isTrue();
        }
    }

    @Test
    void writeWithLessDataThanItsCountDoesNotCarryIt() {
        assertThat(AtaHeader.carriesData(36 + 1024, 2)).isTrue();
        assertThat(AtaHeader.carriesData(36 + 1023, 2)).isFalse();
        assertThat(AtaHeader.carriesData(60, 0)).isTrue();
    }

    private static MemorySegment request(int command, int bytes) {
        MemorySegment frame = MemorySegment.ofArray(new byte[bytes]);
        Ethernet.type(frame, 0, Ethernet.TYPE_AOE);
        AoeHeader.Fields.request(0, 0, command, 1).write(frame, 0);
        return frame;
    }

    /**
     * Random bytes, most of them made to look like AoE of a known command, so that many get far.
     */
    private static MemorySegment randomFrame(Prng prng) {
        byte[] bytes = new byte[prng.below(prng.chance(0.5) ? 80 : 1500)];
        boolean sparse = prng.chance(0.5);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = sparse && prng.chance(0.8) ? 0 : (byte) prng.nextLong();
        }
        MemorySegment frame = MemorySegment.ofArray(Arrays.copyOf(bytes, bytes.length));
        if (bytes.length >= AoeHeader.END && prng.chance(0.95)) {
            Ethernet.type(frame, 0, Ethernet.TYPE_AOE);
            AoeHeader.command(frame, 0, COMMANDS[prng.below(COMMANDS.length)]);
        }
        return frame;
    }

    private static void readAll(MemorySegment frame) {
        switch (AoeHeader.command(frame, 0)) {
            case AoeHeader.COMMAND_ATA -> AtaHeader.Fields.read(frame, 0);
            case AoeHeader.COMMAND_CONFIG -> {
                ConfigHeader.Fields fields = ConfigHeader.Fields.read(frame, 0);
                if (fields.command() != ConfigHeader.READ || AoeHeader.response(frame, 0)) {
                    assertThat(ConfigHeader.string(frame, 0)).hasSize(fields.stringBytes());
                }
            }
            case AoeHeader.COMMAND_MASK -> MaskHeader.Fields.read(frame, 0);
            case AoeHeader.COMMAND_RESERVE -> ReserveHeader.Fields.read(frame, 0);
            case AoeHeader.COMMAND_FENCE -> FenceHeader.Fields.read(frame, 0);
            case AoeHeader.COMMAND_FLOOR -> FloorHeader.Fields.read(frame, 0);
            case AoeHeader.COMMAND_AWAY ->
                assertThat(AwayHeader.withinMs(frame, 0)).isBetween(0, 0xffff);
            default -> AoeHeader.Fields.read(frame, 0);
        }
    }
}
