// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.NodeReport;
import etherbay.admin.Peers;
import etherbay.admin.TaskKind;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.KeeperParts;
import etherbay.guest.machine.Hypervisor;
import etherbay.guest.machine.QemuHypervisor;
import etherbay.linux.Linux;
import etherbay.nbd.NbdAddress;
import etherbay.node.NbdFronts;
import etherbay.node.NodeIdentity;
import etherbay.node.held.MirrorReports;
import etherbay.node.volume.VolumePlaces;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The guests of a daemon: their keeper, and the thread that mends what has to be mended. Guests go
 * on when it ends, and wait for their disks until the next one is here. Any thread.
 */
public final class Guests implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Guests.class.getName());
    private static final long SETTLE_MS = 1_000;
    private static final long TELL_EVERY = 30; // settlings
    private static final long TURN_S = 15;

    private final GuestMirrors disks;
    private final GuestKeeper keeper;
    private final Parts parts;
    private final Supplier<Hypervisor> hypervisors;
    private final Thread thread;
    private final Semaphore wake = new Semaphore(0);
    private volatile boolean closing;

    private Guests(
            Parts parts, GuestMirrors disks, GuestKeeper keeper, Supplier<Hypervisor> hypervisors) {
        this.parts = parts;
        this.disks = disks;
        this.keeper = keeper;
        this.hypervisors = hypervisors;
        thread = Thread.ofPlatform().name("etherbay-guests").daemon().unstarted(this::look);
    }

    /**
     * What they are kept with.
     *
     * @param node who this one is, as others know it
     * @param host where the memory of guests that come is listened for
     * @param state folder of the node
     * @param peers the other nodes
     * @param places where volumes are looked for, when a leg is one
     * @param say takes a line for a person
     */
    public record Parts(
            NodeIdentity node,
            String host,
            Path state,
            Peers peers,
            Supplier<VolumePlaces> places,
            NbdFronts fronts,
            Consumer<String> say) {}

    /**
     * Takes up what was begun, and goes on with it.
     *
     * @throws EtherbayException ENVIRONMENT when what is known of guests cannot be read
     */
    public static Guests start(Parts parts) {
        return start(parts, new Once(parts.state().resolve("guests").toAbsolutePath()));
    }

    /** The same with another hypervisor than this machine's QEMU. */
    static Guests start(Parts parts, Supplier<Hypervisor> hypervisors) {
        GuestMirrors disks = new GuestMirrors(new GuestMirror.Context(
                parts.state(), parts.node(), parts.places(), parts.fronts(), parts.say()));
        GuestKeeper keeper = new GuestKeeper(new KeeperParts(
                parts.node().name(),
                parts.host(),
                hypervisors,
                disks,
                new PeerCalls(parts.peers()),
                new GuestFiles(parts.state().resolve("guests"), parts.say()),
                new Pace(),
                () -> UUID.randomUUID().toString(),
                parts.say()));
        Guests guests = new Guests(parts, disks, keeper, hypervisors);
        guests.thread.start();
        return guests;
    }

    /** QEMU, looked for when the first guest needs it: how fast it runs here takes seconds. */
    private static final class Once implements Supplier<Hypervisor> {
        private final Path folder;
        private @Nullable Hypervisor found;

        Once(Path folder) {
            this.folder = folder;
        }

        @Override
        public synchronized Hypervisor get() {
            Hypervisor known = found;
            if (known == null) {
                known = new QemuHypervisor(folder);
                found = known;
            }
            return known;
        }
    }

    private static final class Pace implements KeeperParts.Pace {
        @Override
        public long nowMs() {
            return Linux.clock().nanoTime() / 1_000_000;
        }

        @Override
        public void pause(long ms) {
            try {
                Thread.sleep(ms);
            } catch (InterruptedException early) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public boolean tryAcquire(Semaphore turn) {
            try {
                return turn.tryAcquire(TURN_S, TimeUnit.SECONDS);
            } catch (InterruptedException early) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    private void look() {
        Linux.giveWay();
        for (long count = 0; !closing; count++) {
            try {
                keeper.settle();
                if (count % TELL_EVERY == 0) {
                    keeper.tellAll();
                }
                var _ = wake.tryAcquire(SETTLE_MS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException nobodyDoes) {
                return;
            } catch (EtherbayException failure) {
                LOG.log(Level.ERROR, "guests could not be looked after", failure);
            }
        }
    }

    public GuestKeeper keeper() {
        return keeper;
    }

    Hypervisor hypervisor() {
        return hypervisors.get();
    }

    Parts parts() {
        return parts;
    }

    GuestMirrors disks() {
        return disks;
    }

    /** Guests as they are reported. */
    public List<NodeReport.Guest> reports() {
        return keeper.list().stream()
                .map(seen -> GuestReports.of(seen, console(seen)))
                .toList();
    }

    private String console(GuestKeeper.Seen seen) {
        if (seen.condition() == Hypervisor.Condition.ABSENT) {
            return "";
        }
        try {
            return hypervisor().console(seen.record().name()).toString();
        } catch (EtherbayException gone) {
            return ""; // since it was looked at
        }
    }

    /** Their mirrors as far as they are open here, as they are reported. */
    public List<NodeReport.Mirror> mirrors() {
        return disks.details().entrySet().stream()
                .map(each -> MirrorReports.ofGuest(each.getKey(), each.getValue()))
                .toList();
    }

    /** Where the disks of those that may run here are served: they stay over a restart. */
    public List<NbdAddress> sockets() {
        return keeper.list().stream()
                .map(GuestKeeper.Seen::record)
                .filter(record -> !record.phase().isElsewhere())
                .<NbdAddress>map(
                        record -> new NbdAddress.Unix(disks.socket(record.spec().disk())))
                .toList();
    }

    /** See {@code NodeAdmin.guest}. */
    public String act(String name, String verb, Map<String, String> options) {
        return GuestVerbs.act(this, name, verb, options);
    }

    /** See {@code NodeAdmin.peerGuest}. */
    public Record answer(String node, String name, String verb, String body) {
        return new PeerAnswers(keeper).answer(node, name, verb, body);
    }

    /** The long operations: making a guest, and moving one. */
    public List<TaskKind> tasks() {
        return List.of(new GuestCreation(this), new GuestMove(this));
    }

    /** Lets their disks go, clean; the guests go on, and wait at their next request. */
    @Override
    public void close() {
        closing = true;
        wake.release();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(TURN_S));
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the guests are not let go in time",
                    "what is being done to one of them hangs",
                    "see what the log says of it");
        }
        disks.close();
    }
}
