// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times, rates and sizes as a person reads them, in few letters. */
final class Quantity {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final String UNITS = " KMGTPE";

    private Quantity() {}

    /** A moment of the wall clock, in this machine's time zone. */
    static String time(long ms) {
        return TIME.format(Instant.ofEpochMilli(ms).atZone(ZoneId.systemDefault()));
    }

    /** {@code 42 s}, {@code 3 min}, {@code 5 h}, {@code 9 d}. */
    static String duration(long ms) {
        long seconds = Math.max(0, ms / 1000);
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 7200) {
            return seconds / 60 + " min";
        }
        return seconds < 172_800 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }

    /** Three digits and the unit, by 1000: {@code 0}, {@code 1.50K}, {@code 123M}. */
    static String short3(double value) {
        double rest = value;
        int unit = 0;
        while (rest >= 999.5 && unit < UNITS.length() - 1) {
            rest /= 1000;
            unit++;
        }
        if (unit == 0) {
            return String.format(Locale.ROOT, rest > 0 && rest < 9.95 ? "%.1f" : "%.0f", rest);
        }
        String form = rest < 9.995 ? "%.2f%c" : rest < 99.95 ? "%.1f%c" : "%.0f%c";
        return String.format(Locale.ROOT, form, rest, UNITS.charAt(unit));
    }

    /** A time in microseconds: {@code 85us}, {@code 1.25ms}, {@code 3.00s}. */
    static String latency(long us) {
        if (us < 1000) {
            return us + "us";
        }
        return us < 1_000_000
                ? String.format(Locale.ROOT, us < 99_950 ? "%.2fms" : "%.0fms", us / 1e3)
                : String.format(Locale.ROOT, "%.2fs", us / 1e6);
    }
}
