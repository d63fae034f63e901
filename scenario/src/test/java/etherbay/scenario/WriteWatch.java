// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;

/** Counts the requests of a disk that change its data. */
final class WriteWatch {
    private int changes;
    private int awaited = Integer.MAX_VALUE;
    private Runnable then = () -> {};

    BlockDevice over(BlockDevice disk) {
        return new Watched(disk);
    }

    int changes() {
        return changes;
    }

    /** What to run when so many were seen. */
    void onWrite(int count, Runnable action) {
        awaited = count;
        then = action;
    }

    private final class Watched extends DeviceDecorator {
        Watched(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (io.operation().changesData()) {
                changes++;
                if (changes == awaited) {
                    then.run();
                }
            }
            below().submit(io);
        }
    }
}
