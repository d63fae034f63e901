// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.EtherbayException;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows under headings, each column as wide as its widest cell. A heading that begins with {@code >}
 * is of numbers, which stand at the right. What a node tells is shown without what would move a
 * cursor.
 */
final class Columns {
    private static final String GAP = "  ";
    private static final String NUMBER = ">";

    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    Columns(String... headings) {
        this.headings = List.of(headings);
    }

    void row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(EtherbayException.shown(String.valueOf(cell)));
        }
        rows.add(row);
    }

    void print(PrintWriter out) {
        lines(Integer.MAX_VALUE).forEach(out::println);
    }

    /**
     * The heading and the rows.
     *
     * @param width columns of a terminal; what does not fit is left out as whole columns, the last
     *     ones first, and only the first is cut
     */
    List<String> lines(int width) {
        List<Integer> widths = widths(width);
        List<String> lines = new ArrayList<>();
        lines.add(line(headings.stream().map(Columns::title).toList(), widths));
        rows.forEach(row -> lines.add(line(row, widths)));
        return lines;
    }

    private List<Integer> widths(int width) {
        List<Integer> widths = new ArrayList<>();
        int used = 0;
        for (int index = 0; index < headings.size(); index++) {
            int widest = title(headings.get(index)).length();
            for (List<String> row : rows) {
                widest = Math.max(widest, row.get(index).length());
            }
            int needed = widest + (index == 0 ? 0 : GAP.length());
            if (index > 0 && used + needed > width) {
                break;
            }
            used += needed;
            widths.add(Math.min(widest, width));
        }
        return widths;
    }

    private static String title(String heading) {
        return heading.startsWith(NUMBER) ? heading.substring(1) : heading;
    }

    private String line(List<String> cells, List<Integer> widths) {
        StringBuilder line = new StringBuilder();
        for (int index = 0; index < widths.size(); index++) {
            int width = widths.get(index);
            String cell = cells.get(index);
            String shown = cell.length() > width ? cell.substring(0, width) : cell;
            String blank = " ".repeat(width - shown.length());
            boolean isNumber = headings.get(index).startsWith(NUMBER);
            line.append(index == 0 ? "" : GAP).append(isNumber ? blank + shown : shown + blank);
        }
        return line.toString().stripTrailing();
    }
}
