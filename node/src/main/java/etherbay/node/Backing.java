// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.SectorDevice;
import etherbay.base.Slice;
import etherbay.linux.Disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What an export serves: a disk of this machine, or a part of one. Opened and let go by control
 * threads; in between it belongs to the loop.
 */
final class Backing {
    private final Path named;
    private final Path path;
    private final Disk disk;
    private final BlockDevice device;
    private final String identity;

    private Backing(Path named, Path path, Disk disk, BlockDevice device, String identity) {
        this.named = named;
        this.path = path;
        this.disk = disk;
        this.device = device;
        this.identity = identity;
    }

    /** Opens it, exclusively; {@link #attach} makes it work. Blocks; any thread. */
    static Backing open(ExportSpec spec, OpenExport.Shared shared) {
        Path path = pathOf(spec);
        Disk disk = Disk.prepare(
                path, options(spec, path), shared.loop(), shared.idler(), shared.counters());
        try (Undo undo = new Undo()) {
            undo.add(disk::release);
            checkRange(spec, disk.sectors());
            String identity =
                    BackingIdentity.of(path, spec.offsetSectors(), Disk.isBlockDevice(path));
            undo.keep();
            return new Backing(path, realPath(spec), disk, part(spec, disk), identity);
        }
    }

    /**
     * Opens it without keeping others out, our own other exports too, and lets go of it: whether it
     * could be opened once they have.
     *
     * @return the sectors that it would serve
     */
    static long rehearse(ExportSpec spec, OpenExport.Shared shared) {
        Path path = pathOf(spec);
        Disk disk = Disk.prepare(
                path,
                options(spec, path).withExclusive(false),
                shared.loop(),
                shared.idler(),
                shared.counters());
        try {
            checkRange(spec, disk.sectors());
            return spec.lengthSectors() != 0
                    ? spec.lengthSectors()
                    : disk.sectors() - spec.offsetSectors();
        } finally {
            disk.release();
        }
    }

    private static Path pathOf(ExportSpec spec) {
        Path path = BackingPlace.of(spec.backing());
        if (!Files.exists(path)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    path + " does not exist",
                    "an export serves a file or a block device that is there",
                    "check the path, or make a sparse file: truncate -s 10G " + path);
        }
        return path;
    }

    /** The file or device itself, whatever it is called: two that are equal are one disk. */
    static Path realPath(ExportSpec spec) {
        try {
            return pathOf(spec).toRealPath();
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    spec.backing() + " cannot be examined",
                    cause.toString(),
                    "see that it exists and that you may read its folder");
        }
    }

    private static Disk.Options options(ExportSpec spec, Path path) {
        return Disk.Options.DEFAULT
                .withDirect(spec.directIo().orElse(Disk.isBlockDevice(path)))
                .withReadOnly(spec.settings().readOnly())
                .withQueueDepth(spec.settings().queueLength());
    }

    private static BlockDevice part(ExportSpec spec, Disk disk) {
        return spec.offsetSectors() == 0 && spec.lengthSectors() == 0
                ? disk
                : new Slice(SectorDevice.over(disk), spec.offsetSectors(), spec.lengthSectors());
    }

    private static void checkRange(ExportSpec spec, long sectors) {
        if (sectors == 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    spec.backing() + " is empty",
                    "a disk has at least one sector of 512 bytes",
                    "give it a size: truncate -s 10G " + spec.backing());
        }
        if (spec.offsetSectors() >= sectors
                || spec.lengthSectors() > sectors - spec.offsetSectors()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "offset %d and length %d do not lie in %s"
                            .formatted(spec.offsetSectors(), spec.lengthSectors(), spec.backing()),
                    "it has " + sectors + " sectors of 512 bytes",
                    "choose an offset and a length within them");
        }
    }

    /** The file or device as a person knows it; of a UUID the device that has it. */
    @Override
    public String toString() {
        return named.toString();
    }

    /** The real path of what is open. */
    Path path() {
        return path;
    }

    BlockDevice device() {
        return device;
    }

    /** Tells it from other backings over restarts. */
    String identity() {
        return identity;
    }

    /** Makes it work; on the loop. */
    void attach() {
        disk.attach();
    }

    /** Takes it from the loop, with nothing in flight; on the loop. */
    void detach() {
        disk.detach();
    }

    /** Lets go of it; before {@link #attach} or after {@link #detach}; blocks. */
    void release() {
        device.close();
    }
}
