// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.List;

/** How latencies are put into buckets that can be added up. */
public final class LatencyBounds {
    /** The longest of each bucket but the last: one, two, five, and so on, from 20 us to 10 s. */
    public static final List<Integer> US = List.of(
            20,
            50,
            100,
            200,
            500,
            1000,
            2000,
            5000,
            10_000,
            20_000,
            50_000,
            100_000,
            200_000,
            500_000,
            1_000_000,
            2_000_000,
            5_000_000,
            10_000_000);

    private LatencyBounds() {}
}
