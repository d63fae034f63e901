// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.NodeReport;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.node.BackingName.AtAoe;
import etherbay.node.Preparation.Prepared;
import etherbay.node.trace.FrameRing;
import etherbay.node.trace.TraceWriter;
import etherbay.node.volume.VolumePlaces;
import etherbay.target.FileWriteLog;
import etherbay.target.StateWriter;
import etherbay.target.Target;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A running node: a loop with its ports, disks and exports, and the one place where what it serves
 * is changed. Its start is a change from nothing; read the constructor from top to bottom: this is
 * the architecture.
 *
 * <p>Control code, for any thread but the loop's; changes come one at a time, and what is asked
 * waits for none of them. AoE disks that do not answer are waited for outside of a change. What
 * belongs to the loop is reached by its mailbox.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Node.class.getName());

    /**
     * A wake-up costs about 40 us on a virtual machine; looking for work that long pays for itself.
     */
    private static final long SPIN_NS = 50_000;

    private final Counters counters = new Counters();
    private final LinuxIdler idler = new LinuxIdler();
    private final Loop loop = new Loop("etherbay", Linux.clock(), idler, SPIN_NS);
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final Consumer<String> say;
    private final Undo undo = new Undo();
    private final NodeParts parts;
    private final ExportTraces exportTraces;
    private final AoeDisks aoe;
    private final Map<String, OpenExport> exports = new ConcurrentSkipListMap<>();
    private final Troubles troubles = new Troubles();
    private final Thread thread;
    private final long startedMs = Linux.clock().wallMillis();
    private volatile NodeSettings settings;

    /** Where physical volumes are looked for; also by those who follow a volume. */
    private volatile VolumePlaces places = VolumePlaces.ofTheSystem();

    private @Nullable InterfaceFollower follower;
    private boolean closed;

    private Node(NodeSettings nothing, NodeOptions options, Consumer<String> say) {
        settings = nothing;
        this.say = say;
        undo.add(idler::close);
        StateWriter stateWriter = new StateWriter();
        undo.add(stateWriter::close);
        FileWriteLog writeLog = options.writeLog().map(FileWriteLog::open).orElse(null);
        if (writeLog != null) {
            undo.add(writeLog::close);
        }
        TraceWriter traces = new TraceWriter(Linux.clock(), counters);
        undo.add(traces::close);
        Target target = new Target(loop, counters);
        Neighbours neighbours = new Neighbours(loop, target, counters);
        Serving serving = new Serving(target, neighbours, options.force());
        LoopCalls calls = new LoopCalls(loop, failure);
        String station = station(nothing, options);
        aoe = new AoeDisks(loop, calls, idler, counters, station + " disks");
        OpenExport.Shared shared = new OpenExport.Shared(
                loop,
                counters,
                new Backing.Opener(loop, idler, counters, traces, aoe, () -> places),
                settings.state(),
                stateWriter,
                writeLog,
                new SecureRandom()::nextLong);
        parts = new NodeParts(
                calls,
                new Ports(loop, new PortOpener(loop, idler, counters), station, serving),
                serving,
                neighbours,
                shared,
                traces,
                options.force());
        exportTraces = new ExportTraces(parts, Linux.clock());
        loop.mailbox().offer(Linux::comeSoon);
        thread = loop.start((_, bug) -> {
            LOG.log(Level.ERROR, "a bug ended the loop: nothing is served any more", bug);
            failure.completeExceptionally(bug);
        });
    }

    /** One that is forced must not be taken for the one beside which it serves. */
    private static String station(NodeSettings settings, NodeOptions options) {
        String name = settings.state().toAbsolutePath() + " " + options.station();
        return options.force() ? name + " " + ProcessHandle.current().pid() : name;
    }

    /**
     * Serves what the settings say until {@link #close}. Returns when every export is served on
     * every interface that is there.
     *
     * @param say takes one line for each export and interface, now and after each change
     * @throws EtherbayException for whatever keeps one of them from being served; then nothing is
     */
    public static Node start(NodeSettings settings, NodeOptions options, Consumer<String> say) {
        Node node =
                new Node(new NodeSettings(settings.state(), List.of(), List.of()), options, say);
        boolean started = false;
        try {
            List<EtherbayException> failures = node.reload(settings);
            if (!failures.isEmpty()) {
                throw failures.getFirst();
            }
            node.undo.add(StatusSocket.open(settings.state(), node::status)::close);
            started = true;
            return node;
        } finally {
            if (!started) {
                node.close();
            }
        }
    }

    /**
     * The same, as far as it can be: an export that cannot be served is troubled and holds up no
     * other. See {@link #retry}.
     *
     * @throws EtherbayException for what is wrong with the node itself
     */
    public static Node startAsFar(
            NodeSettings settings, NodeOptions options, Consumer<String> say) {
        Node node =
                new Node(new NodeSettings(settings.state(), List.of(), List.of()), options, say);
        boolean started = false;
        try {
            node.changeAsFar(settings);
            node.undo.add(StatusSocket.open(settings.state(), node::status)::close);
            started = true;
            return node;
        } finally {
            if (!started) {
                node.close();
            }
        }
    }

    /** What would have to happen to serve {@code next}. */
    public List<String> difference(NodeSettings next) {
        return ReloadPlan.of(served(), troubles.without(next).exports()).toLines();
    }

    /**
     * Serves what {@code next} says instead, without a gap in the exports that do not differ.
     *
     * @return what failed after all, when it was too late to turn back; empty when all is as wanted
     * @throws EtherbayException when it cannot be; then everything is as it was
     */
    public List<EtherbayException> reload(NodeSettings next) {
        return reload(next, () -> {});
    }

    /**
     * The same. An export that could not be served before, and is wanted as it was, holds up no
     * other. It is tried again afterwards where that waits for no AoE disk; else see {@link
     * #retry}.
     *
     * @param durable is done when all that can fail has been, before anything has changed; what it
     *     throws is why nothing changes
     */
    public List<EtherbayException> reload(NodeSettings next, Runnable durable) {
        NodeChecks.check(settings, next); // before anything is waited for
        Set<ExportSpec> known = Set.copyOf(served());
        List<ExportSpec> fresh = next.exports().stream()
                .filter(spec -> !known.contains(spec) && !troubles.has(spec))
                .toList();
        try (AoeDisks.Look look = aoe.look(DisksNeeded.of(fresh, next.places()))) {
            look.awaitAll();
            return reloadNow(next, durable);
        }
    }

    private synchronized List<EtherbayException> reloadNow(NodeSettings next, Runnable durable) {
        if (closed) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the node is stopping",
                    "it changes no more",
                    "ask again when it has been started");
        }
        List<ExportSpec> troubledBefore =
                next.exports().stream().filter(troubles::has).toList();
        List<EtherbayException> failures = change(troubles.without(next), next, durable);
        attempt(troubledBefore.stream().filter(this::waitsForNobody).toList());
        return failures;
    }

    private boolean waitsForNobody(ExportSpec spec) {
        return DisksNeeded.of(spec, settings.places()).isEmpty();
    }

    /**
     * Tries once more to serve what could not be. Waits for AoE disks, side by side, and keeps
     * nobody from anything meanwhile.
     *
     * @return how many are troubled still
     */
    public int retry() {
        if (troubles.all().isEmpty()) {
            return 0; // as mostly, once a second
        }
        attemptAsTheyAnswer(troubles.all().stream().map(Troubles.Troubled::spec).toList());
        return troubles.all().size();
    }

    private void changeAsFar(NodeSettings next) {
        synchronized (this) {
            NodeChecks.check(settings, next);
            change(next.withExports(List.of()), next.withExports(List.of()), () -> {});
            settings = next;
            next.exports().forEach(spec -> troubles.add(spec, notYet(spec)));
        }
        attemptAsTheyAnswer(next.exports());
    }

    private static EtherbayException notYet(ExportSpec spec) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                spec.name() + " is not served yet",
                "it is being opened: " + spec.backing(),
                "ask again in a moment");
    }

    /** First those that wait for nobody, then the others as soon as their AoE disks are there. */
    private void attemptAsTheyAnswer(List<ExportSpec> more) {
        List<ExportSpec> left = attemptOf(more, this::waitsForNobody);
        try (AoeDisks.Look look = aoe.look(DisksNeeded.of(left, settings.places()))) {
            while (look.awaitOne()) {
                Set<AtAoe> silent = look.silent();
                left = attemptOf(
                        left,
                        spec -> Collections.disjoint(
                                silent, DisksNeeded.of(spec, settings.places())));
            }
            attempt(left); // those say why not
        }
    }

    /** @return those that are not ready */
    private List<ExportSpec> attemptOf(List<ExportSpec> specs, Predicate<ExportSpec> ready) {
        Map<Boolean, List<ExportSpec>> byReady =
                specs.stream().collect(Collectors.partitioningBy(ready));
        attempt(byReady.getOrDefault(true, List.of()));
        return byReady.getOrDefault(false, List.of());
    }

    /** Begins to serve some of those that are troubled, as far as that can be; each by itself. */
    private synchronized void attempt(List<ExportSpec> more) {
        List<ExportSpec> wanted = more.stream().filter(troubles::has).toList();
        if (closed || wanted.isEmpty()) {
            return;
        }
        List<ExportSpec> together = new ArrayList<>(served());
        together.addAll(wanted);
        ReloadPlan plan = ReloadPlan.of(served(), together);
        follow(settings);
        InterfaceChoice choice = choice(settings);
        try {
            Prepared things = new Preparation(parts, exports, plan, choice).prepareAsFar();
            Map<String, EtherbayException> refused = things.refused();
            List<EtherbayException> failures = new NodeChange(
                            parts, exports, plan.without(refused.keySet()), choice, things)
                    .commit(say);
            wanted.forEach(spec -> trouble(spec, Optional.ofNullable(refused.get(spec.name()))));
            troubles.changed(settings.exports(), exports, failures);
        } catch (EtherbayException others) {
            wanted.forEach(spec -> trouble(spec, Optional.of(others)));
        }
    }

    private void trouble(ExportSpec spec, Optional<EtherbayException> refused) {
        refused.ifPresent(why -> trouble(spec, why));
    }

    /** Told once for each reason. */
    private void trouble(ExportSpec spec, EtherbayException why) {
        boolean known = troubles.why(spec)
                .map(before -> before.toText().equals(why.toText()))
                .orElse(false);
        troubles.add(spec, why);
        if (!known) {
            say.accept(spec.name() + ": not served: " + why.getMessage() + "; " + why.why());
        }
    }

    /**
     * @param possible of {@code next} what is to be served now
     */
    private List<EtherbayException> change(
            NodeSettings possible, NodeSettings next, Runnable durable) {
        NodeChecks.check(settings, next);
        follow(next);
        ReloadPlan plan = ReloadPlan.of(served(), possible.exports());
        InterfaceChoice choice = choice(next);
        VolumePlaces placesBefore = places;
        places = next.places();
        boolean prepared = false;
        Prepared things;
        try {
            things = new Preparation(parts, exports, plan, choice).prepare(durable);
            prepared = true;
        } finally {
            if (!prepared) {
                places = placesBefore;
            }
        }
        List<EtherbayException> failures =
                new NodeChange(parts, exports, plan, choice, things).commit(say);
        settings = next;
        troubles.changed(next.exports(), exports, failures);
        return failures;
    }

    /** What is open, which may be less than the settings say. */
    private List<ExportSpec> served() {
        return exports.values().stream().map(OpenExport::spec).toList();
    }

    /** Interfaces are listed only where a glob asks for it. */
    private void follow(NodeSettings next) {
        if (follower == null && InterfaceChoice.hasGlob(next.exports())) {
            InterfaceFollower started = new InterfaceFollower(this::interfacesChanged);
            undo.add(started::close);
            follower = started;
        }
    }

    private InterfaceChoice choice(NodeSettings next) {
        InterfaceFollower known = follower;
        return new InterfaceChoice(next.interfaces(), known == null ? Set.of() : known.present());
    }

    /** Interfaces came or went; on the follower's thread. */
    private synchronized void interfacesChanged() {
        if (closed) {
            return;
        }
        try {
            reloadNow(settings, () -> {});
        } catch (EtherbayException refused) {
            LOG.log(Level.ERROR, refused.toText());
        }
    }

    /** Completes exceptionally when a bug has ended the loop: nothing is served any more. */
    public CompletableFuture<Void> failure() {
        return failure;
    }

    /**
     * Runs {@code beat} on the loop, now and every {@code periodNs}, for as long as the loop turns.
     */
    public void beat(long periodNs, Runnable beat) {
        loop.mailbox().offer(() -> new Heartbeat(loop, periodNs, beat).run());
    }

    /** How it is, as a JSON document; see {@link NodeStatus}. Any thread. */
    public String status() {
        Collection<EthernetPort> ports = parts.calls().call(parts.ports()::all);
        return new NodeStatus(parts.calls(), counters, parts.neighbours())
                .document(views(), ports, settings.state(), startedMs);
    }

    private List<OpenExport.View> views() {
        return exports.values().stream().map(OpenExport::view).toList();
    }

    /** Its exports, interfaces, rogues and counters. */
    public record View(
            List<NodeReport.Export> exports,
            List<NodeReport.Interface> interfaces,
            List<NodeReport.Rogue> rogues,
            Map<String, Long> counters) {}

    /**
     * How it is. Any thread.
     *
     * @param origin of an export by its name, as {@link NodeReport.Export#origin}
     */
    public View view(UnaryOperator<String> origin) {
        List<OpenExport.View> open = views();
        Set<String> served =
                open.stream().map(one -> one.spec().name()).collect(Collectors.toSet());
        List<Troubles.Troubled> troubled = troubles.all().stream()
                .filter(one -> !served.contains(one.spec().name())) // it has just come up
                .toList();
        ExportReports.Told told =
                new ExportReports(parts.calls(), parts.neighbours(), parts.ports()::all).ask(open);
        Map<String, Long> counted = counters.snapshot();
        return new View(
                ExportReports.exports(open, told, troubled, origin),
                ExportReports.interfaces(told, counted),
                told.rogues(),
                counted);
    }

    /** When it was started, in milliseconds of the wall clock. */
    public long startedMs() {
        return startedMs;
    }

    /**
     * Opens a disk or a volume on the loop of this node; who opens it closes it before the node.
     *
     * @param owner who uses it, as traces call it
     * @throws EtherbayException when it cannot be opened
     */
    public NodeDisk openDisk(
            String owner, BackingName name, boolean readOnly, Optional<Boolean> directIo) {
        return NodeDisk.open(parts, owner, name, new LocalDisk.Options(readOnly, directIo, places));
    }

    /**
     * Switches the trace of an export, until that export changes.
     *
     * @throws EtherbayException NOT_FOUND when it is not served
     */
    public synchronized void trace(String exportName, boolean on) {
        exportTraces.trace(served(exportName), on);
    }

    /**
     * Writes frames of an export as a capture file: the last ones, where {@link #trace} has been on
     * so that they were kept; else those of the next seconds, and it waits so long.
     *
     * @throws EtherbayException NOT_FOUND when it is not served, CONFLICT while others capture
     * @throws IOException of {@code out}
     */
    public void pcap(String exportName, double seconds, OutputStream out) throws IOException {
        long durationNs = (long) (seconds * 1e9);
        FrameRing ring;
        OpenExport open;
        boolean kept;
        synchronized (this) {
            open = served(exportName);
            Optional<FrameRing> known = exportTraces.kept(open);
            kept = known.isPresent();
            ring = known.orElseGet(() -> exportTraces.begin(open));
        }
        if (!kept) {
            parts.calls().within(durationNs, new CompletableFuture<>());
            synchronized (this) {
                exportTraces.end(open);
            }
        }
        ring.writeTo(out, kept ? Linux.clock().nanoTime() - durationNs : Long.MIN_VALUE);
    }

    private OpenExport served(String exportName) {
        OpenExport open = exports.get(exportName);
        if (open == null) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no export " + exportName + " is served",
                    exports.isEmpty()
                            ? "this node serves none"
                            : "these are: " + String.join(", ", exports.keySet()),
                    "name one of them");
        }
        return open;
    }

    /** It is about to be closed: AoE disks that are absent are waited for no more. */
    public void hurry() {
        aoe.hurry();
    }

    /**
     * Serves nothing any more: says that it is away, and exports finish what is in flight, flush,
     * record a clean stop. What {@link #openDisk} gave works until {@link #close}.
     */
    public void retire() {
        hurry();
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        InterfaceFollower following = follower;
        if (following != null) {
            following.close();
        }
        if (thread.isAlive()) {
            ReloadPlan none = ReloadPlan.of(List.of(), List.of());
            new NodeChange(parts, exports, none, choice(settings), Prepared.nothing())
                    .retireForNow();
        }
    }

    /** Ends in order: what {@link #retire} does; then all closes. */
    @Override
    public void close() {
        retire();
        if (thread.isAlive()) {
            loop.stop();
            join();
        }
        undo.close();
    }

    private void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
