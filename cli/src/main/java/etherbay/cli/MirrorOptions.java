// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.MirrorSettings;
import etherbay.node.AttachedMirror;
import etherbay.node.NodeIdentity;
import etherbay.node.StateFolder;
import etherbay.node.volume.VolumePlaces;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What every verb of {@code etherbay mirror} is told about legs and where they are looked for. */
final class MirrorOptions {
    private static final double WAIT_S_MIN = 0.1;
    private static final double WAIT_S_MAX = 600;
    private static final long NS = TimeUnit.SECONDS.toNanos(1);

    /** How somebody wants it assembled. */
    record How(boolean readOnly, boolean takeOver, boolean force) {
        static final How PLAIN = new How(false, false, false);
        static final How READ_ONLY = new How(true, false, false);
    }

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private DeviceOptions devices;

    @Option(
            names = "--leg",
            paramLabel = "LEG",
            split = ",",
            description = "where its legs lie: eX.Y, a file, a block device, VG/LV, or nbd://...;"
                    + " repeat or separate with commas (default: the AoE disks whose superblocks"
                    + " have its name)")
    private List<String> legs = new ArrayList<>();

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "how long to look for legs at the start (default 2)")
    private double waitSeconds = 2;

    @Option(
            names = "--leg-timeout",
            paramLabel = "SECONDS",
            description = "how long a leg may say nothing before it is failed, if another one"
                    + " answers (default 1)")
    private double legSeconds = 1;

    @Option(
            names = "--slow-timeout",
            paramLabel = "SECONDS",
            description = "how long a leg that answers may take for one request (default 30)")
    private double slowSeconds = 30;

    @Option(
            names = "--sync-rate",
            paramLabel = "MIB",
            description = "MiB a second that recovery and check move at most (default: all that"
                    + " nobody else needs)")
    private long syncMib;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "where commands find the process" + " that holds the mirror")
    private @Nullable Path state;

    Path stateFolder() {
        return StateFolder.orDefault(state);
    }

    List<String> interfaces() {
        return devices.interfaces();
    }

    /** Whether only those places are meant that a command names, and no segment. */
    boolean isLocal(List<String> places) {
        return !places.isEmpty() && !devices.namesInterfaces();
    }

    /**
     * For that mirror.
     *
     * @param more legs besides those of {@code --leg}; where there are none they are looked for
     */
    AttachedMirror.Options options(String name, List<String> more, How how) {
        List<String> all = new ArrayList<>(more);
        all.addAll(legs);
        check("--leg-timeout", legSeconds, 0.5, 600);
        check("--slow-timeout", slowSeconds, 1, 3600);
        if (syncMib < 0 || syncMib > 1 << 20) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--sync-rate " + syncMib + " is no rate",
                    "it is in MiB a second",
                    "write --sync-rate 50, or leave it out");
        }
        NodeIdentity node = NodeIdentity.of(stateFolder());
        return new AttachedMirror.Options(
                name,
                List.copyOf(all),
                devices.interfaces(),
                LookOptions.waitNs(waitSeconds, WAIT_S_MIN, WAIT_S_MAX),
                (long) (legSeconds * NS),
                settings(node, (long) (slowSeconds * NS), syncMib << 20),
                request(node, how),
                devices.places());
    }

    private static MirrorSettings settings(NodeIdentity node, long slowNs, long syncRate) {
        MirrorSettings plain = MirrorSettings.of(node.id(), node.name());
        return new MirrorSettings(
                plain.owner(),
                plain.ownerName(),
                slowNs,
                plain.graceNs(),
                plain.quietNs(),
                plain.hedgeNs(),
                syncRate,
                plain.ids());
    }

    private static AssemblyRequest request(NodeIdentity node, How how) {
        return new AssemblyRequest(
                how.readOnly(), how.takeOver(), how.force(), node.id(), System.currentTimeMillis());
    }

    /** By its name, with what {@code attach} is told. */
    static AttachedMirror.Options attached(
            String name, List<String> interfaces, long waitNs, How how, Path stateFolder) {
        NodeIdentity node = NodeIdentity.of(stateFolder);
        return new AttachedMirror.Options(
                name,
                List.of(),
                interfaces,
                waitNs,
                NS,
                settings(node, 30 * NS, 0),
                request(node, how),
                VolumePlaces.ofTheSystem());
    }

    private static void check(String option, double seconds, double least, double most) {
        if (!(seconds >= least && seconds <= most)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    option + " " + seconds + " is no time to wait",
                    "it is in seconds, from " + least + " to " + most,
                    "leave it out for the default");
        }
    }
}
