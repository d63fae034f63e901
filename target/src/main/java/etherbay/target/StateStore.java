// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

/**
 * Where the state of one export is kept so that it survives the process and the power. Belongs to
 * the loop of its export; one save at a time.
 */
public interface StateStore {
    /** Hears, on the export's loop, how a save ended. */
    @FunctionalInterface
    interface SaveDone {
        /** @param stored the state is durable; else the former one still is */
        void saved(boolean stored);
    }

    /** Makes {@code state} durable in place of the former one, then calls {@code done} once. */
    void save(ExportState state, SaveDone done);
}
