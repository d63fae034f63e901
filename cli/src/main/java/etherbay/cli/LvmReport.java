// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A report as {@code pvs}, {@code vgs} and {@code lvs} print it: the same headings, widths and
 * blanks, and with {@code --json} the same names.
 *
 * @param kind what a row is: pv, vg, lv, seg
 * @param columns of the table; documents have {@code more} behind them where they are asked for
 */
record LvmReport<T>(String kind, List<Column<T>> columns, List<Column<T>> more) {
    /**
     * @param field LVM2's name for it
     * @param widthMin of its column, where the heading is not wider
     * @param number whether it stands at the right
     */
    record Column<T>(
            String field, String heading, int widthMin, boolean number, Function<T, String> value) {
        static <T> Column<T> text(String field, String heading, Function<T, String> value) {
            return new Column<>(field, heading, 0, false, value);
        }

        static <T> Column<T> text(
                String field, String heading, int widthMin, Function<T, String> value) {
            return new Column<>(field, heading, widthMin, false, value);
        }

        static <T> Column<T> number(String field, String heading, Function<T, String> value) {
            return new Column<>(field, heading, 0, true, value);
        }

        static <T> Column<T> number(
                String field, String heading, int widthMin, Function<T, String> value) {
            return new Column<>(field, heading, widthMin, true, value);
        }

        /** Of documents only. */
        static <T> Column<T> field(String field, Function<T, String> value) {
            return new Column<>(field, "", 0, false, value);
        }
    }

    LvmReport {
        columns = List.copyOf(columns);
        more = List.copyOf(more);
    }

    /** Lines, the headings first; none where there are no rows. */
    List<String> table(List<T> rows) {
        if (rows.isEmpty()) {
            return List.of();
        }
        List<List<String>> cells = new ArrayList<>();
        rows.forEach(row -> cells.add(
                columns.stream().map(column -> column.value.apply(row)).toList()));
        int[] widths = new int[columns.size()];
        for (int index = 0; index < widths.length; index++) {
            Column<T> column = columns.get(index);
            widths[index] = Math.max(column.widthMin, column.heading.length());
            for (List<String> row : cells) {
                widths[index] = Math.max(widths[index], row.get(index).length());
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(line(columns.stream().map(Column::heading).toList(), widths, true));
        cells.forEach(row -> lines.add(line(row, widths, false)));
        return lines;
    }

    private String line(List<String> cells, int[] widths, boolean head) {
        StringBuilder line = new StringBuilder(" ");
        for (int index = 0; index < widths.length; index++) {
            String cell = cells.get(index);
            String blank = " ".repeat(widths[index] - cell.length());
            boolean right = columns.get(index).number && !head;
            line.append(' ').append(right ? blank + cell : cell + blank);
        }
        return line.toString();
    }

    /** In the order of the alphabet, as LVM2 prints them. */
    static String tags(List<String> tags) {
        return tags.stream().sorted().collect(Collectors.joining(","));
    }

    /** Objects, by LVM2's names; with the fields behind the columns as well if {@code all}. */
    List<Map<String, Object>> objects(List<T> rows, boolean all) {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (T row : rows) {
            Map<String, Object> values = new LinkedHashMap<>();
            columns.forEach(column -> values.put(column.field, column.value.apply(row)));
            if (all) {
                more.forEach(column -> values.put(column.field, column.value.apply(row)));
            }
            objects.add(values);
        }
        return objects;
    }

    /** The document that LVM2 prints with {@code --reportformat json}, of one kind of rows. */
    String json(List<T> rows, boolean all) {
        return document(Map.of(kind, objects(rows, all)));
    }

    /** Likewise, of several kinds in their order. */
    static String document(Map<String, ?> kinds) {
        return JsonText.of(Map.of("report", List.of(kinds)));
    }
}
