// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.base.Frame;

import org.jspecify.annotations.Nullable;

/**
 * Notices requests that were asked before, to be counted. Owned by the export's loop; two small
 * tables, made for the first request, where a later one takes the place of an earlier one.
 *
 * <p>Known is: one with a tag, an address and a range that came lately (iPXE repeats so, and a
 * network that doubles frames), and one for what has been asked by the same for a while and is not
 * answered (the Linux driver and our initiator take a new tag each time). Not known is a repetition
 * under a new tag of what was answered, if the answer was lost: it looks as a new request does.
 */
final class Repeats {
    /** Nobody repeats sooner; two may well read the same at once. */
    private static final long REPEATED_AFTER_NS = 1_000_000;

    private static final int PLACE_COUNT = 256;
    private static final int HASH_SHIFT = 64 - Integer.numberOfTrailingZeros(PLACE_COUNT);
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    /** A hash of each request that came lately. */
    private long[] asked = {};

    private @Nullable RequestSlot[] underWay = {};

    /** Notes a request that is taken. @return whether it was asked before */
    boolean note(Frame frame, AtaCommand command, long mac, long lba, int sectorCount) {
        if (asked.length == 0) {
            asked = new long[PLACE_COUNT];
            underWay = new RequestSlot[PLACE_COUNT];
        }
        long range = hash(command, mac, lba, sectorCount);
        long hash = (range ^ AoeHeader.tag(frame.memory(), frame.at())) * GOLDEN;
        int place = (int) (hash >>> HASH_SHIFT);
        boolean askedSo = asked[place] == hash;
        asked[place] = hash;
        return askedSo || waits(range, frame, command, mac, lba, sectorCount);
    }

    /** Whether the same waits for its answer since long enough. */
    private boolean waits(
            long range, Frame frame, AtaCommand command, long mac, long lba, int sectorCount) {
        RequestSlot slot = underWay[(int) (range >>> HASH_SHIFT)];
        return slot != null
                && slot.mac == mac
                && slot.command == command
                && slot.lba == lba
                && slot.sectorCount == sectorCount
                && frame.receivedNs() - slot.heldFrame().receivedNs() >= REPEATED_AFTER_NS;
    }

    /** A request that was noted waits for the disk. */
    void entered(RequestSlot slot) {
        if (slot.command != AtaCommand.FLUSH) { // several may be asked for, each in its own right
            underWay[place(slot)] = slot;
        }
    }

    /** It waits no longer. */
    void left(RequestSlot slot) {
        int place = place(slot);
        if (underWay[place] == slot) {
            underWay[place] = null;
        }
    }

    private static int place(RequestSlot slot) {
        return (int) (hash(slot.command, slot.mac, slot.lba, slot.sectorCount) >>> HASH_SHIFT);
    }

    private static long hash(AtaCommand command, long mac, long lba, int sectorCount) {
        int kind = command.writes() ? 1 : 0;
        long range = lba ^ ((long) sectorCount << 48) ^ ((long) kind << 63);
        return ((mac * GOLDEN) ^ range) * GOLDEN;
    }
}
