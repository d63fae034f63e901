// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U16;
import static etherbay.aoe.Wire.U32;
import static etherbay.aoe.Wire.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * The header that all AoE messages share: 10 bytes behind the Ethernet header, big-endian.
 * AoEr11 section 2; {@code docs/protocols/aoe.md}.
 *
 * <pre>
 *  14        15      16      18     19        20      24
 * +---------+-------+-------+------+---------+-------+----
 * | ver|flg | error | shelf | slot | command | tag   | argument of the command
 * +---------+-------+-------+------+---------+-------+----
 *    4 + 4 bits: version 1; flags 8 R response, 4 E error, 2 and 1 reserved
 * </pre>
 */
public final class AoeHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(Ethernet.BYTES),
            U8.withName("versionFlags"),
            U8.withName("error"),
            U16.withName("shelf"),
            U8.withName("slot"),
            U8.withName("command"),
            U32.withName("tag"));
    private static final VarHandle VERSION_FLAGS = Wire.field(LAYOUT, "versionFlags");
    private static final VarHandle ERROR = Wire.field(LAYOUT, "error");
    private static final VarHandle SHELF = Wire.field(LAYOUT, "shelf");
    private static final VarHandle SLOT = Wire.field(LAYOUT, "slot");
    private static final VarHandle COMMAND = Wire.field(LAYOUT, "command");
    private static final VarHandle TAG = Wire.field(LAYOUT, "tag");

    /** Bytes from the start of the frame to the argument of the command: 24. */
    public static final int END = (int) LAYOUT.byteSize();

    /** The only version there is. A target refuses others; beacons of vblade carry 0. */
    public static final int VERSION = 1;

    public static final int FLAG_RESPONSE = 0x8;
    public static final int FLAG_ERROR = 0x4;

    /** Addresses every shelf. */
    public static final int SHELF_BROADCAST = 0xffff;

    /** Addresses every slot. */
    public static final int SLOT_BROADCAST = 0xff;

    // Commands, AoEr11 section 2; F0h-FFh are left to vendors.
    public static final int COMMAND_ATA = 0;
    public static final int COMMAND_CONFIG = 1;
    public static final int COMMAND_MASK = 2;
    public static final int COMMAND_RESERVE = 3;
    /** Ours, see {@link FenceHeader}. */
    public static final int COMMAND_FENCE = 0xf0;
    /** Ours, see {@link FloorHeader}. */
    public static final int COMMAND_FLOOR = 0xf1;
    /** Ours, said by targets alone, see {@link AwayHeader}. */
    public static final int COMMAND_AWAY = 0xf2;

    // Error codes, AoEr11 section 2.4.
    public static final int ERROR_COMMAND = 1;
    public static final int ERROR_ARGUMENT = 2;
    public static final int ERROR_UNAVAILABLE = 3;
    public static final int ERROR_CONFIG_PRESENT = 4;
    public static final int ERROR_VERSION = 5;
    public static final int ERROR_RESERVED = 6;

    /**
     * Set in the tags of initiators in user space. The Linux driver ignores answers that carry it,
     * so both can live on one machine.
     */
    public static final int TAG_USER_SPACE = 0x8000_0000;

    private AoeHeader() {}

    public static int version(MemorySegment frame, long at) {
        return (byte) VERSION_FLAGS.get(frame, at) >>> 4 & 0xf;
    }

    /** The four flag bits: {@link #FLAG_RESPONSE}, {@link #FLAG_ERROR} and two reserved ones. */
    public static int flags(MemorySegment frame, long at) {
        return (byte) VERSION_FLAGS.get(frame, at) & 0xf;
    }

    public static boolean response(MemorySegment frame, long at) {
        return (flags(frame, at) & FLAG_RESPONSE) != 0;
    }

    public static boolean error(MemorySegment frame, long at) {
        return (flags(frame, at) & FLAG_ERROR) != 0;
    }

    public static void versionFlags(MemorySegment frame, long at, int version, int flags) {
        VERSION_FLAGS.set(frame, at, (byte) (version << 4 | (flags & 0xf)));
    }

    /** One of the {@code ERROR_} codes when {@link #error} holds; else without meaning. */
    public static int errorCode(MemorySegment frame, long at) {
        return (byte) ERROR.get(frame, at) & 0xff;
    }

    public static void errorCode(MemorySegment frame, long at, int code) {
        ERROR.set(frame, at, (byte) code);
    }

    /** Shelf address, 0..65535; {@link #SHELF_BROADCAST} addresses every shelf. */
    public static int shelf(MemorySegment frame, long at) {
        return (short) SHELF.get(frame, at) & 0xffff;
    }

    public static void shelf(MemorySegment frame, long at, int shelf) {
        SHELF.set(frame, at, (short) shelf);
    }

    /** Slot address, 0..255; {@link #SLOT_BROADCAST} addresses every slot. */
    public static int slot(MemorySegment frame, long at) {
        return (byte) SLOT.get(frame, at) & 0xff;
    }

    public static void slot(MemorySegment frame, long at, int slot) {
        SLOT.set(frame, at, (byte) slot);
    }

    public static int command(MemorySegment frame, long at) {
        return (byte) COMMAND.get(frame, at) & 0xff;
    }

    public static void command(MemorySegment frame, long at, int command) {
        COMMAND.set(frame, at, (byte) command);
    }

    /** Identifier chosen by the initiator; opaque to the target, which echoes it. */
    public static int tag(MemorySegment frame, long at) {
        return (int) TAG.get(frame, at);
    }

    public static void tag(MemorySegment frame, long at, int tag) {
        TAG.set(frame, at, tag);
    }

    /**
     * Whether a request in this frame is for {@code shelf}.{@code slot}; each part may be wild
     * alone.
     */
    public static boolean addresses(MemorySegment frame, long at, int shelf, int slot) {
        int wantedShelf = shelf(frame, at);
        int wantedSlot = slot(frame, at);
        return (wantedShelf == shelf || wantedShelf == SHELF_BROADCAST)
                && (wantedSlot == slot || wantedSlot == SLOT_BROADCAST);
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= END;
    }

    /** Whether these bytes are no AoE message at all: too short, or of another EtherType. */
    public static boolean malformed(MemorySegment frame, long at, long frameBytes) {
        return !lengthOk(frameBytes) || Ethernet.type(frame, at) != Ethernet.TYPE_AOE;
    }

    /**
     * Whether the frame is no AoE message, or one of a command that we know whose argument does not
     * fit its own counts. Never throws, whatever the bytes. An unknown command is not malformed: a
     * target answers it with {@link #ERROR_COMMAND}. Neither is a reply with the error flag,
     * however short: some targets cut it behind this header, so ask the header of its command
     * before reading an argument there.
     *
     * @param frameBytes received length, which may exceed the message by any padding
     */
    public static boolean malformedMessage(MemorySegment frame, long at, long frameBytes) {
        if (malformed(frame, at, frameBytes)) {
            return true;
        }
        if (response(frame, at) && error(frame, at)) {
            return false;
        }
        return argumentMalformed(frame, at, frameBytes);
    }

    /**
     * Whether the argument of a frame that is not {@link #malformed} does not fit its own counts.
     */
    static boolean argumentMalformed(MemorySegment frame, long at, long frameBytes) {
        return switch (command(frame, at)) {
            case COMMAND_ATA -> AtaHeader.malformed(frame, at, frameBytes);
            case COMMAND_CONFIG -> ConfigHeader.malformed(frame, at, frameBytes);
            case COMMAND_MASK -> MaskHeader.malformed(frame, at, frameBytes);
            case COMMAND_RESERVE -> ReserveHeader.malformed(frame, at, frameBytes);
            case COMMAND_FENCE -> FenceHeader.malformed(frame, at, frameBytes);
            case COMMAND_FLOOR -> FloorHeader.malformed(frame, at, frameBytes);
            case COMMAND_AWAY -> AwayHeader.malformed(frameBytes);
            default -> false;
        };
    }

    /**
     * The header as a value, for cold paths and tests.
     *
     * @param flags the four bits as they stand on the wire
     */
    public record Fields(
            int version, int flags, int errorCode, int shelf, int slot, int command, int tag) {
        /** The header at {@code at}; needs {@link #END} bytes there. */
        public static Fields read(MemorySegment frame, long at) {
            return new Fields(
                    AoeHeader.version(frame, at),
                    AoeHeader.flags(frame, at),
                    AoeHeader.errorCode(frame, at),
                    AoeHeader.shelf(frame, at),
                    AoeHeader.slot(frame, at),
                    AoeHeader.command(frame, at),
                    AoeHeader.tag(frame, at));
        }

        public static Fields request(int shelf, int slot, int command, int tag) {
            return new Fields(VERSION, 0, 0, shelf, slot, command, tag);
        }

        public static Fields reply(int shelf, int slot, int command, int tag) {
            return new Fields(VERSION, FLAG_RESPONSE, 0, shelf, slot, command, tag);
        }

        /** The same reply, refused with an {@code ERROR_} code. */
        public Fields refused(int code) {
            return new Fields(version, flags | FLAG_ERROR, code, shelf, slot, command, tag);
        }

        public void write(MemorySegment frame, long at) {
            AoeHeader.versionFlags(frame, at, version, flags);
            AoeHeader.errorCode(frame, at, errorCode);
            AoeHeader.shelf(frame, at, shelf);
            AoeHeader.slot(frame, at, slot);
            AoeHeader.command(frame, at, command);
            AoeHeader.tag(frame, at, tag);
        }
    }
}
