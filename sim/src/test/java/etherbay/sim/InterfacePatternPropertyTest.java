// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.InterfacePattern;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

/** What must hold for any pattern; it stands here because {@code base} does not know us. */
final class InterfacePatternPropertyTest {
    private static final int CASE_COUNT = 20_000;

    /** Mostly of letters that mean something in a pattern. */
    private static final String LETTERS = "aabb00***??[]]!^-\\ü";

    private record Pair(String pattern, String name) {}

    private static String text(Prng prng, String letters, int lengthMax) {
        StringBuilder text = new StringBuilder();
        for (int length = prng.between(0, lengthMax); length > 0; length--) {
            text.append(letters.charAt(prng.below(letters.length())));
        }
        return text.toString();
    }

    private static String anyText(Prng prng, int size) {
        StringBuilder text = new StringBuilder(prng.below(4) == 0 ? "unix:" : "");
        for (int length = prng.between(0, size); length > 0; length--) {
            text.append((char) prng.below(prng.below(2) == 0 ? 128 : 1 << 16));
        }
        return text.toString();
    }

    @Test
    void anyTextIsAPatternOrAnErrorForPeople() {
        Property.check("any text", CASE_COUNT, InterfacePatternPropertyTest::anyText, text -> {
            try {
                InterfacePattern pattern = InterfacePattern.parse(text);
                assertThat(pattern.matches(text)).isIn(true, false);
            } catch (EtherbayException refused) {
                assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                assertThat(refused.why()).isNotBlank();
                assertThat(refused.correction()).isNotBlank();
            }
        });
    }

    @Test
    void aGlobMatchesWhatTheSimplestMatcherMatches() {
        int[] tried = new int[1];
        int[] matched = new int[1];
        Property.check(
                "globs",
                CASE_COUNT,
                (prng, size) ->
                        new Pair(text(prng, LETTERS, Math.min(size, 9)), text(prng, "ab0-*", 7)),
                pair -> {
                    tried[0]++;
                    InterfacePattern pattern;
                    try {
                        pattern = InterfacePattern.parse(pair.pattern());
                    } catch (EtherbayException refused) {
                        return;
                    }
                    boolean expected = !pair.name().isEmpty()
                            && (pattern.isGlob()
                                    ? matches(pair.pattern(), pair.name())
                                    : pair.pattern().equals(pair.name()));
                    assertThat(pattern.matches(pair.name())).as("%s", pair).isEqualTo(expected);
                    matched[0] += expected ? 1 : 0;
                });
        // A replay tries one case, which may be of the others.
        assertThat(matched[0]).isGreaterThan(tried[0] == 1 ? -1 : CASE_COUNT / 100);
    }

    /** By its definition: each star is tried with every length. */
    private static boolean matches(String pattern, String name) {
        if (pattern.isEmpty()) {
            return name.isEmpty();
        }
        char first = pattern.charAt(0);
        String rest = pattern.substring(1);
        if (first == '*') {
            return matches(rest, name) || (!name.isEmpty() && matches(pattern, name.substring(1)));
        }
        if (name.isEmpty()) {
            return false;
        }
        char letter = name.charAt(0);
        String further = name.substring(1);
        return switch (first) {
            case '?' -> matches(rest, further);
            case '\\' -> rest.charAt(0) == letter && matches(rest.substring(1), further);
            case '[' -> {
                int end = end(rest);
                yield listed(rest.substring(0, end), letter)
                        && matches(rest.substring(end + 1), further);
            }
            default -> first == letter && matches(rest, further);
        };
    }

    /** Where the bracket closes that was opened in front of {@code rest}. */
    private static int end(String rest) {
        int at = rest.startsWith("!") || rest.startsWith("^") ? 1 : 0;
        do {
            at += rest.charAt(at) == '\\' ? 2 : 1;
        } while (rest.charAt(at) != ']');
        return at;
    }

    private static boolean listed(String set, char letter) {
        boolean excluding = set.startsWith("!") || set.startsWith("^");
        String members = excluding ? set.substring(1) : set;
        boolean found = false;
        while (!members.isEmpty()) {
            members = members.charAt(0) == '\\' ? members.substring(1) : members;
            char low = members.charAt(0);
            members = members.substring(1);
            char high = low;
            if (members.startsWith("-") && members.length() > 1) {
                members = members.substring(members.charAt(1) == '\\' ? 2 : 1);
                high = members.charAt(0);
                members = members.substring(1);
            }
            found |= low <= letter && letter <= high;
        }
        return found != excluding;
    }
}
