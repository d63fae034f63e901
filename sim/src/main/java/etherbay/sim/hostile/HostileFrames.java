// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import etherbay.base.MacAddress;
import etherbay.base.Prng;

import java.util.ArrayList;
import java.util.List;

/**
 * Frames from one seed: nine in ten are mutations of valid requests to served addresses, the rest
 * are valid, or for addresses that nobody serves, or no requests at all. What is valid depends on
 * the state of the {@link TargetModel}, so the model must have taken each frame before the next is
 * drawn; the same seed then gives the same frames. One thread.
 */
public final class HostileFrames {
    /** Senders, of whom lists are made too. */
    public static final int SENDER_COUNT = 24;

    private static final int HELD_BACK_COUNT_MAX = 100;
    private static final long MS_NS = 1_000_000;

    /** How frames come to the target. */
    public enum Course {
        /** Handed over one by one, with a time of arrival that the test chooses. */
        HANDED_OVER(0, true),
        /**
         * Sent on an interface: no shorter than its header, and stamped by the kernel; many of one
         * sender in a row.
         */
        SENT(14, false);

        private final int bytesMin;
        private final boolean choosesTimes;

        Course(int bytesMin, boolean choosesTimes) {
            this.bytesMin = bytesMin;
            this.choosesTimes = choosesTimes;
        }
    }

    private final Prng prng;
    private final TargetModel model;
    private final Course course;
    private final List<MacAddress> macs;
    private final ValidFrames valid;
    private final Mutations mutations;
    private boolean lastWords;

    public HostileFrames(long seed, Course course, TargetModel model) {
        this.course = course;
        this.model = model;
        prng = new Prng(seed);
        macs = senders();
        valid = new ValidFrames(prng.fork(), model, macs, course == Course.SENT);
        mutations = new Mutations(prng.fork(), model, macs, valid.block(), course.bytesMin);
    }

    /** All addresses that frames come from. */
    public static List<MacAddress> senders() {
        List<MacAddress> macs = new ArrayList<>();
        for (int i = 0; i < SENDER_COUNT; i++) {
            macs.add(new MacAddress(i % 3 == 0 ? 0x5254_0000_0100L + i : 0x02eb_0000_0200L + i));
        }
        return macs;
    }

    /** From now on frames may do what ends the play: shut all senders out, use epochs up. */
    public void lastWords() {
        lastWords = true;
    }

    /** The next frame. */
    public void next(HostileFrame frame) {
        for (int i = 0; i < HELD_BACK_COUNT_MAX; i++) {
            draw(frame);
            if (!isHeldBack(frame)) {
                return;
            }
            model.marks().add(Mark.HELD_BACK);
        }
        probe(frame, model.exports().getFirst());
    }

    private boolean isHeldBack(HostileFrame frame) {
        for (ExportModel export : model.exports()) {
            boolean tooEarly = !lastWords && export.endsPlay(frame, macs);
            boolean untold = !course.choosesTimes && export.needsTheClock(frame);
            if (tooEarly || untold) {
                return true;
            }
        }
        return false;
    }

    /** A valid request of somebody who is heard, if anybody is: its answer says "so far". */
    public void probe(HostileFrame frame, ExportModel export) {
        frame.pauseNs = 0;
        frame.agoNs = 0;
        frame.port = 0;
        valid.probe(frame, export);
    }

    private void draw(HostileFrame frame) {
        List<ExportModel> exports = model.exports();
        ExportModel export = exports.get(prng.below(exports.size()));
        frame.port = prng.below(model.ports().size());
        frame.agoNs = prng.chance(0.95) ? prng.below(1000) : prng.below(20 * MS_NS);
        frame.pauseNs = pauseNs();
        valid.write(frame, export);
        int kind = prng.below(1000);
        if (kind < 900) {
            mutations.mutate(frame, export);
            model.marks().add(Mark.MUTATED);
        } else if (kind < 960) {
            model.marks().add(Mark.VALID);
        } else if (kind < 985) {
            notServed(frame);
        } else {
            garbage(frame);
        }
        int longest = model.ports().get(frame.port).mtu() + 14;
        frame.length = Math.max(course.bytesMin, Math.min(frame.length, longest));
        if (!course.choosesTimes) {
            frame.agoNs = 0;
            frame.pauseNs = 0;
        }
    }

    private long pauseNs() {
        int kind = prng.below(5_000);
        if (kind == 0) {
            return 70_000 * MS_NS; // a floor grows old
        }
        return kind < 5 ? 2000 * MS_NS : prng.below(200_000);
    }

    private void notServed(HostileFrame frame) {
        model.marks().add(Mark.NOT_SERVED);
        Octets.put(frame.bytes, Wire.SHELF, 2, prng.below(4) * 0x100L + prng.below(4));
        frame.bytes[Wire.SLOT] = (byte) prng.below(16);
        if (prng.chance(0.5)) {
            mutations.mutate(frame, model.exports().getFirst());
        }
    }

    /** Anything at all behind the addresses, sometimes behind the EtherType. */
    private void garbage(HostileFrame frame) {
        model.marks().add(Mark.GARBAGE);
        int length = prng.between(course.bytesMin, 200);
        for (int at = prng.chance(0.5) ? Wire.TYPE : Wire.VERSION_FLAGS; at < length; at++) {
            frame.bytes[at] = (byte) prng.nextLong();
        }
        frame.length = length;
    }
}
