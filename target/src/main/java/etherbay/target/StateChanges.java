// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Changes the durable state of one export, one change after the other. Owned by the export's loop.
 *
 * <p>A change goes through four steps: the {@link Gate} closes to whom the new state shuts out; the
 * writes admitted before end; the new state becomes durable; it is in force and the answer goes
 * out. When it cannot be stored the former state is in force again, and the answer says so. A
 * request that changes nothing is answered at once, in its turn.
 */
final class StateChanges {
    /** Runs its argument when all data-changing requests admitted so far have been answered. */
    private final Consumer<Runnable> drain;

    private final StateStore store;
    private final Gate gate;
    private final ExportCounters counters;
    private final Runnable changed;
    private final Deque<StateRequest> waiting = new ArrayDeque<>();
    private ExportState state;
    private @Nullable StateRequest current;
    private ExportState wanted;

    /**
     * @param changed runs whenever another state is in force
     */
    StateChanges(
            ExportRecords records,
            Gate gate,
            ExportCounters counters,
            Consumer<Runnable> drain,
            Runnable changed) {
        this.store = records.store();
        this.gate = gate;
        this.counters = counters;
        this.drain = drain;
        this.changed = changed;
        state = records.state();
        wanted = state;
    }

    /** The state in force, which is durable. */
    ExportState state() {
        return state;
    }

    /** A request from the wire; dropped when too many wait. */
    void submit(StateRequest request) {
        if (waiting.size() >= Limits.STATE_REQUEST_COUNT_MAX) {
            counters.droppedFull.increment();
            request.drop();
            return;
        }
        submitAlways(request);
    }

    /** A request of our own, of which there are few. */
    void submitAlways(StateRequest request) {
        waiting.add(request);
        startWaiting();
    }

    private void startWaiting() {
        while (current == null && !waiting.isEmpty()) {
            StateRequest request = waiting.remove();
            ExportState next = request.wanted(state);
            if (next == null || next.equals(state)) {
                request.answer(state, true);
            } else {
                start(request, next);
            }
        }
    }

    private void start(StateRequest request, ExportState next) {
        current = request;
        wanted = next;
        gate.install(next);
        if (request.drains()) {
            drain.accept(this::save);
        } else {
            save();
        }
    }

    private void save() {
        store.save(wanted, this::saved);
    }

    private void saved(boolean stored) {
        StateRequest request = current;
        if (request == null) {
            throw new AssertionError("a save answers once");
        }
        current = null;
        if (stored) {
            state = wanted;
            gate.installed();
            changed.run();
        } else {
            counters.notStored.increment();
            gate.abandon();
        }
        request.answer(state, stored);
        startWaiting();
    }
}
