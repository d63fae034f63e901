// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;

import java.lang.foreign.MemorySegment;

/**
 * Numbers the frames that arrive. A request to a wild-card address is shown to every export that it
 * addresses; it gets one number, so that a capture file that several of them share holds it once,
 * as the wire did. Owned by the loop.
 */
final class Arrivals {
    /** The number of what did not arrive. */
    static final int NONE = 0;

    private int number = NONE;
    private long memoryAddress;
    private long receivedNs;
    private long source;
    private long header;

    /**
     * The number of a frame that one export is shown.
     *
     * @param lastOfExport what this said for the same export before: an export is shown a frame
     *     once, so the same number twice would be two frames that look alike
     */
    int number(Frame frame, int lastOfExport) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (isWildcard(memory, at)
                && number != lastOfExport
                && memoryAddress == memory.address() + at
                && receivedNs == frame.receivedNs()
                && source == Ethernet.src(memory, at)
                && header == header(memory, at)) {
            return number;
        }
        number = number == Integer.MAX_VALUE ? NONE + 1 : number + 1;
        memoryAddress = memory.address() + at;
        receivedNs = frame.receivedNs();
        source = Ethernet.src(memory, at);
        header = header(memory, at);
        return number;
    }

    private static boolean isWildcard(MemorySegment memory, long at) {
        return AoeHeader.shelf(memory, at) == AoeHeader.SHELF_BROADCAST
                || AoeHeader.slot(memory, at) == AoeHeader.SLOT_BROADCAST;
    }

    /** Address, command and tag. */
    private static long header(MemorySegment memory, long at) {
        return (long) AoeHeader.shelf(memory, at) << 48
                | (long) AoeHeader.slot(memory, at) << 40
                | (long) AoeHeader.command(memory, at) << 32
                | Integer.toUnsignedLong(AoeHeader.tag(memory, at));
    }
}
