// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.admin.NodeReport;
import etherbay.node.BackingName;
import etherbay.node.NbdFront;
import etherbay.node.NbdFronts;
import etherbay.node.Node;
import etherbay.node.NodeDisk;

import org.jspecify.annotations.Nullable;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A logical volume that a node offers, on the node's own loop. */
public final class HeldVolume extends Held<HeldVolume.Opened> {
    private final HeldSpec.Volume volume;
    private final Node node;
    private final NbdFronts fronts;

    HeldVolume(
            HeldSpec.Volume volume,
            Node node,
            NbdFronts fronts,
            Consumer<String> say,
            Runnable opened) {
        super(volume, say, opened);
        this.volume = volume;
        this.node = node;
        this.fronts = fronts;
    }

    /** The volume, with where it is offered. */
    static final class Opened implements Use {
        private final NodeDisk disk;
        private final Optional<NbdFront> front;
        private final CompletableFuture<End> ended = new CompletableFuture<>();

        private Opened(HeldSpec spec, Node node, NodeDisk disk, Optional<NbdFront> front) {
            this.disk = disk;
            this.front = front;
            var _ = node.failure().whenComplete((nothing, bug) -> ended.complete(bug(spec)));
        }

        @Override
        public CompletableFuture<End> ended() {
            return ended;
        }

        long sectors() {
            return disk.access().call(() -> disk.device().sectors());
        }

        @Override
        public void close() {
            if (ended.isDone()) {
                return; // the node's loop has died, and the process goes
            }
            front.ifPresent(nbd -> disk.access().call(() -> {
                nbd.close();
                return true;
            }));
            disk.close();
        }

        @Override
        public String toString() {
            return front.map(nbd -> "nbd serves it at " + nbd.address()).orElse("opened");
        }
    }

    @Override
    Optional<Opened> open(CompletableFuture<Void> given) {
        NodeDisk disk = node.openDisk(
                volume.key(),
                BackingName.ofPath(volume.name()),
                volume.readOnly(),
                volume.directIo());
        boolean opened = false;
        try {
            Optional<NbdFront> front = volume.front()
                    .map(wanted -> disk.access()
                            .call(() -> fronts.serve(
                                    disk.loop(),
                                    disk.device(),
                                    volume.name(),
                                    wanted.options(volume.readOnly()))));
            opened = true;
            return Optional.of(new Opened(volume, node, disk, front));
        } finally {
            if (!opened) {
                disk.close();
            }
        }
    }

    /** As the node reports it. */
    public NodeReport.Volume report(String origin) {
        @Nullable
        String nbd = volume.front().map(front -> front.address().toString()).orElse(null);
        return new NodeReport.Volume(
                volume.name(), origin, glance(Opened::sectors).orElse(0L), nbd, reported());
    }
}
