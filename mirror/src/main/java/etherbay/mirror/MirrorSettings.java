// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Check;

import java.util.UUID;
import java.util.function.Supplier;

/**
 * How a mirror treats its legs. That a leg says nothing is decided below it (an AoE disk fails what
 * waits for it after its own patience, the {@code leg-timeout}).
 *
 * @param owner identity of this node
 * @param ownerName for a person
 * @param slowNs after which a request that a leg has not answered, though it answers others, makes
 *     the leg fail
 * @param graceNs that a silent leg gets after others were silent too and are back
 * @param quietNs without writes after which bits are cleaned and the array is called clean
 * @param hedgeNs the least time after which a read is asked of another leg as well
 * @param syncBytesPerSecond of recovery and check at most; 0 for as fast as it goes
 * @param ids where new legs get theirs from
 */
public record MirrorSettings(
        UUID owner,
        String ownerName,
        long slowNs,
        long graceNs,
        long quietNs,
        long hedgeNs,
        long syncBytesPerSecond,
        Supplier<UUID> ids) {
    private static final long SECOND_NS = 1_000_000_000L;

    public MirrorSettings {
        Check.that(slowNs > 0 && graceNs > 0, "a leg gets some time");
        Check.that(quietNs > 0 && hedgeNs > 0, "quiet lasts a while");
        Check.that(syncBytesPerSecond >= 0, "a rate is not negative");
    }

    /** Slow after 30 s, 3 s of grace, clean after 5 s, hedged after 20 ms, unlimited recovery. */
    public static MirrorSettings of(UUID owner, String ownerName) {
        return new MirrorSettings(
                owner,
                ownerName,
                30 * SECOND_NS,
                3 * SECOND_NS,
                5 * SECOND_NS,
                SECOND_NS / 50,
                0,
                UUID::randomUUID);
    }
}
