// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.node.device.NbdHandshake.Export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the kernel goes by from the making of a device to its end, whatever a later server says;
 * only the size can be changed (Linux, drivers/block/nbd.c, NBD_CMD_RECONFIGURE). Flags: the
 * protocol document's "Transmission flags".
 *
 * @param flags the transmission flags of the first server
 * @param blockBytes the logical block
 */
record DeviceTerms(int flags, int blockBytes) {
    private static final int READ_ONLY = 1 << 1;
    private static final int SEND_FLUSH = 1 << 2;

    /** What the kernel asks for when it was offered, and what it relies on. */
    private static final Map<Integer, String> OFFERS = new TreeMap<>(Map.of(
            1 << 3,
            "FUA",
            1 << 5,
            "TRIM",
            1 << 6,
            "WRITE_ZEROES",
            1 << 8,
            "several connections to one disk"));

    static DeviceTerms of(Export export) {
        return new DeviceTerms(export.flags(), export.blockBytes());
    }

    /** Why the device cannot go on with a server that offers this; empty when it can. */
    Optional<String> unmetBy(Export now) {
        List<String> wrong = new ArrayList<>();
        int other = flags ^ now.flags();
        if ((other & READ_ONLY) != 0) {
            boolean was = (flags & READ_ONLY) != 0;
            wrong.add(was ? "it is not read-only any more" : "it is read-only now");
        }
        if ((other & SEND_FLUSH) != 0) {
            // A cache of which the kernel knows nothing would never be flushed.
            boolean was = (flags & SEND_FLUSH) != 0;
            wrong.add(was ? "it has no FLUSH any more" : "it wants FLUSH now");
        }
        OFFERS.forEach((flag, name) -> {
            if ((flags & ~now.flags() & flag) != 0) {
                wrong.add("it has no " + name + " any more");
            }
        });
        if (now.blockBytes() > blockBytes) {
            wrong.add("it wants blocks of %d bytes, and the device has %d"
                    .formatted(now.blockBytes(), blockBytes));
        }
        return wrong.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", wrong));
    }
}
