// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;

/** A state change asked for by a frame, which is kept and becomes the answer. */
abstract class WireRequest implements StateRequest {
    private final Frame frame;
    private final Replies replies;

    /** Takes a held frame. What the request needs of it is read by the subclass when it is made. */
    WireRequest(Frame frame, Replies replies) {
        this.frame = frame;
        this.replies = replies;
    }

    @Override
    public final void answer(ExportState inForce, boolean stored) {
        replies.begin(frame);
        replies.send(frame, write(frame, inForce, stored));
    }

    /**
     * Writes the argument of the answer, and calls {@link #refuse} when it is an error of AoE.
     *
     * @return bytes of the whole message
     */
    abstract int write(Frame reply, ExportState inForce, boolean stored);

    /** Makes the answer a refusal with that code of AoE. */
    final void refuse(int errorCode) {
        replies.refuse(frame, errorCode);
    }

    /**
     * Config strings and reservations have no error code of their own for "not stored": the device
     * is not available for that now.
     */
    final void refuseNotStored() {
        refuse(AoeHeader.ERROR_UNAVAILABLE);
    }

    @Override
    public final void drop() {
        frame.release();
    }

    /**
     * Entries of {@code entryBytes} behind {@code headerBytes} that a frame of this port carries.
     */
    static int carried(Frame reply, int headerBytes, int entryBytes) {
        int frameBytes = reply.port().mtu() + Ethernet.BYTES;
        return Math.max(0, (frameBytes - headerBytes) / entryBytes);
    }
}
