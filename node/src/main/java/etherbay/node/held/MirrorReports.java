// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.admin.NodeReport;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.SyncProgress;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/** How a mirror stands, in the words of a node's report. Stateless. */
public final class MirrorReports {
    private static final int SECTOR_BYTES = 512;
    private static final long NS_PER_S = 1_000_000_000L;

    private MirrorReports() {}

    /**
     * @param detail the latest that is known
     * @param state in place of that of {@code detail}; null for none
     */
    static NodeReport.Mirror of(
            HeldSpec.Mirror spec,
            String origin,
            MirrorDetail detail,
            @Nullable String state,
            NodeReport.@Nullable Trouble trouble) {
        return of(spec.name(), nbd(spec), origin, detail, state, trouble);
    }

    /** Of a guest's disk. */
    public static NodeReport.Mirror ofGuest(String name, MirrorDetail detail) {
        return of(name, null, "guest", detail, null, null);
    }

    private static NodeReport.Mirror of(
            String name,
            @Nullable String nbd,
            String origin,
            MirrorDetail detail,
            @Nullable String state,
            NodeReport.@Nullable Trouble trouble) {
        SyncProgress progress = detail.progress();
        return new NodeReport.Mirror(
                name,
                origin,
                state == null ? detail.state() : state,
                detail.sizeSectors(),
                detail.legCount(),
                (int) detail.legs().stream()
                        .filter(leg -> leg.standing().equals("in sync")
                                || leg.standing().equals("trouble"))
                        .count(),
                detail.dirtySectors() * SECTOR_BYTES,
                detail.epoch().toString(),
                detail.ownerName(),
                detail.bitmap(),
                legs(detail),
                progress == null ? null : progress(progress),
                nbd,
                trouble);
    }

    /** Of one of which nothing is known so far. */
    static NodeReport.Mirror unknown(
            HeldSpec.Mirror spec,
            String origin,
            String state,
            NodeReport.@Nullable Trouble trouble) {
        return new NodeReport.Mirror(
                spec.name(),
                origin,
                state,
                0,
                0,
                0,
                0,
                "",
                "",
                false,
                List.of(),
                null,
                nbd(spec),
                trouble);
    }

    private static @Nullable String nbd(HeldSpec.Mirror spec) {
        return spec.front().map(front -> front.address().toString()).orElse(null);
    }

    private static List<NodeReport.Leg> legs(MirrorDetail detail) {
        List<NodeReport.Leg> legs = new ArrayList<>();
        for (MirrorDetail.LegDetail leg : detail.legs()) {
            legs.add(new NodeReport.Leg(
                    leg.name(), leg.slot(), leg.standing(), leg.why(), leg.sinceMs(), leg.host()));
        }
        for (int slot = 0; slot < detail.legCount(); slot++) {
            int wanted = slot;
            if (detail.legs().stream().noneMatch(leg -> leg.slot() == wanted)) {
                legs.add(new NodeReport.Leg("", slot, "missing", "no disk has this slot", 0, ""));
            }
        }
        return legs;
    }

    private static NodeReport.Progress progress(SyncProgress progress) {
        String what = progress.what().equals("recovery") ? "recover" : progress.what();
        return new NodeReport.Progress(
                what,
                progress.doneSectors() * SECTOR_BYTES,
                progress.totalSectors() * SECTOR_BYTES,
                progress.bytesPerSecond(),
                progress.etaNs() < 0 ? -1 : progress.etaNs() / NS_PER_S);
    }
}
