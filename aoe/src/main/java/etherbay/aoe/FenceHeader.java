// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U64;
import static etherbay.aoe.Wire.U8;

import etherbay.base.MacAddress;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Argument of our vendor command F0h: who may write, and since which epoch. A compare-and-set of
 * (epoch, owner MACs). {@code docs/protocols/etherbay-vendor.md} section 1.
 *
 * <pre>
 *  24     25       26          27         28          36
 * +------+--------+-----------+----------+-----------+---------+----
 * | fcmd | ferror | MAC count | reserved | epoch (8) | MAC (6) | next MAC, at most 32
 * +------+--------+-----------+----------+-----------+---------+----
 * </pre>
 *
 * <p>A reply always carries the epoch and the MACs in force, also when it refuses: two takers of
 * one epoch both learn who won, and one whose first answer was lost sees itself as the owner.
 */
public final class FenceHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END),
            U8.withName("command"),
            U8.withName("error"),
            U8.withName("macCount"),
            U8.withName("reserved"),
            U64.withName("epoch"));
    private static final VarHandle COMMAND = Wire.field(LAYOUT, "command");
    private static final VarHandle ERROR = Wire.field(LAYOUT, "error");
    private static final VarHandle MAC_COUNT = Wire.field(LAYOUT, "macCount");
    private static final VarHandle RESERVED = Wire.field(LAYOUT, "reserved");
    private static final VarHandle EPOCH = Wire.field(LAYOUT, "epoch");

    /** Bytes from the start of the frame to the first MAC: 36. */
    public static final int END = (int) LAYOUT.byteSize();

    public static final int MAC_COUNT_MAX = 32;

    public static final int READ = 0;
    public static final int SET = 1;

    public static final int ERROR_NONE = 0;
    /** The epoch sent is not higher than the one in force. */
    public static final int ERROR_EPOCH = 1;

    public static final int ERROR_ARGUMENT = 2;
    /** The new state could not be made durable; the former one stays in force. */
    public static final int ERROR_NOT_STORED = 3;

    private FenceHeader() {}

    /** {@link #READ}, {@link #SET}, or unknown. */
    public static int command(MemorySegment frame, long at) {
        return (byte) COMMAND.get(frame, at) & 0xff;
    }

    public static void command(MemorySegment frame, long at, int command) {
        COMMAND.set(frame, at, (byte) command);
    }

    public static int error(MemorySegment frame, long at) {
        return (byte) ERROR.get(frame, at) & 0xff;
    }

    public static void error(MemorySegment frame, long at, int error) {
        ERROR.set(frame, at, (byte) error);
    }

    public static int macCount(MemorySegment frame, long at) {
        return (byte) MAC_COUNT.get(frame, at) & 0xff;
    }

    public static void macCount(MemorySegment frame, long at, int macCount) {
        MAC_COUNT.set(frame, at, (byte) macCount);
    }

    public static void clearReserved(MemorySegment frame, long at) {
        RESERVED.set(frame, at, (byte) 0);
    }

    /**
     * Unsigned; compare with {@link Long#compareUnsigned}. 0 is the state before the first fence.
     */
    public static long epoch(MemorySegment frame, long at) {
        return (long) EPOCH.get(frame, at);
    }

    public static void epoch(MemorySegment frame, long at, long epoch) {
        EPOCH.set(frame, at, epoch);
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

    /**
     * Whether the list does not fit the frame. The count of a request to read is not looked at. A
     * list longer than {@link #MAC_COUNT_MAX} that fits is {@link #ERROR_ARGUMENT}, not malformed.
     */
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
    public record Fields(int command, int error, int macCount, long epoch, List<MacAddress> macs) {
        /** The argument of a frame that is not {@link FenceHeader#malformed}. */
        public static Fields read(MemorySegment frame, long at) {
            int macCount = FenceHeader.macCount(frame, at);
            List<MacAddress> macs = new ArrayList<>();
            int listedCount = listed(frame, at) ? macCount : 0;
            for (int i = 0; i < listedCount; i++) {
                macs.add(new MacAddress(FenceHeader.mac(frame, at, i)));
            }
            return new Fields(
                    FenceHeader.command(frame, at),
                    FenceHeader.error(frame, at),
                    macCount,
                    FenceHeader.epoch(frame, at),
                    List.copyOf(macs));
        }

        public static Fields of(int command, int error, long epoch, List<MacAddress> macs) {
            return new Fields(command, error, macs.size(), epoch, List.copyOf(macs));
        }

        public void write(MemorySegment frame, long at) {
            FenceHeader.command(frame, at, command);
            FenceHeader.error(frame, at, error);
            FenceHeader.macCount(frame, at, macCount);
            FenceHeader.clearReserved(frame, at);
            FenceHeader.epoch(frame, at, epoch);
            for (int i = 0; i < macs.size(); i++) {
                FenceHeader.mac(frame, at, i, macs.get(i).bits());
            }
        }
    }
}
