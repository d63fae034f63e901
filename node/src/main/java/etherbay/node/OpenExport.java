// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.linux.AddressLock;
import etherbay.linux.Linux;
import etherbay.node.trace.FrameTracer;
import etherbay.target.Export;
import etherbay.target.ExportRecords;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;
import etherbay.target.StateWriter;
import etherbay.target.WriteLog;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * An export with all that was opened for it: its state, locked and durable before the first frame;
 * its backing; and the interfaces on which it is served. For control threads, one at a time, but
 * for {@link #view}; the export itself belongs to the loop.
 */
final class OpenExport {
    /** What every export of a node shares. */
    record Shared(
            Loop loop,
            Counters counters,
            Backing.Opener backings,
            Path stateFolder,
            StateWriter stateWriter,
            @Nullable WriteLog writeLog,
            LongSupplier random) {}

    /** On one interface: the port, and the lock that keeps other processes from the address. */
    record Place(EthernetPort port, Optional<AddressLock> lock) {}

    /** What may be shown of it while a control thread changes it. */
    record View(ExportSpec spec, Export export, boolean traced, Map<String, EthernetPort> ports) {}

    private final Shared shared;
    private final FileStateStore store;
    private final Optional<ExportState> stateBefore;
    private final Map<String, Place> places = new LinkedHashMap<>();
    private ExportSpec spec;
    private Backing backing;
    private Export export;
    private Optional<FrameTracer> tracer = Optional.empty();
    private volatile View view;

    private OpenExport(Shared shared, ExportSpec spec, FileStateStore store, Backing backing) {
        this.shared = shared;
        this.store = store;
        this.spec = spec;
        this.backing = backing;
        stateBefore = store.load();
        export = exportOver(spec, backing, stateBefore);
        view = new View(spec, export, false, Map.of());
    }

    /** Something that is shown of it has changed. */
    private void changed() {
        Map<String, EthernetPort> ports = new LinkedHashMap<>();
        places.forEach((name, place) -> ports.put(name, place.port()));
        view = new View(spec, export, tracer.isPresent(), Collections.unmodifiableMap(ports));
    }

    /**
     * Opens all that an export needs; blocks, and may be called by several threads for several
     * exports.
     */
    static OpenExport open(ExportSpec spec, Shared shared) {
        try (Undo undo = new Undo()) {
            Backing backing = Backing.open(Backing.Wish.of(spec), shared.backings());
            undo.add(backing::release);
            FileStateStore store = FileStateStore.open(
                    shared.stateFolder(),
                    spec.name(),
                    shared.stateWriter(),
                    shared.loop().mailbox());
            undo.add(store::close);
            OpenExport open = new OpenExport(shared, spec, store, backing);
            undo.keep();
            return open;
        }
    }

    /** Its state is durable when this returns: no frame has been answered before. */
    private Export exportOver(ExportSpec served, Backing over, Optional<ExportState> former) {
        ExportState state =
                ExportState.opened(former, Linux.bootId(), over.identity(), shared.random());
        store.write(state);
        return new Export(
                shared.loop(),
                shared.counters(),
                served.settings(),
                over.device(),
                new ExportRecords(state, store, shared.writeLog(), shared.random()));
    }

    ExportSpec spec() {
        return spec;
    }

    Export export() {
        return export;
    }

    Backing backing() {
        return backing;
    }

    /** What its frames are shown to, while they are. */
    Optional<FrameTracer> tracer() {
        return tracer;
    }

    void tracer(Optional<FrameTracer> shown) {
        tracer = shown;
        changed();
    }

    /** As it is now; any thread, whatever is being done to it. */
    View view() {
        return view;
    }

    /** By the names of the interfaces. */
    Map<String, Place> places() {
        return Collections.unmodifiableMap(places);
    }

    /** It is about to be served there. */
    void enter(String interfaceName, Place place) {
        places.put(interfaceName, place);
        changed();
    }

    /** It is about to be served there no longer. @return where it was */
    Place leave(String interfaceName) {
        Place left = places.remove(interfaceName);
        if (left == null) {
            throw new AssertionError(spec.name() + " is not served on " + interfaceName);
        }
        changed();
        return left;
    }

    /** Goes on under other settings, which the export has been given. */
    void respecified(ExportSpec next) {
        spec = next;
        changed();
    }

    /**
     * Serves another backing, or the same one opened otherwise: for an export that has stopped.
     * The former backing is the caller's to let go of. Blocks.
     *
     * @return the export in the former one's place, with its state
     * @throws EtherbayException when its state cannot be written; then nothing is other than before
     */
    Export reopened(ExportSpec next, Backing newBacking) {
        ExportState former = export.state();
        if (export.syncFailed() && !former.syncFailed()) {
            former = former.withFailedSync(shared.random()); // it could not be recorded so far
        }
        Export after = exportOver(next, newBacking, Optional.of(former));
        spec = next;
        backing = newBacking;
        export = after;
        changed();
        return after;
    }

    /** It will not be served after all: what is stored of it is as it was. */
    void forget() {
        stateBefore.ifPresentOrElse(store::write, store::delete);
        release();
    }

    /** When nothing is in flight and the loop knows it no more: lets go of everything. */
    void release() {
        tracer.ifPresent(FrameTracer::close);
        backing.release();
        store.close();
        places.values().forEach(place -> place.lock().ifPresent(AddressLock::close));
        places.clear();
    }
}
