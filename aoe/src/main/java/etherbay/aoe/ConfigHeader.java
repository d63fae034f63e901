// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U16;
import static etherbay.aoe.Wire.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Argument of AoE command 1: discovery, and the string of up to 1024 bytes that a target keeps for
 * its users. AoEr11 section 3.2.
 *
 * <pre>
 *  24        26        28      29        30        32
 * +---------+---------+-------+---------+---------+----
 * | buffer  | firm-   | max   | ver|cmd | string  | string
 * | count   | ware    |sectors| 4 + 4   | length  |
 * +---------+---------+-------+---------+---------+----
 * </pre>
 */
public final class ConfigHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END),
            U16.withName("bufferCount"),
            U16.withName("firmware"),
            U8.withName("sectorsMax"),
            U8.withName("versionCommand"),
            U16.withName("stringBytes"));
    private static final VarHandle BUFFER_COUNT = Wire.field(LAYOUT, "bufferCount");
    private static final VarHandle FIRMWARE = Wire.field(LAYOUT, "firmware");
    private static final VarHandle SECTORS_MAX = Wire.field(LAYOUT, "sectorsMax");
    private static final VarHandle VERSION_COMMAND = Wire.field(LAYOUT, "versionCommand");
    private static final VarHandle STRING_BYTES = Wire.field(LAYOUT, "stringBytes");

    /** Bytes from the start of the frame to the string: 32. */
    public static final int END = (int) LAYOUT.byteSize();

    public static final int STRING_BYTES_MAX = 1024;

    /** Returns the string. */
    public static final int READ = 0;
    /** Answered only when the whole string equals the one sent. */
    public static final int TEST = 1;
    /** Answered only when the string begins with the one sent. */
    public static final int PREFIX = 2;
    /** Sets an empty string; else {@link AoeHeader#ERROR_CONFIG_PRESENT} and the present one. */
    public static final int SET = 3;
    /** Sets the string whatever it was. */
    public static final int FORCE = 4;

    private ConfigHeader() {}

    /** Requests that the target keeps for one initiator. The Linux driver needs at least 2. */
    public static int bufferCount(MemorySegment frame, long at) {
        return (short) BUFFER_COUNT.get(frame, at) & 0xffff;
    }

    public static void bufferCount(MemorySegment frame, long at, int bufferCount) {
        BUFFER_COUNT.set(frame, at, (short) bufferCount);
    }

    public static int firmware(MemorySegment frame, long at) {
        return (short) FIRMWARE.get(frame, at) & 0xffff;
    }

    public static void firmware(MemorySegment frame, long at, int firmware) {
        FIRMWARE.set(frame, at, (short) firmware);
    }

    /** Most sectors per request; 0 from targets older than AoEr9, which mean 2. */
    public static int sectorsMax(MemorySegment frame, long at) {
        return (byte) SECTORS_MAX.get(frame, at) & 0xff;
    }

    public static void sectorsMax(MemorySegment frame, long at, int sectorsMax) {
        SECTORS_MAX.set(frame, at, (byte) sectorsMax);
    }

    /** AoE version that the target speaks. */
    public static int version(MemorySegment frame, long at) {
        return (byte) VERSION_COMMAND.get(frame, at) >>> 4 & 0xf;
    }

    /** {@link #READ}, {@link #TEST}, {@link #PREFIX}, {@link #SET}, {@link #FORCE}, or unknown. */
    public static int command(MemorySegment frame, long at) {
        return (byte) VERSION_COMMAND.get(frame, at) & 0xf;
    }

    public static void versionCommand(MemorySegment frame, long at, int version, int command) {
        VERSION_COMMAND.set(frame, at, (byte) (version << 4 | (command & 0xf)));
    }

    public static int stringBytes(MemorySegment frame, long at) {
        return (short) STRING_BYTES.get(frame, at) & 0xffff;
    }

    public static void stringBytes(MemorySegment frame, long at, int stringBytes) {
        STRING_BYTES.set(frame, at, (short) stringBytes);
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= END;
    }

    /**
     * Whether the string does not fit the frame or the protocol. A <em>request</em> to read has no
     * string, and its length field is not looked at: aoeping sends 1024 there.
     */
    public static boolean malformed(MemorySegment frame, long at, long frameBytes) {
        if (!lengthOk(frameBytes)) {
            return true;
        }
        if (command(frame, at) == READ && !AoeHeader.response(frame, at)) {
            return false;
        }
        int stringBytes = stringBytes(frame, at);
        return stringBytes > STRING_BYTES_MAX || stringBytes > frameBytes - END;
    }

    /**
     * The argument as a value, for cold paths and tests; the string lies behind it.
     *
     * @param stringBytes the length field as it stands on the wire
     */
    public record Fields(
            int bufferCount,
            int firmware,
            int sectorsMax,
            int version,
            int command,
            int stringBytes) {
        /** The argument of the frame at {@code at}; needs {@link #END} bytes there. */
        public static Fields read(MemorySegment frame, long at) {
            return new Fields(
                    ConfigHeader.bufferCount(frame, at),
                    ConfigHeader.firmware(frame, at),
                    ConfigHeader.sectorsMax(frame, at),
                    ConfigHeader.version(frame, at),
                    ConfigHeader.command(frame, at),
                    ConfigHeader.stringBytes(frame, at));
        }

        /** A request: everything but command and length is the target's to fill in. */
        public static Fields request(int command, int stringBytes) {
            return new Fields(0, 0, 0, 0, command, stringBytes);
        }

        public void write(MemorySegment frame, long at) {
            ConfigHeader.bufferCount(frame, at, bufferCount);
            ConfigHeader.firmware(frame, at, firmware);
            ConfigHeader.sectorsMax(frame, at, sectorsMax);
            ConfigHeader.versionCommand(frame, at, version, command);
            ConfigHeader.stringBytes(frame, at, stringBytes);
        }
    }

    /** A copy of the string of a frame that is not {@link #malformed}. */
    public static byte[] string(MemorySegment frame, long at) {
        return frame.asSlice(at + END, stringBytes(frame, at)).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Writes the string and its length; at most {@link #STRING_BYTES_MAX} bytes. */
    public static void string(MemorySegment frame, long at, byte[] string) {
        stringBytes(frame, at, string.length);
        MemorySegment.copy(string, 0, frame, ValueLayout.JAVA_BYTE, at + END, string.length);
    }
}
