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
    private final Path real;
    private final DiskClaims claims;
    private final Disk disk;
    private final BlockDevice device;
    private final String identity;

    private Backing(
            Path named,
            Path real,
            DiskClaims claims,
            Disk disk,
            BlockDevice device,
            String identity) {
        this.named = named;
        this.real = real;
        this.claims = claims;
        this.disk = disk;
        this.device = device;
        this.identity = identity;
    }

    /** Opens it, kept from other processes; {@link #attach} makes it work. Blocks; any thread. */
    static Backing open(ExportSpec spec, OpenExport.Shared shared) {
        Path named = pathOf(spec);
        Path real = realPath(named);
        try (Undo undo = new Undo()) {
            shared.claims().take(real, !spec.settings().readOnly());
            undo.add(() -> shared.claims().giveBack(real));
            Disk disk = Disk.prepare(
                    named, options(spec, named), shared.loop(), shared.idler(), shared.counters());
            undo.add(disk::release);
            checkRange(spec, disk.sectors());
            String identity =
                    BackingIdentity.of(named, spec.offsetSectors(), Disk.isBlockDevice(named));
            undo.keep();
            return new Backing(named, real, shared.claims(), disk, part(spec, disk), identity);
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
    private static Path realPath(Path named) {
        try {
            return named.toRealPath();
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    named + " cannot be examined",
                    cause.toString(),
                    "see that it exists and that you may read its folder");
        }
    }

    /** Not exclusive: the claim keeps other processes out, and our own exports may share it. */
    private static Disk.Options options(ExportSpec spec, Path path) {
        return Disk.Options.DEFAULT
                .withDirect(spec.directIo().orElse(Disk.isBlockDevice(path)))
                .withReadOnly(spec.settings().readOnly())
                .withExclusive(false)
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

    /** Its disk does not finish what it was asked: nobody else of this node gets it any more. */
    void bar() {
        claims.bar(real);
    }

    /** Whether its disk, as another's, did not finish. */
    boolean isBarred() {
        return claims.isBarred(real);
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
        claims.giveBack(real);
    }
}
