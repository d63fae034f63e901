// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What rules send and expect is what other programs sent. */
class CapturedTest {
    private static final Path HOME = Path.of(System.getProperty("etherbay.home", ".."));
    private static final MacAddress OWN = new MacAddress(0x5254_0012_3456L);
    private static final MacAddress TARGET = new MacAddress(0x0200_0000_0b01L);

    @Test
    void ourCopiesAreTheCapturesOfTheWire() throws IOException {
        Path ours = HOME.resolve("initiator/src/main/resources/etherbay/initiator/conform");
        Path captured = HOME.resolve("aoe/src/test/resources/golden");
        List<Path> copies;
        try (Stream<Path> files = Files.list(ours)) {
            copies = files.toList();
        }
        assertThat(copies)
                .hasSizeGreaterThan(10)
                .allSatisfy(copy -> assertThat(copy)
                        .hasSameBinaryContentAs(
                                captured.resolve(copy.getFileName().toString())));
    }

    @Test
    void aCapturedRequestIsSentUnderOurAddressesAndTag() {
        AoeFrames frames = AoeFrames.request(TARGET, OWN, 7, 3, 0x8123_4567);
        Captured captured = Captured.frame("vblade-reserve", 4);
        MemorySegment frame = captured.addressed(frames);
        assertThat(AoeHeader.Fields.read(frame, 0))
                .isEqualTo(AoeHeader.Fields.request(7, 3, AoeHeader.COMMAND_RESERVE, 0x8123_4567));
        assertThat(ReserveHeader.Fields.read(frame, 0).macs())
                .as("the client of the capture is us")
                .containsExactly(OWN);
        assertThat(frame.byteSize()).isEqualTo(captured.bytes().length);
    }

    @Test
    void whatIsNoAddressOrTagIsSentAsItWasCaptured() {
        AoeFrames frames = AoeFrames.request(TARGET, OWN, 7, 3, 0x8123_4567);
        Captured captured = Captured.frame("aoeping-identify", 0);
        byte[] sent = captured.addressed(frames).toArray(ValueLayout.JAVA_BYTE);
        byte[] then = captured.bytes();
        assertThat(Arrays.copyOfRange(sent, AoeHeader.END, sent.length))
                .isEqualTo(Arrays.copyOfRange(then, AoeHeader.END, then.length));
    }

    @Test
    void everyCaptureSaysHowItWasMade() {
        for (String name : List.of("vblade-mask", "aoecfg-set", "ipxe-sanboot")) {
            assertThat(text(name)).startsWith("# ").contains("Captured by tcpdump");
        }
    }

    private static String text(String name) {
        try (InputStream in = Captured.class.getResourceAsStream(name + ".hex")) {
            if (in == null) {
                throw new AssertionError("no capture " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
