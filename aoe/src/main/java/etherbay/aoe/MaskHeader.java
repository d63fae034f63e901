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
 * Argument of AoE command 2: the list of MAC addresses that a target answers. AoEr11 section 3.3.
 *
 * <pre>
 *  24         25      26       27          28
 * +----------+-------+--------+-----------+----------+-----+---------+----
 * | reserved | mcmd  | merror | dir count | reserved | dcmd| MAC (6) | next directive
 * +----------+-------+--------+-----------+----------+-----+---------+----
 *                                          `------ 8 bytes each -----'
 * </pre>
 *
 * <p>After {@link #ERROR_BAD_DIRECTIVE} or {@link #ERROR_FULL} the directive count of the reply is
 * the index of the directive that failed; else it counts the addresses listed, each with
 * {@link #DIRECTIVE_NONE}. An empty list lets everybody in.
 */
public final class MaskHeader {
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Wire.after(AoeHeader.END),
            U8.withName("reserved"),
            U8.withName("command"),
            U8.withName("error"),
            U8.withName("directiveCount"));
    private static final VarHandle RESERVED = Wire.field(LAYOUT, "reserved");
    private static final VarHandle COMMAND = Wire.field(LAYOUT, "command");
    private static final VarHandle ERROR = Wire.field(LAYOUT, "error");
    private static final VarHandle DIRECTIVE_COUNT = Wire.field(LAYOUT, "directiveCount");

    /** Bytes from the start of the frame to the first directive: 28. */
    public static final int END = (int) LAYOUT.byteSize();

    public static final int DIRECTIVE_BYTES = 8;
    private static final int DIRECTIVE_COMMAND_OFFSET = 1;
    private static final int DIRECTIVE_MAC_OFFSET = 2;

    public static final int READ = 0;
    public static final int EDIT = 1;

    public static final int ERROR_NONE = 0;
    public static final int ERROR_UNSPECIFIED = 1;
    public static final int ERROR_BAD_DIRECTIVE = 2;
    public static final int ERROR_FULL = 3;

    public static final int DIRECTIVE_NONE = 0;
    public static final int DIRECTIVE_ADD = 1;
    public static final int DIRECTIVE_DELETE = 2;

    private MaskHeader() {}

    /** {@link #READ}, {@link #EDIT}, or unknown. */
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

    public static int directiveCount(MemorySegment frame, long at) {
        return (byte) DIRECTIVE_COUNT.get(frame, at) & 0xff;
    }

    public static void directiveCount(MemorySegment frame, long at, int directiveCount) {
        DIRECTIVE_COUNT.set(frame, at, (byte) directiveCount);
    }

    public static void clearReserved(MemorySegment frame, long at) {
        RESERVED.set(frame, at, (byte) 0);
    }

    /** What directive {@code index} asks: {@link #DIRECTIVE_ADD}, {@link #DIRECTIVE_DELETE}, ... */
    public static int directiveCommand(MemorySegment frame, long at, int index) {
        return frame.get(U8, directiveAt(at, index) + DIRECTIVE_COMMAND_OFFSET) & 0xff;
    }

    public static long directiveMac(MemorySegment frame, long at, int index) {
        return Wire.mac(frame, directiveAt(at, index) + DIRECTIVE_MAC_OFFSET);
    }

    public static void directive(MemorySegment frame, long at, int index, int command, long mac) {
        long directiveAt = directiveAt(at, index);
        frame.set(U8, directiveAt, (byte) 0);
        frame.set(U8, directiveAt + DIRECTIVE_COMMAND_OFFSET, (byte) command);
        Wire.mac(frame, directiveAt + DIRECTIVE_MAC_OFFSET, mac);
    }

    public static boolean lengthOk(long frameBytes) {
        return frameBytes >= END;
    }

    /** Bytes of a frame with that many directives, padding not counted. */
    public static int frameBytes(int directiveCount) {
        return END + directiveCount * DIRECTIVE_BYTES;
    }

    /**
     * Whether the directives do not fit the frame. A request to read has none, and its count is not
     * looked at; nor does a reply that reports an error list any.
     */
    public static boolean malformed(MemorySegment frame, long at, long frameBytes) {
        if (!lengthOk(frameBytes)) {
            return true;
        }
        return listed(frame, at) && frameBytes < frameBytes(directiveCount(frame, at));
    }

    private static boolean listed(MemorySegment frame, long at) {
        return AoeHeader.response(frame, at)
                ? error(frame, at) == ERROR_NONE && !AoeHeader.error(frame, at)
                : command(frame, at) != READ;
    }

    private static long directiveAt(long at, int index) {
        return at + END + (long) index * DIRECTIVE_BYTES;
    }

    public record Directive(int command, MacAddress mac) {}

    /**
     * The argument as a value, for cold paths and tests.
     *
     * @param directiveCount the count as it stands on the wire; in a reply with an error it is the
     *     index of the directive that failed
     */
    public record Fields(int command, int error, int directiveCount, List<Directive> directives) {
        /** The argument of a frame that is not {@link MaskHeader#malformed}. */
        public static Fields read(MemorySegment frame, long at) {
            int directiveCount = MaskHeader.directiveCount(frame, at);
            List<Directive> directives = new ArrayList<>();
            int listedCount = listed(frame, at) ? directiveCount : 0;
            for (int i = 0; i < listedCount; i++) {
                directives.add(new Directive(
                        directiveCommand(frame, at, i),
                        new MacAddress(directiveMac(frame, at, i))));
            }
            return new Fields(
                    MaskHeader.command(frame, at),
                    MaskHeader.error(frame, at),
                    directiveCount,
                    List.copyOf(directives));
        }

        public static Fields of(int command, List<Directive> directives) {
            return new Fields(command, ERROR_NONE, directives.size(), List.copyOf(directives));
        }

        public void write(MemorySegment frame, long at) {
            MaskHeader.clearReserved(frame, at);
            MaskHeader.command(frame, at, command);
            MaskHeader.error(frame, at, error);
            MaskHeader.directiveCount(frame, at, directiveCount);
            for (int i = 0; i < directives.size(); i++) {
                Directive directive = directives.get(i);
                MaskHeader.directive(
                        frame, at, i, directive.command(), directive.mac().bits());
            }
        }
    }
}
