// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * LVM2's metadata as text, read into sections and values that know where they stand. The text
 * itself stays the truth: a change replaces pieces of it ({@link TextEdit}), so whatever is not
 * touched, known to us or not, stays byte for byte.
 *
 * <p>The grammar is that of lvm.conf(5) as far as metadata uses it: {@code name = value}, {@code
 * name { ... }}, lists in brackets, strings in double quotes with backslashes, whole numbers,
 * comments from {@code #} to the end of the line. Anything else is refused with its line.
 */
final class LvmText {
    /** Sections in one another; a group has four. */
    static final int DEPTH_MAX = 16;

    /** What may stand behind an equals sign. */
    sealed interface Value permits Whole, Text, Items {}

    /** A whole number. */
    record Whole(long number) implements Value {}

    /** A string, without its quotes and backslashes. */
    record Text(String text) implements Value {}

    /** A list, without lists in it. */
    record Items(List<Value> values) implements Value {}

    /**
     * A value with the place of its text, from its first letter to behind its last.
     *
     * @param key where its name stands
     */
    record Assignment(Place key, Value value, Place place, int to) {
        int from() {
            return place.at();
        }
    }

    /** A place in some metadata, for errors. */
    record Place(LvmText text, int at) {
        /** INVALID, with the line. */
        EtherbayException wrong(String why) {
            long line = text.letters
                    .substring(0, Math.min(at, text.letters.length()))
                    .chars()
                    .filter(letter -> letter == '\n')
                    .count();
            return new EtherbayException(
                    ErrorCode.INVALID,
                    "the metadata of " + text.of + " cannot be used",
                    "line " + (line + 1) + ": " + EtherbayException.shown(why),
                    "nothing was written; list older metadata with `etherbay vg history`, and see"
                            + " pvck(8)");
        }
    }

    /**
     * A section.
     *
     * @param place of its name
     * @param bodyFrom behind its opening brace
     * @param bodyTo its closing brace
     */
    record Section(
            String name,
            Place place,
            int bodyFrom,
            int bodyTo,
            Map<String, Assignment> values,
            Map<String, Section> sections) {
        int from() {
            return place.at();
        }

        /** Behind its closing brace. */
        int to() {
            return bodyTo + 1;
        }

        Optional<Section> section(String key) {
            return Optional.ofNullable(sections.get(key));
        }

        Section needSection(String key) {
            return section(key).orElseThrow(() -> missing(key));
        }

        /** A string; empty where there is none. */
        Optional<String> text(String key) {
            Assignment found = values.get(key);
            if (found == null) {
                return Optional.empty();
            }
            if (found.value instanceof Text(String text)) {
                return Optional.of(text);
            }
            throw found.place.wrong(key + " is no string");
        }

        String needText(String key) {
            return text(key).orElseThrow(() -> missing(key));
        }

        /** A number from 0 up to {@code max}; {@code otherwise} where there is none. */
        long whole(String key, long max, long otherwise) {
            Assignment found = values.get(key);
            if (found == null) {
                return otherwise;
            }
            if (found.value instanceof Whole(long number) && number >= 0 && number <= max) {
                return number;
            }
            throw found.place.wrong(key + " is no number from 0 to " + max);
        }

        long needWhole(String key, long max) {
            long found = whole(key, max, -1);
            if (found < 0) {
                throw missing(key);
            }
            return found;
        }

        /** The strings of a list, or one string; none where there is no such key. */
        List<String> texts(String key) {
            Assignment found = values.get(key);
            if (found == null) {
                return List.of();
            }
            List<Value> values =
                    found.value instanceof Items(List<Value> items) ? items : List.of(found.value);
            return values.stream()
                    .map(value -> {
                        if (value instanceof Text(String text)) {
                            return text;
                        }
                        throw found.place.wrong(key + " is no list of strings");
                    })
                    .toList();
        }

        EtherbayException missing(String key) {
            return place.wrong("section `" + name + "` has no " + key);
        }
    }

    private final String letters;
    private final String of;
    private int at;

    private LvmText(String letters, String of) {
        this.letters = letters;
        this.of = of;
    }

    /**
     * Reads it.
     *
     * @param of whose metadata it is, for errors
     * @return a section without a name, which holds all
     * @throws EtherbayException INVALID with the line
     */
    static Section parse(String letters, String of) {
        LvmText text = new LvmText(letters, of);
        return text.body("", new Place(text, 0), 0);
    }

    private Section body(String name, Place place, int depth) {
        if (depth > DEPTH_MAX) {
            throw place.wrong("sections are deeper than " + DEPTH_MAX);
        }
        int bodyFrom = at;
        Map<String, Assignment> values = new LinkedHashMap<>();
        Map<String, Section> sections = new LinkedHashMap<>();
        while (true) {
            skipSpace();
            boolean ends = at == letters.length() || (depth > 0 && letters.charAt(at) == '}');
            if (ends && (depth == 0 || at < letters.length())) {
                Section section = new Section(name, place, bodyFrom, at, values, sections);
                at++;
                return section;
            }
            if (ends) {
                throw place.wrong("section `" + name + "` does not end");
            }
            entry(values, sections, depth);
        }
    }

    private void entry(Map<String, Assignment> values, Map<String, Section> sections, int depth) {
        Place begin = here();
        String key = key();
        boolean known = values.containsKey(key) || sections.containsKey(key);
        if (known) {
            throw begin.wrong("`" + key + "` is there twice");
        }
        skipSpace();
        if (take('{')) {
            sections.put(key, body(key, begin, depth + 1));
        } else if (take('=')) {
            skipSpace();
            Place place = here();
            Value value = value();
            values.put(key, new Assignment(begin, value, place, at));
        } else {
            throw here().wrong("`=` or `{` is missing behind `" + key + "`");
        }
    }

    private String key() {
        int from = at;
        while (at < letters.length() && isOfKey(letters.charAt(at))) {
            at++;
        }
        if (from == at) {
            throw here().wrong("a name is missing");
        }
        return letters.substring(from, at);
    }

    private static boolean isOfKey(char letter) {
        boolean plain = letter < 128 && Character.isLetterOrDigit(letter);
        return plain || "_-+./:@".indexOf(letter) >= 0;
    }

    private Value value() {
        if (!take('[')) {
            return scalar();
        }
        List<Value> items = new ArrayList<>();
        skipSpace();
        while (!take(']')) {
            items.add(scalar());
            skipSpace();
            if (!take(',') && !is(']')) {
                throw here().wrong("`,` or `]` is missing");
            }
            skipSpace();
        }
        return new Items(List.copyOf(items));
    }

    private Value scalar() {
        if (take('"')) {
            return new Text(quoted());
        }
        Place place = here();
        int from = at;
        if (is('-')) {
            at++;
        }
        while (at < letters.length() && Character.digit(letters.charAt(at), 10) >= 0) {
            at++;
        }
        try {
            return new Whole(Long.parseLong(letters.substring(from, at)));
        } catch (NumberFormatException none) {
            throw place.wrong("a value is missing: a number or a string in double quotes");
        }
    }

    private String quoted() {
        Place place = here();
        StringBuilder text = new StringBuilder();
        while (at < letters.length()) {
            char letter = letters.charAt(at++);
            if (letter == '"') {
                return fromBytes(text.toString());
            }
            if (letter == '\\' && at < letters.length()) {
                letter = letters.charAt(at++);
            }
            text.append(letter);
        }
        throw place.wrong("a string does not end");
    }

    /**
     * A letter of the text is a byte of the disk. Paths and hosts have more letters than that:
     * these are several bytes, as UTF-8 has them.
     */
    private static String fromBytes(String bytes) {
        return bytes.chars().allMatch(letter -> letter < 128)
                ? bytes
                : new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** A string as it stands in the text. */
    static String quote(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"");
        byte[] bytes = escaped.getBytes(StandardCharsets.UTF_8);
        return '"' + new String(bytes, StandardCharsets.ISO_8859_1) + '"';
    }

    /** A list of strings as it stands in the text. */
    static String quote(List<String> texts) {
        return texts.stream().map(LvmText::quote).collect(Collectors.joining(", ", "[", "]"));
    }

    private Place here() {
        return new Place(this, at);
    }

    private boolean is(char letter) {
        return at < letters.length() && letters.charAt(at) == letter;
    }

    private boolean take(char letter) {
        boolean there = is(letter);
        at += there ? 1 : 0;
        return there;
    }

    /** White space, comments, and the zero byte at the end. */
    private void skipSpace() {
        while (at < letters.length()) {
            char letter = letters.charAt(at);
            if (letter == '#') {
                int end = letters.indexOf('\n', at);
                at = end < 0 ? letters.length() : end;
            } else if (letter != ' '
                    && letter != '\t'
                    && letter != '\n'
                    && letter != '\r'
                    && letter != 0) {
                return;
            } else {
                at++;
            }
        }
    }
}
