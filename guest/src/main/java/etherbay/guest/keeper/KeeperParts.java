// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.guest.machine.Hypervisor;

import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a keeper works with.
 *
 * @param node name of this node, as the others know it
 * @param host where the memory of guests that come is listened for, as {@link Hypervisor#listen}
 *     takes it; other nodes know by which address they reach this one
 * @param hypervisors gives the same each time; asked for when the first guest needs it
 * @param moves new identities of moves
 * @param say takes a line for a person
 */
public record KeeperParts(
        String node,
        String host,
        Supplier<Hypervisor> hypervisors,
        GuestDisks disks,
        GuestPeers peers,
        GuestStore store,
        Pace pace,
        Supplier<String> moves,
        Consumer<String> say) {
    /** How often a condition is looked at that is waited for: the guest may stand still. */
    static final long POLL_MS = 2;

    Hypervisor hypervisor() {
        return hypervisors.get();
    }

    /** Time as a keeper sees it. */
    public interface Pace {
        /** Monotonic. */
        long nowMs();

        /** Waits. An interrupt ends it early, and is there afterwards. */
        void pause(long ms);

        /** Waits for a turn, some seconds at most. @return whether it has it */
        boolean tryAcquire(Semaphore turn);
    }
}
