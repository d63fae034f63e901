// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

/** Numbers in a frame, big-endian unless the name says otherwise. */
final class Octets {
    private Octets() {}

    static int u8(byte[] frame, int at) {
        return frame[at] & 0xff;
    }

    static int u16(byte[] frame, int at) {
        return (u8(frame, at) << 8) | u8(frame, at + 1);
    }

    static int u32(byte[] frame, int at) {
        return (u16(frame, at) << 16) | u16(frame, at + 2);
    }

    static long u48(byte[] frame, int at) {
        return ((long) u16(frame, at) << 32) | (u32(frame, at + 2) & 0xffff_ffffL);
    }

    static long u64(byte[] frame, int at) {
        return ((long) u32(frame, at) << 32) | (u32(frame, at + 4) & 0xffff_ffffL);
    }

    /** Of {@code count} bytes, the least significant first. */
    static long little(byte[] frame, int at, int count) {
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = (value << 8) | u8(frame, at + i);
        }
        return value;
    }

    /** {@code count} bytes, the most significant first. */
    static void put(byte[] frame, int at, int count, long value) {
        for (int i = 0; i < count; i++) {
            frame[at + i] = (byte) (value >>> (8 * (count - 1 - i)));
        }
    }

    /** {@code count} bytes, the least significant first. */
    static void putLittle(byte[] frame, int at, int count, long value) {
        for (int i = 0; i < count; i++) {
            frame[at + i] = (byte) (value >>> (8 * i));
        }
    }
}
