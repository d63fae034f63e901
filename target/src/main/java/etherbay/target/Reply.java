// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Turns a held frame that carries a request into its answer, in place. AoEr11 section 2: the tag is
 * echoed, the R flag set, and the address is always the export's own, also when a wild-card asked.
 *
 * <p>The source is the address of the port that took the request, never the destination of the
 * request: initiators remember the source as the target's, and that may have been a broadcast.
 */
final class Reply {
    private Reply() {}

    /** The header of a good answer. */
    static void begin(Frame frame, ExportSettings settings) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        Ethernet.dst(memory, at, Ethernet.src(memory, at));
        Ethernet.src(memory, at, frame.port().mac().bits());
        AoeHeader.versionFlags(memory, at, AoeHeader.VERSION, AoeHeader.FLAG_RESPONSE);
        AoeHeader.errorCode(memory, at, 0);
        AoeHeader.shelf(memory, at, settings.shelf());
        AoeHeader.slot(memory, at, settings.slot());
    }

    /** Makes the answer a refusal with one of {@link AoeHeader}'s error codes. */
    static void refuse(Frame frame, int errorCode) {
        int flags = AoeHeader.FLAG_RESPONSE | AoeHeader.FLAG_ERROR;
        AoeHeader.versionFlags(frame.memory(), frame.at(), AoeHeader.VERSION, flags);
        AoeHeader.errorCode(frame.memory(), frame.at(), errorCode);
    }

    /**
     * Sends the frame with {@code messageBytes} of it, padded with zeroes to what Ethernet asks
     * for: virtual ports do not pad, and some tools ignore what is shorter.
     */
    static void send(Frame frame, int messageBytes) {
        int bytes = Ethernet.paddedBytes(messageBytes);
        for (int i = messageBytes; i < bytes; i++) {
            frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + i, (byte) 0);
        }
        frame.bytes(bytes);
        frame.port().commit(frame);
    }
}
