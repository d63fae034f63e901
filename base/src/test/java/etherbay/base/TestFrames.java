// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Builds frames, and takes them: the number that each carries, in the order of arrival. */
final class TestFrames implements FrameHandler {
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int NUMBER_AT = 14;

    final List<Long> numbers = new ArrayList<>();
    long bytes;
    long receivedNs;

    @Override
    public void onFrame(Frame frame) {
        numbers.add(frame.memory().get(U64, frame.at() + NUMBER_AT));
        bytes = frame.bytes();
        receivedNs = frame.receivedNs();
    }

    /** Writes the header and the number into a frame of at least 22 bytes. */
    static void write(MemorySegment memory, long at, MacAddress to, MacAddress from, long number) {
        memory.set(U64, at, to.bits() << 16);
        memory.set(U64, at + 6, from.bits() << 16);
        memory.set(U16, at + 12, (short) 0x88a2);
        memory.set(U64, at + NUMBER_AT, number);
    }

    /** Commits a frame; false when the port has none. */
    static boolean send(EthernetPort port, MacAddress to, long number, int bytes) {
        Frame frame = port.claim(bytes);
        if (frame == null) {
            return false;
        }
        write(frame.memory(), frame.at(), to, port.mac(), number);
        port.commit(frame);
        return true;
    }
}
