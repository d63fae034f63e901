// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;
import etherbay.base.OrderedDevice;
import etherbay.base.SectorDevice;

/**
 * An export with what its connections share: the device with sectors of 512 bytes, and the gate for
 * changes of parts of them. Owned by the loop of the server.
 *
 * <p>Requests that overlap take effect in the order in which they were begun, whatever connections
 * they came by: what a dead connection had asked for has ended before a newer write begins
 * (decision 0014). What waits for that is bounded by the slots and the memory of all connections.
 */
final class ServedExport {
    /** Its owner closes the device, not we. */
    private static final class Lent extends DeviceDecorator {
        Lent(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            below().submit(io);
        }

        @Override
        public void close() {}
    }

    private static final int PREFERRED_BYTES_MIN = 4096;

    private final NbdExport export;
    private final BlockDevice device;
    private final RangeGate gate;

    ServedExport(NbdExport export) {
        this.export = export;
        device = ordered(new Lent(export.device()));
        gate = new RangeGate();
    }

    /** Another name of what {@code first} serves. */
    ServedExport(NbdExport export, ServedExport first) {
        this.export = export;
        device = first.device;
        gate = first.gate;
    }

    private static BlockDevice ordered(BlockDevice lent) {
        return lent.capabilities().logicalBlockBytes() == BlockDevice.SECTOR_BYTES
                ? new OrderedDevice(lent, 1)
                : SectorDevice.over(lent);
    }

    NbdExport export() {
        return export;
    }

    BlockDevice device() {
        return device;
    }

    RangeGate gate() {
        return gate;
    }

    boolean readOnly() {
        return export.readOnly() || device.capabilities().readOnly();
    }

    long bytes() {
        return device.sectors() * BlockDevice.SECTOR_BYTES;
    }

    /** What requests had better be multiples of. */
    int preferredBytes() {
        return Math.max(PREFERRED_BYTES_MIN, export.device().capabilities().physicalBlockBytes());
    }

    /** The transmission flags: what the device can do, and nothing else. */
    int flags(boolean structured) {
        BlockCapabilities can = device.capabilities();
        int flags = NbdWire.FLAG_HAS_FLAGS | NbdWire.FLAG_CAN_MULTI_CONN | NbdWire.FLAG_SEND_CACHE;
        flags |= structured ? NbdWire.FLAG_SEND_DF : 0;
        flags |= can.rotational() ? NbdWire.FLAG_ROTATIONAL : 0;
        flags |= can.flush() ? NbdWire.FLAG_SEND_FLUSH : 0;
        if (readOnly()) {
            return flags | NbdWire.FLAG_READ_ONLY;
        }
        flags |= can.flush() ? NbdWire.FLAG_SEND_FUA : 0;
        flags |= can.trim() ? NbdWire.FLAG_SEND_TRIM : 0;
        return flags | NbdWire.FLAG_SEND_WRITE_ZEROES;
    }

    /** The server has ended; the device stays as it is. */
    void close() {
        device.close();
    }
}
