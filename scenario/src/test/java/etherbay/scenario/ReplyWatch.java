// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.base.MacAddress;
import etherbay.sim.SimPort;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;

/**
 * Sees to it that nobody answers what was never asked: the tag of every answer to one of us was in
 * a request that arrived at the target. What a target says to everybody asks for nothing.
 */
final class ReplyWatch {
    private final Set<Long> asked = new HashSet<>();
    private long answerCount;

    /** A frame arrived at the target. */
    void atTarget(SimPort port, byte[] frame, long atNs) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        if (!AoeHeader.response(memory, 0)) {
            asked.add(key(macAt(frame, 6), AoeHeader.tag(memory, 0)));
        }
    }

    /** A frame arrived at an initiator. */
    void atInitiator(SimPort port, byte[] frame, long atNs) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        boolean toAll = (frame[0] & 1) != 0;
        if (!AoeHeader.response(memory, 0) || toAll) {
            return;
        }
        answerCount++;
        if (!asked.contains(key(macAt(frame, 0), AoeHeader.tag(memory, 0)))) {
            throw new AssertionError("an answer to tag 0x%08x, which nobody asked under"
                    .formatted(AoeHeader.tag(memory, 0)));
        }
    }

    long answerCount() {
        return answerCount;
    }

    private static long macAt(byte[] frame, int from) {
        long bits = 0;
        for (int at = from; at < from + MacAddress.BYTES; at++) {
            bits = bits << 8 | (frame[at] & 0xff);
        }
        return bits;
    }

    private static long key(long mac, int tag) {
        return mac << 32 ^ mac >>> 16 ^ (tag & 0xffff_ffffL);
    }
}
