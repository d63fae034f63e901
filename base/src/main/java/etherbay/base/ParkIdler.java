// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.concurrent.locks.LockSupport;

/** Sleeps by parking the thread: for loops whose parts all call {@link #wakeUp} themselves. */
public final class ParkIdler implements Idler {
    private volatile Thread sleeper = Thread.currentThread();
    private volatile boolean woken;

    @Override
    public void idle(long timeoutNs) {
        // The name first, then the look; wakeUp does it the other way round. So it either finds
        // this
        // thread or is seen here, also when the loop moved to another thread since.
        sleeper = Thread.currentThread();
        if (!woken) {
            if (timeoutNs == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, timeoutNs);
            }
        }
        woken = false;
    }

    @Override
    public void wakeUp() {
        woken = true;
        LockSupport.unpark(sleeper);
    }
}
