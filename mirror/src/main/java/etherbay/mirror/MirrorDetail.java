// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * How a mirror stands at one moment, for a person.
 *
 * @param state clean, active, degraded, fenced, in the words of mdadm
 * @param dirtySectors that the bitmap marks
 * @param hedgedCount reads that another leg answered first
 * @param waitingCheck a check or repair that goes on when a leg is filled, and when a second one is
 *     in sync; of a mirror that is only read, when it is assembled for writing
 * @param copiedSectors that passes have written to legs since it was assembled
 */
public record MirrorDetail(
        String name,
        UUID arrayId,
        String state,
        long sizeSectors,
        int legCount,
        long events,
        long createdUs,
        long updatedUs,
        Epoch epoch,
        UUID owner,
        String ownerName,
        long ownedSinceMs,
        boolean bitmap,
        long chunkSectors,
        long dirtySectors,
        long hedgedCount,
        long copiedSectors,
        List<LegDetail> legs,
        @Nullable SyncProgress progress,
        @Nullable SyncProgress waitingCheck,
        CheckResult check) {
    /**
     * One leg.
     *
     * @param slot negative for none
     * @param standing in sync, recovering, spare, faulty; trouble for one that is being judged
     * @param sinceMs wall clock of that standing
     */
    public record LegDetail(
            String name,
            int number,
            int slot,
            String standing,
            String why,
            long sinceMs,
            UUID deviceId,
            String host,
            long readErrorCount,
            long latencyNs) {}

    static MirrorDetail of(MirrorCore core, Sync sync) {
        Superblock shared = core.metadata().shared();
        Intent intent = core.intent();
        List<LegDetail> legs = new ArrayList<>();
        for (Leg leg : core.legs()) {
            int role = leg.number() < shared.roles().size()
                    ? shared.roles().get(leg.number())
                    : Superblock.SPARE;
            String standing = leg.standing.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            legs.add(new LegDetail(
                    leg.name,
                    leg.number(),
                    role < shared.legCount() ? role : -1,
                    leg.isInSync() && leg.trouble != null ? "trouble" : standing,
                    leg.why,
                    leg.sinceMs,
                    leg.superblock.deviceId(),
                    leg.host,
                    leg.readErrorCount,
                    leg.latencyNs));
        }
        return new MirrorDetail(
                shared.name(),
                shared.arrayId(),
                state(core, sync),
                shared.sizeSectors(),
                shared.legCount(),
                shared.events(),
                shared.createdUs(),
                shared.updatedUs(),
                core.metadata().epoch(),
                core.settings().owner(),
                core.settings().ownerName(),
                core.metadata().sinceMs(),
                intent.isOnDisk(),
                intent.chunkSectors(),
                intent.markedSectors(),
                core.reads().hedgedCount(),
                sync.copiedSectors(),
                List.copyOf(legs),
                sync.progress(),
                sync.waitingCheck(),
                sync.checkResult());
    }

    private static String state(MirrorCore core, Sync sync) {
        if (core.isStopped()) {
            return core.stoppedStatus().name().toLowerCase(Locale.ROOT);
        }
        StringBuilder state = new StringBuilder(core.metadata().isDirty() ? "active" : "clean");
        if (core.isDegraded()) {
            state.append(", degraded");
        }
        SyncProgress progress = sync.progress();
        if (progress != null) {
            state.append(", ").append(progress.what());
        }
        return state.toString();
    }
}
