// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A person's screen, drawn over again and again. */
final class Terminal {
    private static final Size USUAL = new Size(80, 24);
    private static final String HOME = "\u001b[H";
    private static final String CLEAR_LINE = "\u001b[K";
    private static final String CLEAR_BELOW = "\u001b[J";

    private Terminal() {}

    record Size(int columns, int rows) {}

    /** How large it is now, as stty knows it; 80 by 24 when nobody knows. */
    static Size size() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            byte[] said = stty.getInputStream().readAllBytes();
            return parse(new String(said, StandardCharsets.US_ASCII));
        } catch (IOException none) {
            return USUAL;
        }
    }

    /** Of {@code "24 80\n"}. */
    static Size parse(String said) {
        String[] words = said.strip().split(" ", -1);
        try {
            Size size = words.length == 2
                    ? new Size(Integer.parseInt(words[1]), Integer.parseInt(words[0]))
                    : USUAL;
            return size.columns() > 0 && size.rows() > 0 ? size : USUAL;
        } catch (NumberFormatException wrong) {
            return USUAL;
        }
    }

    /** Puts lines in the place of all that is seen; what is too much is left out. */
    static void draw(PrintWriter out, List<String> lines, Size size) {
        out.print(HOME);
        boolean fits = lines.size() < size.rows();
        int shown = fits ? lines.size() : Math.max(0, size.rows() - 2);
        for (String line : lines.subList(0, shown)) {
            // Behind a line that fills the width it would take the last letter away.
            out.print(CLEAR_LINE + line + "\r\n");
        }
        if (!fits) {
            out.print("%s... and %d more lines\r\n".formatted(CLEAR_LINE, lines.size() - shown));
        }
        out.print(CLEAR_BELOW);
        out.flush();
    }
}
