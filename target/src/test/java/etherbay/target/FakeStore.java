// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import java.util.ArrayDeque;
import java.util.Deque;

/** Stores at once, or when the test says so, or never. */
final class FakeStore implements StateStore {
    private record Save(ExportState state, SaveDone done) {}

    private final Deque<Save> waiting = new ArrayDeque<>();
    ExportState stored;
    boolean slow;
    boolean broken;
    int saveCount;

    FakeStore(ExportState stored) {
        this.stored = stored;
    }

    @Override
    public void save(ExportState state, SaveDone done) {
        waiting.add(new Save(state, done));
        if (!slow) {
            finishOne();
        }
    }

    int waitingCount() {
        return waiting.size();
    }

    void finishOne() {
        Save save = waiting.remove();
        saveCount++;
        if (!broken) {
            stored = save.state();
        }
        save.done().saved(!broken);
    }
}
