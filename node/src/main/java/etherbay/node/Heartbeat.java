// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Loop;
import etherbay.base.Timers;

/**
 * Says again and again that a loop turns, by a timer of that loop: who hears nothing knows that it
 * does not. Belongs to the loop.
 */
final class Heartbeat implements Runnable {
    private final Loop loop;
    private final long periodNs;
    private final Runnable beat;
    private final Timers.Timer timer;

    Heartbeat(Loop loop, long periodNs, Runnable beat) {
        this.loop = loop;
        this.periodNs = periodNs;
        this.beat = beat;
        timer = loop.timers().timer(this);
    }

    /** Now, and from now on every period. */
    @Override
    public void run() {
        beat.run();
        timer.at(loop.nowNs() + periodNs);
    }
}
