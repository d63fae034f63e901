// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.linux.AddressLock;
import etherbay.node.trace.FrameTracer;
import etherbay.target.Export;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * One change of what a node serves: its start, a reload, an interface that came or went. Two
 * phases on one control thread. {@link #prepare} does all that can fail, the questions to the
 * segments included, and takes it back if something does: then nothing has changed. {@link #commit}
 * goes over: exports that are not named by the plan do not notice.
 *
 * <p>What cannot be prepared is only rehearsed: a backing that an export of ours still holds is
 * opened when that has let go of it.
 */
final class NodeChange {
    private static final Logger LOG = System.getLogger(NodeChange.class.getName());

    /** Longest wait for a disk to take what is in flight. */
    static final long STOP_TIMEOUT_S = 20;

    private final NodeParts parts;
    private final Map<String, OpenExport> exports;
    private final ReloadPlan plan;
    private final InterfaceChoice choice;
    private final Undo undo = new Undo();

    /** Opened already, by name: of what is added, and of backings that replace others. */
    private final Map<String, OpenExport> opened = new TreeMap<>();

    private final Map<String, Backing> backings = new TreeMap<>();

    /** For those that are traced from now on, or into another file. */
    private final Map<String, FrameTracer> tracers = new TreeMap<>();

    /** New places by export and interface. */
    private final Map<String, Map<String, OpenExport.Place>> newPlaces = new TreeMap<>();

    /**
     * @param exports what is served, by name; changed by {@link #commit}
     */
    NodeChange(
            NodeParts parts,
            Map<String, OpenExport> exports,
            ReloadPlan plan,
            InterfaceChoice choice) {
        this.parts = parts;
        this.exports = exports;
        this.plan = plan;
        this.choice = choice;
    }

    // ---- prepare ----

    /** Everything that can fail; on failure nothing has changed. */
    void prepare() {
        boolean prepared = false;
        try {
            checkInterfaces();
            openTraces();
            openBackings();
            takePlaces();
            askSegments();
            prepared = true;
        } finally {
            if (!prepared) {
                undo.close();
            }
        }
    }

    private void checkInterfaces() {
        Set<String> names = openNames();
        parts.calls()
                .run(() ->
                        names.forEach(name -> parts.ports().check(name, choice.settingsOf(name))));
    }

    /** The interfaces that are open now; thousands of places are looked through off the loop. */
    private Set<String> openNames() {
        return exports.values().stream()
                .flatMap(open -> open.places().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void openTraces() {
        plan.added().forEach(spec -> openTrace(Optional.empty(), spec));
        plan.reopened().forEach(change -> openTrace(Optional.of(change.before()), change.after()));
        plan.live().forEach(change -> openTrace(Optional.of(change.before()), change.after()));
    }

    private void openTrace(Optional<ExportSpec> before, ExportSpec after) {
        boolean same = before.isPresent()
                && before.get().settings().traceIo()
                && before.get().traceFile().equals(after.traceFile());
        if (after.settings().traceIo() && !same) {
            FrameTracer tracer = parts.traces().tracer(after.name(), after.traceFile());
            undo.add(tracer::close);
            tracers.put(after.name(), tracer);
        }
    }

    private void openBackings() {
        Set<Path> heldByOthers = heldAndReleased();
        List<Runnable> work = new ArrayList<>();
        for (ExportSpec spec : plan.added()) {
            boolean late = !heldByOthers.isEmpty() && heldByOthers.contains(Backing.realPath(spec));
            work.add(late ? () -> rehearse(spec, 0) : () -> openExport(spec));
        }
        for (ReloadPlan.Change change : plan.reopened()) {
            long sectors = parts.calls().call(() -> open(change.name()).export().sectors());
            boolean late = heldByOthers.contains(Backing.realPath(change.after()));
            work.add(
                    late
                            ? () -> rehearse(change.after(), sectors)
                            : () -> openBacking(change.after(), sectors));
        }
        ParallelWork.runAll(work);
    }

    private OpenExport open(String name) {
        OpenExport open = exports.get(name);
        if (open == null) {
            throw new AssertionError("a plan names what is served: " + name);
        }
        return open;
    }

    /** Files that exports of ours hold now and will not hold any more. */
    private Set<Path> heldAndReleased() {
        Set<Path> held = new HashSet<>();
        plan.removed().forEach(spec -> held.add(open(spec.name()).backing().path()));
        plan.reopened().forEach(change -> held.add(open(change.name()).backing().path()));
        return held;
    }

    private void openExport(ExportSpec spec) {
        OpenExport open = OpenExport.open(spec, parts.shared());
        undo.add(open::release);
        synchronized (opened) {
            opened.put(spec.name(), open);
        }
    }

    private void openBacking(ExportSpec spec, long sectorsMin) {
        Backing backing = Backing.open(spec, parts.shared());
        undo.add(backing::release);
        checkSize(spec, backing.device().sectors(), sectorsMin);
        synchronized (backings) {
            backings.put(spec.name(), backing);
        }
    }

    private void rehearse(ExportSpec spec, long sectorsMin) {
        checkSize(spec, Backing.rehearse(spec, parts.shared()), sectorsMin);
    }

    private static void checkSize(ExportSpec spec, long sectors, long sectorsMin) {
        if (sectors < sectorsMin) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "%s cannot go over to %s, which is smaller"
                            .formatted(spec.name(), spec.backing()),
                    "initiators use it with %d sectors of 512 bytes, and it would have %d"
                            .formatted(sectorsMin, sectors),
                    "give it at least that size; or take the export out, reload, and add it again"
                            + " when no initiator uses it");
        }
    }

    private void takePlaces() {
        forEachSpec(spec -> {
            Set<String> taken = exports.containsKey(spec.name())
                    ? open(spec.name()).places().keySet()
                    : Set.of();
            Map<String, OpenExport.Place> places = new LinkedHashMap<>();
            for (String name : choice.namesOf(spec)) {
                if (!taken.contains(name)) {
                    places.put(name, takePlace(spec, name));
                }
            }
            newPlaces.put(spec.name(), places);
        });
    }

    private OpenExport.Place takePlace(ExportSpec spec, String name) {
        EthernetPort port = parts.calls()
                .call(() -> parts.ports()
                        .acquire(name, choice.settingsOf(name), choice.downAllowed(spec, name)));
        undo.add(() -> parts.calls().run(() -> parts.ports().release(name)));
        Optional<AddressLock> lock = Optional.empty();
        if (!parts.force()) {
            lock = Optional.of(AddressLock.take("etherbay/" + name + "/" + spec.name()));
            undo.add(lock.get()::close);
        }
        return new OpenExport.Place(port, lock);
    }

    private void forEachSpec(Consumer<ExportSpec> action) {
        plan.added().forEach(action);
        plan.reopened().forEach(change -> action.accept(change.after()));
        plan.live().forEach(change -> action.accept(change.after()));
        plan.kept().forEach(action);
    }

    /** Whether another box serves what we are about to. */
    private void askSegments() {
        Map<EthernetPort, Set<Address>> questions = new HashMap<>();
        forEachSpec(spec -> newPlaces
                .get(spec.name())
                .values()
                .forEach(place -> questions
                        .computeIfAbsent(place.port(), _ -> new HashSet<>())
                        .add(Address.of(spec.settings()))));
        if (parts.force()) {
            return;
        }
        List<CompletableFuture<AddressProbe.Answers>> answers = new ArrayList<>();
        questions.forEach((port, addresses) -> answers.add(parts.calls().later(done -> {
            if (port.linkUp()) {
                parts.neighbours().probe(port, addresses, done::complete);
            } else {
                done.complete(new AddressProbe.Answers(port, Map.of()));
            }
        })));
        for (CompletableFuture<AddressProbe.Answers> answer : answers) {
            AddressProbe.Answers heard = parts.calls().await(answer);
            for (Map.Entry<Address, MacAddress> server : heard.servers().entrySet()) {
                throw Serving.taken(server.getKey(), heard.port(), server.getValue());
            }
        }
    }

    /** Takes back what was prepared. */
    void abandon() {
        undo.close();
    }

    // ---- commit ----

    /**
     * Goes over.
     *
     * @param say hears of each export that is served, or waits, on a further interface
     * @return what could not be done after all, which is logged and told
     */
    List<EtherbayException> commit(Consumer<String> say) {
        undo.keep();
        List<EtherbayException> failures = new ArrayList<>();
        leavePlaces();
        retire(plan.removed().stream().map(spec -> exports.remove(spec.name())).toList());
        plan.live().forEach(this::applyLive);
        reopen(failures);
        plan.added().forEach(spec -> attempt(failures, () -> add(spec)));
        enterPlaces(say);
        applyInterfaces();
        return failures;
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
        forEachSpec(spec -> {
            OpenExport open = exports.get(spec.name());
            if (open == null) {
                return;
            }
            Set<String> gone = new TreeSet<>(open.places().keySet());
            gone.removeAll(choice.namesOf(spec));
            for (String name : gone) {
                OpenExport.Place place = open.places().remove(name);
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
        List<CompletableFuture<Boolean>> stops = new ArrayList<>();
        for (OpenExport open : leaving) {
            stops.add(parts.calls().later(done -> {
                open.places()
                        .values()
                        .forEach(place -> parts.serving().displace(open.export(), place.port()));
                open.export().stop(() -> done.complete(true));
            }));
        }
        for (int i = 0; i < leaving.size(); i++) {
            OpenExport open = leaving.get(i);
            if (!parts.calls().await(stops.get(i), STOP_TIMEOUT_S)) {
                LOG.log(
                        Level.WARNING,
                        "{0}: its disk did not finish in time; it is left open, and its stop is"
                                + " not clean",
                        open.spec().name());
                continue;
            }
            parts.calls().run(() -> {
                open.backing().detach();
                open.places().keySet().forEach(parts.ports()::release);
            });
            open.release();
        }
    }

    private void applyLive(ReloadPlan.Change change) {
        OpenExport open = open(change.name());
        open.respecified(change.after());
        parts.calls().run(() -> open.export().apply(change.after().settings()));
        trace(open);
    }

    /** All let go of what they had before any opens: two may change places. */
    private void reopen(List<EtherbayException> failures) {
        Map<ReloadPlan.Change, CompletableFuture<Boolean>> stops = new LinkedHashMap<>();
        plan.reopened().forEach(change -> {
            Export export = open(change.name()).export();
            stops.put(change, parts.calls().later(done -> export.stop(() -> done.complete(true))));
        });
        List<ReloadPlan.Change> stopped = new ArrayList<>();
        stops.forEach((change, stop) -> attempt(failures, () -> {
            letGo(change, stop);
            stopped.add(change);
        }));
        stopped.forEach(change -> attempt(failures, () -> openAgain(change)));
    }

    private void letGo(ReloadPlan.Change change, CompletableFuture<Boolean> stop) {
        if (!parts.calls().await(stop, STOP_TIMEOUT_S)) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    change.name() + " answers nothing any more",
                    "its disk did not finish what is in flight within " + STOP_TIMEOUT_S + " s",
                    "see what is wrong with " + change.before().backing()
                            + ", then restart the node");
        }
        Backing former = open(change.name()).backing();
        parts.calls().run(former::detach);
        former.release();
    }

    private void openAgain(ReloadPlan.Change change) {
        Backing prepared = backings.get(change.name());
        if (prepared != null) {
            resume(change.after(), prepared);
            return;
        }
        try {
            resume(change.after(), Backing.open(change.after(), parts.shared()));
        } catch (EtherbayException refused) {
            // It was rehearsed, so somebody took it in this moment; the former one beats none.
            resume(change.before(), Backing.open(change.before(), parts.shared()));
            throw refused;
        }
    }

    private void resume(ExportSpec spec, Backing backing) {
        OpenExport open = open(spec.name());
        Export before = open.export();
        Export after = open.reopened(spec, backing);
        parts.calls().run(() -> {
            backing.attach();
            parts.serving().replace(before, after, backing.toString());
        });
        trace(open);
    }

    private void add(ExportSpec spec) {
        OpenExport open = opened.get(spec.name());
        if (open == null) {
            open = OpenExport.open(spec, parts.shared());
        }
        OpenExport ready = open;
        parts.calls().run(ready.backing()::attach);
        trace(ready);
        exports.put(spec.name(), ready);
    }

    /** Shows the frames of an export to whom its settings say, and ends what it was shown to. */
    private void trace(OpenExport open) {
        Optional<FrameTracer> former = open.tracer();
        Optional<FrameTracer> wanted = Optional.empty();
        if (open.spec().settings().traceIo()) {
            FrameTracer opened = tracers.get(open.spec().name());
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
        newPlaces.forEach((exportName, places) -> {
            OpenExport open = exports.get(exportName);
            if (open == null) {
                giveUp(places);
                return;
            }
            places.forEach((name, place) -> {
                open.places().put(name, place);
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
    private void giveUp(Map<String, OpenExport.Place> places) {
        places.forEach((name, place) -> {
            place.lock().ifPresent(AddressLock::close);
            parts.calls().run(() -> parts.ports().release(name));
        });
    }

    private void applyInterfaces() {
        Set<String> names = openNames();
        parts.calls()
                .run(() ->
                        names.forEach(name -> parts.ports().apply(name, choice.settingsOf(name))));
    }
}
