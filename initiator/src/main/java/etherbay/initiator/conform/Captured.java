// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Check;
import etherbay.base.MacAddress;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A frame that other programs put on a wire: resource {@code NAME.hex} of this package, which says
 * in its first lines what was captured and how. So what a rule sends and expects is not our own
 * idea of the protocol.
 */
final class Captured {
    /** The client of every capture; where it stands in an argument, the asking client is meant. */
    private static final byte[] CLIENT = {2, 0, 0, 0, 0x0a, 1};

    private final String name;
    private final byte[] bytes;

    private Captured(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    static Captured frame(String conversation, int index) {
        return new Captured(conversation + "[" + index + "]", load(conversation).get(index));
    }

    /** Which one: {@code vblade-read[2]}. */
    String name() {
        return name;
    }

    /** As they were captured. */
    byte[] bytes() {
        return bytes.clone();
    }

    private static List<byte[]> load(String conversation) {
        List<byte[]> frames = new ArrayList<>();
        for (String paragraph : text(conversation).split("\n\n", -1)) {
            StringBuilder hex = new StringBuilder();
            paragraph
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.startsWith("="))
                    .forEach(line -> hex.append(line.strip()));
            if (!hex.isEmpty()) {
                frames.add(HexFormat.of().parseHex(hex));
            }
        }
        return frames;
    }

    private static String text(String conversation) {
        try (InputStream in = Captured.class.getResourceAsStream(conversation + ".hex")) {
            Check.that(in != null, "a capture that a rule names is a resource");
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The captured request under the addresses and the tag of {@code frames}. */
    MemorySegment addressed(AoeFrames frames) {
        MemorySegment own = frames.configQuery();
        MemorySegment frame =
                MemorySegment.ofArray(bytesFor(Ethernet.Fields.read(own, 0).src()));
        Ethernet.Fields.read(own, 0).write(frame, 0);
        AoeHeader.shelf(frame, 0, AoeHeader.shelf(own, 0));
        AoeHeader.slot(frame, 0, AoeHeader.slot(own, 0));
        AoeHeader.tag(frame, 0, AoeHeader.tag(own, 0));
        return frame;
    }

    /** The bytes of the argument and behind it, as if {@code client} had been the client. */
    byte[] bytesFor(MacAddress client) {
        byte[] mine = bytes.clone();
        byte[] mac = HexFormat.of().parseHex(client.toString().replace(":", ""));
        for (int at = AoeHeader.END; at + CLIENT.length <= mine.length; at++) {
            if (Arrays.equals(mine, at, at + CLIENT.length, CLIENT, 0, CLIENT.length)) {
                System.arraycopy(mac, 0, mine, at, mac.length);
            }
        }
        return mine;
    }
}
