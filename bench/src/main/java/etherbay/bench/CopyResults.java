// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How fast a mirror copied a leg to the other, beside what a single target took of sequential
 * writes in the same pair; at each setting of the disks.
 */
final class CopyResults {
    static final Bound BOUND = Bound.atLeast(0.8);

    private static final double MIB = 1 << 20;

    private final Map<String, List<Pair>> pairs = new LinkedHashMap<>();

    /**
     * What one pair gave, in MiB a second.
     *
     * @param copied by the mirror
     * @param written to the single disk
     */
    record Pair(double copied, double written) {
        double ratio() {
            return copied / written;
        }

        /**
         * @param writes to the single disk, of so many bytes each
         */
        static Pair of(double copied, Sample writes, int blockBytes) {
            return new Pair(copied, writes.result().rate() * blockBytes / MIB);
        }

        String toText() {
            return String.format(
                    Locale.ROOT,
                    "copied %.1f MiB/s, written to a single disk %.1f MiB/s, ratio %.2f",
                    copied,
                    written,
                    ratio());
        }
    }

    void add(String setting, Pair pair) {
        pairs.computeIfAbsent(setting, _ -> new ArrayList<>()).add(pair);
    }

    /** What disks that are the limit let the mirror reach, held against the bar. */
    Verdict bar(String setting) {
        return new Verdict(
                "copy / sequential write, disks " + setting,
                BOUND,
                Optional.ofNullable(pairs.get(setting))
                        .map(measured -> Spread.of(measured, Pair::ratio)));
    }

    String toText() {
        StringBuilder text = new StringBuilder();
        pairs.forEach((setting, measured) -> text.append(String.format(
                "copy of a leg, disks %s%n  copied MiB/s %s, sequential write MiB/s %s, ratio %s%n",
                setting,
                Spread.of(measured, Pair::copied).toText(1),
                Spread.of(measured, Pair::written).toText(1),
                Spread.of(measured, Pair::ratio).toText(2))));
        return text.toString();
    }

    List<Object> toJson() {
        List<Object> all = new ArrayList<>();
        pairs.forEach((setting, measured) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("setting", setting);
            json.put("copiedMibPerS", Spread.of(measured, Pair::copied).toJson());
            json.put("writtenMibPerS", Spread.of(measured, Pair::written).toJson());
            json.put("ratio", Spread.of(measured, Pair::ratio).toJson());
            all.add(json);
        });
        return all;
    }
}
