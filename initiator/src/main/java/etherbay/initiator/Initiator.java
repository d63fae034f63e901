// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.AwayHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Check;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.LoopPart;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The other end of the wire: owns ports, looks for disks on them, and hands what arrives to the
 * disk that it is about. One tag counter serves all its disks. All methods on its loop.
 *
 * <p>Of two initiators on one machine that use one interface each sees the answers to the other;
 * tags and addresses keep them apart. Both may use the interface, but not one disk by it: floors
 * count for an address. Who opens disks for a person sees to that.
 */
public final class Initiator implements LoopPart, AutoCloseable {
    /** Queries while a disk is not found: soon at first. */
    private static final long[] SEARCH_NS = {
        20_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000
    };

    /** Queries while it is there: a new path, a new size. */
    private static final long REDISCOVER_NS = 60_000_000_000L;

    private static final long STARVED_NS = 100_000;

    /** A discovery asks so often: one query may get lost, and costs nothing. */
    private static final int DISCOVERY_QUERY_COUNT = 2;

    private final Loop loop;
    private final Prng prng;
    private final TagTable tags;
    private final InitiatorCounters counters;
    private final List<EthernetPort> ports = new ArrayList<>();
    private final Map<DiskAddress, Search> searches = new LinkedHashMap<>();
    private final List<Discovery> discoveries = new ArrayList<>();

    /** Terms of ownership, and how many disks are used in each. */
    private final Map<MacAddress, Integer> terms = new HashMap<>();

    private long floorsRenewedAt;

    /** A disk, and when it is looked for next. */
    private final class Search {
        final RemoteDisk disk;
        final Timers.Timer timer;
        int queryCount;

        Search(RemoteDisk disk) {
            this.disk = disk;
            timer = loop.timers().timer(this::query);
        }

        void query() {
            ports.forEach(port -> queryOn(port, disk.source().of(port), disk.address()));
            boolean there = disk.paths().anyUp();
            long waitNs = there
                    ? REDISCOVER_NS + prng.below((int) (REDISCOVER_NS / 100))
                    : SEARCH_NS[Math.min(queryCount, SEARCH_NS.length - 1)];
            queryCount = there ? 0 : queryCount + 1;
            timer.at(loop.nowNs() + waitNs);
        }

        /** What is known is no longer so: as if it had never been found. */
        void soon() {
            queryCount = 0;
            timer.at(loop.nowNs());
        }
    }

    /** A question to all disks. */
    private final class Discovery {
        private final long waitNs;
        private final Consumer<List<DiskAddress>> done;
        private final Set<DiskAddress> seen = new TreeSet<>(DiskAddress.BY_NUMBER);
        private final Timers.Timer timer;
        private int queryCount;

        Discovery(long waitNs, Consumer<List<DiskAddress>> done) {
            this.waitNs = waitNs;
            this.done = done;
            timer = loop.timers().timer(this::query);
        }

        void query() {
            if (queryCount == DISCOVERY_QUERY_COUNT) {
                discoveries.remove(this);
                done.accept(List.copyOf(seen));
                return;
            }
            queryCount++;
            ports.forEach(port -> queryOn(port, port.mac(), DiskAddress.ALL));
            timer.at(loop.nowNs() + waitNs / DISCOVERY_QUERY_COUNT);
        }

        void heard(int shelf, int slot) {
            boolean wild = shelf == AoeHeader.SHELF_BROADCAST || slot == AoeHeader.SLOT_BROADCAST;
            if (!wild && seen.size() < AoeClient.REPLY_COUNT_MAX) {
                seen.add(new DiskAddress(shelf, slot));
            }
        }
    }

    /**
     * @param prng where tags begin, and when disks are looked for
     */
    public Initiator(Loop loop, Counters counters, Prng prng) {
        this.loop = loop;
        this.prng = prng;
        this.counters = new InitiatorCounters(counters);
        tags = new TagTable(prng.nextLong());
        floorsRenewedAt = tags.next();
    }

    Loop loop() {
        return loop;
    }

    TagTable tags() {
        return tags;
    }

    List<EthernetPort> ports() {
        return ports;
    }

    InitiatorCounters counters() {
        return counters;
    }

    /** Uses a port, which its opener adds to the loop and closes. Before any disk is opened. */
    public void add(EthernetPort port) {
        ports.add(port);
        port.onFrames(frame -> onFrame(port, frame));
        port.listen(this::changed);
    }

    /**
     * Looks for a disk.
     *
     * @param opened told once: null when the disk can be used, else why it must not be. Not told
     *     while nothing answers: who waits no longer closes the disk, and {@link
     *     RemoteDisk#trouble} says what was seen
     */
    public RemoteDisk open(
            DiskAddress address,
            RemoteDiskSettings settings,
            Consumer<@Nullable EtherbayException> opened) {
        if (searches.containsKey(address)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    address + " is open already",
                    "one initiator uses a disk once",
                    "close it first, or share it");
        }
        Check.that(!ports.isEmpty(), "an initiator has ports before it opens disks");
        RemoteDisk disk = new RemoteDisk(this, address, settings, opened::accept);
        Search search = new Search(disk);
        searches.put(address, search);
        search.query();
        return disk;
    }

    /**
     * Asks which disks there are.
     *
     * @param waitNs how long answers are collected
     * @param done told once, then: the addresses that answered on any port, by number; not told
     *     when the initiator is closed before
     */
    public void discover(long waitNs, Consumer<List<DiskAddress>> done) {
        Check.that(waitNs > 0, "an answer takes time");
        Discovery discovery = new Discovery(waitNs, done);
        discoveries.add(discovery);
        discovery.query();
    }

    /** Lets a disk go; what is under way ends. */
    public void close(RemoteDisk disk) {
        Search search = searches.remove(disk.address());
        if (search != null) {
            search.timer.cancel();
            disk.close();
        }
    }

    @Override
    public void close() {
        discoveries.forEach(discovery -> discovery.timer.cancel());
        discoveries.clear();
        List.copyOf(searches.values()).forEach(search -> close(search.disk));
    }

    /** Sends what had no frame; frames arrive by the ports. */
    @Override
    public int poll(long nowNs) {
        for (Search search : searches.values()) {
            if (search.disk.isStarved()) {
                search.disk.pump();
            }
        }
        return 0;
    }

    @Override
    public long nextDeadlineNs() {
        for (Search search : searches.values()) {
            if (search.disk.isStarved()) {
                return loop.nowNs() + STARVED_NS;
            }
        }
        return Long.MAX_VALUE;
    }

    private void changed(EthernetPort port) {
        for (Search search : List.copyOf(searches.values())) {
            search.disk.paths().linkChanged(port);
            if (port.linkUp()) {
                search.soon();
            }
        }
    }

    /** Answers to that address are heard on all ports until it is left as often as entered. */
    void enter(MacAddress term) {
        terms.merge(term, 1, Integer::sum);
        ports.forEach(port -> port.addSourceMac(term));
    }

    void leave(MacAddress term) {
        if (terms.merge(term, -1, Integer::sum) == 0) {
            terms.remove(term);
            ports.forEach(port -> port.removeSourceMac(term));
        }
    }

    private void queryOn(EthernetPort port, MacAddress from, DiskAddress address) {
        Frame frame = port.claim(Ethernet.paddedBytes(ConfigHeader.END));
        if (frame != null) {
            Path.fillHeader(frame, from, Ethernet.BROADCAST, address, AoeHeader.COMMAND_CONFIG);
            AoeHeader.tag(frame.memory(), frame.at(), AoeHeader.TAG_USER_SPACE);
            port.commit(frame);
        }
    }

    private void onFrame(EthernetPort port, Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (AoeHeader.malformedMessage(memory, at, frame.bytes())) {
            counters.malformed();
            return;
        }
        if (!AoeHeader.response(memory, at) || Ethernet.isGroup(Ethernet.src(memory, at))) {
            return; // a request to us or to all: targets are somewhere else
        }
        int shelf = AoeHeader.shelf(memory, at);
        int slot = AoeHeader.slot(memory, at);
        if (!discoveries.isEmpty() && isConfig(memory, at)) {
            discoveries.forEach(discovery -> discovery.heard(shelf, slot));
        }
        for (Search search : searches.values()) {
            DiskAddress address = search.disk.address();
            if (address.shelf() == shelf && address.slot() == slot) {
                onFrameOf(search, port, frame);
                return;
            }
        }
    }

    private static boolean isConfig(MemorySegment memory, long at) {
        return AoeHeader.command(memory, at) == AoeHeader.COMMAND_CONFIG
                && !AoeHeader.error(memory, at);
    }

    private void onFrameOf(Search search, EthernetPort port, Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        RemoteDisk disk = search.disk;
        long source = Ethernet.src(memory, at);
        int command = AoeHeader.command(memory, at);
        boolean config = isConfig(memory, at);
        Path path = disk.paths().find(port, source);
        if (command == AoeHeader.COMMAND_AWAY) {
            if (path != null && path.wasUp() && !AoeHeader.error(memory, at)) {
                disk.patience().away(AwayHeader.withinMs(memory, at));
            } else {
                counters.awayIgnored(); // anybody may say so; only the disk's own word counts
            }
            return;
        }
        if (path == null) {
            path = config ? disk.paths().add(port, new MacAddress(source)) : null;
            if (path == null) {
                return; // only what a config response names is a path
            }
        }
        if (config) {
            // The answer to nobody's question: the target started, grew, or changed its MTU.
            boolean beacon = AoeHeader.tag(memory, at) == 0;
            disk.heardConfig(
                    path,
                    ConfigHeader.bufferCount(memory, at),
                    ConfigHeader.sectorsMax(memory, at));
            if (beacon) {
                disk.beacon(path);
            }
            return;
        }
        disk.heard(path);
        boolean whole = AoeHeader.error(memory, at)
                || command != AoeHeader.COMMAND_ATA
                || !AtaHeader.malformed(memory, at, frame.bytes());
        long number = whole ? tags.numberOf(AoeHeader.tag(memory, at)) : 0;
        Exchange owner = number == 0 ? null : tags.owner(number);
        if (owner == null || !owner.isAbout(disk.address(), command)) {
            counters.late();
            return;
        }
        owner.dispatch(number, frame);
        if (tags.next() - floorsRenewedAt >= FloorRequest.RENEW_COUNT) {
            floorsRenewedAt = tags.next();
            List.copyOf(searches.values()).forEach(each -> each.disk.floors().renew());
        }
    }
}
