// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What runs virtual machines on this node. A guest goes on when the process that started it ends,
 * and is found again by its name in the same folder.
 *
 * <p>Calls block, for any thread; those about one guest come one at a time, but for {@link
 * #condition} and {@link #progress}, which may come beside others. Each may fail with an {@link
 * etherbay.base.EtherbayException}: NOT_FOUND for a guest that is not there, CONFLICT for one that
 * is in no condition for it, ENVIRONMENT when this machine cannot, UNAVAILABLE when the hypervisor
 * does not answer in time. A guest keeps its condition then.
 */
public interface Hypervisor {
    /**
     * What this machine offers, as far as it matters to a guest that may move here.
     *
     * @param kind {@code qemu}
     * @param version of the hypervisor
     * @param accelerator {@code kvm} or {@code tcg}
     * @param machine the newest mainboard: what a new guest gets
     * @param machines all that it has
     * @param cpus models that run here, {@code host} and {@code max} among them where they do
     * @param cpuName what {@code host} or {@code max} is here: equal on two nodes when a guest with
     *     it can move between them
     * @param memoryFreeMib that a new guest may use
     * @param cpuCount of this machine
     */
    record Abilities(
            String kind,
            String version,
            String accelerator,
            String machine,
            List<String> machines,
            List<String> cpus,
            String cpuName,
            long memoryFreeMib,
            int cpuCount) {}

    /** How a guest begins. */
    enum Start {
        /** It runs. */
        RUNNING,
        /** It waits for another node to send it; see {@link #listen}. */
        INCOMING
    }

    /** How a guest is. In brackets: whether its processors run. */
    enum Condition {
        /** There is none: never started, ended, killed, or crashed. (no) */
        ABSENT,
        /** (yes) */
        RUNNING,
        /** By {@link #pause}. (no) */
        PAUSED,
        /** It waits for its memory, or gets it. (no) */
        INCOMING,
        /** Its memory is here, whole; {@link #resume} would run it. (no) */
        LOADED,
        /** Its memory is being sent, it runs meanwhile. (yes) */
        LEAVING,
        /**
         * Its memory is sent but for the last, its disks are flushed; {@link #finishSending} sends
         * the rest, {@link #cancelSending} or {@link #resume} lets it go on. (no)
         */
        SWITCHING,
        /** All of it is sent; {@link #resume} would run it here again. (no) */
        SENT,
        /** It has switched itself off. (no) */
        OFF,
        /** It crashed in itself, or its hypervisor says that it cannot go on. (no) */
        BROKEN;

        public boolean runs() {
            return this == RUNNING || this == LEAVING;
        }
    }

    /**
     * How its memory is sent.
     *
     * @param downtimeMs that may pass between both nodes; the hypervisor estimates
     * @param mibPerSecond at most; 0 for no limit
     * @param slowDown whether a guest that changes memory faster than it is sent is slowed down
     * @param postCopy whether it may be run there before its memory is there: a node or network
     *     that fails meanwhile loses the guest's memory
     */
    record Sending(long downtimeMs, long mibPerSecond, boolean slowDown, boolean postCopy) {
        public static final Sending DEFAULT = new Sending(300, 0, true, false);
    }

    /**
     * How far the sending is.
     *
     * @param rounds over all memory
     * @param downtimeMs that has passed, or is expected
     * @param failure in the hypervisor's words; empty for none
     */
    record Progress(
            long doneBytes, long totalBytes, long rounds, long downtimeMs, String failure) {}

    /** How this machine is now; the memory that is free changes. */
    Abilities abilities();

    /**
     * What a guest needs of this machine besides its disk, and what there is now; {@link #start}
     * fails with INVALID for the first that is not met.
     */
    List<Need> needs(GuestSpec spec);

    /** Names of the guests that are there in any condition but ABSENT. */
    Set<String> present();

    Condition condition(String guest);

    /**
     * Begins a guest; nothing is left of it when this fails.
     *
     * @param disk the Unix socket at which its disk is served over NBD, writable; the guest waits
     *     for a server that restarts, without an error
     * @throws etherbay.base.EtherbayException CONFLICT for a guest that is there already; INVALID
     *     for one that cannot run here, whose cause says why
     */
    void start(GuestSpec spec, Path disk, Start start);

    /**
     * Has an INCOMING guest wait for its memory.
     *
     * @param host address of this node, as others reach it; {@code unix:PATH} for a socket
     * @return where to send it, for {@link #send}
     */
    String listen(String guest, String host);

    void pause(String guest);

    /**
     * Lets the processors run, from PAUSED, LOADED, SENT or SWITCHING; nothing when they do. One
     * that is BROKEN by its disk alone tries again what that refused; another one is a CONFLICT.
     */
    void resume(String guest);

    /** Asks the system inside to switch itself off, as its power button would. */
    void powerOff(String guest);

    /** As its reset button. */
    void reset(String guest);

    /** Ends it without asking; nothing of it runs any more when this returns. Nothing if absent. */
    void kill(String guest);

    /**
     * Begins to send it; it goes on, and stops at SWITCHING by itself.
     *
     * @param to what {@link #listen} gave there
     */
    void send(String guest, String to, Sending how);

    Progress progress(String guest);

    /** From SWITCHING to SENT; returns at once. */
    void finishSending(String guest);

    /** The guest goes on here as if nothing had been sent; nothing when nothing is sent. */
    void cancelSending(String guest);

    /**
     * It has noticed that its disk has another size now.
     *
     * @param bytes of the disk
     */
    void diskResized(String guest, long bytes);

    /**
     * Where its serial console is: a Unix socket, for one at a time; what it printed before stands
     * in {@link #consoleLog}.
     */
    Path console(String guest);

    /** What its serial console has printed since it was started here. */
    Path consoleLog(String guest);

    /** The Unix socket where its screen is served by VNC. */
    Path screen(String guest);
}
