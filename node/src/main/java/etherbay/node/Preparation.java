// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.linux.AddressLock;
import etherbay.node.trace.FrameTracer;
import etherbay.target.Export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * All of a change that can fail: opens disks and state files, capture files and ports, takes the
 * locks of the addresses, asks the segments whether others serve them. One control thread, one
 * use; see {@link NodeChange}.
 */
final class Preparation {
    /**
     * What a change goes over with, by the names of the exports.
     *
     * @param added opened, not attached
     * @param backings for what is reopened
     * @param tracers for those that are traced from now on, or into another file
     * @param places new ones, by interface
     * @param refused of those to be added the ones that cannot be, each with the reason; they have
     *     nothing of the rest
     */
    record Prepared(
            Map<String, OpenExport> added,
            Map<String, Backing> backings,
            Map<String, FrameTracer> tracers,
            Map<String, Map<String, OpenExport.Place>> places,
            Map<String, EtherbayException> refused) {
        /** For a change that adds nothing. */
        static Prepared nothing() {
            return new Prepared(Map.of(), Map.of(), Map.of(), Map.of(), Map.of());
        }
    }

    private final NodeParts parts;
    private final Map<String, OpenExport> exports;
    private final ReloadPlan plan;
    private final InterfaceChoice choice;
    private final Undo undo = new Undo();

    /** Of each export that is added, what can be taken back of it alone. */
    private final Map<String, Undo> undoOfAdded = new TreeMap<>();

    private final Prepared prepared = new Prepared(
            new ConcurrentSkipListMap<>(),
            new ConcurrentSkipListMap<>(),
            new ConcurrentSkipListMap<>(),
            new ConcurrentSkipListMap<>(),
            new ConcurrentSkipListMap<>());
    private boolean asFar;

    /**
     * @param exports what is served, by name; not changed
     */
    Preparation(
            NodeParts parts,
            Map<String, OpenExport> exports,
            ReloadPlan plan,
            InterfaceChoice choice) {
        this.parts = parts;
        this.exports = exports;
        this.plan = plan;
        this.choice = choice;
        plan.added().forEach(spec -> undoOfAdded.put(spec.name(), new Undo()));
    }

    /**
     * @param last is done when all else is, and may fail as that may
     * @throws EtherbayException for the first thing that cannot be; then nothing has changed
     */
    Prepared prepare(Runnable last) {
        try (undo) {
            undo.add(() -> undoOfAdded.values().forEach(Undo::close));
            checkInterfaces();
            openTraces();
            openBackings();
            takePlaces();
            askSegments();
            last.run();
            undo.keep();
            return prepared;
        }
    }

    /**
     * The same, as far as it can be: an export that cannot be added is refused, and holds up no
     * other.
     *
     * @throws EtherbayException for what is wrong with those that are served already
     */
    Prepared prepareAsFar() {
        asFar = true;
        return prepare(() -> {});
    }

    /**
     * One step for an export; what it throws may refuse one that is added. Any thread that is the
     * only one for this export.
     */
    private void step(ExportSpec spec, Runnable step) {
        if (prepared.refused().containsKey(spec.name())) {
            return;
        }
        try {
            step.run();
        } catch (EtherbayException why) {
            if (!asFar || !undoOfAdded.containsKey(spec.name())) {
                throw why;
            }
            refuse(spec.name(), why);
        }
    }

    private void refuse(String name, EtherbayException why) {
        prepared.refused().put(name, why);
        undoOf(name).close();
    }

    /** Of an export, whether it is added or served already. */
    private Undo undoOf(String name) {
        return undoOfAdded.getOrDefault(name, undo);
    }

    private void checkInterfaces() {
        Set<String> names = NodeChange.openNames(exports);
        parts.calls()
                .run(() ->
                        names.forEach(name -> parts.ports().check(name, choice.settingsOf(name))));
    }

    private void openTraces() {
        plan.added().forEach(spec -> step(spec, () -> openTrace(Optional.empty(), spec)));
        plan.reopened().forEach(change -> openTrace(Optional.of(change.before()), change.after()));
        plan.live().forEach(change -> openTrace(Optional.of(change.before()), change.after()));
    }

    private void openTrace(Optional<ExportSpec> before, ExportSpec after) {
        boolean same = before.isPresent()
                && before.get().settings().traceIo()
                && before.get().traceFile().equals(after.traceFile());
        if (after.settings().traceIo() && !same) {
            FrameTracer tracer = parts.traces().tracer(after.name(), after.traceFile());
            prepared.tracers().put(after.name(), tracer);
            undoOf(after.name()).add(() -> {
                prepared.tracers().remove(after.name());
                tracer.close();
            });
        }
    }

    private void openBackings() {
        List<Runnable> work = new ArrayList<>();
        plan.added().forEach(spec -> work.add(() -> step(spec, () -> openExport(spec))));
        for (ReloadPlan.Change change : plan.reopened()) {
            Export export = NodeChange.open(exports, change.name()).export();
            long sectors = parts.calls().call(export::sectors);
            work.add(() -> openBacking(change.after(), sectors));
        }
        ParallelWork.runAll(work);
    }

    private void openExport(ExportSpec spec) {
        OpenExport open = OpenExport.open(spec, parts.shared());
        prepared.added().put(spec.name(), open);
        undoOf(spec.name()).add(() -> {
            prepared.added().remove(spec.name());
            open.forget();
        });
    }

    private void openBacking(ExportSpec spec, long sectorsMin) {
        Backing backing = Backing.open(Backing.Wish.of(spec), parts.shared().backings());
        undo.add(backing::release);
        checkSize(spec, backing.device().sectors(), sectorsMin);
        prepared.backings().put(spec.name(), backing);
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
        plan.forEachServed(spec -> step(spec, () -> takePlaces(spec)));
    }

    private void takePlaces(ExportSpec spec) {
        OpenExport open = exports.get(spec.name());
        Set<String> taken = open == null ? Set.of() : open.places().keySet();
        Map<String, OpenExport.Place> places = new LinkedHashMap<>();
        for (String name : choice.namesOf(spec)) {
            if (!taken.contains(name)) {
                places.put(name, takePlace(spec, name));
            }
        }
        prepared.places().put(spec.name(), places);
        undoOf(spec.name()).add(() -> prepared.places().remove(spec.name()));
    }

    private OpenExport.Place takePlace(ExportSpec spec, String name) {
        EthernetPort port = parts.calls()
                .call(() -> parts.ports()
                        .acquire(name, choice.settingsOf(name), choice.downAllowed(spec, name)));
        Undo undoHere = undoOf(spec.name());
        undoHere.add(() -> parts.calls().run(() -> parts.ports().release(name)));
        Optional<AddressLock> lock = Optional.empty();
        if (!parts.force()) {
            lock = Optional.of(AddressLock.take("etherbay/" + name + "/" + spec.name()));
            undoHere.add(lock.get()::close);
        }
        return new OpenExport.Place(port, lock);
    }

    /** Whether another box serves what we are about to. */
    private void askSegments() {
        Map<EthernetPort, Set<Address>> questions = new HashMap<>();
        plan.forEachServed(spec -> prepared.places()
                .getOrDefault(spec.name(), Map.of())
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
            heard.servers().forEach((address, other) -> taken(heard.port(), address, other));
        }
    }

    private void taken(EthernetPort port, Address address, MacAddress other) {
        EtherbayException why = Serving.taken(address, port, other);
        String name = address.toString();
        if (!asFar || !undoOfAdded.containsKey(name)) {
            throw why;
        }
        if (!prepared.refused().containsKey(name)) { // on another of its ports
            refuse(name, why);
        }
    }
}
