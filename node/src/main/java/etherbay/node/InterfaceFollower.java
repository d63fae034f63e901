// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Loop;
import etherbay.linux.InterfaceState;
import etherbay.linux.InterfaceWatch;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Knows which Ethernet interfaces this machine has, for globs. A small loop of its own: listing
 * them may take the kernel tens of milliseconds, and so does serving on a new one.
 */
final class InterfaceFollower implements AutoCloseable {
    private static final Logger LOG = System.getLogger(InterfaceFollower.class.getName());

    private final LinuxIdler idler = new LinuxIdler();
    private final Loop loop = new Loop("etherbay-interfaces", Linux.clock(), idler, 0);
    private final InterfaceWatch watch;
    private final Thread thread;
    private volatile Set<String> present;

    /**
     * @param changed runs on the follower's thread whenever interfaces came, went or were renamed
     */
    InterfaceFollower(Runnable changed) {
        watch = new InterfaceWatch(idler, now -> {
            present = names(now);
            changed.run();
        });
        present = names(watch.ethernet());
        loop.add(watch);
        loop.mailbox().offer(Linux::giveWay);
        thread = loop.start((_, bug) ->
                LOG.log(Level.ERROR, "a bug: new interfaces are not noticed any more", bug));
    }

    private static Set<String> names(List<InterfaceState> interfaces) {
        return interfaces.stream().map(InterfaceState::name).collect(Collectors.toSet());
    }

    /** Their names now; any thread. */
    Set<String> present() {
        return present;
    }

    @Override
    public void close() {
        loop.stop();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!thread.isAlive()) {
            loop.adopt();
            watch.close();
            idler.close();
        }
    }
}
