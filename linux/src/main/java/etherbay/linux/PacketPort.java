// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;
import etherbay.base.PortAddress;
import etherbay.base.StationFilter;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * A network interface of this machine, by its name: whichever interface bears it is used, from the
 * moment it appears, through link down and up, change of MTU or address, deletion and renaming.
 * Owned by one loop, to which the opener adds it.
 */
public final class PacketPort implements EthernetPort {
    /**
     * How to open.
     *
     * @param frameCount frames to receive into and to send, of 16 KiB each
     * @param bufferBytes what the kernel may hold for us in each direction
     * @param requestsOnly the kernel passes no AoE responses: for a port that only serves
     * @param mtuMax as of {@link PacketPort#limitMtu}
     */
    public record Options(int frameCount, int bufferBytes, boolean requestsOnly, int mtuMax) {
        /** 256 frames; 16 MiB in the kernel, with which no burst of writes was ever lost. */
        public static final Options DEFAULT = new Options(256, 16 << 20, false, MTU_AUTO);

        public Options {
            Check.that(frameCount >= 16, "a port has a few frames beside a batch to receive");
            Check.that(bufferBytes > 0, "a buffer has a size");
            Check.that(mtuMax >= 0, "an MTU is not negative");
        }

        public Options withFrameCount(int count) {
            return new Options(count, bufferBytes, requestsOnly, mtuMax);
        }

        public Options withBufferBytes(int bytes) {
            return new Options(frameCount, bytes, requestsOnly, mtuMax);
        }

        public Options withRequestsOnly(boolean wanted) {
            return new Options(frameCount, bufferBytes, wanted, mtuMax);
        }

        public Options withMtuMax(int bytes) {
            return new Options(frameCount, bufferBytes, requestsOnly, bytes);
        }
    }

    /** For {@link #limitMtu}: as large as the interface and our frames allow. */
    public static final int MTU_AUTO = 0;

    /** What people count {@code buffers} of an interface in. */
    public static final int BUFFER_UNIT_BYTES = 64 * 1024;

    private static final System.Logger LOG = System.getLogger("etherbay.port");

    /** Committed frames are sent at once in fours, so that the other end can work meanwhile. */
    private static final int SEND_COUNT = 4;

    /** While there is always work: how often to look for news of the link. */
    private static final long LINK_CHECK_NS = 5_000_000;

    private static final long STATISTICS_NS = 1_000_000_000;

    private final String name;
    private final LinuxIdler idler;
    private final Options options;
    private final Arena arena;
    private final FramePool pool;
    private final PacketCounters counters;
    private final PacketSocket socket;
    private final LinkWatch watch;
    private final NetInterface nic;
    private final PacketArrivals arrivals;
    private final PacketSender sender;
    private final List<Listener> listeners = new ArrayList<>();
    private final List<MacAddress> furtherMacs = new ArrayList<>();
    private @Nullable FrameHandler handler;
    private int boundIndex;
    private int mtuMax;
    private boolean linkUp;
    private int mtu;
    private MacAddress mac = new MacAddress(0);
    private boolean linkDoubted = true;
    private long linkCheckedNs;
    private long statisticsNs;
    private long turnNs;
    private boolean watched = true;
    private boolean closed;

    private PacketPort(
            String name, LinuxIdler idler, Counters counters, Options options, Arena arena) {
        this.name = name;
        this.arena = arena;
        this.idler = idler;
        this.options = options;
        this.counters = new PacketCounters(name, counters);
        mtuMax = options.mtuMax();
        socket = new PacketSocket(name, options.bufferBytes(), arena);
        watch = new LinkWatch(arena);
        nic = new NetInterface(name, socket.fd(), arena);
        pool = new FramePool(arena, this, options.frameCount());
        sender = new PacketSender(socket.fd(), pool, this.counters, arena);
        arrivals = new PacketArrivals(socket.fd(), pool, this.counters, arena);
    }

    /**
     * Opens a port. That the interface does not exist, or is down, is no error: see {@link #exists}
     * and {@link #linkUp}.
     *
     * @param idler that of the loop which will own the port
     * @param counters {@code port.NAME.frames.received, sent, dropped...}
     * @throws EtherbayException DENIED without the right to raw sockets; INVALID for a name that
     *     none can have and for an interface that is not Ethernet
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena is the port's, which closes it
    public static PacketPort open(
            String interfaceName, LinuxIdler idler, Counters counters, Options options) {
        if (!(PortAddress.parse(interfaceName) instanceof PortAddress.Nic)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + interfaceName + "` is no network interface",
                    "it names a segment",
                    "name an interface of this machine (ip link)");
        }
        Arena arena = Arena.ofShared();
        PacketPort port;
        try {
            port = new PacketPort(interfaceName, idler, counters, options, arena);
        } catch (EtherbayException refused) {
            arena.close();
            throw refused;
        }
        port.nic.refresh();
        if (port.nic.exists() && !port.nic.isEthernet()) {
            int kind = port.nic.kind();
            port.free();
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    interfaceName + " is not an Ethernet interface",
                    "it is of the hardware type " + kind + " (ARPHRD, if_arp.h), Ethernet is 1",
                    "name an Ethernet interface (ip -o link | grep link/ether)");
        }
        idler.watch(port.socket.fd());
        idler.watch(port.watch.fd());
        port.warnOfSmallBuffers(options.bufferBytes());
        port.follow();
        return port;
    }

    @Override
    public String name() {
        return name;
    }

    /** Whether there is an interface of this name now. */
    public boolean exists() {
        return boundIndex != 0;
    }

    /** All zeroes while the interface does not exist. */
    @Override
    public MacAddress mac() {
        return mac;
    }

    /** The least of the interface's, {@link FramePool#MTU_MAX} and the limit set. */
    @Override
    public int mtu() {
        return mtu;
    }

    /** The interface's own MTU, in bytes; 0 while it does not exist. */
    public int nicMtu() {
        return boundIndex == 0 ? 0 : nic.mtu();
    }

    /**
     * Sends no longer payloads from now on; what does not pass a switch between us and the others
     * must not be announced. Listeners hear it when {@link #mtu} changes.
     *
     * @param bytes {@link #MTU_AUTO} for no limit; one above the interface's MTU limits nothing
     */
    public void limitMtu(int bytes) {
        Check.that(bytes >= 0, "an MTU is not negative");
        mtuMax = bytes;
        if (!closed) {
            follow();
        }
    }

    /**
     * Changes what the kernel may hold for us in each direction, frames that wait included. Without
     * CAP_NET_ADMIN it allows up to net.core.rmem_max and wmem_max; less than asked is logged.
     */
    public void bufferBytes(int bytes) {
        Check.that(bytes > 0, "a buffer has a size");
        if (!closed) {
            socket.buffers(bytes);
            warnOfSmallBuffers(bytes);
        }
    }

    private void warnOfSmallBuffers(int wantedBytes) {
        int leastBytes = Math.min(receiveBufferBytes(), sendBufferBytes());
        if (leastBytes < wantedBytes) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: the kernel allows buffers of {1} KiB to receive and {2} KiB to send, not"
                            + " {3}: raise net.core.rmem_max and wmem_max, or give CAP_NET_ADMIN",
                    name,
                    receiveBufferBytes() / 1024,
                    sendBufferBytes() / 1024,
                    wantedBytes / 1024);
        }
    }

    /** What the kernel granted to hold of what was received. */
    public int receiveBufferBytes() {
        return closed ? 0 : socket.receiveBufferBytes();
    }

    /** What the kernel granted to hold of what is to be sent. */
    public int sendBufferBytes() {
        return closed ? 0 : socket.sendBufferBytes();
    }

    @Override
    public boolean linkUp() {
        return linkUp;
    }

    @Override
    public void addSourceMac(MacAddress further) {
        Check.that(
                furtherMacs.size() < PacketFilter.MAC_COUNT_MAX,
                "further source addresses are bounded");
        if (!furtherMacs.contains(further)) {
            furtherMacs.add(further);
            join(true, further);
            refilter();
        }
    }

    @Override
    public void removeSourceMac(MacAddress further) {
        if (furtherMacs.remove(further)) {
            join(false, further);
            refilter();
        }
    }

    private void join(boolean wanted, MacAddress further) {
        if (boundIndex == 0) {
            return;
        }
        int joined = socket.membership(wanted, boundIndex, further);
        if (joined < 0 && wanted) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: cannot receive frames to {1}: {2}",
                    name,
                    further,
                    Errno.name(-joined));
        }
    }

    private void refilter() {
        if (boundIndex != 0) {
            Linux.expect(socket.open(furtherMacs, options.requestsOnly()), "a packet filter");
        }
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void onFrames(FrameHandler taker) {
        handler = taker;
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public boolean sendsTails() {
        return !closed && sender.takesTails(turnNs);
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        boolean tooLong = mtuMax != MTU_AUTO && frame.bytes() > mtuMax + StationFilter.HEADER_BYTES;
        if (closed || tooLong) {
            (closed ? counters.droppedLink : counters.droppedTooLong).increment();
            pool.sent(frame);
            return;
        }
        sender.add(frame);
        if (sender.count() >= SEND_COUNT && !sender.refused()) {
            send();
        }
    }

    @Override
    public int poll(long nowNs) {
        if (closed) {
            return 0; // a turn goes on to who left during it
        }
        turnNs = nowNs;
        if (linkDoubted || nowNs - linkCheckedNs >= LINK_CHECK_NS) {
            checkLink(nowNs);
        }
        FrameHandler taker = handler;
        return taker == null || closed ? 0 : arrivals.turn(nowNs, taker);
    }

    @Override
    public void flush(long nowNs) {
        turnNs = nowNs;
        if (!closed && sender.count() > 0 && (!sender.refused() || nowNs >= sender.retryAtNs())) {
            send();
        }
    }

    private void send() {
        if (!linkUp) {
            sender.dropAll();
        } else if (sender.send(turnNs) < 0) {
            linkDoubted = true;
        }
    }

    @Override
    public long nextDeadlineNs() {
        return sender.retryAtNs();
    }

    @Override
    public boolean readyToIdle() {
        if (closed) {
            return true;
        }
        if (!arrivals.isEmpty()) {
            return false;
        }
        // What ends the sleep may be news of the link.
        linkDoubted = true;
        boolean wanted = arrivals.hasRoom();
        if (wanted != watched) {
            // With no slot free a waiting frame must not wake the loop again and again.
            watched = wanted;
            if (wanted) {
                idler.watch(socket.fd());
            } else {
                idler.unwatch(socket.fd());
            }
        }
        return true;
    }

    private void checkLink(long nowNs) {
        linkCheckedNs = nowNs;
        linkDoubted = false;
        if (watch.changed()) {
            nic.refresh();
            follow();
        }
        if (!closed && nowNs - statisticsNs >= STATISTICS_NS) {
            statisticsNs = nowNs;
            counters.droppedKernel.add(socket.takeDropCount());
        }
    }

    /** Does what the present state of the interface asks for. */
    private void follow() {
        int index = nic.exists() && nic.isEthernet() ? nic.index() : 0;
        if (index != boundIndex) {
            leave();
            if (index != 0) {
                enter(index);
            }
        }
        boolean there = boundIndex != 0;
        int mtuNow = there ? usableMtu() : 0;
        boolean upNow = there && nic.linkUp();
        if (mtuNow == mtu && upNow == linkUp && nic.mac().equals(mac)) {
            return;
        }
        mtu = mtuNow;
        linkUp = upNow;
        mac = nic.mac();
        tellListeners();
    }

    /** One of them may close the port, or bring a further one. */
    private void tellListeners() {
        for (int index = 0; index < listeners.size() && !closed; index++) {
            listeners.get(index).changed(this);
        }
    }

    private int usableMtu() {
        int bytes = Math.min(nic.mtu(), FramePool.MTU_MAX);
        return mtuMax == MTU_AUTO ? bytes : Math.min(bytes, mtuMax);
    }

    private void leave() {
        if (boundIndex != 0) {
            socket.shut();
            for (MacAddress further : furtherMacs) {
                join(false, further);
            }
            boundIndex = 0;
        }
    }

    private void enter(int index) {
        int bound = socket.bind(index);
        if (bound < 0) {
            // It went again in this very moment, and another message will say so.
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: cannot use the interface: {1}",
                    name,
                    Errno.name(-bound));
            return;
        }
        boundIndex = index;
        for (MacAddress further : furtherMacs) {
            join(true, further);
        }
        refilter();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (watched) {
            idler.unwatch(socket.fd());
        }
        idler.unwatch(watch.fd());
        counters.droppedKernel.add(socket.takeDropCount());
        free();
    }

    private void free() {
        closed = true;
        linkUp = false;
        boundIndex = 0;
        sender.dropAll();
        arrivals.close();
        watch.close();
        socket.close(name);
        pool.retire(arena::close);
    }
}
