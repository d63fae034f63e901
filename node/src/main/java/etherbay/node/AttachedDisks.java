// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.Loop;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;

import java.util.concurrent.CompletableFuture;

/**
 * Remote AoE disks with everything under them, the loop that turns them included. Opened on the
 * calling thread, which may look for disks and wait for them; {@link #start} gives the loop a
 * thread of its own, and further disks may be looked for then as before.
 */
public final class AttachedDisks implements AutoCloseable {
    private static final long SPIN_NS = 50_000;

    private final LinuxIdler idler = new LinuxIdler();
    private final Loop loop;
    private final LoopThread turning;
    private final RemoteDisks disks;

    private AttachedDisks(RemoteDisks.Options options, Counters counters) {
        loop = new Loop("attach", Linux.clock(), idler, SPIN_NS);
        turning = new LoopThread(loop);
        disks = RemoteDisks.on(loop, turning, idler, options, counters);
    }

    /** No disk so far. */
    public static AttachedDisks open(RemoteDisks.Options options, Counters counters) {
        return new AttachedDisks(options, counters);
    }

    /** Where disks are looked for, and those that are. */
    public RemoteDisks disks() {
        return disks;
    }

    /** Owns the disks; of the thread that opened them until {@link #start}. */
    public Loop loop() {
        return loop;
    }

    /** Blocking calls into the loop, between {@link #start} and {@link #stop}. */
    LoopCalls calls() {
        return new LoopCalls(loop, turning.failure());
    }

    /** The way to the loop, turned by a thread or not. */
    public LoopAccess access() {
        return turning;
    }

    /** Turns the loop on a thread of its own from now on. */
    public void start() {
        turning.start();
    }

    /** Ends exceptionally when a bug ended the loop. */
    public CompletableFuture<Void> failure() {
        return turning.failure();
    }

    /**
     * Ends the loop's thread when nothing is under way any more, or after a while.
     *
     * @param first what the loop does before: no new requests come after it
     */
    public void stop(Runnable first) throws InterruptedException {
        turning.stop(quiet -> {
            first.run();
            disks.quiesce(quiet);
        });
    }

    /** Lets go of everything; before {@link #start} or after {@link #stop}. */
    @Override
    public void close() {
        disks.close();
        idler.close();
    }
}
