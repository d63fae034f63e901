// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U16;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * Argument of our vendor command F2h, which a target sends unasked, as a response with tag 0: "I
 * stop in order, and am back within this time". {@code docs/protocols/etherbay-vendor.md} section
 * 3.
 *
 * <pre>
 *  24            26         28
 * +-------------+----------+
 * | within (ms) | reserved |
 * +-------------+----------+
 * </pre>
 */
public final class AwayHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END), U16.withName("withinMs"), U16.withName("reserved"));
    private static final VarHandle WITHIN_MS = Wire.field(LAYOUT, "withinMs");
    private static final VarHandle RESERVED = Wire.field(LAYOUT, "reserved");

    /** Bytes of the message from the start of the frame: 28. */
    public static final int END = (int) LAYOUT.byteSize();

    /** No initiator waits longer, whatever stands there. */
    public static final int WITHIN_MS_MAX = 10_000;

    private AwayHeader() {}

    /** Milliseconds from the sending of the frame on. */
    public static int withinMs(MemorySegment frame, long at) {
        return (short) WITHIN_MS.get(frame, at) & 0xffff;
    }

    /** Writes the argument. */
    public static void write(MemorySegment frame, long at, int withinMs) {
        WITHIN_MS.set(frame, at, (short) withinMs);
        RESERVED.set(frame, at, (short) 0);
    }

    /** Whether the frame is too short for the message. */
    public static boolean malformed(long frameBytes) {
        return frameBytes < END;
    }
}
