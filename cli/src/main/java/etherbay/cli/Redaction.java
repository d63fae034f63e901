// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes secrets out of text that goes to somebody else: TOML, JSON, logs. It takes out too much
 * rather than too little: the path of a key is not the key, and goes as well. A pure function.
 */
final class Redaction {
    private static final String GONE = "(redacted)";

    /** Private keys in PEM, also on one line with {@code \n}, also without their end. */
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?"
                    + "(?:-----END [A-Z ]*PRIVATE KEY-----|\\z)");

    /** Our tokens, wherever they stand. */
    private static final Pattern TOKEN = Pattern.compile("\\beb_[0-9a-fA-F]{8,}");

    private static final Pattern BEARER =
            Pattern.compile("(?i)\\b(bearer|basic)\\s+[A-Za-z0-9._~+/=-]{6,}");

    /** {@code nbd://user:secret@host}. */
    private static final Pattern USER_INFO = Pattern.compile("(://)[^/\\s@\"']+@");

    /** A name that ends with one of these words, and what parts it from its value. */
    private static final Pattern NAMED = Pattern.compile(
            "(?i)(?:token|password|passwd|passphrase|secret|psk|credential|(?<![a-z])key)s?"
                    + "\\\\?[\"']?(?:\\s*[:=]\\s*|(?<=--[\\w-]{3,30})\\s+)");

    private Redaction() {}

    static String of(String text) {
        String rest = PRIVATE_KEY.matcher(text).replaceAll(GONE);
        rest = TOKEN.matcher(rest).replaceAll(GONE);
        rest = BEARER.matcher(rest).replaceAll("$1 " + GONE);
        rest = USER_INFO.matcher(rest).replaceAll("$1" + GONE + "@");
        return withoutValues(rest);
    }

    private static String withoutValues(String text) {
        StringBuilder redacted = new StringBuilder(text.length());
        Matcher named = NAMED.matcher(text);
        int from = 0;
        while (from <= text.length() && named.find(from)) {
            redacted.append(text, from, named.end());
            int end = valueEnd(text, named.end());
            boolean isNothing = text.substring(named.end(), end).isBlank();
            redacted.append(
                    isNothing ? text.substring(named.end(), end) : quoted(text, named.end()));
            from = end;
        }
        return redacted.append(text, Math.min(from, text.length()), text.length())
                .toString();
    }

    /** So that JSON and TOML stay what they are. */
    private static String quoted(String text, int at) {
        return switch (text.charAt(at)) {
            case '[' -> "[\"" + GONE + "\"]";
            case '"' -> "\"" + GONE + "\"";
            default -> GONE;
        };
    }

    /** Where a value ends that begins at {@code at}. */
    private static int valueEnd(String text, int at) {
        for (String quote : new String[] {"\"\"\"", "'''", "\\\""}) {
            if (text.startsWith(quote, at)) {
                int end = text.indexOf(quote, at + quote.length());
                return end < 0 ? text.length() : end + quote.length();
            }
        }
        if (at >= text.length()) {
            return at;
        }
        return switch (text.charAt(at)) {
            case '"' -> stringEnd(text, at, '"');
            case '\'' -> stringEnd(text, at, '\'');
            case '[' -> listEnd(text, at);
            case '{' -> at; // names within speak for themselves
            default -> wordEnd(text, at);
        };
    }

    private static int stringEnd(String text, int at, char quote) {
        for (int index = at + 1; index < text.length(); index++) {
            char letter = text.charAt(index);
            if (letter == '\\') {
                index++;
            } else if (letter == quote || letter == '\n') {
                return index + 1;
            }
        }
        return text.length();
    }

    private static int listEnd(String text, int at) {
        int index = at + 1;
        while (index < text.length() && text.charAt(index) != ']') {
            char letter = text.charAt(index);
            index = letter == '"' || letter == '\'' ? stringEnd(text, index, letter) : index + 1;
        }
        return Math.min(index + 1, text.length());
    }

    private static int wordEnd(String text, int at) {
        int index = at;
        while (index < text.length() && " \t\r\n,;}]\"".indexOf(text.charAt(index)) < 0) {
            index++;
        }
        return index;
    }
}
