// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Clock;
import etherbay.base.Idler;

/** Time that passes only while a loop sleeps: for one that a test turns on its own thread. */
public final class IdleClock implements Clock, Idler {
    private long nowNs = 1_000_000_000_000L;

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long wallMillis() {
        return 0;
    }

    @Override
    public void idle(long timeoutNs) {
        nowNs += timeoutNs;
    }

    @Override
    public void wakeUp() {}
}
