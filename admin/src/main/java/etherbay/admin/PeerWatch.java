// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.admin.NodeReport.Peer;
import etherbay.admin.NodeReport.Trouble;
import etherbay.base.Clock;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Asks the other nodes how they are, every few seconds, each on a virtual thread of its own: one
 * that does not answer holds up nobody, least of all who wants to know what was seen last. The
 * first time that one answers it is told that this node is there, so that it looks at once. Owns
 * the thread {@code peers}.
 */
public final class PeerWatch implements AutoCloseable {
    private static final long PERIOD_MS = 5_000;
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration ANSWER = Duration.ofSeconds(4);

    private static final Map<String, Object> NOTHING = Map.of();

    private final Peers peers;
    private final Clock clock;
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /**
     * Begins nothing yet.
     *
     * @param giveWay run once on its thread, lowers its priority
     */
    public PeerWatch(Peers peers, Clock clock, Runnable giveWay) {
        this.peers = peers;
        this.clock = clock;
        thread = Thread.ofPlatform().name("peers").daemon().unstarted(() -> {
            giveWay.run();
            run();
        });
    }

    /** Begins to ask. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!closed) {
                for (PeerSpec spec : peers.all()) {
                    of(spec).askAside();
                }
                boolean _ = wake.tryAcquire(PERIOD_MS, TimeUnit.MILLISECONDS);
                wake.drainPermits();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks all of them now, aside: what the settings say has changed. */
    public void soon() {
        wake.release();
    }

    /** What was seen of each that the settings name, in the order of names. Never waits. */
    public List<Peer> seen() {
        List<PeerSpec> all = peers.all();
        seen.keySet().removeIf(name -> all.stream().noneMatch(it -> it.name().equals(name)));
        return all.stream().map(spec -> of(spec).latest).toList();
    }

    /** One of whose settings have changed is another, of whom nothing was seen yet. */
    private Seen of(PeerSpec spec) {
        return Objects.requireNonNull(seen.compute(
                spec.name(),
                (name, known) ->
                        known != null && known.spec.equals(spec) ? known : new Seen(spec)));
    }

    /**
     * Asks one now, and waits for its answer.
     *
     * @throws EtherbayException NOT_FOUND for one that the settings do not name
     */
    public Peer look(String name) {
        Seen one = of(peers.find(name));
        one.ask();
        return one.latest;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    /** One of them. */
    private final class Seen {
        private final PeerSpec spec;
        private final ReentrantLock asking = new ReentrantLock();
        private final AtomicBoolean isAskedAside = new AtomicBoolean();
        private volatile Peer latest;

        // of who holds the lock
        private @Nullable ApiClient client;
        private long askedNs; // when the latest began
        private boolean wasAsked;
        private boolean wasGreeted;

        Seen(PeerSpec spec) {
            this.spec = spec;
            latest = peer("sought", null, null, clock.wallMillis(), 0, null);
        }

        void askAside() {
            if (isAskedAside.compareAndSet(false, true)) {
                Thread.ofVirtual().name("peer " + spec.name()).start(() -> {
                    try {
                        ask();
                    } finally {
                        isAskedAside.set(false);
                    }
                });
            }
        }

        /** Many who want to know now share what is asked from now on. */
        void ask() {
            long wantedNs = clock.nanoTime();
            asking.lock();
            try {
                if (!wasAsked || askedNs - wantedNs < 0) {
                    askedNs = clock.nanoTime();
                    wasAsked = true;
                    latest = asked();
                }
            } finally {
                asking.unlock();
            }
        }

        private Peer asked() {
            try {
                if (client == null) {
                    client = peers.client(spec.name(), CONNECT, ANSWER);
                }
                ApiInfo info = Documents.read(
                        client.get("/").text(), "the answer of " + spec.name(), ApiInfo.class);
                greet(client);
                long nowMs = clock.wallMillis();
                return peer("up", info.health(), info.version(), since("up"), nowMs, null);
            } catch (EtherbayException failure) {
                String state = switch (failure.code()) {
                    case DEVIATES -> "stranger";
                    case DENIED -> "refuses";
                    default -> "silent";
                };
                Trouble trouble = new Trouble(
                        failure.code().name(),
                        String.valueOf(failure.getMessage()),
                        failure.why(),
                        failure.correction());
                return peer(state, null, null, since(state), latest.answeredMs(), trouble);
            }
        }

        /** It may have found us silent until now; whether it hears this does not matter. */
        private void greet(ApiClient its) {
            if (!wasGreeted) {
                wasGreeted = true;
                try {
                    its.post("/peers/" + peers.ownName() + "/look", NOTHING, "it has started");
                } catch (EtherbayException doesNotKnowUs) {
                    return; // it asks by itself in a few seconds, if it knows us
                }
            }
        }

        private long since(String state) {
            return latest.state().equals(state) ? latest.sinceMs() : clock.wallMillis();
        }

        private Peer peer(
                String state,
                @Nullable String health,
                @Nullable String version,
                long sinceMs,
                long answeredMs,
                @Nullable Trouble trouble) {
            return new Peer(
                    spec.name(),
                    spec.address().toString(),
                    state,
                    health,
                    version,
                    sinceMs,
                    answeredMs,
                    spec.certificate().endsMs(),
                    trouble);
        }
    }
}
