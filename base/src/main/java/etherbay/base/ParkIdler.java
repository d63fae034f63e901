// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.concurrent.locks.LockSupport;

/** Sleeps by parking the thread: for loops whose parts all call {@link #wakeUp} themselves. */
public final class ParkIdler implements Idler {
    private volatile Thread sleeper = Thread.currentThread();

    @Override
    public void idle(long timeoutNs) {
        sleeper = Thread.currentThread();
        // A permit left by an earlier wakeUp makes this return at once.
        if (timeoutNs == Long.MAX_VALUE) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, timeoutNs);
        }
    }

    @Override
    public void wakeUp() {
        LockSupport.unpark(sleeper);
    }
}
