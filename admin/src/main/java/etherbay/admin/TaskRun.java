// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.util.Map;

/** What a running task knows and tells; for the thread that runs it. */
public interface TaskRun {
    /** {@code volume vg/lv}. */
    String object();

    /** What it was begun with. */
    Map<String, String> arguments();

    /** What {@link #save} wrote last, also before a restart; empty at the first beginning. */
    Map<String, String> saved();

    /** Writes how far it is, durably: a restart goes on from here. */
    void save(Map<String, String> state);

    /**
     * Tells how far it is; as often as one likes.
     *
     * @param total zero while it is unknown
     * @param unit "bytes", "sectors", "steps"
     */
    void progress(long done, long total, String unit);

    /** Adds a line to the task's log. */
    void log(String line);

    /** Says whether it waits for something else, which then shows as its state. */
    void waiting(boolean waits);

    /** Ends the work here when the task was cancelled or the process ends. */
    void checkCancelled() throws InterruptedException;
}
