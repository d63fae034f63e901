// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.NodeReport;
import etherbay.base.BlockDevice;
import etherbay.initiator.DiskStatus;

import org.jspecify.annotations.Nullable;

import java.util.List;

/** AoE disks that a node uses, as its report has them. Stateless. */
final class DiskReport {
    private DiskReport() {}

    /**
     * A disk that was opened; what its state is called depends on whether it still answers.
     *
     * @param nbd where it is offered, or null
     */
    static NodeReport.Disk disk(
            String name, String origin, DiskStatus status, @Nullable String nbd) {
        return new NodeReport.Disk(
                name, origin, state(status.state()), status.sectors(), nbd, paths(status), null);
    }

    private static String state(BlockDevice.State state) {
        return switch (state) {
            case ONLINE -> "up";
            case OFFLINE -> "silent";
            case FENCED -> "fenced";
        };
    }

    /** A disk that is wanted and was not found so far. */
    static NodeReport.Disk sought(
            String name, String origin, @Nullable String nbd, NodeReport.Trouble trouble) {
        return new NodeReport.Disk(name, origin, "sought", 0, nbd, List.of(), trouble);
    }

    /** The ways to it. */
    static List<NodeReport.Path> paths(DiskStatus status) {
        return status.paths().stream().map(DiskReport::path).toList();
    }

    private static NodeReport.Path path(DiskStatus.PathStatus path) {
        return new NodeReport.Path(
                path.port(),
                path.mac().toString(),
                path.standing(),
                path.srttNs() / 1000,
                path.windowCount(),
                path.lostCount());
    }
}
