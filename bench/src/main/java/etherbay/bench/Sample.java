// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One measured point of one server in one round.
 *
 * @param serverCpuNs user and system time of the server's process while it ran
 * @param loadCpuNs the same of the generator
 */
record Sample(LoadResult result, long serverCpuNs, long loadCpuNs) {
    double cpuNsPerRequest() {
        return (double) serverCpuNs / Math.max(1, result.requestCount());
    }

    /** Of the server; the same number as microseconds per request. */
    double cpuSecondsPerMillion() {
        return cpuNsPerRequest() / 1e3;
    }

    double loadCpuNsPerRequest() {
        return (double) loadCpuNs / Math.max(1, result.requestCount());
    }

    /** A row of the table. */
    static String toText(String server, List<Sample> samples) {
        return String.format(
                Locale.ROOT,
                "  %-12s %-24s p50 %-8s p99 %-8s p99.9 %-8s CPU %s us/request (load %s), resent %d",
                server,
                Spread.of(samples, sample -> sample.result().rate()).toKilo(),
                micros(samples, sample -> sample.result().latency().p50Ns()),
                micros(samples, sample -> sample.result().latency().p99Ns()),
                micros(samples, sample -> sample.result().latency().p999Ns()),
                micros(samples, Sample::cpuNsPerRequest),
                micros(samples, Sample::loadCpuNsPerRequest),
                samples.stream()
                        .mapToLong(sample -> sample.result().retransmits())
                        .sum());
    }

    static Map<String, Object> toJson(List<Sample> samples) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("rate", Spread.of(samples, sample -> sample.result().rate()).toJson());
        json.put("rates", samples.stream().map(sample -> sample.result().rate()).toList());
        json.put("p50Us", spread(samples, sample -> sample.result().latency().p50Ns() / 1e3));
        json.put("p99Us", spread(samples, sample -> sample.result().latency().p99Ns() / 1e3));
        json.put("p999Us", spread(samples, sample -> sample.result().latency().p999Ns() / 1e3));
        json.put("cpuSecondsPerMillion", spread(samples, Sample::cpuSecondsPerMillion));
        json.put("loadCpuUsPerRequest", spread(samples, one -> one.loadCpuNsPerRequest() / 1e3));
        json.put(
                "retransmits",
                samples.stream()
                        .mapToLong(sample -> sample.result().retransmits())
                        .sum());
        return json;
    }

    private static Map<String, Object> spread(
            List<Sample> samples, ToDoubleFunction<Sample> value) {
        return Spread.of(samples, value).toJson();
    }

    private static String micros(List<Sample> samples, ToDoubleFunction<Sample> nanos) {
        return String.format(Locale.ROOT, "%.1f", Spread.of(samples, nanos).median() / 1e3);
    }
}
