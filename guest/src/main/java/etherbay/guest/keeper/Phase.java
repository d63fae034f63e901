// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

/** What a node has to do with a guest. In brackets: whether it may run here. */
public enum Phase {
    /** It is this node's. (yes) */
    HERE,
    /**
     * It is being moved away, and nothing is decided: should anything fail, it goes on here. (yes,
     * while its disk is ours)
     */
    LEAVING,
    /**
     * It has been moved away: the other node may run it, and this one never again, unless the other
     * says that it has not run it and never will. (no)
     */
    HANDED,
    /** Another node moves it here; its disk is read here at most. (no) */
    ARRIVING,
    /** The same, and its disk is ours. (no: it runs when the source has said HANDED) */
    OWNING,
    /**
     * A person has it started here anew, since its node is gone; every leg is fenced first. (no)
     */
    RECOVERING,
    /** It is on another node, or was when we heard of it last. (no) */
    ELSEWHERE,
    /**
     * Another node moved it here, and it was given up before it ran: it is elsewhere, and all that
     * this node has done with its disk for that move is harmless. (no)
     */
    GIVEN_UP;

    /** Whether the node has nothing to do with it. */
    public boolean isElsewhere() {
        return this == ELSEWHERE || this == GIVEN_UP;
    }
}
