// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Memory by absolute address, for what is shared with the kernel. Addresses are plain {@code
 * long}s, so neither a system call nor an access makes an object. Numbers are in the order of the
 * machine.
 *
 * <p>Nothing checks bounds or life time here: an address comes from memory that the calling class
 * owns (an arena it holds, a mapping it made) and an offset from {@link Layouts}.
 */
final class Memory {
    // SAFETY: spans all addresses and lives for ever; every user adds offsets of a layout to the
    // start of memory that it owns itself and has not yet freed.
    @SuppressWarnings("restricted")
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final VarHandle INT = JAVA_INT.varHandle().withInvokeExactBehavior();

    private Memory() {}

    static byte getByte(long address) {
        return ALL.get(JAVA_BYTE, address);
    }

    static void putByte(long address, byte value) {
        ALL.set(JAVA_BYTE, address, value);
    }

    static short getShort(long address) {
        return ALL.get(JAVA_SHORT, address);
    }

    static void putShort(long address, short value) {
        ALL.set(JAVA_SHORT, address, value);
    }

    static int getInt(long address) {
        return ALL.get(JAVA_INT, address);
    }

    static void putInt(long address, int value) {
        ALL.set(JAVA_INT, address, value);
    }

    static long getLong(long address) {
        return ALL.get(JAVA_LONG, address);
    }

    static void putLong(long address, long value) {
        ALL.set(JAVA_LONG, address, value);
    }

    /** Reads a word that the kernel publishes with; what it wrote before is visible after this. */
    static int getIntAcquire(long address) {
        return (int) INT.getAcquire(ALL, address);
    }

    /** Writes a word that publishes to the kernel what was written before. */
    static void putIntRelease(long address, int value) {
        INT.setRelease(ALL, address, value);
    }

    static void copy(long fromAddress, long toAddress, long bytes) {
        MemorySegment.copy(ALL, fromAddress, ALL, toAddress, bytes);
    }

    static void zero(long address, long bytes) {
        for (long at = 0; at < bytes; at++) {
            putByte(address + at, (byte) 0);
        }
    }

    static void putBytes(long address, byte[] bytes) {
        MemorySegment.copy(bytes, 0, ALL, JAVA_BYTE, address, bytes.length);
    }

    static byte[] getBytes(long address, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(ALL, JAVA_BYTE, address, bytes, 0, length);
        return bytes;
    }
}
