// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.admin.NodeReport;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.Linux;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.MirrorSettings;
import etherbay.mirror.OwnedException;
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
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A mirror that a node holds; commands reach it by its {@link ControlSocket}, as they reach a
 * process of its own. It is never assembled by force, nor taken from another owner.
 */
public final class HeldMirror extends Held<HeldMirror.Assembled> {
    private static final long WAIT_NS = 2_000_000_000L;

    /** Who looks for legs on a segment opens what answers for a moment: one at a time. */
    private static final ReentrantLock LOOKING = new ReentrantLock(true);

    private final HeldSpec.Mirror spec;
    private final Path stateFolder;
    private final Supplier<VolumePlaces> places;
    private final NbdFronts fronts;
    private final Consumer<String> say;

    /** The latest that is known; also when it is not open any more. */
    private volatile @Nullable MirrorDetail latest;

    /**
     * @param stateFolder where commands find it
     * @param places where volumes are looked for, when a leg is one
     */
    HeldMirror(
            HeldSpec.Mirror spec,
            Path stateFolder,
            Supplier<VolumePlaces> places,
            NbdFronts fronts,
            Consumer<String> say,
            Runnable opened) {
        super(spec, say, opened);
        this.spec = spec;
        this.stateFolder = stateFolder;
        this.places = places;
        this.fronts = fronts;
        this.say = say;
    }

    /** The mirror with what turns it, and where it is offered. */
    final class Assembled implements Use {
        private final AttachedMirror mirror;
        private final ControlSocket socket;
        private final Optional<NbdFront> front;
        private final MirrorControl control;
        private final CompletableFuture<End> ended;

        private Assembled(AttachedMirror mirror) {
            this.mirror = mirror;
            ended = new CompletableFuture<>();
            control = new MirrorControl(mirror, () -> ended.complete(stopped(spec)));
            socket = ControlSocket.open(stateFolder, spec.name(), HeldMirror.this::control);
            boolean opened = false;
            try {
                front = spec.front()
                        .map(wanted -> fronts.serve(
                                mirror.loop(),
                                mirror.device(),
                                spec.name(),
                                wanted.options(spec.readOnly())));
                opened = true;
            } finally {
                if (!opened) {
                    socket.close();
                }
            }
            latest = mirror.device().detail();
            mirror.start();
            var _ = mirror.failure().whenComplete((nothing, bug) -> ended.complete(bug(spec)));
            var _ = mirror.fenced().thenAccept(leg -> ended.complete(lost(spec, leg)));
        }

        @Override
        public CompletableFuture<End> ended() {
            return ended;
        }

        private MirrorDetail detail() {
            MirrorDetail now = mirror.detail();
            latest = now;
            return now;
        }

        @Override
        public void close() {
            try (socket;
                    mirror) {
                if (!mirror.failure().isDone()) {
                    detail();
                }
                mirror.stop(() -> front.ifPresent(NbdFront::close));
            } catch (InterruptedException nobodyDoes) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public String toString() {
            MirrorDetail now = mirror.detail();
            return now.state() + ", epoch " + now.epoch()
                    + front.map(nbd -> ", nbd serves it at " + nbd.address()).orElse("");
        }
    }

    private static End stopped(HeldSpec spec) {
        return new End(
                Standing.STOPPED,
                new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "the " + spec.key() + " is stopped",
                        "`etherbay mirror stop " + spec.name() + "` ended it",
                        "it is begun again when the settings are applied or read again (SIGHUP),"
                                + " and when the node starts"));
    }

    private static End lost(HeldSpec spec, String leg) {
        return new End(
                Standing.FENCED,
                new EtherbayException(
                        ErrorCode.CONFLICT,
                        "the " + spec.key() + " is not ours any more",
                        "another node has taken " + leg + "; nothing was written since",
                        "see who has it: etherbay mirror detail " + spec.name()
                                + "; when that one has let go, `etherbay mirror stop "
                                + spec.name() + "` there, apply or read the settings again here"));
    }

    /** Its clients are told so: they would wait until a person begins it again. */
    @Override
    void rests() {
        spec.front().ifPresent(front -> fronts.drop(front.address()));
    }

    @Override
    Standing standingOf(EtherbayException refused) {
        return refused instanceof OwnedException ? Standing.FENCED : Standing.TROUBLED;
    }

    @Override
    Optional<Assembled> open(CompletableFuture<Void> given) {
        Optional<AttachedMirror> attached = attach(given);
        if (attached.isEmpty()) {
            return Optional.empty();
        }
        AttachedMirror mirror = attached.get();
        boolean opened = false;
        try {
            Assembled assembled = new Assembled(mirror);
            opened = true;
            return Optional.of(assembled);
        } finally {
            if (!opened) {
                mirror.stopHere();
                mirror.close();
            }
        }
    }

    /** Empty when nobody wants it any more by the time that it is its turn. */
    private Optional<AttachedMirror> attach(CompletableFuture<Void> given) {
        boolean looks = spec.legs().isEmpty();
        if (looks) {
            LOOKING.lock();
        }
        try {
            return given.isDone()
                    ? Optional.empty()
                    : Optional.of(AttachedMirror.open(
                            options(),
                            fronts.counters(),
                            what -> say.accept(spec.key() + ": " + what)));
        } finally {
            if (looks) {
                LOOKING.unlock();
            }
        }
    }

    private AttachedMirror.Options options() {
        NodeIdentity node = NodeIdentity.of(stateFolder);
        MirrorSettings plain = MirrorSettings.of(node.id(), node.name());
        MirrorSettings settings = new MirrorSettings(
                plain.owner(),
                plain.ownerName(),
                spec.slowTimeoutNs(),
                plain.graceNs(),
                plain.quietNs(),
                plain.hedgeNs(),
                spec.syncMib() << 20,
                plain.ids());
        return new AttachedMirror.Options(
                spec.name(),
                spec.legs(),
                spec.interfaces(),
                WAIT_NS,
                spec.legTimeoutNs(),
                settings,
                new AssemblyRequest(
                        spec.readOnly(), false, false, node.id(), Linux.clock().wallMillis()),
                places.get());
    }

    /**
     * Answers a command, in the words of {@link MirrorControl}.
     *
     * @throws EtherbayException when it refuses, or is not open
     */
    public String control(List<String> words) {
        return ask(open -> open.control.answer(words))
                .orElseThrow(() -> trouble()
                        .orElseGet(() -> new EtherbayException(
                                ErrorCode.UNAVAILABLE,
                                "the " + spec.key() + " is not open",
                                "its legs are being looked for",
                                "ask again in a moment")));
    }

    /** As the node reports it. */
    public NodeReport.Mirror report(String origin) {
        Optional<MirrorDetail> now = glance(Assembled::detail);
        NodeReport.Trouble trouble = reported();
        MirrorDetail known = now.orElse(latest);
        if (known == null) {
            String state = standing().name().toLowerCase(Locale.ROOT);
            return MirrorReports.unknown(spec, origin, state, trouble);
        }
        String state = now.isPresent() ? null : standing().name().toLowerCase(Locale.ROOT);
        return MirrorReports.of(spec, origin, known, state, trouble);
    }
}
