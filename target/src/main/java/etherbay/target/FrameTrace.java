// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.Frame;

/**
 * Is shown the frames of an export while its {@code trace-io} is on: requests as they arrived,
 * before anything else looks at them, and answers as they go out. Called on the export's loop, so
 * it must neither block nor change or keep the frame.
 */
public interface FrameTrace {
    /** A request for the export, admitted or not; {@link Frame#receivedNs} says when it came. */
    void received(Frame frame);

    /** An answer or a beacon of the export that is about to be sent. */
    void sent(Frame frame);
}
