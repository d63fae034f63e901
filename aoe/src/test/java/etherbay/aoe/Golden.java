// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A conversation captured from other programs: {@code golden/NAME.hex}. Lines with '#' say what was
 * captured and how; frames are hex, parted by empty lines; above each, a line with '=' holds what
 * {@link FrameText} is to say of it.
 */
record Golden(String name, List<Captured> frames) {
    record Captured(String text, String hex) {
        byte[] bytes() {
            return HexFormat.of().parseHex(hex);
        }

        MemorySegment segment() {
            return MemorySegment.ofArray(bytes());
        }
    }

    static Golden load(String name) {
        List<Captured> frames = new ArrayList<>();
        for (String paragraph : read(name).split("\n\n", -1)) {
            StringBuilder hex = new StringBuilder();
            String text = "";
            for (String line : paragraph.strip().split("\n", -1)) {
                if (line.startsWith("=")) {
                    text = line.substring(1).strip();
                } else if (!line.startsWith("#")) {
                    hex.append(line.strip());
                }
            }
            if (!hex.isEmpty()) {
                frames.add(new Captured(text, hex.toString()));
            }
        }
        assertThat(frames).as("frames of golden/%s.hex", name).isNotEmpty();
        return new Golden(name, frames);
    }

    Captured frame(int index) {
        return frames.get(index);
    }

    private static String read(String name) {
        try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name + ".hex")) {
            assertThat(in).as("golden/%s.hex", name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
