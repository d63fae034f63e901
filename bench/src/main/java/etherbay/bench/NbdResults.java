// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a bench measured that puts its load on NBD servers: the {@link Comparison}, in which "load"
 * is all that runs at the initiator's end, what an attach of ours has of it, and which bars are
 * reached.
 */
final class NbdResults {
    private final Comparison comparison;
    private final Set<NbdPoint> points = new LinkedHashSet<>();
    private final Map<NbdPoint, Map<String, List<Attached>>> attached = new LinkedHashMap<>();
    private final String theirs;

    /**
     * What an attach of ours took for a request.
     *
     * @param frameCount that it sent; more than the data needs: some were sent again
     */
    private record Attached(double cpuUs, double frameCount) {}

    /**
     * @param ours what is held against the bars
     * @param theirs what stands beside it
     */
    NbdResults(String ours, String theirs) {
        comparison = new Comparison(ours);
        this.theirs = theirs;
    }

    /** Notes what fio saw in the next round of {@code server}, and what that took. */
    void add(NbdPoint point, String server, Sample fio, NbdServers.Spent spent) {
        LoadResult result = fio.result();
        points.add(point);
        comparison.add(
                point.name(),
                server,
                new Sample(result, spent.serverCpuNs(), fio.serverCpuNs() + spent.attachCpuNs()));
        if (spent.attachCpuNs() > 0) {
            double requests = Math.max(1, result.requestCount());
            attached.computeIfAbsent(point, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(server, _ -> new ArrayList<>())
                    .add(new Attached(
                            spent.attachCpuNs() / requests / 1e3, spent.frameCount() / requests));
        }
    }

    /** The points that have a bar, and our rate by theirs in the same round. */
    List<Verdict> bars() {
        return points.stream()
                .filter(point -> point.ratioMin() > 0)
                .map(point -> new Verdict(
                        point.name() + " / " + theirs,
                        Bound.atLeast(point.ratioMin()),
                        comparison.ratio(point.name(), theirs, Measure.RATE)))
                .toList();
    }

    String toText() {
        StringBuilder text = new StringBuilder(comparison.toText());
        text.append(String.format("%n(load: fio, and our attach where it runs)%n"));
        attached.forEach((point, servers) ->
                servers.forEach((server, rounds) -> text.append(String.format(
                        Locale.ROOT,
                        "%-44s %-12s attach CPU %.1f us/request, sends %s frames%n",
                        point.name(),
                        server,
                        Spread.of(rounds, Attached::cpuUs).median(),
                        Spread.of(rounds, Attached::frameCount).toText(2)))));
        return text.toString();
    }

    /** The points of the comparison, each with what is known of it beside. */
    List<Object> toJson() {
        List<Object> all = new ArrayList<>();
        List<NbdPoint> order = List.copyOf(points);
        List<Object> compared = comparison.toJson();
        for (int index = 0; index < order.size(); index++) {
            NbdPoint point = order.get(index);
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("compared", compared.get(index));
            Map<String, Object> attaches = new LinkedHashMap<>();
            attached.getOrDefault(point, Map.of())
                    .forEach((server, rounds) -> attaches.put(server, toJson(rounds)));
            json.put("attach", attaches);
            all.add(json);
        }
        return all;
    }

    private static Map<String, Object> toJson(List<Attached> rounds) {
        return Map.of(
                "cpuUsPerRequest", Spread.of(rounds, Attached::cpuUs).toJson(),
                "framesPerRequest", Spread.of(rounds, Attached::frameCount).toJson());
    }
}
