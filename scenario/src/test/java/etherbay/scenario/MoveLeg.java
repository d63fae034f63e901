// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import java.util.Set;

/**
 * A leg of the mirror in {@link MoveWorld}: what a fencing target and our records on it hold. All
 * of it is durable, and whoever writes it asks the fence first.
 */
final class MoveLeg {
    final int number;
    boolean reachable = true;
    long fence;

    /** The box that claimed it last; empty for none. */
    String owner = "";

    long ownerEpoch;
    boolean released = true;

    /** Numbers of the legs in sync, as this one was told last; and how often it was. */
    Set<Integer> inSync = Set.of(0, 1);

    long events;

    /** What the guest wrote here last. */
    long content;

    MoveLeg(int number) {
        this.number = number;
    }
}
