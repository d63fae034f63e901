// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.AddressLock;
import etherbay.node.Preparation.Prepared;
import etherbay.node.trace.FrameTracer;
import etherbay.target.Export;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * One change of what a node serves: its start, a reload, an interface that came or went. Two
 * phases on one control thread. {@link Preparation} does all that can fail, the questions to the
 * segments included, and takes it back if something does: then nothing has changed. This goes
 * over: exports that are not named by the plan do not notice. What can still fail there, a
 * disk that does not finish or a state that cannot be written, takes its export out of service and
 * no other; the next change tries again.
 */
final class NodeChange {
    private static final Logger LOG = System.getLogger(NodeChange.class.getName());

    /** Longest wait for disks to take what is in flight, side by side. */
    static final long STOP_TIMEOUT_S = 20;

    private final NodeParts parts;
    private final Map<String, OpenExport> exports;
    private final ReloadPlan plan;
    private final InterfaceChoice choice;
    private final Prepared prepared;

    /**
     * @param exports what is served, by name; changed by {@link #commit}
     */
    NodeChange(
            NodeParts parts,
            Map<String, OpenExport> exports,
            ReloadPlan plan,
            InterfaceChoice choice,
            Prepared prepared) {
        this.parts = parts;
        this.exports = exports;
        this.plan = plan;
        this.choice = choice;
        this.prepared = prepared;
    }

    /**
     * Goes over.
     *
     * @param say hears of each export that is served, or waits, on a further interface
     * @return what could not be done after all, which is logged and told
     */
    List<EtherbayException> commit(Consumer<String> say) {
        List<EtherbayException> failures = new ArrayList<>();
        leavePlaces();
        warn(say);
        retire(plan.removed().stream().map(spec -> open(exports, spec.name())).toList());
        plan.live().forEach(this::applyLive);
        reopen(failures);
        plan.added().forEach(spec -> attempt(failures, () -> add(spec)));
        enterPlaces(say);
        applyInterfaces();
        return failures;
    }

    /** Of disks that do not behave as disks do, whenever one is opened. */
    private void warn(Consumer<String> say) {
        List<ExportSpec> opened = new ArrayList<>(plan.added());
        plan.reopened().forEach(change -> opened.add(change.after()));
        opened.forEach(spec -> spec.backing()
                .warnings()
                .forEach(warning -> say.accept("warning: " + spec.name() + ": " + warning)));
    }

    private void attempt(List<EtherbayException> failures, Runnable step) {
        try {
            step.run();
        } catch (EtherbayException failure) {
            LOG.log(Level.ERROR, failure.toText());
            failures.add(failure);
        }
    }

    /** Interfaces on which an export that stays is served no longer. */
    private void leavePlaces() {
        plan.forEachServed(spec -> {
            OpenExport open = exports.get(spec.name());
            if (open == null) {
                return;
            }
            Set<String> gone = new TreeSet<>(open.places().keySet());
            gone.removeAll(choice.namesOf(spec));
            for (String name : gone) {
                OpenExport.Place place = open.leave(name);
                parts.calls().run(() -> {
                    parts.serving().displace(open.export(), place.port());
                    parts.ports().release(name);
                });
                place.lock().ifPresent(AddressLock::close);
            }
        });
    }

    /** Stops exports side by side, and lets go of what they had. */
    void retire(List<OpenExport> leaving) {
        stop(leaving).forEach(this::letGo);
    }

    /** The same with all of them, for a process that ends and, most likely, is started anew. */
    void retireForNow() {
        stopForNow(List.copyOf(exports.values())).forEach(this::letGo);
    }

    /**
     * Stops exports that come back, and says so: before, since who waits is to know at once, and
     * when it has finished its writes, which may take its time.
     */
    private List<OpenExport> stopForNow(List<OpenExport> stopping) {
        away(stopping);
        List<OpenExport> stopped = stop(stopping);
        away(stopped);
        return stopped;
    }

    private void away(List<OpenExport> exportsAway) {
        parts.calls().run(() -> exportsAway.forEach(open -> parts.serving().away(open.export())));
    }

    /** Stops exports side by side. @return those whose disk finished; others are served no more */
    private List<OpenExport> stop(List<OpenExport> stopping) {
        Map<OpenExport, CompletableFuture<Boolean>> stops = new LinkedHashMap<>();
        for (OpenExport open : stopping) {
            stops.put(open, parts.calls().later(done -> {
                open.backing().hurry();
                open.export().stop(() -> done.complete(true));
            }));
        }
        Clock clock = parts.shared().loop().clock();
        long deadlineNs = clock.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_TIMEOUT_S);
        List<OpenExport> stopped = new ArrayList<>();
        stops.forEach((open, stop) -> {
            long leftNs = Math.max(0, deadlineNs - clock.nanoTime());
            if (parts.calls().within(leftNs, stop)) {
                stopped.add(open);
            } else {
                hang(open);
            }
        });
        return stopped;
    }

    /** Its disk may still do what it was asked: nobody else gets disk or address. */
    private void hang(OpenExport open) {
        exports.remove(open.spec().name());
        open.backing().bar();
        parts.calls().run(() -> displace(open));
        LOG.log(
                Level.ERROR,
                "{0}: its disk did not finish what is in flight within {1} s; it is served no"
                        + " longer, and its stop is not clean: see what is wrong with {2}, then"
                        + " restart the node",
                open.spec().name(),
                STOP_TIMEOUT_S,
                open.backing());
    }

    private void displace(OpenExport open) {
        open.places()
                .values()
                .forEach(place -> parts.serving().displace(open.export(), place.port()));
    }

    /** Of an export that has stopped: everything. */
    private void letGo(OpenExport open) {
        exports.remove(open.spec().name());
        parts.calls().run(() -> {
            displace(open);
            open.backing().detach();
            open.places().keySet().forEach(parts.ports()::release);
        });
        open.release();
    }

    private void applyLive(ReloadPlan.Change change) {
        OpenExport open = open(exports, change.name());
        open.respecified(change.after());
        parts.calls().run(() -> open.export().apply(change.after().settings()));
        trace(open);
    }

    /** All have stopped before any goes on: two may exchange their disks. */
    private void reopen(List<EtherbayException> failures) {
        List<OpenExport> stopped = stopForNow(plan.reopened().stream()
                .map(change -> open(exports, change.name()))
                .toList());
        for (ReloadPlan.Change change : plan.reopened()) {
            Backing next = prepared.backings().get(change.name());
            if (next == null) {
                throw new AssertionError("what is reopened was prepared");
            }
            OpenExport open = exports.get(change.name());
            if (open == null || !stopped.contains(open)) {
                next.release();
                failures.add(unavailable(change.name(), "its disk"));
            } else {
                attempt(failures, () -> resume(open, change.after(), next));
            }
        }
    }

    private void resume(OpenExport open, ExportSpec spec, Backing next) {
        Export before = open.export();
        Backing former = open.backing();
        boolean resumed = false;
        try {
            checkFree(spec, next);
            Export after = open.reopened(spec, next);
            parts.calls().run(() -> {
                former.detach();
                next.attach();
                parts.serving().replace(before, after, next.toString());
            });
            resumed = true;
        } finally {
            if (!resumed) {
                next.release();
                letGo(open);
            }
        }
        former.release();
        trace(open);
    }

    /** Not while another export of ours may still write to it. */
    private void checkFree(ExportSpec spec, Backing backing) {
        if (backing.isBarred()) {
            throw unavailable(spec.name(), backing + ", which was another export's,");
        }
    }

    private static EtherbayException unavailable(String name, String disk) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                name + " is not served any more",
                disk + " did not finish what is in flight within " + STOP_TIMEOUT_S + " s",
                "see what is wrong with the disk, then restart the node");
    }

    private void add(ExportSpec spec) {
        OpenExport open = prepared.added().get(spec.name());
        if (open == null) {
            throw new AssertionError("what is added was prepared");
        }
        if (open.backing().isBarred()) {
            open.forget();
            checkFree(spec, open.backing());
        }
        parts.calls().run(open.backing()::attach);
        exports.put(spec.name(), open);
        trace(open);
    }

    /** Shows the frames of an export to whom its settings say, and ends what it was shown to. */
    private void trace(OpenExport open) {
        Optional<FrameTracer> former = open.tracer();
        Optional<FrameTracer> wanted = Optional.empty();
        if (open.spec().settings().traceIo()) {
            FrameTracer opened = prepared.tracers().get(open.spec().name());
            wanted = opened == null ? former : Optional.of(opened);
        }
        FrameTracer shown = wanted.orElse(null);
        parts.calls().run(() -> open.export().traceTo(shown));
        open.tracer(wanted);
        if (!former.equals(wanted)) {
            former.ifPresent(FrameTracer::close);
        }
    }

    private void enterPlaces(Consumer<String> say) {
        prepared.places().forEach((exportName, places) -> {
            OpenExport open = exports.get(exportName);
            if (open == null) {
                giveUp(exportName, places);
                return;
            }
            places.forEach((name, place) -> {
                open.enter(name, place);
                say.accept(parts.calls()
                        .call(() -> parts.serving()
                                .place(
                                        open.export(),
                                        place.port(),
                                        open.backing().toString())));
            });
        });
    }

    /** Of an export that could not be opened after all. */
    private void giveUp(String exportName, Map<String, OpenExport.Place> places) {
        Optional.ofNullable(prepared.tracers().get(exportName)).ifPresent(FrameTracer::close);
        places.forEach((name, place) -> {
            place.lock().ifPresent(AddressLock::close);
            parts.calls().run(() -> parts.ports().release(name));
        });
    }

    private void applyInterfaces() {
        Set<String> names = openNames(exports);
        parts.calls()
                .run(() ->
                        names.forEach(name -> parts.ports().apply(name, choice.settingsOf(name))));
    }

    /** The interfaces that are open now; thousands of places are looked through off the loop. */
    static Set<String> openNames(Map<String, OpenExport> exports) {
        return exports.values().stream()
                .flatMap(open -> open.places().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static OpenExport open(Map<String, OpenExport> exports, String name) {
        OpenExport open = exports.get(name);
        if (open == null) {
            throw new AssertionError("a plan names what is served: " + name);
        }
        return open;
    }
}
