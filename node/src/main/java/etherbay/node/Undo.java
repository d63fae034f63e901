// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EtherbayException;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What is to be taken back if the next step fails, newest first. Owned by one control thread.
 */
final class Undo implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Undo.class.getName());

    private final Deque<Runnable> steps = new ArrayDeque<>();

    /** Takes this back unless {@link #keep} comes first. */
    synchronized void add(Runnable step) {
        steps.push(step);
    }

    /** All went well: nothing is taken back. */
    synchronized void keep() {
        steps.clear();
    }

    /** Takes back what was not kept. */
    @Override
    public synchronized void close() {
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (EtherbayException failed) { // the others are still to be taken back
                LOG.log(Level.WARNING, failed.toText());
            }
        }
    }
}
