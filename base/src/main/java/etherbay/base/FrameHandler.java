// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** Takes received frames. Bytes from a network: anything may stand in them. */
@FunctionalInterface
public interface FrameHandler {
    /** The frame is valid until this returns, or until released when {@link Frame#retain}ed. */
    void onFrame(Frame frame);
}
