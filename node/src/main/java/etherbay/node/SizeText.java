// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Sizes as LVM2 prints them: dm_size_to_string() of its libdm, to the letter, for the two units
 * that we offer.
 */
public enum SizeText {
    /** A number below 1024 with two places; {@code <} before one that was rounded up. */
    R,
    /** Bytes. */
    B;

    private static final String[] SHORT = {" EiB", " PiB", " TiB", " GiB", " MiB", " KiB", " B"};
    private static final String[] LETTER = {"e", "p", "t", "g", "m", "k", "b"};
    private static final int SECTOR_BYTES = 512;
    private static final double EPSILON = 2.220446049250313e-16;

    /** In a table: {@code <5.00g}. */
    public String inTable(long sectors) {
        if (this == B) {
            return sectors * SECTOR_BYTES + "B";
        }
        return sectors == 0 ? "0 " : rounded(sectors, LETTER);
    }

    /** In a sentence or a list of fields: {@code <5.00 GiB}. */
    public String inText(long sectors) {
        if (this == B) {
            return sectors * SECTOR_BYTES + " B ";
        }
        return sectors == 0 ? "0   " : rounded(sectors, SHORT);
    }

    private static String rounded(long sectors, String[] units) {
        double bytes = (double) (sectors * SECTOR_BYTES);
        double unitBytes = 0x1p60;
        int unit = 0;
        while (unit < units.length - 1 && bytes < unitBytes) {
            unitBytes /= 1024;
            unit++;
        }
        boolean whole = unit == units.length - 1;
        double hundredths = 100.0 * bytes / unitBytes;
        boolean up = Math.abs(Math.floor(hundredths) - Math.rint(hundredths)) >= EPSILON;
        String number = new BigDecimal(bytes / unitBytes)
                .setScale(whole ? 0 : 2, RoundingMode.HALF_EVEN)
                .toPlainString();
        return (up && !whole ? "<" : "") + number + units[unit];
    }
}
