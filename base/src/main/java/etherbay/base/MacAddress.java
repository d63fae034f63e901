// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * An Ethernet address: 48 bits, the first octet on the wire in the highest byte. On the data path
 * the bare {@code long} is used, this record everywhere else.
 *
 * @param bits the address in the low 48 bits, the upper 16 are zero
 */
public record MacAddress(long bits) implements Comparable<MacAddress> {
    public static final int BYTES = 6;
    public static final long BITS_MASK = 0xffff_ffff_ffffL;
    public static final MacAddress BROADCAST = new MacAddress(BITS_MASK);

    /** First octet, bit 1: administered locally, by whoever runs the network (IEEE 802, 8.2). */
    private static final long LOCAL_BIT = 0x0200_0000_0000L;

    /** The lower four bits of the first octet: group, local, and two that IEEE 802c divides. */
    private static final long LOW_DIGIT_MASK = 0x0f00_0000_0000L;

    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** First octet, bit 0: a group address (IEEE 802, 8.2). */
    private static final long GROUP_BIT = 0x0100_0000_0000L;

    public MacAddress {
        Check.that((bits & ~BITS_MASK) == 0, "a MAC address has 48 bits");
    }

    /**
     * Reads six hexadecimal octets, separated by ':' or '-' or not at all; empty for anything else.
     */
    public static Optional<MacAddress> parse(String text) {
        String hex = text.trim().toLowerCase(Locale.ROOT);
        if (hex.matches("[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}")) {
            long bits = 0;
            for (String octet : hex.split("[:-]", -1)) {
                bits = bits << 8 | Integer.parseInt(octet, 16);
            }
            return Optional.of(new MacAddress(bits));
        }
        return hex.matches("[0-9a-f]{12}")
                ? Optional.of(new MacAddress(Long.parseLong(hex, 16)))
                : Optional.empty();
    }

    /** The address at {@code at}; the two bytes behind it are read too, as every frame has them. */
    public static long read(MemorySegment memory, long at) {
        return memory.get(U64, at) >>> 16;
    }

    /** Whether frames to {@code bits} reach more than one station. */
    public static boolean isGroup(long bits) {
        return (bits & GROUP_BIT) != 0;
    }

    /** A station address 02:xx:xx:xx:xx:xx that no manufacturer gave out. */
    public static MacAddress locallyAdministered(Prng prng) {
        return new MacAddress(LOCAL_BIT | prng.nextLong() >>> 24);
    }

    /**
     * The source address of one term of ownership: of that node in that epoch, the same wherever it
     * is computed. A target with a fence or a reservation tells terms apart by it, and refuses
     * frames of an earlier one that were held up on their way. Locally administered, second digit
     * 2 (the quadrant that IEEE 802c leaves to administrators); the other 44 bits are those of a
     * hash (SplitMix64 over node and epoch), so that two terms share one by a chance of 2^-44.
     */
    public static MacAddress ofTerm(UUID node, Epoch epoch) {
        long high = new Prng(node.getMostSignificantBits()).nextLong();
        long whole = new Prng(high ^ node.getLeastSignificantBits()).nextLong();
        long hash = new Prng(whole ^ epoch.value()).nextLong();
        return new MacAddress((hash >>> 16 & ~LOW_DIGIT_MASK) | LOCAL_BIT);
    }

    /** Whether frames to this address reach more than one station. */
    public boolean isGroup() {
        return isGroup(bits);
    }

    @Override
    public int compareTo(MacAddress other) {
        return Long.compare(bits, other.bits);
    }

    /** Lower-case octets separated by ':'. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(String.format(Locale.ROOT, "%02x", bits >> shift & 0xff));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
