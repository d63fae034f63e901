// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/** A value of TOML as it is shown to people. */
final class Value {
    private static final int SHOWN_CHARACTERS_MAX = 60;

    private Value() {}

    /** What kind it is, with its article. */
    static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "nothing";
            case String _ -> "a string";
            case Long _ -> "a whole number";
            case Double _ -> "a number with a fraction";
            case Boolean _ -> "a boolean";
            case TomlArray _ -> "a list";
            case TomlTable _ -> "a table";
            default -> "a date or a time";
        };
    }

    /** The key with a value that is short enough to be shown, else the key alone. */
    static String shown(String key, @Nullable Object value) {
        String text = switch (value) {
            case String string -> quoted(string);
            case Long number -> number.toString();
            case Double number -> number.toString();
            case Boolean truth -> truth.toString();
            case null, default -> "";
        };
        return text.isEmpty() || text.length() > SHOWN_CHARACTERS_MAX ? key : key + " = " + text;
    }

    /** A string as TOML writes it, always on one line. */
    static String quoted(String text) {
        return "\"" + Toml.tomlEscape(text) + "\"";
    }
}
