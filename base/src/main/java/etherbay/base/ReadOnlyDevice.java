// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** A device that takes no writes, whatever the one below takes. On that device's loop. */
public final class ReadOnlyDevice extends DeviceDecorator {
    private final BlockCapabilities capabilities;

    public ReadOnlyDevice(BlockDevice below) {
        super(below);
        capabilities = below.capabilities().asReadOnly();
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long lend(long lba, int sectorCount) {
        return below().lend(lba, sectorCount);
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal = BlockDevice.refusal(io, sectors(), capabilities);
        if (refusal.isOk()) {
            below().submit(io);
        } else {
            io.complete(refusal);
        }
    }
}
