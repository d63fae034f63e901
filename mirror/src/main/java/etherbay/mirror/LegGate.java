// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;

import java.util.List;
import java.util.function.Consumer;

/**
 * Who may write to one leg: what a mirror asks of what lies below, besides blocks. On the loop of
 * the leg. Answers come in a later step of a turn, each exactly once; a leg that says nothing is
 * SILENT after a time of the gate's own.
 */
public interface LegGate {
    /**
     * What became of a claim.
     *
     * @param epoch the one in force at the leg now; NONE where it keeps none
     */
    record Claimed(Outcome outcome, Epoch epoch) {}

    enum Outcome {
        /**
         * What comes from an earlier term is refused from now on, and nothing of it is in flight.
         */
        OURS,
        /** The leg cannot refuse (an NBD server, a plain target): nothing is fenced. */
        WEAK,
        /** Another term holds the leg: its epoch is not below the one asked for. */
        OTHERS,
        /** No answer: it may have happened. */
        SILENT
    }

    /**
     * The epoch in force, without a change. Outcome is OURS, WEAK or SILENT. Where an earlier term
     * of this node has reserved the leg, so that nobody else may even read it, it is read by that
     * term's right from then on.
     */
    void look(Consumer<Claimed> answer);

    /** Takes the leg for this term; again with the same epoch is harmless. */
    void claim(Epoch epoch, Consumer<Claimed> answer);

    /** Whether somebody else can take the leg from a living owner. */
    default boolean mayBeTaken() {
        return true;
    }

    /**
     * Whether the leg is still that term's, which has claimed it; asked again and again, and
     * changes nothing. OTHERS: another term has taken it. OURS and WEAK: nothing says so. Of a gate
     * whose {@link #look} changes nothing either, that is enough.
     */
    default void confirm(Epoch epoch, Consumer<Claimed> answer) {
        look(said -> answer.accept(
                said.epoch().isAfter(epoch) ? new Claimed(Outcome.OTHERS, said.epoch()) : said));
    }

    /**
     * The leg has been called faulty, or is taken in again: what was known of its state (a lost
     * cache, an incarnation) is forgotten, and the device below works again as newly opened.
     */
    void renew();

    /**
     * The mirror lets the leg go, clean: what would keep others out by itself, and cannot be told
     * from a living owner, is taken away. A fence stays, since the next epoch is above it.
     */
    default void release(Runnable released) {
        released.run();
    }

    /** Lets all go, and runs {@code released} when all have been. */
    static void releaseAll(List<LegGate> gates, Runnable released) {
        int[] left = {gates.size()};
        if (gates.isEmpty()) {
            released.run();
        }
        gates.forEach(gate -> gate.release(() -> {
            if (--left[0] == 0) {
                released.run();
            }
        }));
    }

    /** A leg whose device is ours alone already, as a locked file is. */
    LegGate LOCAL = new LegGate() {
        @Override
        public void look(Consumer<Claimed> answer) {
            answer.accept(new Claimed(Outcome.OURS, Epoch.NONE));
        }

        @Override
        public void claim(Epoch epoch, Consumer<Claimed> answer) {
            answer.accept(new Claimed(Outcome.OURS, epoch));
        }

        @Override
        public boolean mayBeTaken() {
            return false;
        }

        @Override
        public void renew() {}
    };

    /** A leg that others may write to as well, as far as we can see: an NBD server's disk. */
    LegGate OPEN = new LegGate() {
        @Override
        public void look(Consumer<Claimed> answer) {
            answer.accept(new Claimed(Outcome.WEAK, Epoch.NONE));
        }

        @Override
        public void claim(Epoch epoch, Consumer<Claimed> answer) {
            answer.accept(new Claimed(Outcome.WEAK, Epoch.NONE));
        }

        @Override
        public boolean mayBeTaken() {
            return false; // nothing there would tell us
        }

        @Override
        public void renew() {}
    };
}
