// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Creation;
import etherbay.mirror.LegReader;
import etherbay.mirror.Mirror;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.MirrorListener;
import etherbay.mirror.MirrorSettings;
import etherbay.mirror.Part;
import etherbay.node.device.DeviceData;
import etherbay.node.trace.TraceWriter;
import etherbay.node.volume.VolumePlaces;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A mirror with everything under it: its legs, their ports, and the loop that turns them all.
 * Opened on the calling thread; {@link #start} gives the loop a thread of its own, and another that
 * looks for legs that are missing.
 */
public final class AttachedMirror implements AutoCloseable {
    private static final long SPIN_NS = 50_000;
    private static final long DISCOVER_NS = 500_000_000;
    private static final long RETRY_NS = 250_000_000;
    private static final long CLAIM_NS = 30_000_000_000L;

    /**
     * What to assemble, and how.
     *
     * @param name of the array, with or without the host before the colon; empty to take the legs
     *     at their word
     * @param legs as a person names them; none to look for them on the segments
     * @param interfaces NICs or {@code unix:PATH}
     * @param waitNs for legs that do not answer at once
     * @param legTimeoutNs that a leg may be silent
     * @param places where volumes are looked for
     * @param later whether what is only read may be {@linkplain #assembleAgain assembled again} to
     *     be written
     */
    public record Options(
            String name,
            List<String> legs,
            List<String> interfaces,
            long waitNs,
            long legTimeoutNs,
            MirrorSettings settings,
            AssemblyRequest request,
            VolumePlaces places,
            boolean later) {
        /** For one purpose. */
        public Options(
                String name,
                List<String> legs,
                List<String> interfaces,
                long waitNs,
                long legTimeoutNs,
                MirrorSettings settings,
                AssemblyRequest request,
                VolumePlaces places) {
            this(name, legs, interfaces, waitNs, legTimeoutNs, settings, request, places, false);
        }
    }

    /**
     * What is on a disk that is to be a leg.
     *
     * @param what in words; empty for nothing
     */
    public record Held(String name, String what) {}

    private final Undo undo;
    private final Loop loop;
    private final LoopThread turning;
    private final MirrorLegs legs;
    private final Options options;
    private final Consumer<String> told;
    private final Set<Mirror> former = new LinkedHashSet<>();
    private volatile CompletableFuture<String> fenced = new CompletableFuture<>();
    private volatile @Nullable Mirror mirror;
    private volatile AssemblyRequest request;
    private volatile List<String> named;
    private final LegLookout lookout;

    /** Of the mirror as it is now: done when it has been let go; one attempt, waited for again. */
    private @Nullable CompletableFuture<Boolean> ending;

    private AttachedMirror(
            Undo undo,
            Loop loop,
            LoopThread turning,
            MirrorLegs legs,
            Options options,
            Consumer<String> told) {
        this.undo = undo;
        this.loop = loop;
        this.turning = turning;
        this.legs = legs;
        this.options = options;
        this.told = told;
        request = options.request();
        named = options.legs();
        lookout = new LegLookout(this, legs, options.legs().isEmpty());
    }

    /** The loop and what legs are opened by; nothing is opened yet. */
    private static AttachedMirror prepare(
            Options options, Counters counters, Consumer<String> told) {
        Undo undo = new Undo();
        LinuxIdler idler = new LinuxIdler();
        undo.add(idler::close);
        Loop loop = new Loop("mirror", Linux.clock(), idler, SPIN_NS);
        LoopThread turning = new LoopThread(loop);
        TraceWriter traces = new TraceWriter(Linux.clock(), counters);
        undo.add(traces::close);
        String node = options.settings().owner().toString();
        String station = "mirror " + options.name() + " " + node + " "
                + ProcessHandle.current().pid();
        AoeDisks volumes = new AoeDisks(loop, turning, idler, counters, station + " volumes");
        MirrorLegs legs = new MirrorLegs(
                RemoteDisks.on(
                        loop,
                        turning,
                        idler,
                        new RemoteDisks.Options(options.interfaces(), station, node),
                        counters),
                new Backing.Opener(loop, idler, counters, traces, volumes, options::places),
                turning,
                RemoteDiskSettings.DEFAULT.withFailAfterNs(options.legTimeoutNs()),
                options.settings().owner(),
                options.request().readOnly() && !options.later());
        undo.add(legs::close);
        return new AttachedMirror(undo, loop, turning, legs, options, told);
    }

    /**
     * Assembles a mirror.
     *
     * @param told hears, in words, what becomes of it; on the loop
     * @throws EtherbayException when it cannot or must not be assembled
     */
    public static AttachedMirror open(Options options, Counters counters, Consumer<String> told) {
        AttachedMirror attached = prepare(options, counters, told);
        boolean opened = false;
        try {
            attached.assemble();
            opened = true;
            return attached;
        } finally {
            if (!opened) {
                attached.undo.close();
            }
        }
    }

    private void assemble() {
        long deadlineNs = loop.clock().nanoTime() + options.waitNs();
        List<Part> parts = options.legs().isEmpty()
                ? LegSearch.find(legs, options, loop.clock())
                : legs.open(options.legs(), options.waitNs());
        if (!options.name().isEmpty()) {
            requireName(parts);
        }
        mirror = opened(parts, deadlineNs);
        legs.onAppearance(this::appeared);
    }

    private Mirror opened(List<Part> parts, long deadlineNs) {
        Mirror.Opened opened = tryOpen(parts);
        // A leg that was found and is silent for a moment is not yet missing.
        while (isUnavailable(opened) && loop.clock().nanoTime() < deadlineNs) {
            turning.within(RETRY_NS, new CompletableFuture<Void>());
            opened = tryOpen(parts);
        }
        EtherbayException failure = opened.failure();
        if (failure != null) {
            throw failure;
        }
        return Objects.requireNonNull(opened.mirror());
    }

    private static boolean isUnavailable(Mirror.Opened opened) {
        EtherbayException failure = opened.failure();
        return failure != null && failure.code() == ErrorCode.UNAVAILABLE;
    }

    private Mirror.Opened tryOpen(List<Part> parts) {
        CompletableFuture<Mirror.Opened> done = begin(opened ->
                Mirror.open(loop, parts, request, options.settings(), new Hearing(), opened));
        if (!turning.within(CLAIM_NS, done)) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the mirror is not assembled",
                    "its legs did not take what was written to them within 30 s",
                    "see whether their targets are well: etherbay stat");
        }
        return done.join();
    }

    /** Before anything is claimed or written. */
    private void requireName(List<Part> parts) {
        for (Part part : parts) {
            LegReader.Found found = legs.read(part).found();
            String name = found == null ? "" : found.reading().superblock().name();
            if (!name.isEmpty() && !isNamed(name, options.name())) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        part.name() + " is not a leg of the mirror " + options.name(),
                        "it holds " + name,
                        "name that mirror, or other legs");
            }
        }
    }

    /** Whether an array has that name, with or without a host before it. */
    public static boolean isNamed(String arrayName, String wanted) {
        return arrayName.equals(wanted) || arrayName.endsWith(":" + wanted);
    }

    /** What is heard of the mirror goes to whoever opened it. */
    private final class Hearing implements MirrorListener {
        /** Of this assembly alone. */
        private final CompletableFuture<String> taken = fenced;

        @Override
        public void told(String what) {
            told.accept(what);
        }

        @Override
        public void fenced(String leg) {
            taken.complete(leg);
        }
    }

    /** A leg that was missing answers: taken in if it is one. Any thread. */
    void takeIn(Part part) {
        turning.call(() -> {
            appeared(part);
            return true;
        });
    }

    /** A leg that was missing is here: taken in if it is one. On the loop. */
    private void appeared(Part part) {
        if (request.readOnly() || !device().isOurs()) {
            return; // of a mirror that is only read, or let go, nothing changes
        }
        device().add(
                        part,
                        false,
                        refusal -> refusal.ifPresent(why -> told.accept(
                                part.name() + ": " + why.getMessage() + ": " + why.why())));
    }

    // Without using it.

    /**
     * What superblocks are on the segments and in those places.
     *
     * @param segments whether AoE disks are looked for besides the legs that are named
     * @return of each disk that answers and holds one, or whose superblock is damaged
     */
    public static List<LegReader.Outcome> look(
            Options options, boolean segments, Counters counters) {
        AttachedMirror looking = prepare(options, counters, what -> {});
        try {
            List<Part> parts = new ArrayList<>();
            if (!options.legs().isEmpty()) {
                parts.addAll(looking.legs.open(options.legs(), options.waitNs()));
            }
            if (segments) {
                parts.addAll(looking.legs.discover(DISCOVER_NS));
            }
            return parts.stream().map(looking.legs::read).toList();
        } finally {
            looking.undo.close();
        }
    }

    /**
     * Makes a new mirror of those legs. They are claimed, and written to.
     *
     * @param check what is found on each of them, before anything is written: may refuse
     */
    public static void create(
            Options options,
            Function<List<Part>, Creation.Request> request,
            Consumer<List<Held>> check,
            Counters counters) {
        AttachedMirror making = prepare(options, counters, what -> {});
        try {
            List<Part> parts = making.legs.open(options.legs(), options.waitNs());
            requireAll(options.legs(), parts, making.legs);
            check.accept(parts.stream()
                    .map(part -> new Held(part.name(), making.legs.holds(part)))
                    .toList());
            CompletableFuture<Optional<EtherbayException>> done = making.begin(
                    created -> Creation.create(making.loop, parts, request.apply(parts), created));
            if (!making.turning.within(CLAIM_NS, done)) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "the mirror was not made whole",
                        "its legs did not take what was written to them within 30 s",
                        "see whether their targets are well, and create it again");
            }
            done.join().ifPresent(why -> {
                throw why;
            });
        } finally {
            making.undo.close();
        }
    }

    private static void requireAll(List<String> names, List<Part> parts, MirrorLegs legs) {
        for (String name : names) {
            if (parts.stream().noneMatch(part -> part.name().equals(name))) {
                throw legs.trouble(name);
            }
        }
    }

    // In use.

    /** The device; of the loop. */
    public Mirror device() {
        Mirror opened = mirror;
        if (opened == null) {
            throw new IllegalStateException("a mirror is assembled before it is used");
        }
        return opened;
    }

    public Loop loop() {
        return loop;
    }

    /** Does something with the mirror on its loop. */
    public <T> T call(Function<Mirror, T> work) {
        return turning.call(() -> work.apply(device()));
    }

    /** Begins on the loop what tells its result later. */
    private <T> CompletableFuture<T> begin(Consumer<Consumer<T>> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        turning.call(() -> {
            work.accept(done::complete);
            return true;
        });
        return done;
    }

    public MirrorDetail detail() {
        return call(Mirror::detail);
    }

    /**
     * Lets the mirror go, clean, and keeps its legs at hand: another node may have it then, or
     * {@link #assembleAgain} takes it. Between {@link #start} and {@link #stop}; nobody uses it.
     *
     * @return whether all its legs were in sync
     */
    public synchronized boolean letGo() {
        boolean whole = call(Mirror::isWhole);
        if (!turning.within(CLAIM_NS, ending())) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the mirror " + options.name() + " is not let go",
                    "what was under way on its legs has not ended within 30 s",
                    "see how they are: etherbay mirror detail " + options.name());
        }
        if (fenced.isDone()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror " + options.name() + " is not let go",
                    "another owner has taken " + fenced.join(),
                    "see who has it: etherbay mirror detail " + options.name());
        }
        return whole;
    }

    private synchronized CompletableFuture<Boolean> ending() {
        CompletableFuture<Boolean> begun = ending;
        if (begun != null) {
            return begun;
        }
        CompletableFuture<Boolean> stopped =
                begin(ended -> device().stop(() -> ended.accept(true)));
        ending = stopped;
        return stopped;
    }

    /**
     * By which legs it is found again: those that it has, when it is whole; else also those by
     * which it was opened, one of which may come back. Any thread; none when it was looked for.
     */
    public List<String> foundBy() {
        List<String> before = named;
        if (before.isEmpty()) {
            return before;
        }
        Set<String> names = new LinkedHashSet<>(call(Mirror::isWhole) ? List.of() : before);
        detail().legs().forEach(leg -> names.add(leg.name()));
        return List.copyOf(names);
    }

    /**
     * Assembles it anew, of the legs by which it is {@linkplain #foundBy found}, in place of what
     * it is now: which is let go first, if it is ours. Between {@link #start} and {@link #stop};
     * nobody uses it meanwhile.
     *
     * @throws EtherbayException as {@link #open}; nothing is open then but the legs
     */
    public synchronized void assembleAgain(AssemblyRequest next) {
        if (device().isOurs()) {
            letGo();
        }
        List<String> names = foundBy();
        former.add(device()); // what is under way on a leg that is silent may still use its memory
        fenced = new CompletableFuture<>();
        ending = null;
        request = next;
        long deadlineNs = loop.clock().nanoTime() + options.waitNs();
        mirror = opened(legs.open(names, options.waitNs()), deadlineNs);
        named = names;
        lookout.leftBehind(names, detail());
    }

    /** Whether every leg in sync says, asked just now, that it is ours. */
    public boolean confirm() {
        CompletableFuture<Boolean> answer = begin(told -> device().confirm(told));
        return turning.within(CLAIM_NS, answer) && answer.join();
    }

    /** Turns the loop on a thread of its own from now on, and looks for legs that are missing. */
    public void start() {
        turning.start();
        lookout.start();
    }

    /**
     * Opens one more leg and takes it in.
     *
     * @param fresh it may hold anything, which is lost
     */
    public synchronized void add(String name, boolean fresh) {
        if (detail().legs().stream().noneMatch(leg -> leg.name().equals(name))) {
            legs.leaveDisk(name); // one that was removed may be another disk by now
        }
        Optional<Part> part = legs.openOne(name, options.waitNs());
        if (part.isEmpty()) {
            throw legs.trouble(name);
        }
        CompletableFuture<Optional<EtherbayException>> done =
                begin(added -> device().add(part.get(), fresh, added));
        turning.within(CLAIM_NS, done);
        done.getNow(Optional.empty()).ifPresent(why -> {
            throw legs.exchanged(name).orElse(why);
        });
    }

    /** Gives it a write-intent bitmap, which stands on all legs when this returns. */
    public void addBitmap() {
        CompletableFuture<Boolean> done = begin(added -> device().addBitmap(added));
        if (!turning.within(CLAIM_NS, done) || !done.join()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the bitmap is not on all legs",
                    "they did not take what was written to them within 30 s; or a leg has left"
                            + " meanwhile, or one has joined that has no room for it",
                    "see how they are: etherbay mirror detail " + options.name());
        }
    }

    /**
     * Has {@code grown} run whenever it has, and once now. It runs on the loop, and does not block
     * it.
     */
    public void onGrowth(Runnable grown) {
        call(device -> {
            device.listen(new BlockDevice.Listener() {
                @Override
                public void resized(BlockDevice resized, long sectorsBefore) {
                    grown.run();
                }
            });
            grown.run();
            return true;
        });
    }

    /**
     * Its data, known by which array it is and by the leg in sync that counts: as long as that one
     * has lost nothing, nothing is lost. For any thread between {@link #start} and {@link #stop}.
     */
    public DeviceData data() {
        return new LoopData(
                new LoopCalls(loop, turning.failure()),
                device(),
                "the mirror " + options.name(),
                "see how its legs are: etherbay mirror detail " + options.name(),
                this::known);
    }

    private Optional<String> known() {
        return device().keeper()
                .flatMap(legs::known)
                .map(leg -> "mirror "
                        + device().detail().arrayId()
                        + " by "
                        + UUID.nameUUIDFromBytes(leg.getBytes(StandardCharsets.UTF_8)));
    }

    /** Ends exceptionally when a bug ended the loop. */
    public CompletableFuture<Void> failure() {
        return turning.failure();
    }

    /** Completes with the leg that another owner has taken. */
    public CompletableFuture<String> fenced() {
        return fenced;
    }

    /**
     * Lets the mirror go, clean.
     *
     * @param first what the loop does before: no new requests come after it
     */
    public void stop(Runnable first) throws InterruptedException {
        lookout.stop();
        CompletableFuture<Boolean> begun = endingSoFar();
        turning.stop(quiet -> {
            first.run();
            if (begun == null) {
                device().stop(quiet);
            } else {
                var _ = begun.thenRun(quiet); // it is being let go already
            }
        });
    }

    private synchronized @Nullable CompletableFuture<Boolean> endingSoFar() {
        return ending;
    }

    /** Stops it without a thread of its own: for a command that has assembled it for itself. */
    public void stopHere() {
        turning.within(CLAIM_NS, ending());
    }

    /** Turns the loop on this thread until {@code done}, or for so long. */
    public boolean await(CompletableFuture<?> done, long ns) {
        return turning.within(ns, done);
    }

    @Override
    public void close() {
        undo.close(); // ends what is under way on the legs
        Mirror opened = mirror;
        if (opened != null) {
            former.add(opened);
        }
        former.forEach(Mirror::close);
    }
}
