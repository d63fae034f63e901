// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.DeviceDecorator;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.Loop;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.LinuxIdler;
import etherbay.node.BackingName.AtAoe;
import etherbay.node.volume.AoeMedia;
import etherbay.node.volume.DeviceMedium;
import etherbay.volume.Medium;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The AoE disks that exports of one loop lie on, each opened once for all that use it: the exports
 * of several volumes, and whoever reads their group's metadata. Ports of its own for each choice of
 * interfaces, so that what arrives for them is not mixed with what arrives for targets. Any control
 * thread; one that waits for a disk keeps no other from anything.
 */
final class AoeDisks implements AoeMedia {
    private static final Logger LOG = System.getLogger(AoeDisks.class.getName());

    /** A target that is there answers in less; it may just be starting. */
    private static final long PATIENCE_NS = 5_000_000_000L;

    /** A disk that is used, or looked for, by so many. */
    private static final class Use {
        private final RemoteDisks among;
        private final SoughtDisk sought;

        /** When it has had its time; whoever comes later waits for it no longer. */
        private final long deadlineNs;

        private int userCount = 1;

        Use(RemoteDisks among, SoughtDisk sought, long deadlineNs) {
            this.among = among;
            this.sought = sought;
            this.deadlineNs = deadlineNs;
        }

        boolean hasAnswered() {
            return sought.search().isDone();
        }

        /** Completes when it has answered. */
        CompletableFuture<Boolean> answer() {
            return sought.search().handle((disk, why) -> true);
        }

        RemoteDisk disk() {
            return sought.found().orElseThrow();
        }
    }

    /** One user's view: the disk itself is closed with its last user. On the loop. */
    private static final class Shared extends DeviceDecorator {
        Shared(BlockDevice disk) {
            super(disk);
        }

        @Override
        public void submit(Io io) {
            below().submit(io);
        }

        @Override
        public void close() {}
    }

    private final Loop loop;
    private final LoopAccess access;
    private final LinuxIdler idler;
    private final Counters counters;
    private final String station;
    private final Map<AtAoe, Use> uses = new HashMap<>();
    private final Map<List<String>, RemoteDisks> byInterfaces = new HashMap<>();
    private final CompletableFuture<Void> ending = new CompletableFuture<>();

    /**
     * @param station who uses them, as of {@link RemoteDisks.Options}
     */
    AoeDisks(Loop loop, LoopAccess access, LinuxIdler idler, Counters counters, String station) {
        this.loop = loop;
        this.access = access;
        this.idler = idler;
        this.counters = counters;
        this.station = station;
    }

    /**
     * The disk for one more user, who gives it back.
     *
     * @return of the loop; closing it changes nothing
     * @throws EtherbayException when it does not answer in time, must not be used, or is used by
     *     another process of this machine
     */
    BlockDevice take(AtAoe name) {
        Use use = join(name);
        boolean taken = false;
        try {
            await(use.deadlineNs, use.answer());
            if (use.sought.found().isEmpty()) {
                throw trouble(use);
            }
            taken = true;
            return new Shared(use.disk());
        } finally {
            if (!taken) {
                giveBack(name);
            }
        }
    }

    /** Waits until then, unless all is to end. */
    private void await(long deadlineNs, CompletableFuture<?> answer) {
        long leftNs = deadlineNs - loop.clock().nanoTime();
        access.within(Math.max(0, leftNs), CompletableFuture.anyOf(answer, ending));
    }

    private synchronized EtherbayException trouble(Use use) {
        return use.among.trouble(use.sought);
    }

    /** One user more, of a disk that may not have answered yet. */
    private synchronized Use join(AtAoe name) {
        Use known = uses.get(name);
        if (known != null) {
            known.userCount++;
            return known;
        }
        Use begun = begin(name);
        uses.put(name, begun);
        return begun;
    }

    private Use begin(AtAoe name) {
        RemoteDisks among = byInterfaces.computeIfAbsent(
                name.interfaces(),
                interfaces -> RemoteDisks.on(
                        loop,
                        access,
                        idler,
                        new RemoteDisks.Options(interfaces, station),
                        counters));
        try (Undo undo = new Undo()) {
            undo.add(() -> closeIfIdle(name));
            SoughtDisk sought = among.seek(
                    name.address(), RemoteDiskSettings.DEFAULT, SoughtDisk.Listener.NONE);
            undo.keep();
            return new Use(among, sought, loop.clock().nanoTime() + PATIENCE_NS);
        }
    }

    /**
     * Begins to look for disks that will be taken, side by side, and goes on until it is closed.
     * Whoever takes one meanwhile waits for it no longer than its search has had its time: who has
     * waited for them here, outside of any monitor, waits no more inside.
     */
    Look look(Collection<AtAoe> names) {
        return new Look(Set.copyOf(names));
    }

    /** Disks that are looked for together. Of one control thread. */
    final class Look implements AutoCloseable {
        private final Map<AtAoe, Use> joined = new HashMap<>();
        private final Set<AtAoe> silent = new HashSet<>();

        private Look(Set<AtAoe> names) {
            for (AtAoe name : names) {
                try {
                    joined.put(name, join(name));
                    silent.add(name);
                } catch (EtherbayException refused) { // so is whoever takes it
                    LOG.log(Level.DEBUG, refused.toText());
                }
            }
        }

        /** Those of which nothing is known yet. */
        Set<AtAoe> silent() {
            return Set.copyOf(silent);
        }

        /**
         * Waits until one more has answered.
         *
         * @return whether one has; else nothing is waited for any more
         */
        boolean awaitOne() {
            List<CompletableFuture<Boolean>> answers = new ArrayList<>();
            long deadlineNs = loop.clock().nanoTime();
            for (AtAoe name : silent) {
                Use use = of(name);
                answers.add(use.answer());
                deadlineNs = Math.max(deadlineNs, use.deadlineNs);
            }
            await(
                    deadlineNs,
                    CompletableFuture.anyOf(answers.toArray(CompletableFuture<?>[]::new)));
            return silent.removeIf(name -> of(name).hasAnswered());
        }

        private Use of(AtAoe name) {
            Use use = joined.get(name);
            if (use == null) {
                throw new AssertionError(name + " was joined");
            }
            return use;
        }

        /** Waits for all. */
        void awaitAll() {
            while (awaitOne()) {}
        }

        /** Who has taken one goes on using it. */
        @Override
        public void close() {
            joined.keySet().forEach(AoeDisks.this::giveBack);
            joined.clear();
        }
    }

    /** Nobody waits for a disk any more; those that are there are used as before. For good. */
    void hurry() {
        ending.complete(null);
    }

    /** One user less; the last one lets the disk go. With nothing in flight. */
    synchronized void giveBack(AtAoe name) {
        Use use = uses.get(name);
        if (use != null && --use.userCount == 0) {
            uses.remove(name);
            use.among.leave(use.sought);
            closeIfIdle(name);
        }
    }

    private void closeIfIdle(AtAoe name) {
        RemoteDisks among = byInterfaces.get(name.interfaces());
        if (among != null && among.all().isEmpty()) {
            byInterfaces.remove(name.interfaces());
            among.close();
        }
    }

    /** Tells the disk that has that address now from others; of one that is taken. */
    synchronized String identity(AtAoe name) {
        Use use = uses.get(name);
        if (use == null) {
            throw new IllegalStateException(name + " is not taken");
        }
        String serial = access.call(() -> use.disk().identify().serial());
        return "aoe " + name.address() + " serial " + serial;
    }

    @Override
    public Medium open(AtAoe name, boolean writable) {
        BlockDevice disk = take(name);
        return new DeviceMedium(
                new DeviceMedium.Source(name.toString(), loop, hurried(), disk),
                () -> giveBack(name));
    }

    /** Waits for a disk that fell silent no longer than {@link #hurry} lets it. */
    private LoopAccess hurried() {
        return new LoopAccess() {
            @Override
            public <T> T call(Supplier<T> work) {
                return access.call(work);
            }

            @Override
            public boolean within(long timeoutNs, CompletableFuture<?> done) {
                return access.within(timeoutNs, CompletableFuture.anyOf(done, ending))
                        && done.isDone();
            }
        };
    }
}
