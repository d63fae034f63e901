// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.EthernetPort;
import etherbay.base.FrameHandler;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

/** Mistakes of a target that the judges of {@link WholeStack} must see, each now and then. */
final class TargetBugs {
    private static final int PERIOD = 97;

    private TargetBugs() {}

    /** Answers under a tag that nobody used. */
    static final class ForeignTag extends PortDecorator {
        private int count;

        ForeignTag(EthernetPort port) {
            super(port);
        }

        @Override
        public void onFrames(FrameHandler handler) {
            below().onFrames(frame -> {
                if (++count % PERIOD == 0) {
                    int tag = AoeHeader.tag(frame.memory(), frame.at());
                    AoeHeader.tag(frame.memory(), frame.at(), tag ^ 0x2000_0000);
                }
                handler.onFrame(frame);
            });
        }
    }

    /** Holds on to frames for ever. */
    static final class KeptFrame extends PortDecorator {
        private int count;

        KeptFrame(EthernetPort port) {
            super(port);
        }

        @Override
        public void onFrames(FrameHandler handler) {
            below().onFrames(frame -> {
                if (++count % PERIOD == 0) {
                    frame.retain();
                } else {
                    handler.onFrame(frame);
                }
            });
        }
    }

    /** A good disk on which writes fail. */
    static final class FailingWrites extends DeviceDecorator {
        private int count;

        FailingWrites(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (io.operation() == IoOperation.WRITE && ++count % PERIOD == 0) {
                io.complete(IoStatus.FAILED);
            } else {
                below().submit(io);
            }
        }
    }
}
