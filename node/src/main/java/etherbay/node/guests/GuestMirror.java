// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.Epoch;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.HandoverDevice;
import etherbay.base.HandoverDevice.Mode;
import etherbay.guest.keeper.GuestDisks.Leg;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestDisks.Take;
import etherbay.guest.machine.GuestDisk;
import etherbay.linux.Linux;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.MirrorSettings;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.AttachedMirror;
import etherbay.node.ControlSocket;
import etherbay.node.MirrorControl;
import etherbay.node.NbdFront;
import etherbay.node.NbdFronts;
import etherbay.node.NodeIdentity;
import etherbay.node.volume.VolumePlaces;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The disk of a guest on this node: a mirror that is read first and may become ours, and the socket
 * that stays meanwhile. Control code, one call at a time but for {@link #standing} and {@link
 * #detail}.
 */
final class GuestMirror implements AutoCloseable {
    private static final long WAIT_NS = 2_000_000_000L;
    private static final long LEG_TIMEOUT_NS = 1_000_000_000L;
    private static final long QUIET_S = 10; // a leg that is silent is given up before

    /**
     * What all disks of a node have in common.
     *
     * @param state folder of the node
     * @param node who owns them, while they are ours
     */
    record Context(
            Path state,
            NodeIdentity node,
            Supplier<VolumePlaces> places,
            NbdFronts fronts,
            Consumer<String> say) {
        Counters counters() {
            return fronts.counters();
        }
    }

    private final GuestDisk disk;
    private final Context context;
    private final AttachedMirror mirror;
    private final HandoverDevice device;
    private final NbdFront front;
    private final ControlSocket control;
    private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
    private boolean closed; // by the lock
    private volatile Standing standing = Standing.STANDBY;
    private long epoch;

    private GuestMirror(GuestDisk disk, Context context, Path socket, AttachedMirror mirror) {
        this.disk = disk;
        this.context = context;
        this.mirror = mirror;
        device = new HandoverDevice(
                mirror.loop(),
                offered(mirror.device().capabilities()),
                mirror.device().sectors());
        device.serve(Mode.READS, mirror.device());
        MirrorControl answers = new MirrorControl(
                mirror, () -> context.say().accept("mirror " + disk.mirror() + ": " + HELD));
        control = ControlSocket.open(context.state(), disk.mirror(), answers::answer);
        NbdFront serving = null;
        try {
            serving = context.fronts()
                    .serve(
                            mirror.loop(),
                            device,
                            disk.mirror(),
                            new NbdFront.Options(
                                    new NbdAddress.Unix(socket),
                                    "",
                                    false,
                                    TlsMode.OFF,
                                    Optional.empty()));
        } finally {
            if (serving == null) {
                control.close();
            }
        }
        front = serving;
    }

    private static final String HELD =
            "a guest uses it: it is let go when that is stopped: etherbay guest stop";

    /** Of a mirror that is written: one that is only read shows less. */
    private static BlockCapabilities offered(BlockCapabilities read) {
        return new BlockCapabilities(
                read.flush(),
                false,
                false,
                false,
                read.logicalBlockBytes(),
                read.physicalBlockBytes(),
                false,
                read.rotational());
    }

    /**
     * Opens a mirror to be read, and serves it.
     *
     * @throws etherbay.base.EtherbayException when it cannot be read, or not be served there
     */
    static GuestMirror standBy(GuestDisk disk, Context context, Path socket) {
        NodeIdentity node = context.node();
        AttachedMirror mirror = AttachedMirror.open(
                new AttachedMirror.Options(
                        disk.mirror(),
                        disk.legs(),
                        disk.interfaces(),
                        WAIT_NS,
                        LEG_TIMEOUT_NS,
                        MirrorSettings.of(node.id(), node.name()),
                        new AssemblyRequest(
                                true, false, false, node.id(), Linux.clock().wallMillis()),
                        context.places().get(),
                        true),
                context.counters(),
                what -> context.say().accept("mirror " + disk.mirror() + ": " + what));
        boolean opened = false;
        try {
            GuestMirror guest = new GuestMirror(disk, context, socket, mirror);
            mirror.start();
            opened = true;
            return guest;
        } finally {
            if (!opened) {
                mirror.close();
            }
        }
    }

    Standing standing() {
        boolean mayBeLost = standing == Standing.OWNED || standing == Standing.WAITING;
        return mayBeLost && mirror.fenced().isDone() ? Standing.FENCED : standing;
    }

    /** Nothing from when it is being closed on, and when a bug has ended what turns it. */
    @Nullable
    MirrorDetail detail() {
        if (!open.readLock().tryLock()) {
            return null; // it is being closed: its loop answers no more
        }
        try {
            return closed || mirror.failure().isDone() ? null : mirror.detail();
        } finally {
            open.readLock().unlock();
        }
    }

    /** @param known which stay once a bug has ended what turns it */
    List<String> foundBy(List<String> known) {
        return mirror.failure().isDone() ? known : mirror.foundBy();
    }

    List<Leg> legs() {
        MirrorDetail now = detail();
        return now == null
                ? List.of()
                : now.legs().stream().map(GuestMirror::leg).toList();
    }

    private static Leg leg(MirrorDetail.LegDetail leg) {
        String why = leg.why().isEmpty() ? "" : ": " + leg.why();
        return new Leg(leg.name(), leg.standing() + why, leg.standing().equals("in sync"));
    }

    long take(Take how) {
        if (standing() == Standing.OWNED) {
            return epoch;
        }
        NodeIdentity node = context.node();
        Standing before = standing();
        boolean isLet = before == Standing.RELEASED;
        standing = isLet || before == Standing.FENCED ? before : Standing.WAITING;
        quiet(isLet ? Mode.FLUSHED : Mode.NOTHING);
        mirror.assembleAgain(new AssemblyRequest(
                false,
                how.over(),
                how.force(),
                node.id(),
                Linux.clock().wallMillis(),
                new Epoch(how.epoch())));
        epoch = mirror.call(opened -> {
            device.serve(Mode.ALL, opened);
            return opened.detail().epoch().value();
        });
        standing = Standing.OWNED;
        return epoch;
    }

    /** Serves no more than that from now on; returns when nothing is under way. */
    private void quiet(Mode mode) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        mirror.call(opened -> {
            device.serve(mode, null);
            device.whenQuiet(() -> done.complete(true));
            return true;
        });
        try {
            done.get(QUIET_S, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw unquiet(QUIET_S + " s");
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            throw unquiet("an interrupt");
        } catch (ExecutionException never) {
            throw new IllegalStateException(never);
        }
    }

    private EtherbayException unquiet(String until) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the mirror " + disk.mirror() + " is not let go",
                "requests are still under way after " + until,
                "see how its legs are: etherbay mirror detail " + disk.mirror());
    }

    boolean release() {
        if (standing() != Standing.OWNED) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror " + disk.mirror() + " is not let go",
                    "it is not ours: it is " + standing(),
                    "see who has it: etherbay mirror detail " + disk.mirror());
        }
        standing = Standing.WAITING;
        quiet(Mode.NOTHING);
        boolean whole = mirror.letGo();
        mirror.call(opened -> {
            device.serve(Mode.FLUSHED, null);
            return true;
        });
        standing = Standing.RELEASED;
        return whole;
    }

    long bytes() {
        return mirror.call(opened -> opened.sectors() * BlockDevice.SECTOR_BYTES);
    }

    boolean isWhole() {
        return standing() == Standing.OWNED && mirror.call(opened -> opened.isWhole());
    }

    boolean isOursEverywhere() {
        return standing() == Standing.OWNED && mirror.confirm();
    }

    @Override
    public void close() {
        open.writeLock().lock();
        try (control;
                mirror) {
            closed = true;
            mirror.stop(() -> {
                front.close();
                device.close();
            });
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        } finally {
            open.writeLock().unlock();
        }
    }

    @Override
    public String toString() {
        return "mirror " + disk.mirror() + ", " + standing();
    }
}
