// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import etherbay.base.MacAddress;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** One line of text for any frame, also for bytes that are none. Cold path; stateless. */
public final class FrameText {
    private FrameText() {}

    /**
     * Describes the {@code frameBytes} bytes at {@code at}; never throws. For example
     * {@code 52:54:00:00:00:01 > ff:ff:ff:ff:ff:ff e*.* tag 80000001 request config read}.
     */
    public static String of(MemorySegment frame, long at, long frameBytes) {
        if (!Ethernet.lengthOk(frameBytes)) {
            return "malformed: " + frameBytes + " bytes are no Ethernet frame";
        }
        Ethernet.Fields ethernet = Ethernet.Fields.read(frame, at);
        String head = ethernet.src() + " > " + ethernet.dst();
        if (ethernet.type() != Ethernet.TYPE_AOE) {
            return head + " type " + hex(ethernet.type(), 4) + ", not AoE, " + frameBytes
                    + " bytes";
        }
        if (!AoeHeader.lengthOk(frameBytes)) {
            return head + " malformed: AoE header cut off, " + frameBytes + " bytes";
        }
        AoeHeader.Fields aoe = AoeHeader.Fields.read(frame, at);
        return head + " " + aoe(aoe) + " " + argument(frame, at, frameBytes, aoe.command());
    }

    /**
     * How many of the first bytes of a frame {@link #of} looks at: not the data of an ATA message.
     * For those who keep a frame until somebody reads it. Allocates nothing.
     */
    public static int bytesRead(MemorySegment frame, long at, int frameBytes) {
        boolean ata = !AoeHeader.malformed(frame, at, frameBytes)
                && AoeHeader.command(frame, at) == AoeHeader.COMMAND_ATA;
        return ata ? Math.min(frameBytes, AtaHeader.END) : frameBytes;
    }

    private static String aoe(AoeHeader.Fields aoe) {
        boolean response = (aoe.flags() & AoeHeader.FLAG_RESPONSE) != 0;
        String shelf = aoe.shelf() == AoeHeader.SHELF_BROADCAST ? "*" : String.valueOf(aoe.shelf());
        String slot = aoe.slot() == AoeHeader.SLOT_BROADCAST ? "*" : String.valueOf(aoe.slot());
        StringBuilder text =
                new StringBuilder("e" + shelf + "." + slot + " tag " + hex(aoe.tag(), 8));
        if (aoe.version() != AoeHeader.VERSION) {
            text.append(" version ").append(aoe.version());
        }
        text.append(response ? " reply" : " request");
        if ((aoe.flags() & AoeHeader.FLAG_ERROR) != 0) {
            text.append(" error ").append(aoe.errorCode());
            text.append(" (").append(errorText(aoe.errorCode())).append(')');
        }
        return text.toString();
    }

    /** What an AoE error code means, in the words of the protocol. */
    public static String errorText(int errorCode) {
        return switch (errorCode) {
            case AoeHeader.ERROR_COMMAND -> "unrecognised command";
            case AoeHeader.ERROR_ARGUMENT -> "bad argument";
            case AoeHeader.ERROR_UNAVAILABLE -> "device unavailable";
            case AoeHeader.ERROR_CONFIG_PRESENT -> "config string present";
            case AoeHeader.ERROR_VERSION -> "unsupported version";
            case AoeHeader.ERROR_RESERVED -> "target reserved";
            default -> "unknown";
        };
    }

    private static String argument(MemorySegment frame, long at, long frameBytes, int command) {
        boolean malformed = AoeHeader.argumentMalformed(frame, at, frameBytes);
        return switch (command) {
            case AoeHeader.COMMAND_ATA ->
                "ata " + (malformed ? cut(frameBytes) : ata(frame, at, frameBytes));
            case AoeHeader.COMMAND_CONFIG ->
                "config " + (malformed ? cut(frameBytes) : config(frame, at));
            case AoeHeader.COMMAND_MASK ->
                "mask " + (malformed ? cut(frameBytes) : mask(frame, at));
            case AoeHeader.COMMAND_RESERVE ->
                "reserve " + (malformed ? cut(frameBytes) : reserve(frame, at));
            case AoeHeader.COMMAND_FENCE ->
                "fence " + (malformed ? cut(frameBytes) : fence(frame, at));
            case AoeHeader.COMMAND_FLOOR ->
                "floor " + (malformed ? cut(frameBytes) : floor(frame, at));
            case AoeHeader.COMMAND_AWAY ->
                "away, "
                        + (malformed
                                ? cut(frameBytes)
                                : "back within " + AwayHeader.withinMs(frame, at) + " ms");
            default -> "command " + hex(command, 2) + ", " + frameBytes + " bytes";
        };
    }

    private static String cut(long frameBytes) {
        return "malformed: the message does not fit its " + frameBytes + " bytes";
    }

    private static String ata(MemorySegment frame, long at, long frameBytes) {
        if (AoeHeader.response(frame, at)) {
            if (AoeHeader.error(frame, at)) {
                return "not executed, " + frameBytes + " bytes";
            }
            int status = AtaHeader.status(frame, at);
            return "status " + hex(status, 2)
                    + ((status & AtaHeader.STATUS_FAILED_MASK) == 0 ? "" : " failed")
                    + " error " + hex(AtaHeader.error(frame, at), 2) + " sectors left "
                    + AtaHeader.sectorCount(frame, at) + ", " + frameBytes + " bytes";
        }
        AtaHeader.Fields ata = AtaHeader.Fields.read(frame, at);
        int opcode = ata.commandStatus();
        return AtaCommand.of(opcode).name().toLowerCase(Locale.ROOT) + " (" + hex(opcode, 2)
                + ") lba "
                + AtaHeader.lba(frame, at) + " sectors " + ata.sectorCount() + " feature "
                + hex(ata.featureError(), 2) + " flags " + hex(ata.aflags(), 2) + ", " + frameBytes
                + " bytes";
    }

    private static String config(MemorySegment frame, long at) {
        ConfigHeader.Fields config = ConfigHeader.Fields.read(frame, at);
        String command = switch (config.command()) {
            case ConfigHeader.READ -> "read";
            case ConfigHeader.TEST -> "test";
            case ConfigHeader.PREFIX -> "prefix";
            case ConfigHeader.SET -> "set";
            case ConfigHeader.FORCE -> "force";
            default -> "subcommand " + config.command();
        };
        if (AoeHeader.response(frame, at)) {
            return command + " buffers " + config.bufferCount() + " sectors " + config.sectorsMax()
                    + " firmware " + hex(config.firmware(), 4) + " string "
                    + quoted(ConfigHeader.string(frame, at));
        }
        return config.command() == ConfigHeader.READ
                ? command
                : command + " string " + quoted(ConfigHeader.string(frame, at));
    }

    private static String mask(MemorySegment frame, long at) {
        MaskHeader.Fields mask = MaskHeader.Fields.read(frame, at);
        String command = switch (mask.command()) {
            case MaskHeader.READ -> "read";
            case MaskHeader.EDIT -> "edit";
            default -> "subcommand " + mask.command();
        };
        if (mask.error() != MaskHeader.ERROR_NONE) {
            return command + " mask error " + mask.error() + " at directive "
                    + mask.directiveCount();
        }
        return command
                + mask.directives().stream()
                        .map(FrameText::directive)
                        .collect(Collectors.joining(", ", " [", "]"));
    }

    private static String directive(MaskHeader.Directive directive) {
        String command = switch (directive.command()) {
            case MaskHeader.DIRECTIVE_NONE -> "";
            case MaskHeader.DIRECTIVE_ADD -> "add ";
            case MaskHeader.DIRECTIVE_DELETE -> "delete ";
            default -> "directive " + directive.command() + " ";
        };
        return command + directive.mac();
    }

    private static String reserve(MemorySegment frame, long at) {
        ReserveHeader.Fields reserve = ReserveHeader.Fields.read(frame, at);
        String command = switch (reserve.command()) {
            case ReserveHeader.READ -> "read";
            case ReserveHeader.SET -> "set";
            case ReserveHeader.FORCE -> "force";
            default -> "subcommand " + reserve.command();
        };
        return command + " " + macs(reserve.macs());
    }

    private static String fence(MemorySegment frame, long at) {
        FenceHeader.Fields fence = FenceHeader.Fields.read(frame, at);
        String command = switch (fence.command()) {
            case FenceHeader.READ -> "read";
            case FenceHeader.SET -> "set";
            default -> "subcommand " + fence.command();
        };
        String error =
                fence.error() == FenceHeader.ERROR_NONE ? "" : " fence error " + fence.error();
        return command + error + " epoch " + Long.toUnsignedString(fence.epoch()) + " "
                + macs(fence.macs());
    }

    private static String floor(MemorySegment frame, long at) {
        FloorHeader.Fields floor = FloorHeader.Fields.read(frame, at);
        String error =
                floor.error() == FloorHeader.ERROR_NONE ? "" : " floor error " + floor.error();
        return "at tag " + hex(floor.floorTag(), 8) + error;
    }

    private static String macs(List<MacAddress> macs) {
        return macs.stream().map(MacAddress::toString).collect(Collectors.joining(", ", "[", "]"));
    }

    /** ASCII as it is, all else as \xHH, so that one line stays one line. */
    private static String quoted(byte[] bytes) {
        StringBuilder text = new StringBuilder("\"");
        for (char character : new String(bytes, StandardCharsets.ISO_8859_1).toCharArray()) {
            boolean plain =
                    character >= 0x20 && character <= 0x7e && character != '"' && character != '\\';
            text.append(plain ? String.valueOf(character) : "\\x" + hex(character, 2));
        }
        return text.append('"').toString();
    }

    private static String hex(int value, int digits) {
        return String.format(Locale.ROOT, "%0" + digits + "x", value);
    }
}
