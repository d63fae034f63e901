// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The one who looks at the node, twice a second, for everybody: compares what it sees with what it
 * saw, and tells the watchers. Owns the thread {@code admin-watch}, which gives way to the loops;
 * {@link #look} may be called from any thread, and looks at once. A look that fails is said, and
 * the next one comes; a watcher that fails is said, and the others hear.
 */
public final class Watch implements AutoCloseable {
    private static final long PERIOD_MS = 500;
    private static final long STOP_MS = 5_000;

    private final NodeAdmin node;
    private final Clock clock;
    private final Consumer<String> say;
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable NodeReport latest;
    private String lastComplaint = "";

    /** One who hears of every look, in order; must not block. */
    @FunctionalInterface
    public interface Watcher {
        /**
         * Two consecutive reports.
         *
         * @param before null at the first look
         */
        void seen(@Nullable NodeReport before, NodeReport now);
    }

    /**
     * Begins nothing yet.
     *
     * @param giveWay run once on the thread of the watch, which lowers its priority
     * @param say takes a line for a person: a look failed
     */
    public Watch(NodeAdmin node, Clock clock, Runnable giveWay, Consumer<String> say) {
        this.node = node;
        this.clock = clock;
        this.say = say;
        thread = Thread.ofPlatform().name("admin-watch").daemon().unstarted(() -> {
            giveWay.run();
            run();
        });
    }

    /** Adds a watcher, who hears of the looks from now on. */
    public void listen(Watcher watcher) {
        watchers.add(watcher);
    }

    /** Begins to look. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            do {
                seeWhatCame();
            } while (!stopped.await(PERIOD_MS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Looks after a change, which has been made whether this can see it or not: a look that fails
     * is said, and is no failure of the change.
     */
    public Optional<NodeReport> seeWhatCame() {
        FutureTask<NodeReport> round = new FutureTask<>(this::look);
        round.run();
        if (round.state() == Future.State.SUCCESS) {
            return Optional.of(round.resultNow());
        }
        complain("the node cannot be looked at: " + round.exceptionNow());
        return Optional.empty();
    }

    /** Says once what fails, however often it does. */
    private synchronized void complain(String complaint) {
        if (!complaint.isEmpty() && !complaint.equals(lastComplaint)) {
            say.accept("etherbay: " + complaint);
        }
        lastComplaint = complaint;
    }

    /** Looks now, and tells the watchers before it returns. One that cannot hear is said. */
    public synchronized NodeReport look() {
        NodeReport now = node.report();
        NodeReport before = latest;
        latest = now;
        String complaint = "";
        for (Watcher watcher : watchers) {
            FutureTask<Boolean> turn = new FutureTask<>(() -> watcher.seen(before, now), true);
            turn.run();
            if (turn.state() == Future.State.FAILED) {
                complaint = "what was seen of the node cannot be told: " + turn.exceptionNow();
            }
        }
        complain(complaint);
        return now;
    }

    /** What was seen last. */
    public NodeReport latest() {
        NodeReport seen = latest;
        if (seen == null) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the node has not been looked at yet",
                    "it has just started",
                    "ask again in a second");
        }
        return seen;
    }

    /** How well the node was at the last look. */
    public Health health() {
        return HealthRules.of(latest(), clock.wallMillis());
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            thread.join(STOP_MS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
