// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.AuditLog;
import etherbay.admin.Role;
import etherbay.base.DurableFile;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who may ask over TCP: a file of lines {@code NAME ROLE SHA256-OF-TOKEN}; {@code #} begins a
 * comment. A token itself stands nowhere. The file is read again when it changes, so a line that is
 * taken out ends at once. May be called from any thread.
 */
public final class Tokens {
    private static final String PREFIX = "eb_";
    private static final int TOKEN_BYTES = 32;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final Path file;
    private String version = "";
    private List<Holder> holders = List.of();

    /** Whose a token is. */
    public record Holder(String name, Role role, String digest) {}

    /** Of a file, which need not be there yet. */
    public Tokens(Path file) {
        this.file = file;
    }

    /** Whose the token is; empty for one that is unknown. */
    public Optional<Holder> find(String token) {
        return withDigest(AuditLog.digest(token));
    }

    /** Whose the token of that digest is; empty when its line is not there any more. */
    Optional<Holder> withDigest(String digest) {
        byte[] asked = bytes(digest);
        Optional<Holder> found = Optional.empty();
        for (Holder holder : holders()) {
            // All are compared, each in constant time: how long it takes says nothing of the lines.
            if (MessageDigest.isEqual(bytes(holder.digest()), asked)) {
                found = Optional.of(holder);
            }
        }
        return found;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** All who have one. A file that cannot be read lets nobody in. */
    public synchronized List<Holder> holders() {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            String now = attributes.lastModifiedTime() + " " + attributes.size() + " "
                    + attributes.fileKey();
            if (!now.equals(version)) {
                holders = parse(Files.readAllLines(file));
                version = now;
            }
        } catch (IOException absent) {
            holders = List.of();
            version = "";
        }
        return holders;
    }

    private static List<Holder> parse(List<String> lines) {
        List<Holder> holders = new ArrayList<>();
        for (String line : lines) {
            String[] words = words(line);
            if (words.length == 3
                    && !words[0].startsWith("#")
                    && DIGEST.matcher(words[2]).matches()) {
                Arrays.stream(Role.values())
                        .filter(role -> role.name().equalsIgnoreCase(words[1]))
                        .forEach(role -> holders.add(new Holder(words[0], role, words[2])));
            }
        }
        return List.copyOf(holders);
    }

    private static String[] words(String line) {
        return line.strip().split("\\s+", 4);
    }

    /**
     * Makes a token, and puts its line into the file in place of a former one of that name.
     *
     * @return the token, which is shown once and stands nowhere
     */
    public synchronized String create(String name, Role role) {
        if (!NAME.matcher(name).matches()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "a token cannot be called " + EtherbayException.shown(name),
                    "a name has letters, digits and . _ @ -, at most 64",
                    "choose another, such as backup-host");
        }
        byte[] secret = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(secret);
        String token = PREFIX + HexFormat.of().formatHex(secret);
        List<String> lines = withoutLine(name);
        lines.add("%s %s %s".formatted(name, role.word(), AuditLog.digest(token)));
        write(lines);
        return token;
    }

    /** Takes a name out; NOT_FOUND when it is not there. */
    public synchronized void remove(String name) {
        List<String> lines = withoutLine(name);
        if (holders().stream().noneMatch(holder -> holder.name().equals(name))) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is no token called " + EtherbayException.shown(name),
                    "no line of " + file + " begins so",
                    "see which there are: etherbay token list");
        }
        write(lines);
    }

    private List<String> withoutLine(String name) {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            lines.removeIf(line -> words(line)[0].equals(name));
            return lines;
        } catch (NoSuchFileException none) {
            return new ArrayList<>();
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private void write(List<String> lines) {
        String text = String.join("\n", lines) + "\n";
        try {
            DurableFile.writePrivate(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private EtherbayException unwritable(IOException failure) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "the tokens in " + file + " cannot be changed",
                String.valueOf(failure.getMessage()),
                "run it as the daemon's user, or as root");
    }
}
