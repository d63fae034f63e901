// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.Check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Pieces of a text that are to be replaced; what lies between them stays as it is. */
final class TextEdit {
    private record Piece(int from, int to, String by) {}

    private final String text;
    private final List<Piece> pieces = new ArrayList<>();

    TextEdit(String text) {
        this.text = text;
    }

    /** Puts {@code by} in place of what stands from there to there. */
    TextEdit replace(int from, int to, String by) {
        pieces.add(new Piece(from, to, by));
        return this;
    }

    /** Puts it before what stands there; behind what was inserted there before. */
    TextEdit insert(int at, String what) {
        return replace(at, at, what);
    }

    /** Another value for a key. */
    TextEdit set(LvmText.Section section, String key, String value) {
        LvmText.Assignment found = section.values().get(key);
        if (found == null) {
            throw section.missing(key);
        }
        return replace(found.from(), found.to(), value);
    }

    /** Takes a section out, with the empty lines behind it. */
    TextEdit remove(LvmText.Section section) {
        int to = section.to();
        while (to < text.length() && text.charAt(to) == '\n') {
            to++;
        }
        return replace(section.from(), to, "");
    }

    /** The text after it; pieces do not overlap. */
    String apply() {
        List<Piece> ordered = new ArrayList<>(pieces);
        ordered.sort(Comparator.comparingInt(Piece::from));
        StringBuilder result = new StringBuilder();
        int at = 0;
        for (Piece piece : ordered) {
            Check.that(piece.from >= at, "pieces of an edit do not overlap");
            result.append(text, at, piece.from).append(piece.by);
            at = piece.to;
        }
        return result.append(text, at, text.length()).toString();
    }
}
