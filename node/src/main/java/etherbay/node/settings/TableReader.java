// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.EtherbayException;
import etherbay.base.Nearest;

import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One table of the file: hands out the values of its keys, and notes what is wrong with them. A
 * value with a problem is handed out as if it were not there, so that the rest is still checked.
 */
final class TableReader {
    /** A string of a list and where it stands. */
    record Entry(String text, @Nullable TomlPosition at) {}

    private static final double NS_PER_S = 1e9;
    private static final Set<String> TRUE_WORDS = Set.of("true", "on", "yes", "1");
    private static final Set<String> FALSE_WORDS = Set.of("false", "off", "no", "0");

    private final String name;
    private final TomlTable table;
    private final @Nullable TomlPosition at;
    private final Problems problems;

    /**
     * @param name what a person calls the table
     * @param at where it begins
     */
    TableReader(String name, TomlTable table, @Nullable TomlPosition at, Problems problems) {
        this.name = name;
        this.table = table;
        this.at = at;
        this.problems = problems;
    }

    /** Of the text that it stands in. */
    String file() {
        return problems.file();
    }

    @Nullable
    TomlPosition at() {
        return at;
    }

    /** Where the key stands, or the table if it has none. */
    @Nullable
    TomlPosition at(String key) {
        TomlPosition position = table.inputPositionOf(List.of(key));
        return position == null ? at : position;
    }

    boolean has(String key) {
        return value(key) != null;
    }

    boolean is(String key, String text) {
        return text.equals(value(key));
    }

    private @Nullable Object value(String key) {
        return table.get(List.of(key));
    }

    /** Every key in the order of the file. */
    List<String> keys() {
        return table.keySet().stream().toList();
    }

    /** Notes each key that is none of {@code known}, with what was probably meant. */
    void refuseOthers(List<String> known) {
        for (String key : keys()) {
            if (!known.contains(key)) {
                problems.add(
                        at(key),
                        name + " knows no key " + Value.quoted(key),
                        elsewhere(key),
                        Nearest.to(key, known)
                                .map(nearest -> "did you mean " + nearest + "?")
                                .orElse("its keys are " + String.join(", ", known)));
            }
        }
    }

    private static String elsewhere(String key) {
        return Keys.BY_TABLE.entrySet().stream()
                .filter(table -> table.getValue().contains(key))
                .map(table -> "it belongs into " + table.getKey())
                .sorted()
                .findFirst()
                .orElse("a key that nobody reads is a wish that is not granted");
    }

    void problem(String key, String what, String why, String correction) {
        problems.add(at(key), what, why, correction);
    }

    private void wrongKind(String key, String wanted, String correction) {
        Object value = value(key);
        problem(
                key,
                Value.shown(key, value) + " is " + Value.kind(value),
                "it must be " + wanted,
                "write " + correction);
    }

    /**
     * @param example what to write where nothing better is known
     */
    Optional<Long> number(String key, long least, long most, long example) {
        return number(key, least, most, example, "");
    }

    /**
     * @param otherwise what else the key may be, or nothing
     */
    Optional<Long> number(String key, long least, long most, long example, String otherwise) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof Long number)) {
            String unquoted = value instanceof String text && text.strip().matches("[0-9]{1,15}")
                    ? text.strip()
                    : Long.toString(example);
            wrongKind(
                    key,
                    otherwise + "a whole number from " + least + " to " + most,
                    key + " = " + unquoted);
            return Optional.empty();
        }
        if (number < least || number > most) {
            problem(
                    key,
                    key + " = " + number + " is out of range",
                    "it must be from " + least + " to " + most,
                    "write a number in that range, as " + key + " = " + example);
            return Optional.empty();
        }
        return Optional.of(number);
    }

    /**
     * A time in seconds, whole or not.
     *
     * @param otherwise what else the key may be, or nothing
     * @return in nanoseconds
     */
    Optional<Long> secondsNs(
            String key, double least, double most, long example, String otherwise) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof Long || value instanceof Double)) {
            wrongKind(
                    key,
                    "%sseconds from %s to %s".formatted(otherwise, plain(least), plain(most)),
                    key + " = " + example);
            return Optional.empty();
        }
        double seconds = ((Number) value).doubleValue();
        if (!(seconds >= least && seconds <= most)) {
            problem(
                    key,
                    Value.shown(key, value) + " is out of range",
                    "it must be from %s to %s seconds".formatted(plain(least), plain(most)),
                    "write a number in that range, as " + key + " = " + example);
            return Optional.empty();
        }
        return Optional.of(Math.round(seconds * NS_PER_S));
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    Optional<Boolean> truth(String key) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Boolean truth) {
            return Optional.of(truth);
        }
        String meant = meant(value)
                .map(truth -> key + " = " + truth)
                .orElse(key + " = true or " + key + " = false");
        wrongKind(key, "true or false, without quotes", meant);
        return Optional.empty();
    }

    private static Optional<Boolean> meant(Object value) {
        String word = String.valueOf(value).strip().toLowerCase(Locale.ROOT);
        return TRUE_WORDS.contains(word)
                ? Optional.of(true)
                : FALSE_WORDS.contains(word) ? Optional.of(false) : Optional.empty();
    }

    /** A key with two states that are words. */
    Optional<Boolean> choice(String key, String yes, String no) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value.equals(yes) || value.equals(no)) {
            return Optional.of(value.equals(yes));
        }
        String both = "%s = \"%s\" or %s = \"%s\"".formatted(key, yes, key, no);
        String correction = "write "
                + meant(value)
                        .map(truth -> "%s = \"%s\"".formatted(key, truth ? yes : no))
                        .orElse(both);
        String what = Value.shown(key, value);
        problem(
                key,
                value instanceof String
                        ? what + " is not known"
                        : what + " is " + Value.kind(value),
                "it must be \"%s\" or \"%s\", in quotes".formatted(yes, no),
                correction);
        return Optional.empty();
    }

    /** A key that is one of some words. */
    Optional<String> word(String key, List<String> words) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text && words.contains(text)) {
            return Optional.of(text);
        }
        List<String> quoted = words.stream().map(Value::quoted).toList();
        String what = Value.shown(key, value);
        problem(
                key,
                value instanceof String
                        ? what + " is not known"
                        : what + " is " + Value.kind(value),
                "it must be " + Problems.oneOf(quoted) + ", in quotes",
                "write " + key + " = "
                        + Nearest.to(String.valueOf(value), words)
                                .map(Value::quoted)
                                .orElse(quoted.getFirst()));
        return Optional.empty();
    }

    Optional<String> text(String key, String example) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof String text)) {
            wrongKind(key, "a string, in quotes", key + " = " + Value.quoted(example));
            return Optional.empty();
        }
        if (text.isBlank()) {
            problem(
                    key,
                    key + " is empty",
                    "it must name something",
                    "write " + key + " = " + Value.quoted(example) + ", or leave it out");
            return Optional.empty();
        }
        return Optional.of(text);
    }

    Optional<Path> path(String key, String example) {
        return text(key, example).flatMap(text -> {
            try {
                return Optional.of(Path.of(text));
            } catch (InvalidPathException cause) {
                problem(
                        key,
                        Value.shown(key, text) + " is no path",
                        cause.getReason(),
                        "write " + key + " = " + Value.quoted(example));
                return Optional.empty();
            }
        });
    }

    /** A value that {@code parse} reads or refuses. */
    <T> Optional<T> parsed(String key, String example, Function<String, T> parse) {
        return text(key, example).flatMap(text -> {
            try {
                return Optional.of(parse.apply(text));
            } catch (EtherbayException refused) {
                problems.add(at(key), refused);
                return Optional.empty();
            }
        });
    }

    /** An entry of a list that {@code parse} reads or refuses. */
    <T> Optional<T> parsed(Entry entry, Function<String, T> parse) {
        try {
            return Optional.of(parse.apply(entry.text()));
        } catch (EtherbayException refused) {
            problems.add(entry.at(), refused);
            return Optional.empty();
        }
    }

    /** A list of strings; those of another kind are noted and left out. */
    Optional<List<Entry>> texts(String key, String example) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof TomlArray array)) {
            String word = value instanceof String text ? text : example;
            wrongKind(key, "a list of strings", key + " = [" + Value.quoted(word) + "]");
            return Optional.empty();
        }
        List<Entry> entries = new ArrayList<>();
        for (int index = 0; index < array.size(); index++) {
            TomlPosition position = array.inputPositionOf(index);
            if (array.get(index) instanceof String text) {
                entries.add(new Entry(text, position));
            } else {
                problems.add(
                        position,
                        Value.shown("an element of " + key, array.get(index)) + " is "
                                + Value.kind(array.get(index)),
                        "each must be a string, in quotes",
                        "write " + key + " = [" + Value.quoted(example) + "]");
            }
        }
        return Optional.of(entries);
    }

    /** A table below this one. */
    Optional<TableReader> table(String key, String called, String example) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof TomlTable below)) {
            wrongKind(key, "a table", example);
            return Optional.empty();
        }
        return Optional.of(new TableReader(called, below, at(key), problems));
    }

    /** Every table of a list of tables. */
    List<TableReader> tables(String key, String called) {
        Object value = value(key);
        if (value == null) {
            return List.of();
        }
        List<TableReader> tables = new ArrayList<>();
        if (value instanceof TomlArray array) {
            for (int index = 0; index < array.size(); index++) {
                if (array.get(index) instanceof TomlTable below) {
                    TomlPosition position = array.inputPositionOf(index);
                    tables.add(new TableReader(called, below, position, problems));
                }
            }
            if (tables.size() == array.size()) {
                return tables;
            }
        }
        wrongKind(key, "a list of tables", called + " above the keys of each");
        return tables;
    }
}
