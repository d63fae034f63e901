// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.NodeSettings;

import org.tomlj.TomlPosition;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The settings file of a node, {@code etherbay.toml}: TOML 1.0, with the keys of docs/settings.md.
 * Reading changes nothing and opens no disk; it looks into {@code /etc/ethers}, and whether paths
 * lead to one file. Blocking control code, for any thread.
 */
public final class SettingsFile {
    /** Names for addresses: ethers(5). */
    public static final Path ETHERS = Path.of("/etc/ethers");

    /** Some ten thousand exports. */
    static final int BYTES_MAX = 4 << 20;

    private SettingsFile() {}

    /**
     * Reads and checks the whole file.
     *
     * @throws SettingsException for all that is wrong in it, with positions; where it is no TOML,
     *     for what is wrong in that alone
     * @throws EtherbayException where the file itself cannot be read
     */
    public static NodeSettings read(Path file) {
        return read(file, ETHERS);
    }

    static NodeSettings read(Path file, Path ethers) {
        return parse(textOf(file), file, ethers);
    }

    static NodeSettings parse(String text, Path file, Path ethers) {
        return SettingsLayer.parse(new SettingsLayer.Source(text, file.toString(), false), ethers)
                .settings();
    }

    static String textOf(Path file) {
        return text(file, bytes(file));
    }

    private static byte[] bytes(Path file) {
        if (Files.isDirectory(file)) {
            throw refused(
                    ErrorCode.INVALID,
                    file + " is a directory",
                    "the settings of a node are one file",
                    "name the file in it: " + file.resolve("etherbay.toml"));
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw refused(
                        ErrorCode.INVALID,
                        file + " is too large for a settings file",
                        "it may have " + (BYTES_MAX >> 20) + " MiB",
                        "see that it is the right file");
            }
            return bytes;
        } catch (NoSuchFileException missing) {
            throw refused(
                    ErrorCode.NOT_FOUND,
                    file + " does not exist",
                    "a node serves what its settings file says",
                    "write one; docs/etherbay.toml is an example with every key");
        } catch (AccessDeniedException denied) {
            throw refused(
                    ErrorCode.DENIED,
                    file + " may not be read",
                    "you have no right to",
                    "run as root, or give yourself the right: see ls -l " + file);
        } catch (IOException cause) {
            throw refused(
                    ErrorCode.UNAVAILABLE,
                    file + " cannot be read",
                    cause.toString(),
                    "see that its file system answers");
        }
    }

    /** The text of the file, which must be UTF-8 throughout. */
    static String text(Path file, byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer text = CharBuffer.allocate(bytes.length);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean valid = !decoder.decode(in, text, true).isError();
        text.flip();
        if (!valid) {
            List<String> before = text.toString().lines().toList();
            boolean lineBegins = text.isEmpty() || text.toString().endsWith("\n");
            int line = before.size() + (lineBegins ? 1 : 0);
            int column = lineBegins ? 1 : before.getLast().length() + 1;
            Problems problems = new Problems(file.toString());
            problems.add(
                    TomlPosition.positionAt(line, column),
                    "byte 0x%02x is no UTF-8".formatted(bytes[in.position()]),
                    "TOML is written in UTF-8",
                    "save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8");
            throw new SettingsException(file.toString(), problems.sorted());
        }
        return text.toString();
    }

    private static EtherbayException refused(
            ErrorCode code, String what, String why, String correction) {
        return new EtherbayException(code, what, why, correction);
    }
}
