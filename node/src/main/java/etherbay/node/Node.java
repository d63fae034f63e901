// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.node.Preparation.Prepared;
import etherbay.node.trace.TraceWriter;
import etherbay.node.volume.VolumePlaces;
import etherbay.target.FileWriteLog;
import etherbay.target.StateWriter;
import etherbay.target.Target;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A running node: a loop with its ports, disks and exports, and the one place where what it serves
 * is changed. Its start is a change from nothing; read the constructor from top to bottom: this is
 * the architecture.
 *
 * <p>Control code, for any thread but the loop's, one call at a time; what belongs to the loop is
 * reached by its mailbox.
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
    private final Map<String, OpenExport> exports = new TreeMap<>();
    private final Thread thread;
    private final long startedMs = Linux.clock().wallMillis();
    private NodeSettings settings;

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
        AoeDisks aoe = new AoeDisks(loop, calls, idler, counters, station + " disks");
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
            List<EtherbayException> failures = node.change(settings);
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

    /** What would have to happen to serve {@code next}. */
    public synchronized List<String> difference(NodeSettings next) {
        return ReloadPlan.of(served(), next.exports()).toLines();
    }

    /**
     * Serves what {@code next} says instead, without a gap in the exports that do not differ.
     *
     * @return what failed after all, when it was too late to turn back; empty when all is as wanted
     * @throws EtherbayException when it cannot be; then everything is as it was
     */
    public synchronized List<EtherbayException> reload(NodeSettings next) {
        return change(next);
    }

    private List<EtherbayException> change(NodeSettings next) {
        checkStateFolder(next);
        checkAddresses(next);
        checkOwnDisks(next);
        follow(next);
        ReloadPlan plan = ReloadPlan.of(served(), next.exports());
        InterfaceChoice choice = choice(next);
        places = next.places();
        Prepared prepared;
        try {
            prepared = new Preparation(parts, exports, plan, choice).prepare();
        } catch (EtherbayException refused) {
            places = settings.places();
            throw refused;
        }
        List<EtherbayException> failures =
                new NodeChange(parts, exports, plan, choice, prepared).commit(say);
        settings = next;
        return failures;
    }

    /** What is open, which may be less than the settings say. */
    private List<ExportSpec> served() {
        return exports.values().stream().map(OpenExport::spec).toList();
    }

    private void checkStateFolder(NodeSettings next) {
        if (!next.state().equals(settings.state())) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the state folder cannot change from %s to %s while the node runs"
                            .formatted(settings.state(), next.state()),
                    "what its exports promised to remember lies in the former one",
                    "stop the node, move the files there, and start it again");
        }
    }

    private static void checkAddresses(NodeSettings next) {
        Set<String> names = new HashSet<>();
        for (ExportSpec spec : next.exports()) {
            if (!names.add(spec.name())) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        spec.name() + " is served twice",
                        "an address belongs to one export",
                        "give one of them another shelf or slot");
            }
        }
    }

    /** What a node serves is no disk of its own: a request would come round and never end. */
    private static void checkOwnDisks(NodeSettings next) {
        Map<String, ExportSpec> served = new TreeMap<>();
        next.exports().forEach(spec -> served.put(spec.name(), spec));
        Stream.concat(
                        next.exports().stream().map(spec -> spec.backing().bare()),
                        next.places().named().stream())
                .filter(BackingName.AtAoe.class::isInstance)
                .map(BackingName.AtAoe.class::cast)
                .filter(at -> served.containsKey(at.address().toString()))
                .findFirst()
                .ifPresent(at -> {
                    ExportSpec own = served.get(at.address().toString());
                    throw new EtherbayException(
                            ErrorCode.CONFLICT,
                            "%s cannot be a disk of this node".formatted(at),
                            "this node serves %s itself, over %s: its requests would come back to"
                                            .formatted(own.name(), own.backing())
                                    + " it",
                            "name the disk behind it, or give one of the two another address");
                });
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
            change(settings);
        } catch (EtherbayException refused) {
            LOG.log(Level.ERROR, refused.toText());
        }
    }

    /** Completes exceptionally when a bug has ended the loop: nothing is served any more. */
    public CompletableFuture<Void> failure() {
        return failure;
    }

    /** How it is, as a JSON document; see {@link NodeStatus}. Any thread. */
    public String status() {
        List<OpenExport.View> open;
        synchronized (this) {
            open = exports.values().stream().map(OpenExport::view).toList();
        }
        Collection<EthernetPort> ports = parts.calls().call(parts.ports()::all);
        return new NodeStatus(parts.calls(), counters, parts.neighbours())
                .document(open, ports, settings.state(), startedMs);
    }

    /**
     * Ends in order: exports finish what is in flight, flush, record a clean stop; then all closes.
     */
    @Override
    public void close() {
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
