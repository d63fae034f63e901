// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A size as LVM2 takes it: in bytes, rounded up to whole extents; in extents; or as a part of
 * something. A sign in front adds to, or takes from, what there is.
 *
 * @param sign '+', '-', or 0 for the size itself
 * @param number bytes, extents or percent
 */
public record VolumeSize(char sign, Kind kind, long number) {
    /** What the number counts. */
    public enum Kind {
        BYTES,
        EXTENTS,
        PERCENT_FREE,
        PERCENT_GROUP
    }

    private static final Pattern BYTES =
            Pattern.compile("([+-]?)([0-9]{1,19})(?:([bBsS])|([kKmMgGtTpPeE])(?:i?[bB])?)?");
    private static final Pattern EXTENTS =
            Pattern.compile("([+-]?)([0-9]{1,10})(%(?:FREE|VG))?", Pattern.CASE_INSENSITIVE);

    /**
     * {@code 10G}; units count by 1024 whatever their case, as lvcreate(8) has it; without one they
     * are MiB.
     */
    public static VolumeSize ofBytes(String text) {
        Matcher matcher = BYTES.matcher(text);
        if (!matcher.matches()) {
            throw invalid(text, "write a number with a unit: 10G, 512M, +1T");
        }
        String unit = Stream.of(3, 4)
                .map(matcher::group)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("m");
        int shift = switch (unit.toLowerCase(Locale.ROOT)) {
            case "b" -> 0;
            case "s" -> 9;
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            case "t" -> 40;
            case "p" -> 50;
            default -> 60;
        };
        long number = number(matcher.group(2), text);
        if (number > Long.MAX_VALUE >> shift) {
            throw invalid(text, "no disk is as large");
        }
        return new VolumeSize(sign(matcher.group(1)), Kind.BYTES, number << shift);
    }

    /** {@code 25}, {@code 100%FREE}, {@code 50%VG}. */
    public static VolumeSize ofExtents(String text) {
        Matcher matcher = EXTENTS.matcher(text);
        if (!matcher.matches()) {
            throw invalid(text, "write a number of extents, or N%FREE, or N%VG");
        }
        String of = matcher.group(3) == null ? "" : matcher.group(3).toUpperCase(Locale.ROOT);
        Kind kind = of.isEmpty()
                ? Kind.EXTENTS
                : of.equals("%FREE") ? Kind.PERCENT_FREE : Kind.PERCENT_GROUP;
        long number = number(matcher.group(2), text);
        if (kind != Kind.EXTENTS && number > 100) {
            throw invalid(text, "no more than 100 percent are there");
        }
        return new VolumeSize(sign(matcher.group(1)), kind, number);
    }

    private static char sign(String text) {
        return text.isEmpty() ? 0 : text.charAt(0);
    }

    private static long number(String digits, String text) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException tooLarge) {
            throw invalid(text, "no disk is as large");
        }
    }

    private static EtherbayException invalid(String text, String correction) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no size of a volume",
                "it cannot be read as one",
                correction);
    }

    /** Whether it is a part of what there is, and may be less than asked. */
    boolean isPart() {
        return kind == Kind.PERCENT_FREE || kind == Kind.PERCENT_GROUP;
    }

    /**
     * Extents that it stands for.
     *
     * @param group of which it is a part
     * @param freeExtents that may be taken
     */
    long extents(VolumeGroup group, long freeExtents) {
        return switch (kind) {
            case BYTES -> {
                long extentBytes = group.extentSectors() * PvLabel.SECTOR_BYTES;
                yield number / extentBytes + (number % extentBytes == 0 ? 0 : 1);
            }
            case EXTENTS -> number;
            case PERCENT_FREE -> freeExtents * number / 100;
            case PERCENT_GROUP -> group.extentCount() * number / 100;
        };
    }
}
