// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.admin.PeerSpec;
import etherbay.admin.PeerWatch;
import etherbay.admin.Peers;
import etherbay.admin.TlsIdentity;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.Linux;
import etherbay.node.ApiSpec;
import etherbay.node.NbdFronts;
import etherbay.node.Node;
import etherbay.node.NodeIdentity;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.node.guests.Guests;
import etherbay.node.held.HeldDisk;
import etherbay.node.held.HeldMirror;
import etherbay.node.held.HeldThings;
import etherbay.node.held.HeldVolume;
import etherbay.node.settings.SettingsLayer;
import etherbay.node.settings.SettingsText;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A node that is told in two layers what it is, its settings file and what was applied to it, and
 * becomes so: its exports, and what it holds besides. What cannot be is troubled and tried again.
 *
 * <p>Control code, for any thread; changes come one at a time.
 */
public final class NodeDaemon implements AutoCloseable {
    private static final String OF_FILE = "file";
    private static final String OF_APPLIED = "applied";

    /**
     * Longest time that {@link #close} takes, whatever hangs. With {@link DaemonApi#CLOSE_S_MAX}
     * and the end of the process it is less than the unit has (TimeoutStopSec, 60 s): whom systemd
     * kills has not said what hung.
     */
    static final long CLOSE_S_MAX = 48;

    /** Of that, what is left for all else when exports do not end; they take 20 s themselves. */
    private static final long AFTER_EXPORTS_S = 26;

    /** Of that, what is left for the loop of the node when something held does not end. */
    private static final long AFTER_HELD_S = 6;

    /**
     * What it was told, as one value.
     *
     * @param applied what stands in the store
     */
    private record Told(SettingsLayer file, SettingsLayer layer, Applied applied, Origins origins) {
        static Told of(SettingsLayer file, SettingsLayer layer, Applied applied) {
            return new Told(file, layer, applied, Origins.of(layer.settings()));
        }

        NodeSettings settings() {
            return file.with(layer);
        }
    }

    private final Path config;
    private final String version;
    private final Consumer<String> say;
    private final AppliedStore store;
    private final NodeIdentity identity;
    private final Peers peers;
    private final PeerWatch peerWatch;
    private final Node node;
    private final Counters heldCounters = new Counters();
    private final HeldThings held;
    private final Guests guests;
    private final Retry retry;
    private volatile Told told;
    private final AtomicBoolean closed = new AtomicBoolean();

    private NodeDaemon(
            Path config,
            String version,
            Consumer<String> say,
            AppliedStore store,
            Told told,
            NodeOptions options) {
        this.config = config;
        this.version = version;
        this.say = say;
        this.store = store;
        this.told = told;
        NodeSettings settings = told.settings();
        NodeIdentity host = NodeIdentity.of(settings.state());
        identity = settings.nodes().name().map(host::called).orElse(host);
        peers = new Peers(identity.name(), () -> shown(settings.api()), Linux.clock());
        peers.change(settings.nodes().all());
        peerWatch = new PeerWatch(peers, Linux.clock(), Linux::giveWay);
        node = Node.startAsFar(settings, options, say);
        retry = new Retry(node::retry);
        NbdFronts fronts = new NbdFronts(heldCounters, options.sockets());
        guests = Guests.start(new Guests.Parts(
                identity,
                settings.api().listen().map(InetSocketAddress::getHostString).orElse("127.0.0.1"),
                settings.state().toAbsolutePath(),
                peers,
                () -> this.told.file().settings().places(),
                fronts,
                say));
        held = new HeldThings(
                node,
                settings.state(),
                () -> this.told.file().settings().places(),
                fronts,
                guests::sockets,
                say,
                retry::soon);
    }

    /**
     * Becomes what its two layers say. Returns when every export that can be is served; what is
     * held besides comes by itself.
     *
     * @param config the settings file
     * @param version of this program, as it is reported
     * @param say takes one line for each thing that happens
     * @throws EtherbayException for settings that are wrong in themselves, or a node that cannot
     *     run
     */
    public static NodeDaemon start(
            Path config, String version, NodeOptions options, Consumer<String> say) {
        SettingsLayer file = SettingsLayer.ofFile(config);
        AppliedStore store = AppliedStore.in(file.settings().state());
        Applied applied = store.load();
        SettingsLayer layer = SettingsLayer.ofApplied(applied.text(), store.name(), file);
        NodeDaemon daemon =
                new NodeDaemon(config, version, say, store, Told.of(file, layer, applied), options);
        daemon.held.change(daemon.told.settings().held());
        return daemon;
    }

    /** What other nodes know this one by, as it was at the start. */
    private static Optional<TlsIdentity> shown(ApiSpec api) {
        return api.certificate().map(file -> TlsIdentity.read(file, api.key().orElseThrow()));
    }

    /** What it is to be, by both layers. */
    public NodeSettings settings() {
        return told.settings();
    }

    /** Of the applied layer; grows with each change. */
    public long generation() {
        return told.applied().generation();
    }

    public Node node() {
        return node;
    }

    /** The other nodes: who of them asks, and how they are asked. */
    public Peers peers() {
        return peers;
    }

    /** Who asks them how they are; begins when this node can be asked itself. */
    PeerWatch peerWatch() {
        return peerWatch;
    }

    public HeldThings held() {
        return held;
    }

    /** Completes exceptionally when a bug has ended the node. */
    public CompletableFuture<Void> failure() {
        return node.failure();
    }

    /**
     * Reads the settings file again and becomes what it says.
     *
     * @return how much of it failed when it was too late to turn back
     * @throws EtherbayException when that cannot be; then nothing has changed
     */
    public synchronized int reload() {
        SettingsLayer file = SettingsLayer.ofFile(config, told.layer());
        Told next = Told.of(file, told.layer(), told.applied());
        List<String> difference = difference(next.settings());
        say.accept("reload: "
                + (difference.isEmpty() ? "nothing differs" : difference.size() + " differences"));
        difference.forEach(say);
        List<EtherbayException> failures = become(next, () -> {});
        failures.forEach(failure -> say.accept(failure.toText()));
        say.accept(failures.isEmpty() ? "reload: done" : "reload: done, with failures");
        return failures.size();
    }

    private List<String> difference(NodeSettings next) {
        List<String> lines = new ArrayList<>(node.difference(next));
        lines.addAll(held.difference(next.held()));
        lines.addAll(peersDifference(peers.all(), next.nodes().all()));
        return lines;
    }

    private List<String> peersDifference(List<PeerSpec> before, List<PeerSpec> now) {
        List<String> lines = new ArrayList<>();
        for (PeerSpec spec : now) {
            if (!before.contains(spec) && !spec.name().equals(identity.name())) {
                boolean isKnown = before.stream().anyMatch(it -> it.name().equals(spec.name()));
                lines.add((isKnown ? "~ node " : "+ node ") + spec.name() + ": " + spec.address());
            }
        }
        before.stream()
                .filter(spec -> now.stream().noneMatch(it -> it.name().equals(spec.name())))
                .forEach(spec -> lines.add("- node " + spec.name()));
        return lines;
    }

    private List<EtherbayException> become(Told next, Runnable durable) {
        NodeSettings settings = next.settings();
        List<EtherbayException> failures = node.reload(settings, durable);
        told = next;
        held.change(settings.held());
        peers.change(settings.nodes().all());
        peerWatch.soon();
        retry.soon();
        return failures;
    }

    /**
     * See {@code NodeAdmin.plan}. Waits for no change that is under way, which may wait for disks.
     */
    public List<String> plan(String text, String name) {
        SettingsLayer file = told.file();
        return difference(file.with(SettingsLayer.ofApplied(text, name, file)));
    }

    private SettingsLayer read(String text, String name) {
        return SettingsLayer.ofApplied(text, name, told.file());
    }

    /** See {@code NodeAdmin.apply}. */
    public synchronized NodeAdmin.Applied apply(String text, String name, long ifGeneration) {
        Told now = told;
        if (ifGeneration >= 0 && ifGeneration != now.applied().generation()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "nothing was applied: generation %d is in force, not %d"
                            .formatted(now.applied().generation(), ifGeneration),
                    "another change has come between",
                    "look at what there is now (etherbay export-config), and apply again");
        }
        String normal = SettingsText.ofApplied(read(text, name).settings());
        boolean same = normal.equals(exportSettings());
        Applied applied =
                same ? now.applied() : new Applied(now.applied().generation() + 1, normal);
        Told next = Told.of(now.file(), read(normal, store.name()), applied);
        List<String> lines = new ArrayList<>(difference(next.settings()));
        Runnable durable = same ? () -> {} : () -> store.save(now.applied(), applied);
        for (EtherbayException failure : become(next, durable)) {
            lines.add("! " + failure.getMessage() + ": " + failure.why());
        }
        return new NodeAdmin.Applied(lines, applied.generation());
    }

    /** See {@code NodeAdmin.exportSettings}. */
    public NodeAdmin.Settings applied() {
        Told now = told;
        return new NodeAdmin.Settings(
                SettingsText.ofApplied(now.layer().settings()), now.applied().generation());
    }

    /** The text of {@link #applied}. */
    public String exportSettings() {
        return applied().text();
    }

    /** See {@code NodeAdmin.report}. */
    public NodeReport report() {
        Told now = told;
        Origins origins = now.origins();
        Node.View view =
                node.view(name -> origins.isApplied("export " + name) ? OF_APPLIED : OF_FILE);
        return new NodeReport(
                identity.name(),
                version,
                ProcessHandle.current().pid(),
                node.startedMs(),
                Linux.clock().wallMillis(),
                now.file().settings().state().toAbsolutePath().toString(),
                now.applied().generation(),
                view.exports(),
                view.interfaces(),
                view.rogues(),
                held.all(HeldDisk.class).stream()
                        .map(one -> one.report(origin(origins, one.spec().key())))
                        .toList(),
                mirrors(origins),
                held.all(HeldVolume.class).stream()
                        .map(one -> one.report(origin(origins, one.spec().key())))
                        .toList(),
                peerWatch.seen(),
                guests.reports(),
                counters(view.counters()));
    }

    private List<NodeReport.Mirror> mirrors(Origins origins) {
        List<NodeReport.Mirror> mirrors = new ArrayList<>();
        held.all(HeldMirror.class)
                .forEach(
                        one -> mirrors.add(one.report(origin(origins, one.spec().key()))));
        mirrors.addAll(guests.mirrors());
        return mirrors;
    }

    private static String origin(Origins origins, String key) {
        return origins.isApplied(key) ? OF_APPLIED : OF_FILE;
    }

    private Map<String, Long> counters(Map<String, Long> ofNode) {
        Map<String, Long> all = new TreeMap<>(ofNode);
        heldCounters.snapshot().forEach((name, count) -> all.merge(name, count, Long::sum));
        return all;
    }

    /** A mirror that it holds, open or not. */
    Optional<HeldMirror> mirror(String name) {
        return held.mirror(name);
    }

    /** The virtual machines that it knows of. */
    Guests guests() {
        return guests;
    }

    /** Where commands find mirrors of other processes. */
    Path stateFolder() {
        return told.file().settings().state();
    }

    /**
     * Ends in order: the exports, then what is held, which they may lie on. Within {@link
     * #CLOSE_S_MAX} seconds, also behind a change that hangs.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        EndInTime end = new EndInTime(Linux.clock(), CLOSE_S_MAX);
        node.hurry();
        peerWatch.close();
        end.step("the exports", AFTER_EXPORTS_S, () -> {
            node.retire();
            retry.close();
        });
        end.step("the guests' disks", AFTER_HELD_S, guests::close);
        held.close(end.deadlineNs(AFTER_HELD_S));
        end.step("the node", 0, node::close);
    }
}
