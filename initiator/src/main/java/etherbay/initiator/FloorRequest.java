// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FloorHeader;
import etherbay.base.Frame;
import etherbay.base.Loop;

import java.lang.foreign.MemorySegment;

/**
 * Tells a target of ours, on one path, that all transmissions so far of the port's address are
 * dead, and hears when that is true ({@code docs/protocols/etherbay-vendor.md} section 2). Owned by
 * the disk's loop.
 */
final class FloorRequest extends Exchange {
    /** What becomes of it. */
    interface Listener {
        /**
         * The target answered.
         *
         * @param below transmissions with lower numbers are dead; 0 when it keeps no floor for us
         */
        void floorSet(Path path, long below);

        /** Nothing came for a while; it is not asked any more. */
        void floorSilent(Path path);
    }

    private static final int TRANSMISSION_COUNT_MAX = 5;

    private final DiskAddress address;
    private final TagTable tags;
    private final Loop loop;
    private final Path path;
    private final Listener listener;
    private long below;

    FloorRequest(DiskAddress address, Path path, TagTable tags, Loop loop, Listener listener) {
        super(address, AoeHeader.COMMAND_FLOOR, tags, loop.timers());
        this.address = address;
        this.tags = tags;
        this.loop = loop;
        this.path = path;
        this.listener = listener;
    }

    Path path() {
        return path;
    }

    /** Declares everything dead that was sent so far. */
    void ask() {
        stop();
        begin();
        below = tags.next();
        send();
    }

    void stop() {
        if (isOpen()) {
            end();
        }
    }

    private void send() {
        long nowNs = loop.nowNs();
        Frame frame = path.claim(address, AoeHeader.COMMAND_FLOOR, FloorHeader.END);
        if (frame != null) {
            MemorySegment memory = frame.memory();
            long at = frame.at();
            AoeHeader.tag(memory, at, TagTable.tagOf(transmission(path, 0, 1, nowNs)));
            FloorHeader.floorTag(memory, at, TagTable.tagOf(below));
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
            end();
            listener.floorSilent(path);
        }
    }

    @Override
    void answered(Answer answer) {
        MemorySegment memory = answer.frame().memory();
        long at = answer.frame().at();
        boolean kept = !AoeHeader.error(memory, at)
                && !FloorHeader.malformed(memory, at, answer.frame().bytes())
                && FloorHeader.error(memory, at) == FloorHeader.ERROR_NONE;
        if (!kept) {
            end();
            listener.floorSet(path, 0);
            return;
        }
        int inForce = FloorHeader.floorTag(memory, at);
        if (FloorHeader.below(TagTable.tagOf(tags.next()), inForce)) {
            // Left by a former process of this address, far ahead: go on above it.
            tags.skipTo(inForce);
            ask();
            return;
        }
        end();
        listener.floorSet(path, below);
    }
}
