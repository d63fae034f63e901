// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.ChannelWatcher;
import etherbay.base.Check;
import etherbay.base.Counter;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.LoopPart;
import etherbay.base.Quiescence;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * A disk that an NBD server has: whatever qemu-nbd or nbdkit can serve, over one connection, or
 * over several where the server says that they see one disk. Owned by one loop.
 *
 * <p><b>Life.</b> {@link #open} on any thread, waits for the server. {@link #attach} on the loop;
 * {@link #detach} there with nothing in flight; {@link #close} lets go of it.
 *
 * <p><b>A lost connection.</b> It is made again, soon at first, then every few seconds. A request
 * that was not sent waits. A read is asked again. A write of which the server may have seen
 * something ends UNKNOWN: an old connection's write may still be executed. What no server took
 * within {@link #PATIENCE_NS} ends OFFLINE. A connection on which the oldest request has no answer
 * for as long is a lost one. A server that comes back with a smaller disk, or with
 * less than it promised, is not taken; one with a larger disk is, and listeners hear of it.
 *
 * <p><b>Durability.</b> The protocol does not tell a server that went on from one that lost what
 * it had not flushed. So a FLUSH is asked only on a connection that has been there since before
 * the oldest write that was acknowledged and not flushed: its answer proves that the server lived
 * through all of them. When no such connection is left, what was acknowledged may be lost: from
 * then on every FLUSH and every change ends FAILED until the device is opened again; reads go on.
 * Without writes to cover, and after writes with FUA only, a lost connection costs nothing.
 */
public final class NbdClient implements BlockDevice, LoopPart {
    /** How long a request waits for a server to take it, and then for its answer. */
    public static final long PATIENCE_NS = 30_000_000_000L;

    /** Connections to a server that says CAN_MULTI_CONN. */
    private static final int LINK_COUNT_MAX = 4;

    /** Commands of one connection under way; nbdkit has 16 threads, qemu-nbd takes 16. */
    private static final int COMMAND_COUNT_MAX = 32;

    private static final System.Logger LOG = System.getLogger("etherbay.nbd");

    /** Bytes of one command: at most what the server takes. */
    private static final long COMMAND_BYTES_MAX = 1024 * 1024;

    /** Bytes of a command without data, a multiple of every block. */
    private static final long RANGE_BYTES_MAX = 1L << 30;

    private static final long RETRY_NS_MIN = 50_000_000;
    private static final long RETRY_NS_MAX = 5_000_000_000L;
    private static final int ZERO_BYTES = 256 * 1024;

    private final NbdUri uri;
    private final SocketAddress address;
    private final Loop loop;
    private final BlockCapabilities capabilities;
    private final ClientNegotiation.Terms first;
    private final long commandBytesMax;
    private final int linkCount;
    private final Quiescence quiescence = new Quiescence();
    private final List<Listener> listeners = new ArrayList<>();
    private final List<ClientLink> links = new ArrayList<>();
    private final Deque<ClientCommand.Job> waiting = new ArrayDeque<>();
    private final Deque<ClientCommand> again = new ArrayDeque<>();
    private final Counter lostCount;
    private final Counter refusedCount;
    private final ByteBuffer zeroes = ByteBuffer.allocateDirect(ZERO_BYTES);
    private final ChannelWatcher watcher;
    private long sectors;
    private long nextCookie;
    private long retryAtNs;
    private long retryNs = RETRY_NS_MIN;
    private long writesAcknowledged;
    private long writesFlushed;
    private boolean unsafe;
    private boolean refusalTold;

    /** Nothing that waits is too late before then. */
    private long expiresNs = Long.MAX_VALUE;

    private State state = State.ONLINE;
    private boolean attached;

    private NbdClient(
            NbdUri uri,
            ClientDoor.Opened door,
            Loop loop,
            ChannelWatcher watcher,
            Counters counters) {
        this.uri = uri;
        this.loop = loop;
        this.watcher = watcher;
        first = door.terms();
        address = door.address();
        capabilities = capabilities(first);
        sectors = sectorsOf(first);
        commandBytesMax = commandBytesMax(first);
        linkCount = first.has(NbdWire.FLAG_CAN_MULTI_CONN) ? LINK_COUNT_MAX : 1;
        lostCount = counters.counter("nbd.client." + uri + ".lost");
        refusedCount = counters.counter("nbd.client." + uri + ".refused");
    }

    /**
     * Connects and learns what the disk is; {@link #attach} makes it work. Blocks; any thread.
     *
     * @param counters get {@code nbd.client.URI.lost} and {@code refused}
     * @throws EtherbayException UNAVAILABLE when nobody answers, NOT_FOUND without that export,
     *     DENIED when the server wants TLS or refuses
     */
    public static NbdClient open(NbdUri uri, Loop loop, Counters counters) {
        ClientDoor.Opened door = ClientDoor.open(uri, loop.clock());
        return new NbdClient(
                uri, door, loop, new ChannelWatcher(uri.toString(), loop::wakeUp), counters);
    }

    static BlockCapabilities capabilities(ClientNegotiation.Terms terms) {
        int block = Math.max(SECTOR_BYTES, terms.minimumBytes());
        boolean readOnly = terms.has(NbdWire.FLAG_READ_ONLY);
        boolean flush = terms.has(NbdWire.FLAG_SEND_FLUSH);
        return new BlockCapabilities(
                flush,
                flush && !readOnly && terms.has(NbdWire.FLAG_SEND_FUA),
                !readOnly && terms.has(NbdWire.FLAG_SEND_TRIM),
                false,
                block,
                Math.max(block, 4096),
                readOnly,
                terms.has(NbdWire.FLAG_ROTATIONAL));
    }

    /** What is no whole block at the end is left out. */
    static long sectorsOf(ClientNegotiation.Terms terms) {
        long block = Math.max(SECTOR_BYTES, terms.minimumBytes());
        return terms.bytes() / block * (block / SECTOR_BYTES);
    }

    /** Whole blocks, one at least. */
    static long commandBytesMax(ClientNegotiation.Terms terms) {
        long block = Math.max(SECTOR_BYTES, terms.minimumBytes());
        return Math.max(block, Math.min(COMMAND_BYTES_MAX, terms.maximumBytes()) / block * block);
    }

    /** Begins to work; on the loop, or before it runs. */
    public void attach() {
        Check.that(!attached, "a client is attached once");
        attached = true;
        loop.add(this);
        retryAtNs = loop.nowNs();
    }

    /** Ends the work, with nothing in flight; on the loop. */
    public void detach() {
        Check.that(quiescence.count() == 0, "a client is detached when nothing is in flight");
        if (attached) {
            attached = false;
            loop.remove(this);
        }
        links.forEach(ClientLink::close);
        links.clear();
    }

    @Override
    public void close() {
        failWaiting(Long.MAX_VALUE);
        for (ClientLink link : links) {
            link.close().forEach(command -> end(command, lostStatus(command)));
        }
        links.clear();
        if (attached) {
            attached = false;
            loop.remove(this);
        }
        watcher.close();
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return sectors;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors, capabilities);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        long deadlineNs = Math.min(io.deadlineNs(), loop.nowNs() + PATIENCE_NS);
        expiresNs = Math.min(expiresNs, deadlineNs);
        waiting.add(
                new ClientCommand.Job(io, quiescence.entered(), deadlineNs, writesAcknowledged));
    }

    @Override
    public int poll(long nowNs) {
        int work = 0;
        for (int index = 0; index < links.size(); index++) {
            ClientLink link = links.get(index);
            boolean before = link.terms() != null;
            work += link.poll(nowNs);
            if (!before && link.terms() != null && !link.isLost()) {
                admit(link);
            }
        }
        removeLost(nowNs);
        connect(nowNs);
        if (unsafe) {
            failUnsafe();
        }
        work += start(nowNs);
        failWaiting(nowNs);
        return work;
    }

    /** A link has agreed with the server: is it still the disk that we opened? */
    private void admit(ClientLink link) {
        ClientNegotiation.Terms terms = link.terms();
        Check.that(terms != null, "only a link with terms is admitted");
        long offered = sectorsOf(terms);
        String misfit = misfit(terms);
        if (!misfit.isEmpty()) {
            refusedCount.increment();
            link.refuse(misfit);
            return;
        }
        refusalTold = false;
        retryNs = RETRY_NS_MIN;
        link.writesBefore(writesAcknowledged);
        if (offered > sectors) {
            long before = sectors;
            sectors = offered;
            listeners.forEach(listener -> listener.resized(this, before));
        }
        changeState(State.ONLINE);
    }

    /** Why a server cannot take the place of the one that we opened; empty when it can. */
    private String misfit(ClientNegotiation.Terms terms) {
        int needed = first.flags() & ~NbdWire.FLAG_SEND_DF;
        if (sectorsOf(terms) < sectors) {
            return "its disk has %d sectors, and had %d".formatted(sectorsOf(terms), sectors);
        }
        if ((terms.flags() & needed) != needed
                || terms.has(NbdWire.FLAG_READ_ONLY) != first.has(NbdWire.FLAG_READ_ONLY)) {
            return "its flags are %x, and were %x".formatted(terms.flags(), first.flags());
        }
        if (terms.minimumBytes() > capabilities.logicalBlockBytes()
                || terms.maximumBytes() < commandBytesMax) {
            return "it takes %d to %d bytes at once, and we ask for %d to %d"
                    .formatted(
                            terms.minimumBytes(),
                            terms.maximumBytes(),
                            capabilities.logicalBlockBytes(),
                            commandBytesMax);
        }
        return "";
    }

    /** Once for each outage, however often it is tried. */
    private void tellRefusal(String why) {
        if (!why.isEmpty() && !refusalTold) {
            refusalTold = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    uri + ": the server is there and cannot be used, and is tried on: " + why);
        }
    }

    private void changeState(State next) {
        if (state != next) {
            state = next;
            listeners.forEach(listener -> listener.stateChanged(this, next));
        }
    }

    private void removeLost(long nowNs) {
        List<ClientCommand> orphans = new ArrayList<>();
        for (Iterator<ClientLink> each = links.iterator(); each.hasNext(); ) {
            ClientLink link = each.next();
            if (link.isLost()) {
                each.remove();
                lostCount.increment();
                tellRefusal(link.refusal());
                orphans.addAll(link.close());
                retryAtNs = nowNs + retryNs;
                retryNs = Math.min(2 * retryNs, RETRY_NS_MAX);
            }
        }
        judge();
        for (ClientCommand orphan : orphans) {
            boolean repeatable = orphan.isRead() || orphan.isFlush() || !orphan.isBegun();
            if (!repeatable) {
                end(orphan, IoStatus.UNKNOWN);
            } else if (orphan.job.deadlineNs <= nowNs) {
                end(orphan, IoStatus.OFFLINE);
            } else {
                again.add(orphan);
                expiresNs = Math.min(expiresNs, orphan.job.deadlineNs);
            }
        }
        if (liveCount() == 0 && !orphans.isEmpty()) {
            changeState(State.OFFLINE);
        }
    }

    /** Whether what was acknowledged and not flushed can still be proven to be there. */
    private void judge() {
        boolean dirty = writesAcknowledged > writesFlushed;
        if (capabilities.flush() && dirty && flushLink() == null) {
            unsafe = true;
        }
    }

    /**
     * A link that was there before the oldest write that is not flushed; null when none is left.
     * A FLUSH by it covers writes that were acknowledged by the others: that is what a server
     * promises with NBD_FLAG_CAN_MULTI_CONN, and without that flag there is one link only. A server
     * that has the flag and lies loses writes that were flushed.
     */
    private @Nullable ClientLink flushLink() {
        for (ClientLink link : links) {
            if (link.terms() != null && !link.isLost() && link.writesBefore() <= writesFlushed) {
                return link;
            }
        }
        return null;
    }

    private int liveCount() {
        int count = 0;
        for (ClientLink link : links) {
            count += link.terms() != null && !link.isLost() ? 1 : 0;
        }
        return count;
    }

    /** One attempt at a time: the others follow once it has succeeded. */
    private void connect(long nowNs) {
        boolean full = links.size() >= linkCount || liveCount() < links.size();
        if (full || nowNs < retryAtNs) {
            return;
        }
        ClientNegotiation negotiation = new ClientNegotiation(uri);
        SocketChannel channel = null;
        try {
            channel = ClientDoor.begin(address);
            links.add(new ClientLink(
                    channel,
                    watcher.watch(channel),
                    negotiation,
                    nowNs + Limits.HANDSHAKE_NS,
                    this::ended));
        } catch (IOException refused) {
            ClientDoor.closeQuietly(channel);
            retryAtNs = nowNs + retryNs;
            retryNs = Math.min(2 * retryNs, RETRY_NS_MAX);
            changeState(liveCount() == 0 ? State.OFFLINE : state);
        }
    }

    /** Hands waiting work to links with room. @return commands sent */
    private int start(long nowNs) {
        int count = 0;
        for (ClientLink link = freest(); link != null; link = freest()) {
            ClientCommand command = nextCommand();
            if (command == null) {
                break;
            }
            ClientLink to = command.isFlush() ? flushLink() : link;
            if (to == null) {
                to = link; // nothing was acknowledged that it would have to cover
            }
            to.send(command, zeroes, nowNs);
            count++;
        }
        return count;
    }

    private @Nullable ClientLink freest() {
        ClientLink best = null;
        for (ClientLink link : links) {
            boolean usable = link.terms() != null
                    && !link.isLost()
                    && link.commandCount() < COMMAND_COUNT_MAX;
            if (usable && (best == null || link.commandCount() < best.commandCount())) {
                best = link;
            }
        }
        return best;
    }

    private @Nullable ClientCommand nextCommand() {
        ClientCommand repeated = again.poll();
        if (repeated != null) {
            return repeated;
        }
        ClientCommand.Job job = waiting.peek();
        if (job == null) {
            return null;
        }
        ClientCommand command = split(job);
        if (job.allSplit()) {
            waiting.remove();
        }
        return command;
    }

    private ClientCommand split(ClientCommand.Job job) {
        Io io = job.io;
        long left = io.bytes() - job.splitTo;
        boolean zeroing = first.has(NbdWire.FLAG_SEND_WRITE_ZEROES);
        int type = switch (io.operation()) {
            case READ -> NbdWire.CMD_READ;
            case WRITE -> NbdWire.CMD_WRITE;
            case FLUSH -> NbdWire.CMD_FLUSH;
            case TRIM -> NbdWire.CMD_TRIM;
            case WRITE_ZEROES -> zeroing ? NbdWire.CMD_WRITE_ZEROES : NbdWire.CMD_WRITE;
        };
        boolean bare = type == NbdWire.CMD_TRIM || type == NbdWire.CMD_WRITE_ZEROES;
        boolean own = type == NbdWire.CMD_WRITE && io.operation() == IoOperation.WRITE_ZEROES;
        long most = bare ? RANGE_BYTES_MAX : own ? zeroStep() : commandBytesMax;
        long bytes = Math.min(left, most);
        ClientCommand command = new ClientCommand(job, nextCookie++, type, job.splitTo, bytes);
        job.splitTo += io.operation() == IoOperation.FLUSH ? 1 : bytes;
        job.commandCount++;
        return command;
    }

    private long zeroStep() {
        return Math.min(ZERO_BYTES, commandBytesMax);
    }

    private void ended(ClientCommand command) {
        boolean acknowledged = command.status.isOk()
                && command.job.io.operation().changesData()
                && !command.job.io.fua();
        if (acknowledged) {
            writesAcknowledged++;
        }
        if (command.isFlush() && command.status.isOk()) {
            writesFlushed = Math.max(writesFlushed, command.job.writesBefore);
        }
        if (command.isFlush() && !command.status.isOk()) {
            unsafe = true;
        }
        end(command, command.status);
    }

    private void end(ClientCommand command, IoStatus how) {
        ClientCommand.Job job = command.job;
        job.ended(how);
        job.commandCount--;
        if (job.allSplit() && job.commandCount == 0) {
            job.io.complete(job.status);
            quiescence.left(job.generation);
        }
    }

    /** Of a command under way when the device is closed. */
    private static IoStatus lostStatus(ClientCommand command) {
        boolean changes = command.job.io.operation().changesData();
        return changes && command.isBegun() ? IoStatus.UNKNOWN : IoStatus.OFFLINE;
    }

    /** What was acknowledged may be lost: nothing is promised, and nothing more is written. */
    private void failUnsafe() {
        List<ClientCommand> refused = new ArrayList<>();
        again.removeIf(command -> isUnsafe(command.job) && refused.add(command));
        refused.forEach(command -> end(command, IoStatus.FAILED));
        List<ClientCommand.Job> jobs = new ArrayList<>();
        waiting.removeIf(job -> isUnsafe(job) && jobs.add(job));
        jobs.forEach(job -> giveUp(job, IoStatus.FAILED));
    }

    private static boolean isUnsafe(ClientCommand.Job job) {
        IoOperation operation = job.io.operation();
        return operation == IoOperation.FLUSH || operation.changesData();
    }

    /** Ends what has waited for too long. */
    private void failWaiting(long nowNs) {
        if (nowNs < expiresNs) {
            return;
        }
        List<ClientCommand> late = new ArrayList<>();
        again.removeIf(command -> command.job.deadlineNs <= nowNs && late.add(command));
        late.forEach(command -> end(command, IoStatus.OFFLINE));
        List<ClientCommand.Job> jobs = new ArrayList<>();
        waiting.removeIf(job -> job.deadlineNs <= nowNs && jobs.add(job));
        expiresNs = Long.MAX_VALUE;
        for (ClientCommand command : again) {
            expiresNs = Math.min(expiresNs, command.job.deadlineNs);
        }
        for (ClientCommand.Job job : waiting) {
            expiresNs = Math.min(expiresNs, job.deadlineNs);
        }
        jobs.forEach(job -> giveUp(job, IoStatus.OFFLINE));
    }

    /** The rest of it is not asked any more; parts under way are waited for. */
    private void giveUp(ClientCommand.Job job, IoStatus how) {
        job.ended(how);
        job.splitTo = Math.max(1, job.io.bytes());
        if (job.commandCount == 0) {
            job.io.complete(job.status);
            quiescence.left(job.generation);
        }
    }

    @Override
    public void flush(long nowNs) {
        for (int index = 0; index < links.size(); index++) {
            links.get(index).flush();
        }
    }

    @Override
    public long nextDeadlineNs() {
        boolean connects = links.size() < linkCount && liveCount() == links.size();
        long deadlineNs = connects ? retryAtNs : Long.MAX_VALUE;
        for (ClientLink link : links) {
            deadlineNs = Math.min(deadlineNs, link.deadlineNs());
        }
        return waiting.isEmpty() && again.isEmpty() ? deadlineNs : Math.min(deadlineNs, expiresNs);
    }

    @Override
    public boolean readyToIdle() {
        boolean quiet = true;
        for (ClientLink link : links) {
            quiet &= link.readyToIdle();
        }
        boolean work = !waiting.isEmpty() || !again.isEmpty();
        return quiet && !(work && freest() != null);
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
