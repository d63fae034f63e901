// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.FloorHeader;
import etherbay.base.MacAddress;

import java.util.Arrays;
import java.util.List;

/**
 * Who is let in by one {@link ExportState}, in a form that is asked per frame without allocating.
 */
final class Admission {
    private final long[] masks;
    private final long[] reservations;
    private final long[] owners;
    private final boolean fenced;
    private final long[] floorMacs;
    private final int[] floorTags;

    Admission(ExportState state) {
        masks = sorted(state.masks());
        reservations = sorted(state.reservations());
        owners = sorted(state.owners());
        fenced = state.fenced();
        List<ExportState.Floor> floors = state.floors();
        floorMacs = floors.stream().mapToLong(floor -> floor.mac().bits()).toArray();
        floorTags = floors.stream().mapToInt(ExportState.Floor::tag).toArray();
    }

    private static long[] sorted(List<MacAddress> macs) {
        return macs.stream().mapToLong(MacAddress::bits).sorted().toArray();
    }

    /** Whether the mask list lets {@code mac} be answered at all. */
    boolean answers(long mac) {
        return masks.length == 0 || Arrays.binarySearch(masks, mac) >= 0;
    }

    /** Whether the reservation lets {@code mac} send ATA commands other than IDENTIFY DEVICE. */
    boolean servesAta(long mac) {
        return reservations.length == 0 || Arrays.binarySearch(reservations, mac) >= 0;
    }

    /** Whether {@code mac} owns the disk, as far as anybody does. */
    boolean mayWrite(long mac) {
        return !fenced || Arrays.binarySearch(owners, mac) >= 0;
    }

    /** Whether a request of {@code mac} with that tag has been declared dead. */
    boolean belowFloor(long mac, int tag) {
        for (int i = 0; i < floorMacs.length; i++) {
            if (floorMacs[i] == mac) {
                return FloorHeader.below(tag, floorTags[i]);
            }
        }
        return false;
    }
}
