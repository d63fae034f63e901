// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.EtherbayException;
import etherbay.base.LoopPart;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Says which Ethernet interfaces there are whenever others came, went or were renamed. A part of
 * one loop, which owns it; opened on a thread in the network namespace that it shall watch.
 *
 * <p>The kernel only says that something may have changed; then all are listed anew. The first
 * news of a burst are answered after a moment, further ones at most five times a second, so that a
 * hundred new interfaces cost a few lists. Listing may
 * wait for whoever changes interfaces in this moment ({@link NetInterfaces}): where that is too
 * long for a loop with frames to answer, let another loop own the watch.
 */
public final class InterfaceWatch implements LoopPart, AutoCloseable {
    /** Hears of changes, on the loop; may close the watch. */
    @FunctionalInterface
    public interface Listener {
        /** The Ethernet interfaces as they are now; names or indices are not what they were. */
        void changed(List<InterfaceState> ethernet);
    }

    private static final System.Logger LOG = System.getLogger("etherbay.port");

    /** From the first news to the list: what comes together is listed together. */
    private static final long GATHER_NS = 20_000_000;

    /** Between two lists: removals come one by one, each after a wait of the kernel. */
    private static final long SPACING_NS = 200_000_000;

    /** While there is always work: how often to look for news. */
    private static final long NEWS_CHECK_NS = 5_000_000;

    private static final long RETRY_NS = 1_000_000_000;

    private final LinuxIdler idler;
    private final Listener listener;
    private final Arena arena = Arena.ofShared();
    private final LinkWatch news = new LinkWatch(arena);
    private final NetInterfaces interfaces = new NetInterfaces();
    private List<InterfaceState> known;
    private boolean newsDoubted = true;
    private long newsCheckedNs;
    private long listedNs = Long.MIN_VALUE / 2;
    private long listAtNs = Long.MAX_VALUE;
    private long listCount;
    private boolean closed;

    /**
     * Begins to watch. The caller adds it to its loop, and begins with what {@link #ethernet} says:
     * the listener hears of later changes only.
     *
     * @param idler that of the loop which will own the watch
     * @throws EtherbayException ENVIRONMENT when the kernel refuses to tell
     */
    public InterfaceWatch(LinuxIdler idler, Listener listener) {
        this.idler = idler;
        this.listener = listener;
        // Listed while the news are already on their way: what changes in between is told.
        known = interfaces.ethernet();
        idler.watch(news.fd());
    }

    /** The Ethernet interfaces when last listed. */
    public List<InterfaceState> ethernet() {
        return known;
    }

    /** How often all were listed because of news. */
    public long listCount() {
        return listCount;
    }

    @Override
    public int poll(long nowNs) {
        if (closed) {
            return 0; // a turn goes on to who left during it
        }
        if (newsDoubted || nowNs - newsCheckedNs >= NEWS_CHECK_NS) {
            newsCheckedNs = nowNs;
            newsDoubted = false;
            if (news.changed() && listAtNs == Long.MAX_VALUE) {
                listAtNs = Math.max(nowNs + GATHER_NS, listedNs + SPACING_NS);
            }
        }
        if (nowNs < listAtNs) {
            return 0;
        }
        list(nowNs);
        return 1;
    }

    private void list(long nowNs) {
        listedNs = nowNs;
        List<InterfaceState> now;
        try {
            now = interfaces.ethernet();
        } catch (EtherbayException refused) {
            LOG.log(System.Logger.Level.WARNING, refused.toText());
            listAtNs = nowNs + RETRY_NS;
            return;
        }
        listAtNs = Long.MAX_VALUE;
        listCount++;
        boolean others = !identities(now).equals(identities(known));
        known = now;
        if (others) {
            listener.changed(now);
        }
    }

    /** What makes an interface another one; its link, MTU and address its port follows itself. */
    private static Map<Integer, String> identities(List<InterfaceState> interfaces) {
        return interfaces.stream()
                .collect(Collectors.toMap(InterfaceState::index, InterfaceState::name));
    }

    @Override
    public long nextDeadlineNs() {
        return listAtNs;
    }

    @Override
    public boolean readyToIdle() {
        newsDoubted = true; // what ends the sleep may be news
        return true;
    }

    /** Watches no longer; the loop lets go of it before. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            idler.unwatch(news.fd());
            news.close();
            interfaces.close();
            arena.close();
        }
    }
}
