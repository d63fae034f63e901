// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which frames a port hands on: ATA over Ethernet ones, to its own address, one of its further
 * addresses or a group. For ports without a kernel or a NIC that filters for them. Owned by the
 * port, or by whoever it leaves it to.
 */
public final class StationFilter {
    /** ATA over Ethernet (AoE r11, 2). */
    public static final int ETHER_TYPE = 0x88a2;

    /** Two addresses and an EtherType: nothing shorter is a frame. */
    public static final int HEADER_BYTES = 14;

    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ETHER_TYPE_AT = 12;

    private MacAddress mac;
    private long[] furtherMacs = {};

    public StationFilter(MacAddress mac) {
        this.mac = mac;
    }

    /** The station's own address. */
    public MacAddress mac() {
        return mac;
    }

    public void mac(MacAddress changed) {
        mac = changed;
    }

    /** Takes frames to that address too; nothing when it does already. */
    public void add(MacAddress further) {
        remove(further);
        furtherMacs = Arrays.copyOf(furtherMacs, furtherMacs.length + 1);
        furtherMacs[furtherMacs.length - 1] = further.bits();
    }

    public void remove(MacAddress further) {
        furtherMacs = Arrays.stream(furtherMacs)
                .filter(bits -> bits != further.bits())
                .toArray();
    }

    /** Whether it is ATA over Ethernet, whoever it is for. */
    static boolean isAoe(MemorySegment memory, long at, int bytes) {
        return bytes >= HEADER_BYTES
                && (memory.get(U16, at + ETHER_TYPE_AT) & 0xffff) == ETHER_TYPE;
    }

    /** Whether the station takes the frame at {@code at}. Anything may stand in it. */
    public boolean accepts(MemorySegment memory, long at, int bytes) {
        if (!isAoe(memory, at, bytes)) {
            return false;
        }
        long destination = MacAddress.read(memory, at);
        if (destination == mac.bits() || MacAddress.isGroup(destination)) {
            return true;
        }
        for (long further : furtherMacs) {
            if (destination == further) {
                return true;
            }
        }
        return false;
    }
}
