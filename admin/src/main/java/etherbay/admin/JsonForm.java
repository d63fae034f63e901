// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;

/**
 * What a parser that is fast lets pass, and a text of others must keep: RFC 8259's brackets and
 * words, one document, a depth. One pass without recursion, before anything is built.
 */
final class JsonForm {
    private static final Pattern WORD = Pattern.compile(
            "true|false|null|-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?");

    private final String text;
    private final Deque<Character> open = new ArrayDeque<>();
    private int at;
    private char last = ' ';
    private boolean isWhole;

    private JsonForm(String text) {
        this.text = text;
    }

    /** What is wrong, nothing if it may be parsed. */
    static String complaint(String text, int depthMax) {
        return new JsonForm(text).complaint(depthMax);
    }

    private String complaint(int depthMax) {
        while (at < text.length()) {
            char letter = text.charAt(at);
            if (isSpace(letter)) {
                at++;
                continue;
            }
            if (isWhole) {
                return "something follows the document at character " + at;
            }
            String wrong = token(letter);
            if (!wrong.isEmpty()) {
                return wrong;
            }
            if (open.size() > depthMax) {
                return "it is nested deeper than " + depthMax;
            }
            last = letter;
            isWhole = open.isEmpty();
        }
        return isWhole ? "" : "it ends before its end";
    }

    private String token(char letter) {
        return switch (letter) {
            case '{', '[' -> {
                open.push(letter == '{' ? '}' : ']');
                at++;
                yield "";
            }
            case '}', ']' -> {
                at++;
                boolean fits = !open.isEmpty() && open.pop() == letter && last != ',';
                yield fits ? "" : "there is a " + letter + " too many at character " + (at - 1);
            }
            case ',', ':' -> {
                at++;
                yield "";
            }
            case '"' -> string();
            default -> word();
        };
    }

    private String string() {
        int from = at++;
        while (at < text.length() && text.charAt(at) != '"') {
            if (text.charAt(at) < ' ') {
                return "a control character stands in the string at character " + from;
            }
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        at++;
        return at <= text.length() ? "" : "the string at character " + from + " does not end";
    }

    private String word() {
        int from = at;
        while (at < text.length() && isWord(text.charAt(at))) {
            at++;
        }
        boolean known = WORD.matcher(text).region(from, at).matches();
        return known ? "" : "no value begins as at character " + from;
    }

    private static boolean isWord(char letter) {
        return (letter >= '0' && letter <= '9')
                || (letter >= 'a' && letter <= 'z')
                || (letter >= 'A' && letter <= 'Z')
                || letter == '+'
                || letter == '-'
                || letter == '.';
    }

    private static boolean isSpace(char letter) {
        return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
    }
}
