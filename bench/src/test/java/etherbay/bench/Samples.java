// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

/** Made-up samples of one second. */
final class Samples {
    private Samples() {}

    static Sample of(long requests, long cpuNs) {
        return of(requests, cpuNs, new LoadResult.Latency(1, 2, 3, 4));
    }

    static Sample of(long requests, long cpuNs, LoadResult.Latency latency) {
        return new Sample(
                new LoadResult("", requests, 1_000_000_000, 0, 0, 0, 16, latency), cpuNs, 0);
    }
}
