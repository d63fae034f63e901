// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.admin.NodeReport;
import etherbay.base.EtherbayException;
import etherbay.initiator.DiskStatus;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.AttachedDisks;
import etherbay.node.NbdFront;
import etherbay.node.NbdFronts;
import etherbay.node.RemoteDisks;
import etherbay.node.SoughtDisk;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** An AoE disk that a node uses: looked for until it answers, and from then on. */
public final class HeldDisk extends Held<HeldDisk.Attached> {
    /** A target that is there answers in less. */
    private static final long PATIENCE_MS = 1_000;

    private final HeldSpec.Disk disk;
    private final NbdFronts fronts;

    HeldDisk(HeldSpec.Disk disk, NbdFronts fronts, Consumer<String> say, Runnable opened) {
        super(disk, say, opened);
        this.disk = disk;
        this.fronts = fronts;
    }

    /** The disk with what turns it. */
    static final class Attached implements Use {
        private final AttachedDisks disks;
        private final RemoteDisk disk;
        private final Optional<NbdFront> front;
        private final CompletableFuture<End> ended = new CompletableFuture<>();

        private Attached(
                HeldSpec spec, AttachedDisks disks, RemoteDisk disk, Optional<NbdFront> front) {
            this.disks = disks;
            this.disk = disk;
            this.front = front;
            var _ = disks.failure().whenComplete((nothing, bug) -> ended.complete(bug(spec)));
        }

        @Override
        public CompletableFuture<End> ended() {
            return ended;
        }

        DiskStatus status() {
            return disks.access().call(disk::status);
        }

        @Override
        public void close() {
            end(disks, () -> front.ifPresent(NbdFront::close));
        }

        @Override
        public String toString() {
            return front.map(nbd -> "nbd serves it at " + nbd.address()).orElse("attached");
        }
    }

    private static void end(AttachedDisks disks, Runnable first) {
        try (disks) {
            disks.stop(first);
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    Optional<Attached> open(CompletableFuture<Void> given) {
        AttachedDisks disks = AttachedDisks.open(
                new RemoteDisks.Options(disk.interfaces(), "attach " + disk.name()),
                fronts.counters());
        boolean opened = false;
        try {
            Optional<RemoteDisk> found = seek(disks, given);
            Optional<Attached> attached =
                    found.map(one -> new Attached(disk, disks, one, front(disks, one)));
            opened = attached.isPresent();
            return attached;
        } finally {
            if (!opened) {
                end(disks, () -> {});
            }
        }
    }

    private Optional<RemoteDisk> seek(AttachedDisks disks, CompletableFuture<Void> given) {
        CompletableFuture<RemoteDisk> found = new CompletableFuture<>();
        RemoteDiskSettings settings =
                RemoteDiskSettings.DEFAULT.withFailAfterNs(disk.failAfterNs());
        SoughtDisk sought = disks.disks().seek(disk.address(), settings, new SoughtDisk.Listener() {
            @Override
            public void found(RemoteDisk one) {
                found.complete(one);
            }

            @Override
            public void refused(EtherbayException why) {
                found.completeExceptionally(why);
            }
        });
        disks.start();
        CompletableFuture<Object> either = CompletableFuture.anyOf(found, given, disks.failure());
        while (!isDoneWithin(either, PATIENCE_MS)) {
            waiting(disks.disks().trouble(sought));
        }
        return found.isDone() ? Optional.of(joined(found)) : Optional.empty();
    }

    private static boolean isDoneWithin(CompletableFuture<?> either, long ms) {
        CompletableFuture<Object> late =
                new CompletableFuture<>().completeOnTimeout(false, ms, TimeUnit.MILLISECONDS);
        CompletableFuture.anyOf(either.handle((one, why) -> true), late).join();
        return either.isDone();
    }

    private static RemoteDisk joined(CompletableFuture<RemoteDisk> found) {
        try {
            return found.join();
        } catch (CompletionException refused) {
            if (refused.getCause() instanceof EtherbayException why) {
                throw why;
            }
            throw refused;
        }
    }

    private Optional<NbdFront> front(AttachedDisks disks, RemoteDisk one) {
        return disk.front()
                .map(front -> disks.access()
                        .call(() -> fronts.serve(
                                disks.loop(), one, disk.name(), front.options(disk.readOnly()))));
    }

    /** As the node reports it. */
    public NodeReport.Disk report(String origin) {
        Optional<DiskStatus> status = glance(Attached::status);
        @Nullable
        String nbd = disk.front().map(front -> front.address().toString()).orElse(null);
        return new NodeReport.Disk(
                disk.name(),
                origin,
                status.map(HeldDisk::state).orElse("sought"),
                status.map(DiskStatus::sectors).orElse(0L),
                nbd,
                status.map(HeldDisk::paths).orElse(List.of()),
                reported());
    }

    private static String state(DiskStatus status) {
        return switch (status.state()) {
            case ONLINE -> "up";
            case OFFLINE -> "silent";
            case FENCED -> "fenced";
        };
    }

    private static List<NodeReport.Path> paths(DiskStatus status) {
        return status.paths().stream()
                .map(path -> new NodeReport.Path(
                        path.port(),
                        path.mac().toString(),
                        path.standing(),
                        path.srttNs() / 1000,
                        path.windowCount(),
                        path.carriedCount(),
                        path.lostCount()))
                .toList();
    }
}
