// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Quiescence;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A logical volume as a device: its sectors lie on those of its disks as an {@link ExtentMap} says.
 * What lies in one piece on one disk goes there as it is. Everything else is cut into parts, which
 * go side by side; it ends when all of them have, as badly as the worst. A FLUSH goes to all disks.
 *
 * <p>A power cut may leave any of the parts of a write undone, which is within the contract: the
 * granularity is the sector. On the loop of its disks.
 */
public final class VolumeDevice implements BlockDevice {
    private final List<Listener> listeners = new ArrayList<>();
    private final Quiescence quiescence = new Quiescence();
    private final Deque<SplitIo> freeSplits = new ArrayDeque<>();
    private final Io.Completion moved = this::moved;
    private final Io.Completion left = this::left;
    private final BlockCapabilities capabilities;
    private List<BlockDevice> disks;
    private ExtentMap map;
    private boolean lost;

    /**
     * @param disks those that {@code map.pvs()} names, in its order, each whole and of 512-byte
     *     logical blocks
     */
    public VolumeDevice(ExtentMap map, List<BlockDevice> disks) {
        Check.that(disks.size() == map.pvs().size(), "a volume has all of its disks");
        Check.that(
                disks.stream()
                        .allMatch(disk -> disk.capabilities().logicalBlockBytes() == SECTOR_BYTES),
                "the disks of a volume have blocks of 512 bytes");
        this.map = map;
        this.disks = List.copyOf(disks);
        capabilities = disks.stream()
                .map(BlockDevice::capabilities)
                .reduce(VolumeDevice::both)
                .orElseThrow();
        this.disks.forEach(disk -> disk.listen(new Relay()));
    }

    /** What both can. */
    private static BlockCapabilities both(BlockCapabilities one, BlockCapabilities other) {
        return new BlockCapabilities(
                one.flush() && other.flush(),
                one.fua() && other.fua(),
                one.trim() && other.trim(),
                one.zeroesAfterTrim() && other.zeroesAfterTrim(),
                SECTOR_BYTES,
                Math.max(one.physicalBlockBytes(), other.physicalBlockBytes()),
                one.readOnly() || other.readOnly(),
                one.rotational() || other.rotational());
    }

    @Override
    public BlockCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public long sectors() {
        return map.sectors();
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /** Where its sectors lie. */
    public ExtentMap map() {
        return map;
    }

    /**
     * Whether disks that are to come can all that this device has promised: its capabilities do not
     * change while it is open.
     */
    public boolean canGrowOnto(List<BlockDevice> nextDisks) {
        return nextDisks.stream()
                .map(BlockDevice::capabilities)
                .allMatch(disk -> (disk.flush() || !capabilities.flush())
                        && (disk.fua() || !capabilities.fua())
                        && (disk.trim() || !capabilities.trim())
                        && (disk.zeroesAfterTrim() || !capabilities.zeroesAfterTrim())
                        && (!disk.readOnly() || capabilities.readOnly()));
    }

    /**
     * The volume has grown.
     *
     * @param next continues the present map
     * @param nextDisks those that {@code next.pvs()} names; those of before among them
     */
    public void grow(ExtentMap next, List<BlockDevice> nextDisks) {
        Check.that(map.isContinuedBy(next), "a volume that grows keeps what it has");
        Check.that(nextDisks.containsAll(disks), "a volume that grows keeps its disks");
        Check.that(canGrowOnto(nextDisks), "a volume that grows keeps what it can");
        long before = sectors();
        nextDisks.stream()
                .filter(disk -> !disks.contains(disk))
                .forEach(disk -> disk.listen(new Relay()));
        map = next;
        disks = List.copyOf(nextDisks);
        if (before != sectors()) {
            listeners.forEach(listener -> listener.resized(this, before));
        }
    }

    /** Its extents are no longer its own: nothing is read or written any more. */
    public void lose() {
        if (!lost) {
            lost = true;
            listeners.forEach(listener -> listener.stateChanged(this, State.FENCED));
        }
    }

    @Override
    public void submit(Io io) {
        IoStatus refusal =
                lost ? IoStatus.FENCED : BlockDevice.refusal(io, sectors(), capabilities);
        if (!refusal.isOk()) {
            io.complete(refusal);
            return;
        }
        io.then(left, quiescence.entered());
        if (io.operation() == IoOperation.FLUSH) {
            flush(io);
            return;
        }
        ExtentMap.Run run = map.runAt(io.lba());
        long off = io.lba() - run.firstSector();
        if (io.sectors() <= run.straightSectors(off)) {
            io.then(moved, io.lba());
            io.lba(run.diskSector(off));
            disks.get(run.disk(run.stripeAt(off))).submit(io);
        } else {
            split().begin(io, map, disks);
        }
    }

    /** What lies in one piece on one disk, that disk may cancel; parts of others go on. */
    @Override
    public boolean cancel(Io io) {
        return disks.stream().anyMatch(disk -> disk.cancel(io));
    }

    private void flush(Io io) {
        if (disks.size() == 1) {
            io.then(moved, io.lba());
            disks.getFirst().submit(io);
        } else {
            split().beginFlush(io, disks);
        }
    }

    private SplitIo split() {
        return freeSplits.isEmpty() ? new SplitIo(freeSplits::add) : freeSplits.remove();
    }

    private void moved(Io io) {
        io.lba(io.word());
        io.complete(io.status());
    }

    private void left(Io io) {
        long generation = io.word();
        io.complete(io.status());
        quiescence.left(generation);
    }

    @Override
    public void quiesce(Runnable finished) {
        quiescence.whenQuiet(finished);
    }

    /** Its disks are closed by whoever opened them. */
    @Override
    public void close() {}

    /** Its size is that of the map, whatever its disks have. */
    private final class Relay implements Listener {
        @Override
        public void stateChanged(BlockDevice device, State state) {
            if (!lost) {
                listeners.forEach(listener -> listener.stateChanged(VolumeDevice.this, state));
            }
        }
    }
}
