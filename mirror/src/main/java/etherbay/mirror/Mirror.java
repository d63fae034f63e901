// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.Loop;
import etherbay.base.OrderedDevice;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * RAID1 over two or more devices, in md's format: the third seam over itself. On the loop of its
 * legs; all methods are called there.
 *
 * <ul>
 *   <li>A completed write is on all legs in sync, or a leg that is not was failed and the others
 *       say so, durably. Overlapping requests take effect in the order of submission, on all legs.
 *   <li>While no leg in sync answers, requests wait. A leg fails only when another one in sync
 *       answers, see {@link Troubles}.
 *   <li>A leg that was away is taken back by itself, and gets what it lacks.
 *   <li>FENCED says that another owner has taken a leg: nothing is read or written any more. It is
 *       noticed without a request, too, see {@link FenceWatch}.
 *   <li>{@link #stop} lets it go clean. {@link #close} alone is what a crash is.
 * </ul>
 */
public final class Mirror implements BlockDevice {
    /** How an opening ended: one of both. */
    public record Opened(@Nullable Mirror mirror, @Nullable EtherbayException failure) {}

    private final Loop loop;
    private final MirrorCore core;
    private final OrderedDevice order;
    private final Sync sync;
    private final Returns returns;
    private final boolean readOnly;

    Mirror(Loop loop, MirrorSettings settings, MirrorListener listener, Assembled assembled) {
        this.loop = loop;
        readOnly = assembled.readOnly();
        Returns[] later = new Returns[1];
        core = new MirrorCore(
                loop, settings, new Hearing(listener, name -> later[0].returned(name)), assembled);
        order = new OrderedDevice(core, 1);
        sync = new Sync(core, core.intent(), order::submit, core.arena(), assembled.check());
        returns = new Returns(core);
        core.attend(sync, returns);
        later[0] = returns;
    }

    /** Passes on what is heard, and takes notice itself. */
    private record Hearing(MirrorListener to, Consumer<String> onReturn) implements MirrorListener {
        @Override
        public void told(String what) {
            to.told(what);
        }

        @Override
        public void changed() {
            to.changed();
        }

        @Override
        public void returned(String leg) {
            onReturn.accept(leg);
            to.returned(leg);
        }

        @Override
        public void fenced(String leg) {
            to.fenced(leg);
        }
    }

    /**
     * Assembles what these legs hold.
     *
     * @param parts at least one, each with a name of its own
     * @param opened runs on the loop, once
     */
    public static void open(
            Loop loop,
            List<Part> parts,
            AssemblyRequest request,
            MirrorSettings settings,
            MirrorListener listener,
            Consumer<Opened> opened) {
        new Opening(loop, parts, request, settings, listener, opened).begin();
    }

    /** Says on all legs whose they are now; then it can be used. */
    void begin(Consumer<@Nullable EtherbayException> begun) {
        if (readOnly) {
            begun.accept(null);
            return;
        }
        core.metadata().touch();
        core.metadata().whenDurable(durable -> {
            if (durable) {
                flushFormer(begun);
            } else {
                refuse(begun);
            }
        });
    }

    /**
     * What the term before had in the caches of the legs is durable before anybody is shown it: a
     * leg that loses it later does not know that it was ours, and would flush with a good
     * conscience.
     */
    private void flushFormer(Consumer<@Nullable EtherbayException> begun) {
        Io flush = new Io(1).prepare(IoOperation.FLUSH, 0, 0);
        core.flush(flush.then(flushed -> {
            if (core.isStopped()) {
                refuse(begun);
                return;
            }
            returns.takeSpares();
            core.legs().stream().filter(Leg::isInSync).forEach(sync::rewriteBad);
            sync.wake();
            begun.accept(null);
        }));
    }

    private void refuse(Consumer<@Nullable EtherbayException> begun) {
        close();
        begun.accept(new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the superblocks of the mirror could not be written",
                core.isStopped() ? "another owner has taken a leg" : "no leg took them",
                "see what the legs say: etherbay mirror detail"));
    }

    // The device.

    @Override
    public BlockCapabilities capabilities() {
        return core.capabilities();
    }

    @Override
    public long sectors() {
        return core.sectors();
    }

    @Override
    public void listen(Listener listener) {
        order.listen(listener);
    }

    @Override
    public void submit(Io io) {
        order.submit(io);
    }

    @Override
    public void quiesce(Runnable finished) {
        order.quiesce(finished);
    }

    /**
     * Ends it clean: what is under way ends, all is flushed, and the legs say that nobody owns
     * them, and how far a check has come.
     *
     * @param stopped may {@link #close} it
     */
    public void stop(Runnable stopped) {
        sync.pause();
        core.stopWatching();
        order.quiesce(() -> sync.noteCheck(() -> core.closeClean(stopped)));
    }

    /** At once. Its legs are closed before by whoever opened them, so that nothing is under way. */
    @Override
    public void close() {
        order.close();
    }

    // What a person asks.

    /**
     * The leg that counts where legs differ: all that was acknowledged is on it. Empty once some of
     * that may be gone, and when the mirror is ours no longer.
     */
    public Optional<String> keeper() {
        return core.isStopped() || core.isCacheLost()
                ? Optional.empty()
                : Optional.of(core.primary().name);
    }

    /**
     * Asks every leg in sync, just now, whether it is still ours.
     *
     * @param told false also when one does not answer within the time of its gate
     */
    public void confirm(Consumer<Boolean> told) {
        List<Leg> asked = core.legs().stream().filter(Leg::isInSync).toList();
        int[] left = {asked.size()};
        boolean[] ours = {!readOnly && !core.isStopped()};
        for (Leg leg : asked) {
            leg.gate.confirm(core.metadata().epoch(), answer -> {
                ours[0] &= answer.outcome() == LegGate.Outcome.OURS
                        || answer.outcome() == LegGate.Outcome.WEAK;
                if (--left[0] == 0) {
                    told.accept(ours[0] && !core.isStopped());
                }
            });
        }
        if (asked.isEmpty()) {
            told.accept(false);
        }
    }

    /** Whether it may be written, and has neither been stopped nor taken by another owner. */
    public boolean isOurs() {
        return !readOnly && !core.isStopped();
    }

    /** Whether every slot of the array has a leg in sync. */
    public boolean isWhole() {
        return !core.isDegraded();
    }

    /** How it stands. */
    public MirrorDetail detail() {
        return MirrorDetail.of(core, sync);
    }

    /**
     * Calls a leg faulty.
     *
     * @throws EtherbayException NOT_FOUND, or CONFLICT for the last one in sync
     */
    public void fail(String leg) {
        requireWritable();
        Leg found = find(leg);
        if (found.isInSync() && core.isLast(found)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    leg + " is not failed",
                    "it is the last leg in sync: without it there is no data",
                    "add another and wait until it is in sync; or stop the mirror");
        }
        if (found.isInSync()) {
            core.roster().fail(found, Leg.Cause.ASKED, "somebody asked for it");
        } else {
            core.roster().dropAsked(found);
        }
    }

    /**
     * Lets a faulty leg or a spare go: it is not looked for any more.
     *
     * @throws EtherbayException NOT_FOUND, or CONFLICT for one in use
     */
    public void remove(String leg) {
        requireWritable();
        Leg found = find(leg);
        if (found.takesWrites()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    leg + " is not removed",
                    "it is in use",
                    "fail it first: etherbay mirror fail NAME " + leg);
        }
        core.roster().forget(found);
    }

    private void requireWritable() {
        if (readOnly || core.isStopped()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror is not changed",
                    readOnly ? "it is only read here" : "it has stopped",
                    "assemble it for writing: etherbay mirror assemble NAME");
        }
    }

    private Leg find(String name) {
        return core.legs().stream()
                .filter(leg -> leg.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "the mirror has no leg " + name,
                        "its legs are "
                                + String.join(
                                        ", ",
                                        core.legs().stream()
                                                .map(leg -> leg.name)
                                                .toList()),
                        "name one of these"));
    }

    /**
     * Takes a leg in: one that was of this array gets what it lacks; another device is written to
     * and filled whole.
     *
     * @param part claimed by the mirror before anything is written
     * @param fresh whether it may be one that holds no superblock of this array
     * @param told nothing, or why not
     */
    public void add(Part part, boolean fresh, Consumer<Optional<EtherbayException>> told) {
        requireWritable();
        returns.add(part, fresh, told);
    }

    /**
     * Compares all legs in sync; or mends what differs. Its result is in {@link #detail}. One that
     * is under way when the mirror ends goes on when it is assembled again.
     *
     * @throws EtherbayException CONFLICT while another one is under way, or while one leg is alone;
     *     NOT_FOUND for a leg that is none
     */
    public void check(CheckRequest request) {
        requireWritable();
        if (!request.from().isEmpty()) {
            find(request.from());
        }
        sync.check(request);
    }

    public void cancelCheck() {
        sync.cancelCheck();
    }

    /**
     * Uses all that the legs have room for.
     *
     * @return sectors that it has now
     */
    public long growSize() {
        requireWritable();
        return Growth.size(core, sync);
    }

    /** Gives the array room for so many legs; spares take it. */
    public void growLegs(int count) {
        requireWritable();
        Growth.legs(core, count);
        returns.takeSpares();
    }

    /**
     * Adds a write-intent bitmap where there is none.
     *
     * @param told whether it stands on all legs
     */
    public void addBitmap(Consumer<Boolean> told) {
        requireWritable();
        Growth.bitmap(core, told);
    }

    @Override
    public String toString() {
        return "mirror " + core.metadata().shared().name() + " on " + loop.name();
    }
}
