// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Check;
import etherbay.target.ExportState;
import etherbay.target.StateStore;

import org.jspecify.annotations.Nullable;

/** The state of one export, stored when the test says so. Owned by the loop that it turns. */
final class HostileStore implements StateStore {
    private ExportState stored;
    private @Nullable ExportState saving;
    private @Nullable SaveDone done;

    HostileStore(ExportState stored) {
        this.stored = stored;
    }

    ExportState stored() {
        return stored;
    }

    @Override
    public void save(ExportState state, SaveDone whenDone) {
        Check.that(saving == null, "one save at a time");
        saving = state;
        done = whenDone;
    }

    /** Ends the save that runs, if one does. @return whether one did */
    boolean finish() {
        ExportState state = saving;
        SaveDone told = done;
        if (state == null || told == null) {
            return false;
        }
        stored = state;
        saving = null;
        told.saved(true);
        return true;
    }
}
