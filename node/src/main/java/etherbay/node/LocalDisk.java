// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.node.trace.TraceWriter;
import etherbay.node.volume.VolumePlaces;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A disk that a path names, decorated or not, with the loop that turns it. Opened on the calling
 * thread; {@link #start} gives the loop a thread of its own.
 */
public final class LocalDisk implements AutoCloseable {
    private static final long SPIN_NS = 50_000;
    private static final int QUEUE_LENGTH = 64;

    private final Undo undo;
    private final Loop loop;
    private final Backing backing;
    private final LoopThread turning;

    private LocalDisk(Undo undo, Loop loop, LoopThread turning, Backing backing) {
        this.undo = undo;
        this.loop = loop;
        this.turning = turning;
        this.backing = backing;
    }

    /**
     * How to open it.
     *
     * @param readOnly to take no writes, whatever the name says
     * @param directIo past the page cache; empty for the default
     * @param places where physical volumes are looked for, when it is a volume
     */
    public record Options(boolean readOnly, Optional<Boolean> directIo, VolumePlaces places) {}

    /**
     * Opens it, kept from other processes.
     *
     * @param owner who serves it, as traces call it
     * @throws EtherbayException when it cannot be opened
     */
    public static LocalDisk open(
            String owner, BackingName name, Options options, Counters counters) {
        Undo undo = new Undo();
        boolean opened = false;
        try {
            LinuxIdler idler = new LinuxIdler();
            undo.add(idler::close);
            Loop loop = new Loop(owner, Linux.clock(), idler, SPIN_NS);
            TraceWriter traces = new TraceWriter(Linux.clock(), counters);
            undo.add(traces::close);
            LoopThread turning = new LoopThread(loop);
            // Two processes at a time are two stations.
            AoeDisks aoe = new AoeDisks(
                    loop,
                    turning,
                    idler,
                    counters,
                    owner + " " + ProcessHandle.current().pid());
            Backing backing = Backing.open(
                    new Backing.Wish(
                            owner,
                            name,
                            options.readOnly() || name.takesNoWrites(),
                            options.directIo(),
                            QUEUE_LENGTH,
                            0,
                            0),
                    new Backing.Opener(loop, idler, counters, traces, aoe, options::places));
            undo.add(backing::release);
            backing.attach();
            opened = true;
            return new LocalDisk(undo, loop, turning, backing);
        } finally {
            if (!opened) {
                undo.close();
            }
        }
    }

    public Loop loop() {
        return loop;
    }

    /** The way to that loop, turned by a thread or not. */
    public LoopAccess access() {
        return turning;
    }

    /** For the loop's thread. */
    public BlockDevice device() {
        return backing.device();
    }

    /** What was opened, as a person knows it. */
    @Override
    public String toString() {
        return backing.toString();
    }

    /** Turns the loop on a thread of its own. */
    public void start() {
        turning.start();
    }

    /** Completes exceptionally when a bug has ended the loop. */
    public CompletableFuture<Void> failure() {
        return turning.failure();
    }

    /**
     * Ends what is in flight, without the delays, and the loop.
     *
     * @param front what asks the disk: run on the loop before it, to ask nothing any more
     */
    public void stop(Runnable front) throws InterruptedException {
        turning.stop(quiet -> {
            front.run();
            backing.hurry();
            backing.device().quiesce(quiet);
        });
    }

    /** Lets go of it; blocks until nothing is in flight. After {@link #stop}. */
    @Override
    public void close() {
        undo.close();
    }
}
