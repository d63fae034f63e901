// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a run must put away, last opened first: at its end, and from a shutdown hook when it is
 * interrupted. Any thread.
 */
final class Cleanup implements AutoCloseable {
    /** Something to put away; failing to must not keep the rest from it. */
    interface Owned extends AutoCloseable {
        @Override
        void close();
    }

    private final Deque<Owned> owned = new ArrayDeque<>();
    private final Thread hook = new Thread(this::closeAll, "cleanup");

    Cleanup() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    synchronized <T extends Owned> T add(T thing) {
        owned.push(thing);
        return thing;
    }

    @Override
    public void close() {
        closeAll();
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    private synchronized void closeAll() {
        while (!owned.isEmpty()) {
            owned.pop().close();
        }
    }
}
