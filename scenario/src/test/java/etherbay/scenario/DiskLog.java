// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.sim.Simulation;

import java.util.List;
import java.util.zip.CRC32C;

/**
 * Notes each write as the disk finishes it: what really happened, whatever the target above says.
 * Of overlapping writes that are not in flight together this is the order in which they took
 * effect.
 */
final class DiskLog extends DeviceDecorator implements Io.Completion {
    /** A finished write. */
    record Write(long lba, long sectors, int crc32c, long atNs) {}

    private final Simulation simulation;
    private final List<Write> writes;

    DiskLog(Simulation simulation, List<Write> writes, BlockDevice below) {
        super(below);
        this.simulation = simulation;
        this.writes = writes;
    }

    @Override
    public void submit(Io io) {
        below().submit(io.operation() == IoOperation.WRITE ? io.then(this) : io);
    }

    @Override
    public void completed(Io io) {
        if (io.status().isOk()) {
            writes.add(new Write(io.lba(), io.sectors(), checkSum(io), simulation.nowNs()));
        }
        io.complete(io.status());
    }

    private static int checkSum(Io io) {
        CRC32C sum = new CRC32C();
        for (int index = 0; index < io.segmentCount(); index++) {
            long at = io.segmentAt(index);
            sum.update(
                    io.segmentMemory(index).asSlice(at, io.segmentBytes(index)).asByteBuffer());
        }
        return (int) sum.getValue();
    }
}
