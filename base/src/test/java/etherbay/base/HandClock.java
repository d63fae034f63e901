// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** Time that passes when the test says so. */
final class HandClock implements Clock {
    long nowNs = 1_000_000_000;

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long wallMillis() {
        return nowNs / 1_000_000;
    }
}
