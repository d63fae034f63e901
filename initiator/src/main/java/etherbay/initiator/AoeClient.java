// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.base.Check;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Asks AoE targets and waits for what they say: the client of the tools. It turns the loop of its
 * port on the calling thread, and only while a call lasts; what arrives between calls waits in the
 * port. For many requests at a time it is not made: it allocates, and keeps one exchange.
 *
 * <p>Each transmission has a tag of its own with bit 31 set, so that the Linux driver on the same
 * machine ignores the answers (AoEr11 section 2.3; {@code docs/protocols/aoe.md} section 1), and so
 * that an answer to a former request is never taken for one to this.
 */
public final class AoeClient {
    /** Replies kept of one exchange: more than disks on any segment, or buffers of a target. */
    public static final int REPLY_COUNT_MAX = 4096;

    /** How often a full port is looked at again before a frame is taken for lost. */
    private static final long SEND_PATIENCE_NS = 1_000_000_000L;

    /**
     * How long {@link #ask} waits.
     *
     * @param replyNs for the answer to the first transmission; twice as long for each further one
     * @param attemptCount transmissions
     */
    public record Patience(long replyNs, int attemptCount) {
        /** Answers take microseconds; a disk that spins up takes a few seconds. */
        public static final Patience DEFAULT = new Patience(250_000_000L, 5);

        public Patience {
            Check.that(replyNs > 0 && attemptCount > 0, "a request is sent and waited for");
        }
    }

    private static final class Exchange {
        final Set<Integer> tags = new HashSet<>();
        final List<Reply> replies = new ArrayList<>();
        final boolean all;

        Exchange(boolean all) {
            this.all = all;
        }

        boolean wants(MemorySegment memory, long at) {
            return replies.size() < REPLY_COUNT_MAX
                    && (all || tags.contains(AoeHeader.tag(memory, at)));
        }

        boolean answered() {
            return replies.stream().anyMatch(Reply::response);
        }
    }

    private final Loop loop;
    private final EthernetPort port;
    private final Patience patience;
    private int lastTag;
    private @Nullable Exchange current;

    /**
     * A client on a port of that loop; whoever opened the port closes it.
     *
     * @param seed where tags begin: a number that the process before this one did not have
     */
    public AoeClient(Loop loop, EthernetPort port, Patience patience, long seed) {
        this.loop = loop;
        this.port = port;
        this.patience = patience;
        lastTag = (int) (seed ^ seed >>> 32);
        port.onFrames(this::onFrame);
    }

    /** The source of its requests. */
    public MacAddress mac() {
        return port.mac();
    }

    /** Largest Ethernet payload in bytes. */
    public int mtu() {
        return port.mtu();
    }

    /** Time on the clock of its loop. */
    public long nowNs() {
        return loop.clock().nanoTime();
    }

    /** A further address that requests may come from. */
    public void addSource(MacAddress mac) {
        port.addSourceMac(mac);
    }

    public void removeSource(MacAddress mac) {
        port.removeSourceMac(mac);
    }

    /** The first answer, or nothing after all attempts. An AoE refusal is an answer too. */
    public Optional<Reply> ask(Station to, Request request) {
        return ask(mac(), to, request);
    }

    /** The same from an address given to {@link #addSource}. */
    public Optional<Reply> ask(MacAddress from, Station to, Request request) {
        Exchange exchange = begin(false);
        long waitNs = patience.replyNs();
        for (int attempt = 0; attempt < patience.attemptCount(); attempt++, waitNs *= 2) {
            send(exchange, build(from, to, request));
            if (turn(waitNs, exchange::answered)) {
                break;
            }
        }
        current = null;
        return exchange.replies.stream().filter(Reply::response).findFirst();
    }

    /** All that answer a request sent once, from now for {@code waitNs}: discovery. */
    public List<Reply> collect(Station to, Request request, long waitNs) {
        return exchange(List.of(build(mac(), to, request)), waitNs, REPLY_COUNT_MAX).stream()
                .filter(Reply::response)
                .toList();
    }

    /**
     * Sends frames as they are, at once and once, and returns what comes under their tags, also
     * without the response flag, in the order of arrival.
     *
     * @param waitNs after the last was sent
     * @param enoughCount returns earlier when so many came
     */
    public List<Reply> exchange(List<MemorySegment> frames, long waitNs, int enoughCount) {
        return exchange(begin(false), frames, waitNs, enoughCount);
    }

    /** The same, but returns all that arrives meanwhile, under any tag: beacons, strays. */
    public List<Reply> overhear(List<MemorySegment> frames, long waitNs) {
        return exchange(begin(true), frames, waitNs, REPLY_COUNT_MAX);
    }

    private List<Reply> exchange(
            Exchange exchange, List<MemorySegment> frames, long waitNs, int enoughCount) {
        frames.forEach(frame -> send(exchange, frame));
        turn(waitNs, () -> exchange.replies.size() >= enoughCount);
        current = null;
        return List.copyOf(exchange.replies);
    }

    /** A transmission under a fresh tag, not sent. */
    public MemorySegment build(MacAddress from, Station to, Request request) {
        lastTag = AoeHeader.TAG_USER_SPACE | lastTag + 1;
        return request.frame(
                AoeFrames.request(to.mac(), from, to.disk().shelf(), to.disk().slot(), lastTag));
    }

    private Exchange begin(boolean all) {
        Check.that(current == null, "a client has one exchange at a time");
        Exchange exchange = new Exchange(all);
        current = exchange;
        return exchange;
    }

    private void send(Exchange exchange, MemorySegment message) {
        if (AoeHeader.lengthOk(message.byteSize())) {
            exchange.tags.add(AoeHeader.tag(message, 0));
        }
        int bytes = (int) message.byteSize();
        @Nullable Frame frame = port.claim(bytes);
        if (frame == null) {
            Frame[] late = new Frame[1];
            turn(SEND_PATIENCE_NS, () -> (late[0] = port.claim(bytes)) != null);
            frame = late[0];
        }
        if (frame != null) {
            MemorySegment.copy(message, 0, frame.memory(), frame.at(), bytes);
            port.commit(frame);
        }
    }

    private boolean turn(long waitNs, BooleanSupplier done) {
        loop.turn(nowNs()); // sends, however short the wait
        return loop.runUntil(nowNs() + waitNs, done);
    }

    private void onFrame(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        Exchange exchange = current;
        if (exchange == null
                || AoeHeader.malformed(memory, at, frame.bytes())
                || !exchange.wants(memory, at)) {
            return;
        }
        MemorySegment copy = MemorySegment.ofArray(new byte[frame.bytes()]);
        MemorySegment.copy(memory, at, copy, 0, frame.bytes());
        exchange.replies.add(new Reply(copy, loop.nowNs()));
    }
}
