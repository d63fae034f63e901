// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.MacAddress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The names that the machine has for Ethernet addresses: ethers(5), a line {@code MAC name} each,
 * the rest of a line from '#' on being a comment. The first line with a name counts, as in glibc. A
 * line that is none is another program's, and skipped.
 *
 * @param file where it was looked up
 * @param macs the addresses by name
 * @param failure why it could not be read, or nothing
 */
public record Ethers(Path file, Map<String, MacAddress> macs, String failure) {
    private static final int BYTES_MAX = 4 << 20;

    /** What {@link String#strip} takes off: a name of the others would not be read again. */
    private static final Pattern BLANKS = Pattern.compile("\\p{javaWhitespace}+");

    /** Reads it; a file that is not there names nobody. */
    public static Ethers read(Path file) {
        if (!Files.exists(file)) {
            return new Ethers(file, Map.of(), "there is no " + file);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(BYTES_MAX);
            return new Ethers(file, parse(new String(bytes, StandardCharsets.UTF_8)), "");
        } catch (IOException cause) {
            return new Ethers(file, Map.of(), file + " cannot be read: " + cause);
        }
    }

    static Map<String, MacAddress> parse(String text) {
        Map<String, MacAddress> macs = new LinkedHashMap<>();
        text.lines().forEach(line -> {
            int comment = line.indexOf('#');
            String[] words =
                    BLANKS.split((comment < 0 ? line : line.substring(0, comment)).strip(), -1);
            if (words.length >= 2) {
                MacAddress.parse(words[0]).ifPresent(mac -> macs.putIfAbsent(words[1], mac));
            }
        });
        return macs;
    }
}
