// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.guest.machine.GuestDisk;

import java.nio.file.Path;
import java.util.List;

/**
 * The disks of a node's guests: a mirror each, served on a Unix socket to the hypervisor. The
 * socket stays while a disk changes hands: a hypervisor that is connected notices nothing but that
 * its requests wait. Blocking, within a bounded time each; one call at a time for a disk.
 */
public interface GuestDisks {
    /** What a disk is to this node. */
    enum Standing {
        /** Nothing is open, nothing served. */
        CLOSED,
        /** Reads are served; writes wait. Nothing is claimed. */
        STANDBY,
        /** Ours: all is served. */
        OWNED,
        /** Let go, clean: FLUSH is answered, since all is flushed; all else waits. */
        RELEASED,
        /** It could not be let go, or not be taken, and is tried again: all requests wait. */
        WAITING,
        /** Another owner has it: all requests wait. */
        FENCED
    }

    /**
     * How a disk is taken.
     *
     * @param epoch up to which another node may have had it since: with one later than this another
     *     node may have run the guest, and it is refused
     * @param over also from an owner that has not let go; it is fenced. Else it is refused already
     *     when somebody has begun to take it later than {@code epoch}
     * @param force also when a leg is out of reach that may know more: what it alone knows is lost
     */
    record Take(long epoch, boolean over, boolean force) {}

    /**
     * A leg as a node sees it.
     *
     * @param standing in words; with whose it is where the disk is not ours
     * @param isWell whether a guest may be moved with it so
     */
    record Leg(String name, String standing, boolean isWell) {}

    Standing standing(GuestDisk disk);

    /**
     * Its legs, as this node sees them just now: of one that is open how each stands, else whether
     * each answers here as a leg of it.
     */
    List<Leg> legs(GuestDisk disk);

    /**
     * By which legs one that is OWNED is found from now on, here and on other nodes: those of its
     * mirror; and while one of these is missing, those by which it was opened, too.
     */
    List<String> foundBy(GuestDisk disk);

    /** Where it is served, from {@link #standBy} or {@link #take} on. */
    Path socket(GuestDisk disk);

    /**
     * Serves it as far as one may who does not own it.
     *
     * @throws etherbay.base.EtherbayException UNAVAILABLE when no leg answers
     */
    void standBy(GuestDisk disk);

    /**
     * Makes it ours: claims it at every leg that may be in sync, under a new epoch, then serves it.
     * Nothing when it is OWNED.
     *
     * @return the epoch
     * @throws etherbay.base.EtherbayException CONFLICT when another node has it or has had it,
     *     UNAVAILABLE when a leg does not answer; the disk is then RELEASED or FENCED as before,
     *     else WAITING
     */
    long take(GuestDisk disk, Take how);

    /**
     * From OWNED to RELEASED: what is under way ends, all is flushed, and the legs say that nobody
     * owns them.
     *
     * @return whether all its legs were in sync then: each of them holds everything
     * @throws etherbay.base.EtherbayException UNAVAILABLE when what is under way does not end in
     *     time, CONFLICT when another owner has taken it: it is no longer served, and WAITING or
     *     FENCED, until {@link #take}
     */
    boolean release(GuestDisk disk);

    /** Whether all its legs are in sync; of one that is OWNED. */
    boolean isWhole(GuestDisk disk);

    /** Whether every leg that is in sync says, asked just now, that it is ours. */
    boolean isOursEverywhere(GuestDisk disk);

    /** Lets it go, clean where it was ours, and serves it no more: CLOSED. */
    void close(GuestDisk disk);
}
