// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.BlockCapabilities;
import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Prng;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a simulated disk is made of, and what outlives the processes that open it: for each logical
 * block its durable content, and the versions that landed since and are still volatile (a page
 * cache, a drive's cache; one thing here). A process that is killed loses none of them; of a power
 * cut each survives or not by itself.
 *
 * <p>Opened by one {@link SimDisk} at a time.
 */
public final class SimMedium {
    /** Volatile versions of a block; past that the oldest is written back, as caches do. */
    private static final int VERSION_COUNT_MAX = 8;

    /** One write in the eyes of the medium: whether, and when, its completion was told. */
    static final class Origin {
        long completedOrder;
    }

    private static final class Version {
        final byte[] bytes;
        final Origin origin;
        boolean lost;

        Version(byte[] bytes, Origin origin) {
            this.bytes = bytes;
            this.origin = origin;
        }
    }

    private static final class Block {
        byte[] durable;
        final List<Version> versions = new ArrayList<>(2);

        Block(byte[] zeroes) {
            durable = zeroes;
        }

        byte[] latest() {
            return versions.isEmpty() ? durable : versions.getLast().bytes;
        }
    }

    private final Simulation simulation;
    private final String name;
    private final Prng prng;
    private final DiskFaults faults = new DiskFaults();
    private final Map<Long, Block> blocks = new HashMap<>();
    private final Map<Long, Block> volatileBlocks = new LinkedHashMap<>();
    private BlockCapabilities capabilities =
            new BlockCapabilities(true, true, true, true, 512, 4096, false, false);
    private final long sectorsMade;
    private long sectors;
    private byte[] zeroes;
    private long lastOrder;
    private long failedFlushCount;
    private @Nullable SimDisk opened;

    /** An empty one: all zeroes, all durable, 512-byte logical blocks. */
    public SimMedium(Simulation simulation, String name, long sectors) {
        this.simulation = simulation;
        this.name = name;
        this.sectors = sectors;
        sectorsMade = sectors;
        prng = simulation.prng().fork();
        zeroes = new byte[capabilities.logicalBlockBytes()];
    }

    public String name() {
        return name;
    }

    /** What fails and how slow it is. */
    public DiskFaults faults() {
        return faults;
    }

    public BlockCapabilities capabilities() {
        return capabilities;
    }

    /** Other capabilities; while nothing was written. */
    public SimMedium capabilities(BlockCapabilities other) {
        Check.that(blocks.isEmpty(), "a medium is formatted before it is used");
        capabilities = other;
        zeroes = new byte[other.logicalBlockBytes()];
        return this;
    }

    public long sectors() {
        return sectors;
    }

    /** Grows it; whoever has it open hears of it. */
    public void grow(long newSectors) {
        Check.that(newSectors >= sectorsMade, "a medium does not shrink");
        long before = sectors;
        sectors = newSectors;
        if (opened != null) {
            opened.grown(before);
        }
    }

    /** Opens it for a node: a new life after a crash, or the first. */
    public SimDisk open(SimNode node) {
        Check.that(opened == null, "a medium is opened by one at a time: " + name);
        SimDisk disk = new SimDisk(this, node);
        opened = disk;
        return disk;
    }

    /** What a read of that 512-byte sector returns now; for judges, who look past the device. */
    public byte[] peek(long lba) {
        int perBlock = sectorsPerBlock();
        byte[] sector = new byte[BlockDevice.SECTOR_BYTES];
        int at = (int) (lba % perBlock) * BlockDevice.SECTOR_BYTES;
        System.arraycopy(latest(lba / perBlock), at, sector, 0, sector.length);
        return sector;
    }

    /** Bit rot: one bit of that sector is another one from now on, whatever is flushed. */
    public void rot(long lba) {
        int perBlock = sectorsPerBlock();
        Block block = blocks.computeIfAbsent(lba / perBlock, index -> new Block(zeroes));
        byte[] rotten = block.latest().clone();
        int bit = prng.below(BlockDevice.SECTOR_BYTES * Byte.SIZE);
        int at = (int) (lba % perBlock) * BlockDevice.SECTOR_BYTES + bit / Byte.SIZE;
        rotten[at] ^= (byte) (1 << bit % Byte.SIZE);
        block.durable = rotten;
        block.versions.clear();
        volatileBlocks.remove(lba / perBlock);
        simulation.mark("bit rot");
    }

    /** FLUSHes that failed so far; failed writes with FUA are not among them. */
    public long failedFlushCount() {
        return failedFlushCount;
    }

    /** Whether anything that landed is not durable yet. */
    public boolean hasVolatile() {
        return !volatileBlocks.isEmpty();
    }

    // For the open disk.

    Simulation simulation() {
        return simulation;
    }

    Prng prng() {
        return prng;
    }

    int sectorsPerBlock() {
        return capabilities.logicalBlockBytes() / BlockDevice.SECTOR_BYTES;
    }

    /**
     * Whoever had it open is gone. What of its writes landed without having been told is there for
     * the next one to read, so a FLUSH of the next one covers it, like all that it finds.
     */
    void closed() {
        opened = null;
        long order = nextOrder();
        for (Block block : volatileBlocks.values()) {
            for (Version version : block.versions) {
                if (version.origin.completedOrder == 0) {
                    version.origin.completedOrder = order;
                }
            }
        }
    }

    long nextOrder() {
        return ++lastOrder;
    }

    byte[] latest(long blockIndex) {
        Block block = blocks.get(blockIndex);
        return block == null ? zeroes : block.latest();
    }

    byte[] zeroes() {
        return zeroes;
    }

    /** Whether that many blocks, of which some may be there already, have their space. */
    boolean hasSpace(long blockIndex, long blockCount) {
        long missing = 0;
        for (long index = blockIndex; index < blockIndex + blockCount; index++) {
            missing += blocks.containsKey(index) ? 0 : 1;
        }
        return missing == 0 || blocks.size() + missing <= faults.blockCountMax;
    }

    /** A block's new content is in the cache; reads return it from now on. */
    void land(long blockIndex, byte[] bytes, Origin origin) {
        Block block = blocks.computeIfAbsent(blockIndex, index -> new Block(zeroes));
        block.versions.add(new Version(bytes, origin));
        if (block.versions.size() > VERSION_COUNT_MAX) {
            Version oldest = block.versions.removeFirst();
            block.durable = oldest.lost ? block.durable : oldest.bytes;
        }
        volatileBlocks.put(blockIndex, block);
    }

    /**
     * A FLUSH ends well: durable is what had completed before {@code order}, and of the rest what
     * chance adds.
     */
    void makeDurable(long order) {
        volatileBlocks.values().removeIf(block -> {
            int keep = block.versions.size();
            while (keep > 0 && !isCovered(block.versions.get(keep - 1), order)) {
                keep--;
            }
            writeBack(block, keep);
            return block.versions.isEmpty();
        });
    }

    private boolean isCovered(Version version, long order) {
        long completed = version.origin.completedOrder;
        boolean mustBe = completed != 0 && completed < order;
        return !version.lost && (mustBe || prng.chance(0.3));
    }

    /** One write is durable by itself. */
    void makeDurable(Origin origin, long blockIndex, long blockCount) {
        for (long index = blockIndex; index < blockIndex + blockCount; index++) {
            Block block = volatileBlocks.get(index);
            if (block == null) {
                continue;
            }
            int keep = block.versions.size();
            while (keep > 0 && block.versions.get(keep - 1).origin != origin) {
                keep--;
            }
            if (keep > 0) {
                block.versions.get(keep - 1).lost =
                        false; // written through, whatever failed before
            }
            writeBack(block, keep);
            if (block.versions.isEmpty()) {
                volatileBlocks.remove(index);
            }
        }
    }

    /** A FLUSH failed, and lost some of what it found. */
    void failFlush() {
        simulation.mark("flush failed");
        failedFlushCount++;
        loseSome();
    }

    /** Each volatile version is durable now, or lost to every later FLUSH. */
    void loseSome() {
        for (Block block : volatileBlocks.values()) {
            if (prng.chance(0.3)) {
                writeBack(block, block.versions.size());
            } else {
                block.versions.forEach(version -> version.lost = true);
            }
        }
        volatileBlocks.values().removeIf(block -> block.versions.isEmpty());
    }

    /** The first {@code count} versions are written back in their order. */
    private static void writeBack(Block block, int count) {
        for (int done = 0; done < count; done++) {
            Version version = block.versions.removeFirst();
            block.durable = version.lost ? block.durable : version.bytes;
        }
    }

    /**
     * The machine loses its power: the volatile versions survive or not, each by itself, at a rate
     * that this cut draws. {@link SimNode#powerCut} does it to the media that a node has open.
     */
    public void losePower() {
        Check.that(opened == null, "who has a medium open loses its power too");
        double survival = prng.chance(0.3) ? 0 : prng.unit();
        simulation.mark(
                volatileBlocks.isEmpty() ? "power cut, all durable" : "power cut, volatile");
        for (Block block : volatileBlocks.values()) {
            for (int index = block.versions.size() - 1; index >= 0; index--) {
                if (prng.chance(survival)) {
                    block.durable = block.versions.get(index).bytes;
                    break;
                }
            }
            block.versions.clear();
        }
        volatileBlocks.clear();
    }
}
