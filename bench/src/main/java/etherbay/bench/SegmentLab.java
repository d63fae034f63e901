// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.Counters;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.AttachedDisk;

import java.util.ArrayList;
import java.util.List;

/**
 * Segments without privileges, a target on them, and the disk as the bench's own initiator sees it:
 * what {@code ./etherbay segment run}, {@code export} and {@code attach} do, the first two as
 * processes that can be killed and started again.
 */
final class SegmentLab {
    static final String NETWORK = "our own switches on Unix sockets";
    private static final String ADDRESS = "e1.0";
    private static final long WAIT_NS = 20_000_000_000L;

    private final Cleanup cleanup;
    private final BackingFile file;
    private final int mtu;

    SegmentLab(Cleanup cleanup, BackingFile file, int mtu) {
        this.cleanup = cleanup;
        this.file = file;
        this.mtu = mtu;
    }

    /** Starts a switch; it forwards when this returns. */
    Child segment(String name, String... options) {
        List<String> command = new ArrayList<>(
                List.of(launcher(), "segment", "run", unix(name), "--mtu", String.valueOf(mtu)));
        command.addAll(List.of(options));
        Child segment = Child.startQuietly(cleanup, "the segment", command);
        segment.hear();
        return segment.discardOutput();
    }

    /** Starts the target on them; it answers when this returns. */
    Child target(List<String> segments) {
        Child target = Child.startQuietly(
                cleanup,
                "the target",
                List.of(
                        launcher(),
                        "export",
                        "1",
                        "0",
                        interfaces(segments),
                        file.path().toString(),
                        "--state",
                        file.folder().resolve("state").toString()));
        while (!target.hear().startsWith(ADDRESS + ": serving")) {
            // one line for each interface
        }
        return target.discardOutput();
    }

    /** The disk by them; its loop is the calling thread's. */
    AttachedDisk attach(List<String> segments, double failAfterSeconds) {
        RemoteDiskSettings settings =
                RemoteDiskSettings.DEFAULT.withFailAfterNs((long) (failAfterSeconds * 1e9));
        return AttachedDisk.open(
                new AttachedDisk.Options(
                        DiskAddress.parse(ADDRESS),
                        segments.stream().map(this::unix).toList(),
                        settings,
                        WAIT_NS),
                new Counters());
    }

    private String interfaces(List<String> segments) {
        return String.join(",", segments.stream().map(this::unix).toList());
    }

    private String unix(String name) {
        return "unix:" + file.folder().resolve(name);
    }

    private static String launcher() {
        return Repository.root().resolve("etherbay").toString();
    }
}
