// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A chart of ratios as plain SVG 1.1: a row for each column of each group, whiskers for the spread,
 * a thick mark where the bound lies, a thin line at 1.
 *
 * @param title above it
 * @param footer below it: what machine, what command
 */
record BarChart(String title, String footer, List<Group> groups) {
    /** What belongs together: one point. */
    record Group(String label, List<Column> columns) {}

    /** One ratio. */
    record Column(String name, Spread value, Optional<Bound> bound) {
        private String color() {
            return bound.map(line -> line.admits(value.median()) ? REACHED : MISSED)
                    .orElse(PLAIN);
        }
    }

    private static final String REACHED = "#2e7d4f";
    private static final String MISSED = "#b5482f";
    private static final String PLAIN = "#7488a0";
    private static final String LEGEND =
            "median, with the spread as whiskers; amber: the bar; green: reached, red: missed,"
                    + " grey: no bar";
    private static final String INK = "#222222";

    // Pixels.
    private static final int WIDTH = 1060;
    private static final int PLOT_LEFT = 440;
    private static final int PLOT_WIDTH = 440;
    private static final int TOP = 64;
    private static final int ROW = 20;
    private static final int BAR = 12;
    private static final int GROUP_GAP = 10;
    private static final int FOOT = 56;
    private static final int FONT = 12;

    private static final double[] STEPS = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
    private static final int TICKS_MAX = 10;

    /** The document. */
    String toSvg() {
        double step = step();
        double end = Math.ceil(largest() / step) * step;
        List<String> parts = new ArrayList<>();
        int bottom = TOP;
        for (Group group : groups) {
            bottom += group.columns().size() * ROW + GROUP_GAP;
        }
        parts.add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                        .formatted(WIDTH, bottom + FOOT)
                + "font-family=\"sans-serif\" font-size=\"%d\">".formatted(FONT));
        parts.add("<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
        parts.add(text(16, 28, "start", title, "font-size=\"17\" font-weight=\"bold\""));
        axis(parts, new Scale(end), step, bottom);
        int y = TOP;
        for (Group group : groups) {
            for (Column column : group.columns()) {
                row(parts, new Scale(end), y, group.label() + " / " + column.name(), column);
                y += ROW;
            }
            y += GROUP_GAP;
        }
        parts.add(text(16, bottom + FOOT - 30, "start", LEGEND, "fill=\"#666666\""));
        parts.add(text(16, bottom + FOOT - 12, "start", footer, "fill=\"#666666\""));
        parts.add("</svg>");
        return String.join("\n", parts) + "\n";
    }

    /** From ratios to pixels. */
    private record Scale(double end) {
        double x(double ratio) {
            return PLOT_LEFT + Math.min(ratio, end) / end * PLOT_WIDTH;
        }
    }

    private double largest() {
        double largest = 1;
        for (Group group : groups) {
            for (Column column : group.columns()) {
                double bound = column.bound().map(Bound::value).orElse(0.0);
                largest = Math.max(largest, Math.max(bound, column.value().max()));
            }
        }
        return largest;
    }

    private double step() {
        for (double step : STEPS) {
            if (largest() / step <= TICKS_MAX) {
                return step;
            }
        }
        return largest();
    }

    private static void axis(List<String> parts, Scale scale, double step, int bottom) {
        for (int tick = 0; tick * step <= scale.end() + step / 2; tick++) {
            double x = scale.x(tick * step);
            parts.add(line("grid", new double[] {x, TOP - 8, x, bottom}, "#dddddd", 1));
            String number = String.format(Locale.ROOT, "%.1f", tick * step);
            parts.add(text(x, TOP - 14, "middle", number, "fill=\"#666666\""));
        }
        double one = scale.x(1);
        parts.add(line("one", new double[] {one, TOP - 8, one, bottom}, INK, 1));
    }

    private static void row(List<String> parts, Scale scale, int y, String label, Column column) {
        Spread value = column.value();
        double middle = y + BAR / 2.0;
        double low = scale.x(value.min());
        double high = scale.x(value.max());
        parts.add(text(PLOT_LEFT - 8, middle + 4, "end", label, ""));
        parts.add(String.format(
                Locale.ROOT,
                "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                PLOT_LEFT,
                y,
                scale.x(value.median()) - PLOT_LEFT,
                BAR,
                column.color()));
        parts.add(line("whisker", new double[] {low, middle, high, middle}, INK, 1));
        parts.add(line("cap", new double[] {low, middle - 3, low, middle + 3}, INK, 1));
        parts.add(line("cap", new double[] {high, middle - 3, high, middle + 3}, INK, 1));
        column.bound().ifPresent(bound -> {
            double x = scale.x(bound.value());
            parts.add(line("bound", new double[] {x, y - 3, x, y + BAR + 3}, "#c99700", 3));
        });
        String said = value.toText(2)
                + column.bound()
                        .map(bound -> bound.admits(value.median()) ? "" : " missed")
                        .orElse("");
        parts.add(text(PLOT_LEFT + PLOT_WIDTH + 8, middle + 4, "start", said, ""));
    }

    private static String line(String kind, double[] ends, String color, int width) {
        return String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                        + "stroke-width=\"%d\"/>",
                kind,
                ends[0],
                ends[1],
                ends[2],
                ends[3],
                color,
                width);
    }

    private static String text(double x, double y, String anchor, String words, String more) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>",
                x,
                y,
                anchor,
                more,
                escaped(words));
    }

    private static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
