// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.EthernetPort;
import etherbay.base.FrameHandler;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Prng;
import etherbay.sim.SimNode;
import etherbay.target.ExportState;
import etherbay.target.StateStore;

import java.lang.foreign.MemorySegment;

/**
 * Mistakes that somebody could make, put between the target and the world. Each scenario must find
 * those that concern it, within few seeds: a judge that finds nothing here proves nothing
 * elsewhere.
 */
final class PlantedBugs {
    private PlantedBugs() {}

    /** FLUSH is answered and not passed down. */
    static final class SwallowedFlush extends DeviceDecorator {
        private final SimNode node;

        SwallowedFlush(SimNode node, BlockDevice below) {
            super(below);
            this.node = node;
        }

        @Override
        public void submit(Io io) {
            if (io.operation() == IoOperation.FLUSH) {
                node.tell(() -> io.complete(IoStatus.OK));
            } else {
                below().submit(io);
            }
        }
    }

    /** A FLUSH that failed is asked for again, until it succeeds. */
    static final class RepeatedFlush extends DeviceDecorator {
        RepeatedFlush(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            below().submit(io.operation() == IoOperation.FLUSH ? io.then(this::ended) : io);
        }

        private void ended(Io io) {
            if (io.status() == IoStatus.FAILED) {
                submit(io);
            } else {
                io.complete(io.status());
            }
        }
    }

    /** Writes are answered at once and reach the disk some time later, in any order. */
    static final class EarlyAnswer extends DeviceDecorator {
        private final SimNode node;
        private final Prng prng;
        private final long lateNsMax;

        EarlyAnswer(SimNode node, BlockDevice below, long lateNsMax) {
            super(below);
            this.node = node;
            this.lateNsMax = lateNsMax;
            prng = node.simulation().prng().fork();
        }

        @Override
        public void submit(Io io) {
            if (io.operation() != IoOperation.WRITE) {
                below().submit(io);
                return;
            }
            int bytes = Math.toIntExact(io.bytes());
            MemorySegment copy = node.simulation().arena().allocate(bytes, 4096);
            MemorySegment.copy(io.segmentMemory(0), io.segmentAt(0), copy, 0, bytes);
            Io late = new Io(1).prepare(IoOperation.WRITE, io.lba(), io.sectors());
            late.segment(copy, 0, bytes).then(ended -> {});
            node.tell(() -> io.complete(IoStatus.OK));
            node.simulation().after(1 + prng.below(lateNsMax), () -> {
                if (node.alive()) {
                    below().submit(late);
                }
            });
        }
    }

    /** State is called durable as soon as somebody asks, and stored when the disk has the time. */
    static final class EarlySave implements StateStore {
        private final SimNode node;
        private final StateStore below;

        EarlySave(SimNode node, StateStore below) {
            this.node = node;
            this.below = below;
        }

        @Override
        public void save(ExportState state, SaveDone done) {
            node.tell(() -> done.saved(true));
            below.save(state, stored -> {});
        }
    }

    /** Frames carry the time at which they were polled, not that of their arrival. */
    static final class PolledTime extends PortDecorator {
        private final SimNode node;

        PolledTime(SimNode node, EthernetPort port) {
            super(port);
            this.node = node;
        }

        @Override
        public void onFrames(FrameHandler handler) {
            below().onFrames(frame -> {
                frame.arrived(frame.bytes(), node.loop().nowNs());
                handler.onFrame(frame);
            });
        }
    }
}
