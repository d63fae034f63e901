// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.ArrayList;
import java.util.List;

/**
 * What a pass that compares the legs has found so far.
 *
 * @param differCount sectors in which legs differ
 * @param mendedCount of these, sectors that are the same again
 * @param sectors the first of those that differ
 * @param unreadable ranges that a leg could not read, in words
 */
public record CheckResult(
        boolean running,
        long differCount,
        long mendedCount,
        List<Long> sectors,
        List<String> unreadable) {
    static final CheckResult NONE = new CheckResult(false, 0, 0, List.of(), List.of());
    static final CheckResult BEGUN = new CheckResult(true, 0, 0, List.of(), List.of());

    CheckResult with(long sector, boolean mended, int countMax) {
        List<Long> more = sectors;
        if (sectors.size() < countMax) {
            more = new ArrayList<>(sectors);
            more.add(sector);
        }
        return new CheckResult(
                running, differCount + 1, mendedCount + (mended ? 1 : 0), more, unreadable);
    }

    CheckResult withUnreadable(String what) {
        List<String> more = new ArrayList<>(unreadable);
        more.add(what);
        return new CheckResult(running, differCount, mendedCount, sectors, more);
    }

    CheckResult ended() {
        return new CheckResult(false, differCount, mendedCount, sectors, unreadable);
    }

    /** For a person. */
    @Override
    public String toString() {
        String found = differCount == 0
                ? "all legs in sync are the same"
                : differCount + " sectors differ between legs, " + mendedCount + " of them mended; "
                        + "the first: " + sectors.subList(0, Math.min(sectors.size(), 10));
        String bad = unreadable.isEmpty()
                ? ""
                : "; not compared since they cannot be read: " + String.join(", ", unreadable);
        return (running ? "so far " : "") + found + bad;
    }
}
