// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.guest.keeper.GuestDisks;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Need;

import org.jspecify.annotations.Nullable;

import java.util.List;

/** What keepers of several nodes send each other, as JSON: one record for each body and answer. */
public final class PeerForms {
    private PeerForms() {}

    /** A guest that is to come. */
    public record Offer(GuestSpec spec, long epoch, String wanted, String move) {}

    /** A guest that may come. */
    public record Asked(GuestSpec spec) {}

    /** What the node has for it. */
    public record Ready(String cpuName, List<Need> needs, List<GuestDisks.Leg> legs) {}

    /** Where its memory goes. */
    public record Place(String to) {}

    /** One move. */
    public record Move(String move) {}

    /** Whether it runs there. */
    public record Runs(boolean runs) {}

    /** Up to which epoch nothing ran; 0 where that is not known. */
    public record Given(long epoch) {}

    /** What a source says of a move. */
    public record Outcome(String outcome) {}

    /** What is known of a guest. */
    public record Known(@Nullable GuestForm guest) {}

    /** Nothing more to say. */
    public record Done() {}
}
