// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.PortAddress;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.AddressLock;
import etherbay.linux.LinuxIdler;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * AoE disks on one loop, by one initiator and the same interfaces, which are opened once, when the
 * first disk or the first question needs them. Disks are looked for side by side; one that is
 * absent is looked for on until {@link #leave}. Control code, one thread at a time; ports,
 * initiator and disks belong to the loop, whether a thread turns that already or the caller does.
 */
public final class RemoteDisks implements AutoCloseable {
    /**
     * Whom to ask, and as whom.
     *
     * @param interfaces NICs or {@code unix:PATH}; each is a way to every disk
     * @param station who asks, as of {@link PortOpener#open}: no two at a time have the same one on
     *     a segment
     * @param node whose disks they are. On a segment each of several nodes of this machine has an
     *     address of its own, and may use the same disk; by a NIC only one process may. Empty for
     *     this machine's
     */
    public record Options(List<String> interfaces, String station, String node) {
        public Options {
            interfaces = interfaces.stream().distinct().toList();
        }

        public Options(List<String> interfaces, String station) {
            this(interfaces, station, "");
        }
    }

    private record Search(SoughtDisk sought, RemoteDisk disk, List<AddressLock> locks) {}

    private final Options options;
    private final Loop loop;
    private final LoopAccess access;
    private final PortOpener opener;
    private final Initiator initiator;
    private final List<EthernetPort> ports = new ArrayList<>();
    private final Map<DiskAddress, Search> searches = new LinkedHashMap<>();

    private RemoteDisks(
            Options options, Loop loop, LoopAccess access, PortOpener opener, Counters counters) {
        this.options = options;
        this.loop = loop;
        this.access = access;
        this.opener = opener;
        initiator = new Initiator(loop, counters, seeded());
    }

    /** None so far, on that loop; nothing is opened yet. */
    static RemoteDisks on(
            Loop loop, LoopAccess access, LinuxIdler idler, Options options, Counters counters) {
        return new RemoteDisks(
                options, loop, access, new PortOpener(loop, idler, counters), counters);
    }

    private static Prng seeded() {
        return new Prng(
                ByteBuffer.wrap(new SecureRandom().generateSeed(Long.BYTES)).getLong());
    }

    /**
     * Which disks answer on the interfaces now, by number; those that are open and those that are
     * not.
     *
     * @param waitNs how long answers are collected
     * @throws EtherbayException when no frame passes any of the interfaces
     */
    public List<DiskAddress> discover(long waitNs) {
        openPorts();
        CompletableFuture<List<DiskAddress>> answered = new CompletableFuture<>();
        access.call(() -> {
            initiator.discover(waitNs, answered::complete);
            return true;
        });
        access.within(2 * waitNs, answered); // the loop's own timer ends it
        return answered.getNow(List.of());
    }

    /**
     * Looks for a disk from now on. Does not wait for it: see {@link #await}.
     *
     * @param listener hears when it is found, be it soon or late
     * @throws EtherbayException CONFLICT when it is looked for already, or used by another process
     *     of this machine by one of the interfaces; and when no frame passes any of them
     */
    public SoughtDisk seek(
            DiskAddress address, RemoteDiskSettings settings, SoughtDisk.Listener listener) {
        try (Undo undo = new Undo()) {
            List<AddressLock> locks = new ArrayList<>();
            for (String name : options.interfaces()) {
                AddressLock lock = lock(name, address);
                undo.add(lock::close);
                locks.add(lock);
            }
            openPorts();
            SoughtDisk sought = new SoughtDisk(address, options.interfaces());
            RemoteDisk disk = access.call(() -> begin(sought, settings, listener));
            searches.put(address, new Search(sought, disk, locks));
            undo.keep();
            return sought;
        }
    }

    /**
     * Names of locks are short; the interface's may be a path. One process uses a disk by one
     * address of ours: floors count for an address.
     */
    private AddressLock lock(String interfaceName, DiskAddress address) {
        boolean segment = interfaceName.startsWith(PortAddress.UNIX_PREFIX);
        String used = segment ? interfaceName + options.node() : interfaceName;
        UUID hash = UUID.nameUUIDFromBytes(used.getBytes(StandardCharsets.UTF_8));
        try {
            return AddressLock.take("etherbay/attach/" + hash + "/" + address);
        } catch (EtherbayException held) {
            if (held.code() != ErrorCode.CONFLICT) {
                throw held;
            }
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "%s is in use by %s on this machine".formatted(address, interfaceName),
                    held.why() + "; two at a time would take each other's writes for dead ones",
                    "end that, or reach the disk by another interface");
        }
    }

    /** On the loop. */
    private RemoteDisk begin(
            SoughtDisk sought, RemoteDiskSettings settings, SoughtDisk.Listener listener) {
        RemoteDisk[] disk = new RemoteDisk[1];
        disk[0] = initiator.open(
                sought.address(), settings, why -> ended(sought, disk[0], why, listener));
        return disk[0];
    }

    /** It answers from a later turn only, so that it is known by then. On the loop. */
    private void ended(
            SoughtDisk sought,
            RemoteDisk disk,
            @Nullable EtherbayException why,
            SoughtDisk.Listener listener) {
        if (why == null) {
            sought.search().complete(disk);
            listener.found(disk);
        } else {
            initiator.close(disk); // else it would be used as soon as one of the two falls silent
            sought.search().completeExceptionally(why);
            listener.refused(why);
        }
    }

    private void openPorts() {
        if (ports.isEmpty()) {
            access.call(this::openPortsOnLoop);
        }
    }

    private boolean openPortsOnLoop() {
        List<EthernetPort> opened = new ArrayList<>();
        try (Undo undo = new Undo()) {
            undo.add(() -> opened.forEach(EthernetPort::close));
            for (String name : options.interfaces()) {
                opened.add(opener.open(
                        name,
                        options.station(),
                        InterfaceSettings.of(name),
                        options.interfaces().size() > 1));
            }
            requireLink(opened);
            undo.keep();
        }
        for (EthernetPort port : opened) {
            loop.add(port);
            initiator.add(port);
        }
        loop.add(initiator);
        ports.addAll(opened);
        return true;
    }

    private static void requireLink(List<EthernetPort> ports) {
        if (ports.stream().noneMatch(EthernetPort::linkUp)) {
            String names =
                    String.join(", ", ports.stream().map(EthernetPort::name).toList());
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no frame passes " + names,
                    "the interface is not there or down, or nobody serves the segment",
                    "`ip link` lists interfaces; name one with --if, or a segment: unix:PATH");
        }
    }

    /**
     * Waits until every disk that is looked for is found or refused.
     *
     * @param waitNs at most; then some are absent still
     * @return whether all are found
     */
    public boolean await(long waitNs) {
        CompletableFuture<?>[] ends = searches.values().stream()
                .map(search -> search.sought().search().handle((disk, why) -> true))
                .toArray(CompletableFuture<?>[]::new);
        access.within(waitNs, CompletableFuture.allOf(ends));
        return all().stream().allMatch(sought -> sought.found().isPresent());
    }

    /** All that are looked for, found or not, in the order in which they were asked for. */
    public List<SoughtDisk> all() {
        return searches.values().stream().map(Search::sought).toList();
    }

    /** Why a disk cannot be used, as far as one can see from here; of one that is not found. */
    public EtherbayException trouble(SoughtDisk sought) {
        return sought.refusal().orElseGet(() -> access.call(searchOf(sought).disk()::trouble));
    }

    private Search searchOf(SoughtDisk sought) {
        Search search = searches.get(sought.address());
        if (search == null || search.sought() != sought) {
            throw new IllegalStateException(sought.address() + " is not looked for here");
        }
        return search;
    }

    /** Lets a disk go, found or not; what is under way ends as if it were gone. */
    public void leave(SoughtDisk sought) {
        Search search = searchOf(sought);
        access.call(() -> {
            initiator.close(search.disk());
            return true;
        });
        searches.remove(sought.address());
        search.locks().forEach(AddressLock::close);
    }

    /** On the loop: has {@code finished} run when nothing is under way on any of them. */
    void quiesce(Runnable finished) {
        List<RemoteDisk> found =
                all().stream().flatMap(sought -> sought.found().stream()).toList();
        quiesce(found, 0, finished);
    }

    /** One after the other: nobody asks them any more. */
    private static void quiesce(List<RemoteDisk> disks, int index, Runnable finished) {
        if (index == disks.size()) {
            finished.run();
        } else {
            disks.get(index).quiesce(() -> quiesce(disks, index + 1, finished));
        }
    }

    /** Lets all go, and the interfaces. */
    @Override
    public void close() {
        access.call(() -> {
            initiator.close();
            if (!ports.isEmpty()) {
                loop.remove(initiator);
            }
            for (EthernetPort port : ports) {
                loop.remove(port);
                port.close();
            }
            return true;
        });
        ports.clear();
        searches.values().forEach(search -> search.locks().forEach(AddressLock::close));
        searches.clear();
    }
}
