// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The answers of one export: turns a held frame that carries a request into one, in place. AoEr11
 * section 2: the tag is echoed, the R flag set, and the address is always the export's own, also
 * when a wild-card asked. Owned by the export's loop.
 *
 * <p>The source is the address of the port that took the request, never the destination of the
 * request: initiators remember the source as the target's, and that may have been a broadcast.
 */
final class Replies {
    private final int shelf;
    private final int slot;
    private @Nullable FrameTrace trace;

    Replies(ExportSettings settings) {
        shelf = settings.shelf();
        slot = settings.slot();
    }

    /** Who is shown what goes out from now on; null for nobody. */
    void trace(@Nullable FrameTrace newTrace) {
        trace = newTrace;
    }

    /** Whether somebody is shown what goes out, from the memory of the frames. */
    boolean isTraced() {
        return trace != null;
    }

    /** The header of a good answer. */
    void begin(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        Ethernet.dst(memory, at, Ethernet.src(memory, at));
        Ethernet.src(memory, at, frame.port().mac().bits());
        AoeHeader.versionFlags(memory, at, AoeHeader.VERSION, AoeHeader.FLAG_RESPONSE);
        AoeHeader.errorCode(memory, at, 0);
        AoeHeader.shelf(memory, at, shelf);
        AoeHeader.slot(memory, at, slot);
    }

    /** Makes the answer a refusal with one of {@link AoeHeader}'s error codes. */
    void refuse(Frame frame, int errorCode) {
        int flags = AoeHeader.FLAG_RESPONSE | AoeHeader.FLAG_ERROR;
        AoeHeader.versionFlags(frame.memory(), frame.at(), AoeHeader.VERSION, flags);
        AoeHeader.errorCode(frame.memory(), frame.at(), errorCode);
    }

    /**
     * Sends the frame with {@code messageBytes} of it, padded with zeroes to what Ethernet asks
     * for: virtual ports do not pad, and some tools ignore what is shorter.
     */
    void send(Frame frame, int messageBytes) {
        int bytes = Ethernet.paddedBytes(messageBytes);
        for (int i = messageBytes; i < bytes; i++) {
            frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + i, (byte) 0);
        }
        frame.bytes(bytes);
        if (trace != null) {
            trace.sent(frame);
        }
        frame.port().commit(frame);
    }

    /**
     * Sends an answer of {@code messageBytes}, of which what comes behind the registers lies at
     * {@code address}; never while {@link #isTraced}.
     */
    void sendWithTail(Frame frame, int messageBytes, long address) {
        frame.bytes(messageBytes);
        frame.tail(address, messageBytes - AtaHeader.END);
        frame.port().commit(frame);
    }
}
