// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;
import etherbay.base.MacAddress;

import java.lang.foreign.Arena;
import java.util.List;

/**
 * The classic BPF program that the kernel runs on each frame before it reaches a packet socket, so
 * that what is not for us costs us nothing. Passes frames of EtherType 0x88A2 that came in and are
 * for a group, for the interface, or for one of the further source addresses; to the kernel those
 * last are frames for another host. Owned by the loop of the port.
 */
final class PacketFilter {
    /** Further addresses at most: terms of ownership that are alive at once. */
    static final int MAC_COUNT_MAX = 32;

    private static final int ETHER_TYPE_AT = 12;
    private static final int ETHER_TYPE_AOE = 0x88a2;

    /** Version and flags of the AoE header; the R flag tells responses from requests. */
    private static final int AOE_FLAGS_AT = 14;

    private static final int AOE_RESPONSE = 0x08;
    private static final int PASS_BYTES = 0x40000;
    private static final int INSTRUCTION_COUNT_MAX = 12 + 5 * MAC_COUNT_MAX;
    private static final long INSTRUCTION_BYTES = Layouts.SOCK_FILTER.byteSize();
    private static final long JT_AT = Layouts.at(Layouts.SOCK_FILTER, "jt");
    private static final long JF_AT = Layouts.at(Layouts.SOCK_FILTER, "jf");
    private static final long K_AT = Layouts.at(Layouts.SOCK_FILTER, "k");

    private static final int LOAD_WORD = Constants.BPF_LD | Constants.BPF_W | Constants.BPF_ABS;
    private static final int LOAD_HALF = Constants.BPF_LD | Constants.BPF_H | Constants.BPF_ABS;
    private static final int LOAD_BYTE = Constants.BPF_LD | Constants.BPF_B | Constants.BPF_ABS;
    private static final int IF_EQUAL = Constants.BPF_JMP | Constants.BPF_JEQ | Constants.BPF_K;
    private static final int IF_ABOVE = Constants.BPF_JMP | Constants.BPF_JGT | Constants.BPF_K;
    private static final int IF_SET = Constants.BPF_JMP | Constants.BPF_JSET | Constants.BPF_K;
    private static final int RETURN = Constants.BPF_RET | Constants.BPF_K;

    private final long program;
    private final long instructions;
    private int count;

    PacketFilter(Arena arena) {
        program = arena.allocate(Layouts.SOCK_FPROG).address();
        instructions = arena.allocate(INSTRUCTION_BYTES * INSTRUCTION_COUNT_MAX, Integer.BYTES)
                .address();
    }

    /** Nothing passes any more. @return 0 or {@code -errno} */
    int attachClosed(int fd) {
        count = 0;
        add(RETURN, 0, 0, 0);
        return attach(fd);
    }

    /**
     * Passes what is for us.
     *
     * @param requestsOnly no responses either: for a port that only serves
     * @return 0 or {@code -errno}
     */
    int attach(int fd, List<MacAddress> furtherMacs, boolean requestsOnly) {
        Check.that(furtherMacs.size() <= MAC_COUNT_MAX, "further source addresses are bounded");
        count = 0;
        add(LOAD_HALF, 0, 0, ETHER_TYPE_AT);
        unless(IF_EQUAL, ETHER_TYPE_AOE);
        if (requestsOnly) {
            add(LOAD_BYTE, 0, 0, AOE_FLAGS_AT);
            add(IF_SET, 0, 1, AOE_RESPONSE);
            add(RETURN, 0, 0, 0);
        }
        // Packet types in the order of their numbers: for us, for all, for a group, for another
        // host, and then what is no arrival.
        add(LOAD_WORD, 0, 0, Constants.SKF_AD_OFF + Constants.SKF_AD_PKTTYPE);
        add(IF_ABOVE, 1, 0, Constants.PACKET_OTHERHOST - 1);
        add(RETURN, 0, 0, PASS_BYTES);
        unless(IF_EQUAL, Constants.PACKET_OTHERHOST);
        for (MacAddress mac : furtherMacs) {
            add(LOAD_WORD, 0, 0, 0);
            add(IF_EQUAL, 0, 3, (int) (mac.bits() >> 16));
            add(LOAD_HALF, 0, 0, 4);
            add(IF_EQUAL, 0, 1, (int) (mac.bits() & 0xffff));
            add(RETURN, 0, 0, PASS_BYTES);
        }
        add(RETURN, 0, 0, 0);
        return attach(fd);
    }

    /** Ends with nothing unless the condition holds. */
    private void unless(int condition, int value) {
        add(condition, 1, 0, value);
        add(RETURN, 0, 0, 0);
    }

    private void add(int code, int skipIfTrue, int skipIfFalse, int value) {
        long at = instructions + INSTRUCTION_BYTES * count++;
        Memory.putShort(at, (short) code);
        Memory.putByte(at + JT_AT, (byte) skipIfTrue);
        Memory.putByte(at + JF_AT, (byte) skipIfFalse);
        Memory.putInt(at + K_AT, value);
    }

    private int attach(int fd) {
        Check.that(count <= INSTRUCTION_COUNT_MAX, "a filter fits its memory");
        Memory.putShort(program, (short) count);
        Memory.putLong(program + Layouts.at(Layouts.SOCK_FPROG, "filter"), instructions);
        return Libc.setsockopt(fd, Constants.SOL_SOCKET, Constants.SO_ATTACH_FILTER, program, (int)
                Layouts.SOCK_FPROG.byteSize());
    }
}
