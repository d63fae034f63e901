// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

/**
 * One request to change the durable state of an export, from the wire or from a person. Control
 * path: made per request. All methods run on the export's loop, {@link #wanted} first, {@link
 * #answer} last and once.
 */
interface StateRequest {
    /**
     * Judges the request by the state in force.
     *
     * @return the state wanted; null when nothing changes, because it is refused or so already
     */
    @Nullable
    ExportState wanted(ExportState inForce);

    /** Whether the answer must wait for the writes admitted so far. */
    boolean drains();

    /**
     * Says how it ended.
     *
     * @param inForce the state in force now
     * @param stored false when the state wanted could not be made durable
     */
    void answer(ExportState inForce, boolean stored);

    /** It will not be done: too many wait, or the export stops. The sender repeats it. */
    void drop();
}
