// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.Collection;
import java.util.Optional;

/** What a person probably meant: of the words that exist the one with the fewest typing errors. */
public final class Nearest {
    /** Longer words are compared by their beginning: the work grows with the square. */
    private static final int LENGTH_MAX = 128;

    private Nearest() {}

    /** The nearest of {@code known}, empty if more than a third of the word would be wrong. */
    public static Optional<String> to(String word, Collection<String> known) {
        int most = Math.max(1, Math.min(word.length(), LENGTH_MAX) / 3);
        Optional<String> nearest = Optional.empty();
        for (String candidate : known) {
            int distance = distance(cut(word), cut(candidate));
            if (distance <= most) {
                nearest = Optional.of(candidate);
                most = distance - 1; // only a nearer one replaces it
            }
        }
        return nearest;
    }

    private static String cut(String word) {
        return word.substring(0, Math.min(word.length(), LENGTH_MAX));
    }

    /** Letters to insert, delete or exchange (Levenshtein); neighbours swapped count once. */
    static int distance(String a, String b) {
        int[][] row = new int[3][b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] now = row[i % 3];
            int[] before = row[(i - 1) % 3];
            now[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int exchanged = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(exchanged, Math.min(before[j], now[j - 1]) + 1);
                if (i > 1
                        && j > 1
                        && a.charAt(i - 1) == b.charAt(j - 2)
                        && a.charAt(i - 2) == b.charAt(j - 1)) {
                    now[j] = Math.min(now[j], row[(i - 2) % 3][j - 2] + 1);
                }
            }
        }
        return row[a.length() % 3][b.length()];
    }
}
