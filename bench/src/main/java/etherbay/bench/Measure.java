// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.function.ToDoubleFunction;

/** What of a sample is compared. */
enum Measure implements ToDoubleFunction<Sample> {
    RATE("requests/s"),
    P50("p50"),
    P99("p99"),
    P999("p99.9"),
    CPU("CPU s per million");

    private final String title;

    Measure(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    @Override
    public double applyAsDouble(Sample sample) {
        LoadResult result = sample.result();
        return switch (this) {
            case RATE -> result.rate();
            case P50 -> result.latency().p50Ns();
            case P99 -> result.latency().p99Ns();
            case P999 -> result.latency().p999Ns();
            case CPU -> sample.cpuSecondsPerMillion();
        };
    }
}
