// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** JSON (RFC 8259) of plain values on one line, for what {@code --json} prints. */
final class JsonText {
    private JsonText() {}

    /**
     * @param value a map (its entries in its order), a collection, a string, a number or a boolean
     * @throws IllegalArgumentException for anything else
     */
    static String of(Object value) {
        return switch (value) {
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry ->
                                quoted(entry.getKey().toString()) + ":" + of(entry.getValue()))
                        .collect(Collectors.joining(",", "{", "}"));
            case Collection<?> list ->
                list.stream().map(JsonText::of).collect(Collectors.joining(",", "[", "]"));
            case Integer number -> number.toString();
            case Long number -> number.toString();
            case Boolean flag -> flag.toString();
            case String text -> quoted(text);
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        };
    }

    /** A string with its quotes; section 7 of the RFC says what is escaped. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars()
                .forEach(letter -> quoted.append(
                        letter < ' ' || letter == '"' || letter == '\\'
                                ? "\\u%04x".formatted(letter)
                                : String.valueOf((char) letter)));
        return quoted.append('"').toString();
    }
}
