// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which interfaces a person means: one by its name ({@code eth0}), many by a glob ({@code eth*}),
 * or a segment ({@code unix:PATH}). Text with none of {@code * ? [} is a name, letter by letter.
 * With one it is a glob as of fnmatch(3) without flags: {@code *} for any letters, {@code ?} for
 * one, {@code [a-z]} and {@code [!a-z]} for one of a set, a backslash before what stands for
 * itself; but what can match no name is an error, not a pattern without matches. Immutable; {@code
 * toString()} gives what was written.
 */
public final class InterfacePattern {
    private static final String GLOB_LETTERS = "*?[";
    private static final char ESCAPE = '\\';

    /** One letter of a name. */
    private sealed interface Step {
        boolean takes(int letter);
    }

    private record Letter(int wanted) implements Step {
        @Override
        public boolean takes(int letter) {
            return letter == wanted;
        }
    }

    /** {@code ?}. */
    private record AnyLetter() implements Step {
        @Override
        public boolean takes(int letter) {
            return true;
        }
    }

    /** {@code *}: not one letter but any number of any. */
    private record AnyText() implements Step {
        @Override
        public boolean takes(int letter) {
            return true;
        }
    }

    /** {@code [a-z0]} or, excluding, {@code [!a-z0]}. */
    private record LetterSet(boolean excluding, List<Range> ranges) implements Step {
        @Override
        public boolean takes(int letter) {
            boolean listed = ranges.stream()
                    .anyMatch(range -> range.first() <= letter && letter <= range.last());
            return listed != excluding;
        }
    }

    private record Range(int first, int last) {}

    private final String text;
    private final boolean glob;

    /** Of a glob; empty for a name and a segment, which are compared as they are. */
    private final Step[] steps;

    private InterfacePattern(String text, boolean glob, Step[] steps) {
        this.text = text;
        this.glob = glob;
        this.steps = steps;
    }

    /**
     * Reads a name, a glob or {@code unix:PATH}. Says nothing about whether an interface exists.
     *
     * @throws EtherbayException INVALID for what no interface can be called, with what to write
     */
    public static InterfacePattern parse(String text) {
        boolean glob = !text.startsWith(PortAddress.UNIX_PREFIX)
                && text.chars().anyMatch(letter -> GLOB_LETTERS.indexOf(letter) >= 0);
        if (!glob) {
            return new InterfacePattern(PortAddress.parse(text).toString(), false, new Step[0]);
        }
        if (!text.chars().allMatch(PortAddress::isNicLetter)) {
            throw invalid(
                    text,
                    "names of interfaces have no '/', ':' or spaces",
                    "write the names alone, as eth*, and one pattern for each element");
        }
        Step[] steps = new Parser(text).steps();
        long letterCountMin = 0;
        for (Step step : steps) {
            letterCountMin += step instanceof AnyText ? 0 : 1;
        }
        if (letterCountMin > PortAddress.NIC_NAME_BYTES_MAX) {
            throw invalid(
                    text,
                    "it wants %d letters at least, and names of interfaces have at most %d"
                            .formatted(letterCountMin, PortAddress.NIC_NAME_BYTES_MAX),
                    "write the beginning of the names and a star, as eth*");
        }
        return new InterfacePattern(text, true, steps);
    }

    /** Whether it may mean several interfaces, and others as they come and go. */
    public boolean isGlob() {
        return glob;
    }

    /**
     * Whether the interface of that name is meant. A glob never means a segment.
     *
     * @param name a NIC's, or {@code unix:PATH}
     */
    public boolean matches(String name) {
        if (!glob) {
            return name.equals(text);
        }
        return !name.isEmpty()
                && name.getBytes(StandardCharsets.UTF_8).length <= PortAddress.NIC_NAME_BYTES_MAX
                && name.chars().allMatch(PortAddress::isNicLetter)
                && match(name.codePoints().toArray());
    }

    /**
     * Goes back only to the last star: what an earlier one took in need never be taken in anew, so
     * the effort is the product of both lengths at most.
     */
    private boolean match(int[] name) {
        int at = 0;
        int step = 0;
        int afterStar = -1;
        int starAt = 0;
        while (at < name.length) {
            if (step < steps.length && steps[step] instanceof AnyText) {
                afterStar = ++step;
                starAt = at;
            } else if (step < steps.length && steps[step].takes(name[at])) {
                step++;
                at++;
            } else if (afterStar >= 0) {
                step = afterStar;
                at = ++starAt;
            } else {
                return false;
            }
        }
        while (step < steps.length && steps[step] instanceof AnyText) {
            step++;
        }
        return step == steps.length;
    }

    @Override
    public String toString() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InterfacePattern pattern && pattern.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    private static EtherbayException invalid(String text, String why, String correction) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no pattern for network interfaces",
                EtherbayException.shown(why),
                correction);
    }

    /** Goes through a glob once, letter by letter. */
    private static final class Parser {
        private final String text;
        private final int[] letters;
        private int at;

        Parser(String text) {
            this.text = text;
            letters = text.codePoints().toArray();
        }

        Step[] steps() {
            List<Step> steps = new ArrayList<>();
            while (at < letters.length) {
                int letter = letters[at++];
                steps.add(
                        switch (letter) {
                            case '*' -> new AnyText();
                            case '?' -> new AnyLetter();
                            case '[' -> set();
                            case ESCAPE -> new Letter(escaped());
                            default -> new Letter(letter);
                        });
            }
            return steps.toArray(Step[]::new);
        }

        private int escaped() {
            if (at == letters.length) {
                throw invalid(
                        text,
                        "nothing follows the backslash at its end",
                        "write \\\\ for a backslash in a name, else leave it out");
            }
            return letters[at++];
        }

        /** Behind the opening bracket. A closing one that comes first is a member. */
        private LetterSet set() {
            boolean excluding = at < letters.length && (letters[at] == '!' || letters[at] == '^');
            at += excluding ? 1 : 0;
            List<Range> ranges = new ArrayList<>();
            while (ranges.isEmpty() || peek() != ']') {
                int first = member();
                boolean ranged = peek() == '-' && at + 1 < letters.length && letters[at + 1] != ']';
                at += ranged ? 1 : 0;
                int last = ranged ? member() : first;
                if (last < first) {
                    throw invalid(
                            text,
                            "a range ends before it begins: %s-%s"
                                    .formatted(Character.toString(first), Character.toString(last)),
                            "write the lower letter first, as [a-z]");
                }
                ranges.add(new Range(first, last));
            }
            at++;
            return new LetterSet(excluding, List.copyOf(ranges));
        }

        private int member() {
            int letter = peek();
            at++;
            return letter == ESCAPE ? escaped() : letter;
        }

        private int peek() {
            if (at == letters.length) {
                throw invalid(
                        text,
                        "a bracket is opened and not closed",
                        "write the letters and close it, as [a-z], or \\[ for a bracket in a"
                                + " name");
            }
            return letters[at];
        }
    }
}
