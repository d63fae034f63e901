// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.admin.NodeReport;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.TroubleReport;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Something that a node holds: opened as soon as it can be, looked after while it is open, and
 * opened again when it ends for a reason that may pass. One that cannot be is troubled, with the
 * reason, and holds up nothing else.
 *
 * <p>A thread of its own opens it, waits, and closes it. Others ask how it stands at any time.
 *
 * @param <U> what is open
 */
public abstract class Held<U extends Held.Use> implements AutoCloseable {
    /** How it stands. */
    public enum Standing {
        /** It is being opened, or looked for. */
        SOUGHT,
        OPEN,
        /** It could not be opened, and is tried again. */
        TROUBLED,
        /** A person ended it; it is begun again when settings are applied, or at the next start. */
        STOPPED,
        /**
         * Another owner has it, and it is not taken from that one: it is asked for again, in peace,
         * when settings are applied, or at the next start.
         */
        FENCED
    }

    /** Why something that was open has ended. */
    record End(Standing standing, EtherbayException why) {}

    /** Something open; of the thread that opened it, but for what says otherwise. */
    interface Use extends AutoCloseable {
        /** Completes when it cannot or must not go on. */
        CompletableFuture<End> ended();

        /** Ends it in order, within a bounded time. */
        @Override
        void close();
    }

    private static final Logger LOG = System.getLogger(Held.class.getName());
    private static final long BACKOFF_NS_MIN = 1_000_000_000L;
    private static final long BACKOFF_NS_MAX = 30_000_000_000L;

    private final HeldSpec spec;
    private final Consumer<String> say;
    private final Runnable opened;
    private final CompletableFuture<Void> closing = new CompletableFuture<>();
    private final CompletableFuture<Void> settled = new CompletableFuture<>();
    private final Semaphore wake = new Semaphore(0);
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
    private volatile Thread thread;
    private @Nullable U current;
    private volatile Standing standing = Standing.SOUGHT;
    private volatile Optional<EtherbayException> trouble = Optional.empty();
    private volatile boolean again;

    /** Its thread's. */
    private long backoffNs = BACKOFF_NS_MIN;

    /**
     * @param say hears in a line what becomes of it
     * @param opened runs whenever it is open, so that what may depend on it can be tried again
     */
    Held(HeldSpec spec, Consumer<String> say, Runnable opened) {
        this.spec = spec;
        this.say = say;
        this.opened = opened;
        thread = thread(this::hold);
    }

    private Thread thread(Runnable runs) {
        return Thread.ofPlatform()
                .name("etherbay-" + spec.kind() + " " + spec.name())
                .daemon()
                .uncaughtExceptionHandler((dead, bug) -> died(bug))
                .unstarted(runs);
    }

    public HeldSpec spec() {
        return spec;
    }

    public Standing standing() {
        return standing;
    }

    /** Why it is not open; empty while it is, or is not known not to be. */
    public Optional<EtherbayException> trouble() {
        return trouble;
    }

    /** The same as it is reported; null for none. */
    NodeReport.@Nullable Trouble reported() {
        return trouble.map(TroubleReport::of).orElse(null);
    }

    /** Completes when it is open, or has been refused, for the first time. */
    CompletableFuture<Void> settled() {
        return settled;
    }

    /** Begins when {@code before} completes. */
    void begin(CompletableFuture<Void> before) {
        var _ = before.thenRun(() -> thread.start());
    }

    /** Something has changed that may be why it could not be opened. */
    void nudge() {
        if (standing == Standing.TROUBLED) {
            wake.release();
        }
    }

    /** Begins anew also with one that rests: a person has asked for it. */
    void beginAgain() {
        if (isResting()) {
            again = true;
            wake.release();
        } else {
            nudge();
        }
    }

    // On its thread.

    /**
     * Opens it; may wait for it, and then says why by {@link #waiting}.
     *
     * @param given completes when nobody wants it any more
     * @return empty when it gave up for that
     * @throws EtherbayException when it cannot be opened now
     */
    abstract Optional<U> open(CompletableFuture<Void> given);

    /** It is not begun again by itself. */
    void rests() {}

    /** It is not there yet. */
    void waiting(EtherbayException why) {
        boolean known = sameTrouble(why);
        trouble = Optional.of(why);
        settled.complete(null);
        if (!known) {
            tell(why); // who hears it may look at once
        }
    }

    private void hold() {
        while (!closing.isDone()) {
            pause(turn());
        }
    }

    /** A bug has ended its thread: another one goes on, or it would be shown as open for ever. */
    private void died(Throwable bug) {
        LOG.log(Level.ERROR, "a bug ended a turn of the " + spec.key(), bug);
        ended(bug(spec));
        thread = thread(() -> {
            pause(false);
            hold();
        });
        thread.start();
    }

    /** Until it is to be opened again. */
    private void pause(boolean wasOpen) {
        backoffNs = wasOpen ? BACKOFF_NS_MIN : backoffNs;
        if (isResting()) {
            rest();
        } else if (!closing.isDone() && waitForChange(backoffNs)) {
            backoffNs = BACKOFF_NS_MIN;
        } else {
            backoffNs = Math.min(2 * backoffNs, BACKOFF_NS_MAX);
        }
    }

    /** Opens it and waits for its end. @return whether it was open */
    private boolean turn() {
        try {
            Optional<U> opening = open(closing);
            if (opening.isEmpty()) {
                return false;
            }
            U open = opening.get();
            try {
                opened(open);
                CompletableFuture.anyOf(closing, open.ended()).join();
            } finally {
                hide(open);
            }
            if (open.ended().isDone()) {
                ended(open.ended().join());
            }
            return true;
        } catch (EtherbayException refused) {
            ended(new End(standingOf(refused), refused));
            return false;
        }
    }

    /** What a refusal to open it means; a subclass may know better. */
    Standing standingOf(EtherbayException refused) {
        return Standing.TROUBLED;
    }

    private void show(@Nullable U open) {
        use.writeLock().lock();
        try {
            current = open;
        } finally {
            use.writeLock().unlock();
        }
    }

    private void opened(U open) {
        show(open);
        trouble = Optional.empty();
        again = false; // what was asked for while it was being opened has been granted
        standing = Standing.OPEN;
        settled.complete(null);
        say.accept(spec.key() + ": " + open);
        opened.run();
    }

    /** Nobody asks it any more when it is closed. */
    private void hide(U open) {
        show(null);
        open.close();
    }

    private void ended(End end) {
        boolean known = sameTrouble(end.why()) && standing == end.standing();
        trouble = Optional.of(end.why());
        standing = end.standing();
        if (isResting()) {
            rests();
        }
        settled.complete(null);
        if (!known) {
            tell(end.why());
        }
    }

    private boolean sameTrouble(EtherbayException why) {
        return trouble.map(known -> known.toText().equals(why.toText())).orElse(false);
    }

    private void tell(EtherbayException why) {
        say.accept(spec.key() + ": " + why.getMessage() + ": " + why.why());
    }

    private boolean isResting() {
        return standing == Standing.STOPPED || standing == Standing.FENCED;
    }

    /** Until it is wanted again. */
    private void rest() {
        while (!closing.isDone() && !again) {
            wake.acquireUninterruptibly();
            wake.drainPermits();
        }
        again = false;
        standing = standing == Standing.STOPPED ? Standing.SOUGHT : standing;
    }

    private boolean waitForChange(long ns) {
        try {
            boolean woken = wake.tryAcquire(ns, TimeUnit.NANOSECONDS);
            wake.drainPermits();
            return woken;
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // For others.

    /**
     * Asks what is open; it is not closed meanwhile.
     *
     * @return empty when it is not open
     */
    <T> Optional<T> ask(Function<U, T> question) {
        use.readLock().lock();
        return answerTo(question);
    }

    /**
     * The same for a report, which waits for nobody: also not for one that is to be closed as soon
     * as a command has its answer.
     *
     * @return empty also while it is just being opened or closed
     */
    <T> Optional<T> glance(Function<U, T> question) {
        return use.readLock().tryLock() ? answerTo(question) : Optional.empty();
    }

    /** With the lock, which it gives back. */
    private <T> Optional<T> answerTo(Function<U, T> question) {
        try {
            U open = current;
            return open == null || open.ended().isDone()
                    ? Optional.empty()
                    : Optional.of(question.apply(open));
        } finally {
            use.readLock().unlock();
        }
    }

    /** For its thread, before it has ended itself: it is to be given up. */
    void closeSoon() {
        closing.complete(null);
        wake.release();
    }

    /** Ends it in order; returns when it is closed. */
    @Override
    public void close() {
        close(Long.MAX_VALUE);
    }

    /**
     * The same, but waits for so long only.
     *
     * @return whether it is closed
     */
    boolean close(long waitNs) {
        closeSoon();
        boolean interrupted = false;
        boolean waits = true;
        while (waits && thread.isAlive()) {
            try {
                Thread last = thread;
                last.join(Duration.ofNanos(waitNs));
                waits = thread != last; // another one has taken its place
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    /** When a bug has ended what turned it. */
    static End bug(HeldSpec spec) {
        return new End(
                Standing.TROUBLED,
                new EtherbayException(
                        ErrorCode.INTERNAL,
                        "the " + spec.key() + " has ended by itself",
                        "a bug ended the loop that turned it; the log says which",
                        "it is opened again; report the bug with the log"));
    }
}
