// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FloorHeader;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;

import java.lang.foreign.MemorySegment;

/**
 * Tells a target of ours, on one path, that all transmissions so far of the port's address are
 * dead, and hears when that is true ({@code docs/protocols/etherbay-vendor.md} section 2). Owned by
 * the disk's loop.
 */
final class FloorRequest extends Exchange {
    /** What becomes of it. */
    interface Listener {
        /** The target answered: transmissions with numbers lower than {@code below} are dead. */
        void floorSet(FloorRequest request, long below);

        /**
         * The target answered, and set none.
         *
         * @param knowsFloors it could not store this one, or has no room for it now; else the
         *     command means nothing to it
         */
        void floorNotSet(FloorRequest request, boolean knowsFloors);

        /**
         * The floor in force lay half of all numbers away and was led round to ours: what somebody
         * sent above it before may be alive, whatever the floor says, and dies of age.
         */
        void floorLedRound();

        /** Nothing came for a while; it is not asked any more. */
        void floorSilent(FloorRequest request);
    }

    /**
     * Transmissions to all disks between two floors at one of them at most: a process after us goes
     * twice as far above the floor that it finds, and a floor half of all numbers behind would make
     * new transmissions dead.
     */
    static final long RENEW_COUNT = 1 << 20;

    /** So far a floor is led at once; less than half of all numbers. */
    private static final int STEP = 1 << 29;

    private static final int TRANSMISSION_COUNT_MAX = 5;

    private final DiskAddress address;
    private final TagTable tags;
    private final Loop loop;
    private final Way way;
    private final SourceAddress source;
    private final Listener listener;
    private MacAddress meant;
    private long below;
    private int floorTag;
    private boolean isFirst = true;

    /**
     * A way to ask.
     *
     * @param path that the question goes by
     * @param meant port whose transmissions are meant: the path's own, or one that has lost its way
     *     to the target, whose address the question then carries
     */
    record Way(Path path, EthernetPort meant) {
        boolean isOwn() {
            return meant.equals(path.port());
        }
    }

    FloorRequest(
            DiskAddress address,
            Way way,
            SourceAddress source,
            TagTable tags,
            Loop loop,
            Listener listener) {
        super(address, AoeHeader.COMMAND_FLOOR, tags, loop.timers());
        this.address = address;
        this.tags = tags;
        this.loop = loop;
        this.way = way;
        this.source = source;
        this.listener = listener;
        meant = source.of(way.meant());
    }

    Way way() {
        return way;
    }

    /** Declares everything dead that was sent so far. */
    void ask() {
        stop();
        begin();
        meant = source.of(way.meant());
        below = tags.next();
        floorTag = TagTable.tagOf(below);
        send();
    }

    void stop() {
        if (isOpen()) {
            done();
        }
    }

    private void done() {
        end();
        if (standsIn()) {
            way.path().port().removeSourceMac(meant);
        }
    }

    /**
     * Whether it asks under an address that is not the port's: the ports of a bond share one, and
     * so do all ports in a term of ownership.
     */
    private boolean standsIn() {
        return !meant.equals(source.of(way.path().port()));
    }

    private void send() {
        Path path = way.path();
        long nowNs = loop.nowNs();
        Frame frame = path.claim(address, AoeHeader.COMMAND_FLOOR, FloorHeader.END);
        if (frame != null) {
            if (standsIn()) {
                // The answer goes to the address that asked: it must arrive here, also when another
                // disk on this port, which asked likewise, has just had its answer.
                path.port().addSourceMac(meant);
            }
            MemorySegment memory = frame.memory();
            long at = frame.at();
            Ethernet.src(memory, at, meant.bits());
            AoeHeader.tag(memory, at, TagTable.tagOf(transmission(path, 0, 1, nowNs)));
            FloorHeader.floorTag(memory, at, floorTag);
            path.port().commit(frame);
        }
        wakeAt(nowNs
                + Math.max(
                        10 * RttEstimator.RTO_NS_MIN,
                        path.rtt().timeoutNs(Math.max(transmissionCount(), 1))));
    }

    @Override
    void expired() {
        if (transmissionCount() < TRANSMISSION_COUNT_MAX) {
            send();
        } else {
            done();
            listener.floorSilent(this);
        }
    }

    @Override
    void answered(Answer answer) {
        MemorySegment memory = answer.frame().memory();
        long at = answer.frame().at();
        boolean refused = AoeHeader.error(memory, at);
        boolean set = !refused
                && !FloorHeader.malformed(memory, at, answer.frame().bytes())
                && FloorHeader.error(memory, at) == FloorHeader.ERROR_NONE;
        if (!set) {
            done();
            boolean unknown = refused && AoeHeader.errorCode(memory, at) == AoeHeader.ERROR_COMMAND;
            listener.floorNotSet(this, !unknown);
            return;
        }
        int inForce = FloorHeader.floorTag(memory, at);
        boolean ahead = FloorHeader.below(TagTable.tagOf(tags.next()), inForce);
        if (ahead && !isFirst) {
            // Another port has one so far from this that no number is above both.
            listener.floorLedRound();
            floorTag = TagTable.tagOf((long) inForce + STEP);
            end();
            begin();
            send();
            return;
        }
        if (floorTag != TagTable.tagOf(below)) {
            ask(); // led round: from here on it is as usual
            return;
        }
        if (isFirst) {
            // A former process of this address has set it, or would have: what it sent since has
            // higher numbers, and is dead only below a floor that is above all of them.
            isFirst = false;
            tags.skipPast(inForce, 2 * RENEW_COUNT);
            ask();
            return;
        }
        done();
        listener.floorSet(this, below);
    }
}
