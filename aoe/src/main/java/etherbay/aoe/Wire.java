// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** The number formats of the wire, and how a header class gets its fields from its layout. */
final class Wire {
    static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(BIG_ENDIAN);
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(BIG_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(BIG_ENDIAN);
    static final ValueLayout.OfShort U16_LE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32_LE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

    static final int MAC_BYTES = 6;
    static final long U48_MASK = 0xffff_ffff_ffffL;

    private Wire() {}

    /**
     * Bytes of the headers that lie before this one, so that fields are addressed from the frame.
     */
    static MemoryLayout after(long bytes) {
        return MemoryLayout.paddingLayout(bytes);
    }

    /** Handle of one field; invoked exactly, so a wrong type is an error and never a slow path. */
    static VarHandle field(StructLayout layout, String name) {
        return layout.varHandle(PathElement.groupElement(name)).withInvokeExactBehavior();
    }

    /** A MAC address in a list whose index is known only at run time. */
    static long mac(MemorySegment frame, long offset) {
        return (frame.get(U16, offset) & 0xffffL) << 32
                | (frame.get(U32, offset + 2) & 0xffff_ffffL);
    }

    static void mac(MemorySegment frame, long offset, long mac) {
        frame.set(U16, offset, (short) (mac >>> 32));
        frame.set(U32, offset + 2, (int) mac);
    }
}
