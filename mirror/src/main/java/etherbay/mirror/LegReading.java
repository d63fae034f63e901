// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import java.util.Optional;

/**
 * What was read of one leg before anything is decided. The superblock is one that we can serve.
 *
 * @param name of the leg as the person typed it: {@code e0.0}, a path
 * @param sectors of the device
 * @param intent what stands before its bitmap; empty without one, or where it cannot be read
 * @param claim who owns the array, when the record still holds
 * @param host which target host serves the leg, when known
 */
public record LegReading(
        String name,
        long sectors,
        Superblock superblock,
        Optional<IntentHeader> intent,
        Optional<ClaimRecord> claim,
        Optional<String> host) {}
