// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.linux.AddressLock;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.target.FileWriteLog;
import etherbay.target.StateWriter;
import etherbay.target.Target;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A running node: builds the loop, the ports, the disks and the exports that a person asked for,
 * and takes them down again. Read {@link #start} from top to bottom: this is the architecture.
 *
 * <p>Control code, on the caller's thread; what belongs to the loop is reached by its mailbox.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Node.class.getName());

    /**
     * A wake-up costs about 40 us on a virtual machine; looking for work that long pays for itself.
     */
    private static final long SPIN_NS = 50_000;

    /** Longest wait for disks to take what is in flight at the end; then the state is not clean. */
    private static final long STOP_TIMEOUT_S = 20;

    private final Loop loop;
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final List<OpenExport> exports = new ArrayList<>();
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final Target target;
    private Thread thread = Thread.currentThread();
    private boolean running;

    private Node(Loop loop, Counters counters) {
        this.loop = loop;
        target = new Target(loop, counters);
    }

    /**
     * Serves what the specs say until {@link #close}. Returns when every export is served on every
     * interface that is there.
     *
     * @param say takes one line for each export and interface
     * @throws EtherbayException for whatever keeps one of them from being served; then nothing is
     */
    public static Node start(List<ExportSpec> specs, NodeOptions options, Consumer<String> say) {
        Counters counters = new Counters();
        LinuxIdler idler = new LinuxIdler();
        Node node = new Node(new Loop("etherbay", Linux.clock(), idler, SPIN_NS), counters);
        node.undo.push(idler::close);
        boolean started = false;
        try {
            Ports ports = node.opened(new Ports(node.loop, idler, counters), Ports::close);
            node.openExports(specs, options, ports, node.shared(options, idler, counters));
            node.run();
            node.serve(options, say);
            started = true;
            return node;
        } finally {
            if (!started) {
                node.close();
            }
        }
    }

    private OpenExport.Shared shared(NodeOptions options, LinuxIdler idler, Counters counters) {
        StateWriter writer = opened(new StateWriter(), StateWriter::close);
        return new OpenExport.Shared(
                loop,
                idler,
                counters,
                options.state(),
                writer,
                options.writeLog()
                        .map(file -> opened(FileWriteLog.open(file), FileWriteLog::close))
                        .orElse(null),
                new SecureRandom()::nextLong);
    }

    private void openExports(
            List<ExportSpec> specs, NodeOptions options, Ports ports, OpenExport.Shared shared) {
        for (ExportSpec spec : specs) {
            List<EthernetPort> served = new ArrayList<>();
            String station = stationOf(spec, options);
            for (String name : spec.interfaces()) {
                served.add(ports.open(name, station));
                if (!options.force()) {
                    opened(
                            AddressLock.take("etherbay/" + name + "/" + spec.name()),
                            AddressLock::close);
                }
            }
            exports.add(opened(OpenExport.open(spec, served, shared), OpenExport::close));
        }
    }

    /**
     * The same at each start: an address of this state folder is served by one process at a time,
     * unless forced.
     */
    private static String stationOf(ExportSpec spec, NodeOptions options) {
        String name = options.state().toAbsolutePath() + " " + spec.name();
        return options.force() ? name + " " + ProcessHandle.current().pid() : name;
    }

    private <T> T opened(T resource, Consumer<T> close) {
        undo.push(() -> {
            try {
                close.accept(resource);
            } catch (EtherbayException failed) { // the others are still to be closed
                LOG.log(Level.WARNING, failed.toText());
            }
        });
        return resource;
    }

    private void run() {
        thread = loop.start((_, bug) -> {
            LOG.log(Level.ERROR, "a bug ended the loop: nothing is served any more", bug);
            failure.completeExceptionally(bug);
        });
        running = true;
    }

    private void serve(NodeOptions options, Consumer<String> say) {
        ServiceReport report = new ServiceReport(exports, say);
        Serving serving = new Serving(loop, target, options.force(), report);
        onLoop(() -> {
            exports.forEach(
                    open -> open.ports().forEach(port -> serving.plan(open.export(), port)));
            serving.start();
        });
        try {
            CompletableFuture.anyOf(report.complete(), failure).get();
        } catch (ExecutionException ended) {
            if (ended.getCause() instanceof EtherbayException refused) {
                throw refused;
            }
            throw new AssertionError("the loop ended while it began to serve", ended.getCause());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** Completes exceptionally when a bug has ended the loop: nothing is served any more. */
    public CompletableFuture<Void> failure() {
        return failure;
    }

    /**
     * Ends in order: exports finish what is in flight, flush, record a clean stop; then all closes.
     */
    @Override
    public void close() {
        if (running && thread.isAlive()) {
            stopExports();
            loop.stop();
            joinThread();
        }
        loop.adopt();
        while (!undo.isEmpty()) {
            undo.pop().run();
        }
    }

    private void stopExports() {
        CountDownLatch stopped = new CountDownLatch(exports.size());
        onLoop(() -> exports.forEach(open -> {
            target.remove(open.export());
            open.export().stop(stopped::countDown);
        }));
        try {
            if (!stopped.await(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "a disk did not finish in time: this stop is not clean");
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void joinThread() {
        try {
            thread.join();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void onLoop(Runnable message) {
        if (!loop.mailbox().offer(message)) {
            throw new AssertionError("the mailbox of a loop is never full of control messages");
        }
    }
}
