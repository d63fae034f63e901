// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.linux.Linux;
import etherbay.nbd.NbdAddress;
import etherbay.node.NbdFronts;
import etherbay.node.Node;
import etherbay.node.volume.VolumePlaces;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * All that a node holds besides its exports. Disks are begun first, then mirrors, then volumes; of
 * what is not there the next kind waits for a moment only. Ended in the opposite order. Control
 * code: {@link #change} and {@link #close} one at a time, the rest at any time.
 */
public final class HeldThings {
    private static final Logger LOG = System.getLogger(HeldThings.class.getName());

    /** A volume takes 20 s, a mirror and a disk 30 s each when what they lie on is silent. */
    private static final long CHANGE_S_MAX = 100;

    /** What is there is open within that time; what lies on it may then begin. */
    private static final long SETTLE_S = 3;

    private final Node node;
    private final Path stateFolder;
    private final Supplier<VolumePlaces> places;
    private final NbdFronts fronts;
    private final Supplier<List<NbdAddress>> others;
    private final Consumer<String> say;
    private final Runnable opened;
    private final Map<String, Held<?>> byKey = new TreeMap<>();
    private boolean closed;

    /**
     * @param stateFolder where commands find the mirrors
     * @param places where volumes are looked for, when a leg is one
     * @param fronts what they are offered by
     * @param others addresses of those fronts at which somebody else serves
     * @param say hears in lines what becomes of all
     * @param opened runs whenever one of them is open
     */
    public HeldThings(
            Node node,
            Path stateFolder,
            Supplier<VolumePlaces> places,
            NbdFronts fronts,
            Supplier<List<NbdAddress>> others,
            Consumer<String> say,
            Runnable opened) {
        this.node = node;
        this.stateFolder = stateFolder;
        this.places = places;
        this.fronts = fronts;
        this.others = others;
        this.say = say;
        this.opened = opened;
    }

    /** One line for each difference from what is held now. */
    public List<String> difference(List<HeldSpec> wanted) {
        return HeldText.difference(specs(), wanted);
    }

    private synchronized List<HeldSpec> specs() {
        return byKey.values().stream().<HeldSpec>map(Held::spec).toList();
    }

    /**
     * Holds these from now on. What does not differ goes on, but for what a person has stopped,
     * which is begun again, and what is troubled, which is tried at once.
     */
    public void change(List<HeldSpec> wanted) {
        Set<HeldSpec> kept = new HashSet<>(wanted);
        List<Held<?>> leaving = new ArrayList<>();
        synchronized (this) {
            byKey.values().removeIf(held -> {
                boolean leaves = !kept.contains(held.spec());
                if (leaves) {
                    leaving.add(held);
                }
                return leaves;
            });
            byKey.values().forEach(Held::beginAgain);
        }
        end(leaving, Linux.clock().nanoTime() + TimeUnit.SECONDS.toNanos(CHANGE_S_MAX));
        Stream<NbdAddress> ours =
                wanted.stream().flatMap(spec -> spec.front().stream()).map(HeldSpec.Front::address);
        fronts.dropAllBut(Stream.concat(ours, others.get().stream()).toList());
        begin(wanted);
    }

    private synchronized void begin(List<HeldSpec> wanted) {
        if (closed) {
            return;
        }
        List<HeldSpec> fresh = wanted.stream()
                .filter(spec -> !byKey.containsKey(spec.key()))
                .sorted(Comparator.comparing(HeldSpec::kind))
                .toList();
        Map<HeldSpec.Kind, List<Held<?>>> begun = new HashMap<>();
        for (HeldSpec spec : fresh) {
            Held<?> held = made(spec);
            byKey.put(spec.key(), held);
            begun.computeIfAbsent(spec.kind(), _ -> new ArrayList<>()).add(held);
        }
        CompletableFuture<Void> before = CompletableFuture.completedFuture(null);
        for (HeldSpec.Kind kind : HeldSpec.Kind.values()) {
            List<Held<?>> ofKind = begun.getOrDefault(kind, List.of());
            CompletableFuture<Void> earlier = before;
            ofKind.forEach(held -> held.begin(earlier));
            if (!ofKind.isEmpty()) {
                CompletableFuture<Void> settled = CompletableFuture.allOf(
                        ofKind.stream().map(Held::settled).toArray(CompletableFuture<?>[]::new));
                before = earlier.thenCompose(
                        _ -> settled.completeOnTimeout(null, SETTLE_S, TimeUnit.SECONDS));
            }
        }
    }

    private Held<?> made(HeldSpec spec) {
        return switch (spec) {
            case HeldSpec.Disk disk -> new HeldDisk(disk, fronts, say, this::opened);
            case HeldSpec.Mirror mirror ->
                new HeldMirror(mirror, stateFolder, places, fronts, say, this::opened);
            case HeldSpec.Volume volume -> new HeldVolume(volume, node, fronts, say, this::opened);
        };
    }

    /** Something else may lie on what has just been opened. */
    private void opened() {
        List<Held<?>> all;
        synchronized (this) {
            all = List.copyOf(byKey.values());
        }
        all.forEach(Held::nudge);
        opened.run();
    }

    /**
     * The last kind first; those of one kind side by side, and in such a part of the time that the
     * other kinds have theirs. What has not ended then is left behind.
     */
    static void end(List<Held<?>> leaving, long deadlineNs) {
        List<List<Held<?>>> byKind = Stream.of(HeldSpec.Kind.values())
                .map(kind -> leaving.stream()
                        .filter(held -> held.spec().kind() == kind)
                        .toList())
                .filter(ofKind -> !ofKind.isEmpty())
                .toList();
        for (int left = byKind.size(); left > 0; left--) {
            List<Held<?>> ofKind = byKind.get(left - 1);
            long nowNs = Linux.clock().nanoTime();
            long untilNs = nowNs + Math.max(0, deadlineNs - nowNs) / left;
            ofKind.forEach(Held::closeSoon);
            ofKind.forEach(held -> end(held, untilNs));
        }
    }

    private static void end(Held<?> held, long untilNs) {
        if (!held.close(Math.max(0, untilNs - Linux.clock().nanoTime()))) {
            LOG.log(
                    Level.ERROR,
                    "the {0} has not ended in time, and is not waited for: see what is wrong with"
                            + " what it lies on, and whether it was in use",
                    held.spec().key());
        }
    }

    /** In the order of their names. */
    public <H extends Held<?>> List<H> all(Class<H> kind) {
        synchronized (this) {
            return byKey.values().stream()
                    .filter(kind::isInstance)
                    .map(kind::cast)
                    .toList();
        }
    }

    /** The mirror of that name, open or not. */
    public synchronized Optional<HeldMirror> mirror(String name) {
        return byKey.get(HeldSpec.Kind.MIRROR + " " + name) instanceof HeldMirror mirror
                ? Optional.of(mirror)
                : Optional.empty();
    }

    /** Ends all in order, by then at the latest; nothing is held any more. */
    public void close(long deadlineNs) {
        List<Held<?>> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(byKey.values());
            byKey.clear();
        }
        end(all, deadlineNs);
    }
}
