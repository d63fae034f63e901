// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.Check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What several initiators of one disk got at the same time, round by round. The fair share is what
 * each would have, had all of a round got the same.
 */
final class FairShares {
    private final List<Integer> windows;
    private final List<List<LoadResult>> rounds = new ArrayList<>();

    /**
     * @param windows of the initiators, in their order; the widest of all is the one that floods
     */
    FairShares(List<Integer> windows) {
        this.windows = List.copyOf(windows);
    }

    /** Notes a round: a result of each initiator. */
    void add(List<LoadResult> results) {
        Check.that(results.size() == windows.size(), "a round has a result of each initiator");
        rounds.add(List.copyOf(results));
    }

    /** Its part of the fair share. */
    Spread share(int initiator) {
        return Spread.of(rounds, round -> share(round, initiator));
    }

    /** Of each round the smallest part that one had who does not flood. */
    Spread worst() {
        int widest = windows.stream().mapToInt(Integer::intValue).max().orElse(0);
        boolean alike = windows.stream().allMatch(window -> window == widest);
        return Spread.of(rounds, round -> {
            double worst = Double.POSITIVE_INFINITY;
            for (int initiator = 0; initiator < windows.size(); initiator++) {
                if (alike || windows.get(initiator) < widest) {
                    worst = Math.min(worst, share(round, initiator));
                }
            }
            return worst;
        });
    }

    private static double share(List<LoadResult> round, int initiator) {
        double fair = round.stream().mapToDouble(LoadResult::rate).sum() / round.size();
        return fair == 0 ? 0 : round.get(initiator).rate() / fair;
    }

    /** A row for each initiator. */
    String toText() {
        StringBuilder text = new StringBuilder(String.format(
                "  %-9s %6s  %-26s %-18s p99 us%n",
                "initiator", "window", "requests/s", "of its fair share"));
        for (int initiator = 0; initiator < windows.size(); initiator++) {
            int index = initiator;
            text.append(String.format(
                    Locale.ROOT,
                    "  %-9d %6d  %-26s %-18s %.0f, resent %d%n",
                    initiator + 1,
                    windows.get(initiator),
                    rate(initiator).toKilo(),
                    share(initiator).toText(2),
                    Spread.of(rounds, round -> round.get(index).latency().p99Ns() / 1e3)
                            .median(),
                    rounds.stream()
                            .mapToLong(round -> round.get(index).retransmits())
                            .sum()));
        }
        return text.toString();
    }

    private Spread rate(int initiator) {
        return Spread.of(rounds, round -> round.get(initiator).rate());
    }

    List<Object> toJson() {
        List<Object> rows = new ArrayList<>();
        for (int initiator = 0; initiator < windows.size(); initiator++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("window", windows.get(initiator));
            row.put("rate", rate(initiator).toJson());
            row.put("share", share(initiator).toJson());
            rows.add(row);
        }
        return rows;
    }
}
