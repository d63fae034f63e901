// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Any bytes as one line of printable ASCII, and back: a config string is bytes, and may hold what
 * would move the cursor of a terminal. A backslash is doubled, everything that does not print is
 * {@code \xHH}; read are {@code \n}, {@code \t} and {@code \r} too.
 */
public final class EscapedText {
    private static final int HEX_DIGITS = 2;

    private EscapedText() {}

    public static String of(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (byte each : bytes) {
            if (each == '\\') {
                text.append("\\\\");
            } else if (each >= ' ' && each <= '~') {
                text.append((char) each);
            } else {
                text.append(String.format(Locale.ROOT, "\\x%02x", each));
            }
        }
        return text.toString();
    }

    /**
     * The bytes of a text; what is not ASCII as UTF-8.
     *
     * @throws EtherbayException INVALID for an escape that is none
     */
    public static byte[] parse(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int at = 0;
        while (at < text.length()) {
            int escape = text.indexOf('\\', at);
            int end = escape < 0 ? text.length() : escape;
            bytes.writeBytes(text.substring(at, end).getBytes(StandardCharsets.UTF_8));
            at = escape < 0 ? end : escape + parseEscape(text, escape, bytes);
        }
        return bytes.toByteArray();
    }

    /** @return how many characters the escape at {@code at} has */
    private static int parseEscape(String text, int at, ByteArrayOutputStream bytes) {
        char letter = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
        switch (letter) {
            case '\\' -> bytes.write('\\');
            case 'n' -> bytes.write('\n');
            case 't' -> bytes.write('\t');
            case 'r' -> bytes.write('\r');
            case 'x' -> {
                bytes.write(hex(text, at + 2));
                return 2 + HEX_DIGITS;
            }
            default -> throw invalid(text, at);
        }
        return 2;
    }

    private static int hex(String text, int at) {
        boolean whole = at + HEX_DIGITS <= text.length()
                && HexFormat.isHexDigit(text.charAt(at))
                && HexFormat.isHexDigit(text.charAt(at + 1));
        if (!whole) {
            throw invalid(text, at - 2);
        }
        return HexFormat.fromHexDigits(text, at, at + HEX_DIGITS);
    }

    private static EtherbayException invalid(String text, int at) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` has an escape that is none",
                "nothing is known by what stands at character " + (at + 1) + ": `"
                        + EtherbayException.shown(
                                text.substring(at, Math.min(text.length(), at + 4)))
                        + "`",
                "write a backslash as \\\\, any byte as \\x and two hexadecimal digits");
    }
}
