// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U8;

import etherbay.base.MacAddress;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Argument of AoE command 3: the list of MAC addresses that may send ATA commands other than
 * IDENTIFY DEVICE. AoEr11 section 3.4. An empty list releases the target.
 *
 * <pre>
 *  24     25         26
 * +------+----------+---------+----
 * | rcmd | MAC count| MAC (6) | next MAC
 * +------+----------+---------+----
 * </pre>
 */
public final class ReserveHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END), U8.withName("command"), U8.withName("macCount"));
    private static final VarHandle COMMAND = Wire.field(LAYOUT, "command");
    private static final VarHandle MAC_COUNT = Wire.field(LAYOUT, "macCount");

    /** Bytes from the start of the frame to the first MAC: 26. */
    public static final int END = (int) LAYOUT.byteSize();

    public static final int READ = 0;
    /** Sets the list when it is empty or the sender is on it. */
    public static final int SET = 1;
    /** Sets the list whoever holds it. */
    public static final int FORCE = 2;

    private ReserveHeader() {}

    /** {@link #READ}, {@link #SET}, {@link #FORCE}, or unknown. */
    public static int command(MemorySegment frame, long at) {
        return (byte) COMMAND.get(frame, at) & 0xff;
    }

    public static void command(MemorySegment frame, long at, int command) {
        COMMAND.set(frame, at, (byte) command);
    }

    public static int macCount(MemorySegment frame, long at) {
        return (byte) MAC_COUNT.get(frame, at) & 0xff;
    }

    public static void macCount(MemorySegment frame, long at, int macCount) {
        MAC_COUNT.set(frame, at, (byte) macCount);
    }

    public static long mac(MemorySegment frame, long at, int index) {
        return Wire.mac(frame, at + END + (long) index * Wire.MAC_BYTES);
    }

    public static void mac(MemorySegment frame, long at, int index, long mac) {
        Wire.mac(frame, at + END + (long) index * Wire.MAC_BYTES, mac);
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= END;
    }

    /** Bytes of a frame with that many MACs, padding not counted. */
    public static int frameBytes(int macCount) {
        return END + macCount * Wire.MAC_BYTES;
    }

    /** Whether the list does not fit the frame. The count of a request to read is not looked at. */
    public static boolean malformed(MemorySegment frame, long at, long frameBytes) {
        if (!lengthOk(frameBytes)) {
            return true;
        }
        return listed(frame, at) && frameBytes < frameBytes(macCount(frame, at));
    }

    private static boolean listed(MemorySegment frame, long at) {
        return AoeHeader.response(frame, at) || command(frame, at) != READ;
    }

    /** The argument as a value, for cold paths and tests. */
    public record Fields(int command, int macCount, List<MacAddress> macs) {
        /** The argument of a frame that is not {@link ReserveHeader#malformed}. */
        public static Fields read(MemorySegment frame, long at) {
            int macCount = ReserveHeader.macCount(frame, at);
            List<MacAddress> macs = new ArrayList<>();
            int listedCount = listed(frame, at) ? macCount : 0;
            for (int i = 0; i < listedCount; i++) {
                macs.add(new MacAddress(ReserveHeader.mac(frame, at, i)));
            }
            return new Fields(ReserveHeader.command(frame, at), macCount, List.copyOf(macs));
        }

        public static Fields of(int command, List<MacAddress> macs) {
            return new Fields(command, macs.size(), List.copyOf(macs));
        }

        public void write(MemorySegment frame, long at) {
            ReserveHeader.command(frame, at, command);
            ReserveHeader.macCount(frame, at, macCount);
            for (int i = 0; i < macs.size(); i++) {
                ReserveHeader.mac(frame, at, i, macs.get(i).bits());
            }
        }
    }
}
