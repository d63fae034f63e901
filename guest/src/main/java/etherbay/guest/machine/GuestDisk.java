// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import java.util.List;

/**
 * The disk of a guest: a mirror, found the same way from every node that may run the guest.
 *
 * @param mirror its name
 * @param legs {@code e0.0}, ...; none to look for AoE disks that hold it
 * @param interfaces by which its legs are reached: NICs of the node, or {@code unix:PATH}
 */
public record GuestDisk(String mirror, List<String> legs, List<String> interfaces) {
    public GuestDisk {
        legs = List.copyOf(legs);
        interfaces = List.copyOf(interfaces);
    }

    /** The same mirror, found by other legs. */
    public GuestDisk of(List<String> others) {
        return new GuestDisk(mirror, others, interfaces);
    }
}
