// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import java.util.function.UnaryOperator;

/** A state change of our own or of a person at this machine. */
final class LocalRequest implements StateRequest {
    private final UnaryOperator<ExportState> change;
    private final StateStore.SaveDone done;

    LocalRequest(UnaryOperator<ExportState> change, StateStore.SaveDone done) {
        this.change = change;
        this.done = done;
    }

    @Override
    public ExportState wanted(ExportState inForce) {
        return change.apply(inForce);
    }

    @Override
    public boolean drains() {
        return true;
    }

    @Override
    public void answer(ExportState inForce, boolean stored) {
        done.saved(stored);
    }

    @Override
    public void drop() {
        done.saved(false);
    }
}
