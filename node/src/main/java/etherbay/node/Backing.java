// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.SectorDevice;
import etherbay.base.Slice;
import etherbay.linux.Disk;
import etherbay.nbd.NbdClient;
import etherbay.nbd.NbdUri;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What an export serves: a disk of this machine or of an NBD server, or a part of one. Opened and
 * let go by control threads; in between it belongs to the loop.
 */
final class Backing {
    /** A device with what makes it work and takes it from the loop. */
    private record Opened(BlockDevice device, Runnable attach, Runnable detach) {}

    private final String named;
    private final Path real;
    private final DiskClaims claims;
    private final Opened opened;
    private final String identity;

    private Backing(String named, Path real, DiskClaims claims, Opened opened, String identity) {
        this.named = named;
        this.real = real;
        this.claims = claims;
        this.opened = opened;
        this.identity = identity;
    }

    /** Opens it, kept from other processes; {@link #attach} makes it work. Blocks; any thread. */
    static Backing open(ExportSpec spec, OpenExport.Shared shared) {
        return switch (spec.backing()) {
            case BackingName.AtPath at -> openDisk(spec, BackingPlace.of(at), shared);
            case BackingName.WithUuid with ->
                openDisk(spec, DeviceByUuid.ofThisMachine().find(with), shared);
            case BackingName.AtNbd(NbdUri uri) -> openNbd(spec, uri, shared);
        };
    }

    private static Backing openDisk(ExportSpec spec, Path named, OpenExport.Shared shared) {
        checkThere(named);
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
            Opened opened = new Opened(part(spec, disk), disk::attach, disk::detach);
            return new Backing(named.toString(), real, shared.claims(), opened, identity);
        }
    }

    /** Nobody can keep other clients from a server's disk: that is the server's to do. */
    private static Backing openNbd(ExportSpec spec, NbdUri uri, OpenExport.Shared shared) {
        try (Undo undo = new Undo()) {
            NbdClient client = NbdClient.open(uri, shared.loop(), shared.counters());
            undo.add(client::close);
            checkRange(spec, client.sectors());
            undo.keep();
            return new Backing(
                    uri.toString(),
                    Path.of(uri.toString()),
                    shared.claims(),
                    new Opened(part(spec, client), client::attach, client::detach),
                    "nbd " + uri + " offset " + spec.offsetSectors());
        }
    }

    private static void checkThere(Path path) {
        if (!Files.exists(path)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    path + " does not exist",
                    "an export serves a file or a block device that is there",
                    "check the path, or make a sparse file: truncate -s 10G " + path);
        }
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

    private static BlockDevice part(ExportSpec spec, BlockDevice disk) {
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

    /** The disk as a person knows it; of a UUID the device that has it. */
    @Override
    public String toString() {
        return named;
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
        return opened.device();
    }

    /** Tells it from other backings over restarts. */
    String identity() {
        return identity;
    }

    /** Makes it work; on the loop. */
    void attach() {
        opened.attach().run();
    }

    /** Takes it from the loop, with nothing in flight; on the loop. */
    void detach() {
        opened.detach().run();
    }

    /** Lets go of it; before {@link #attach} or after {@link #detach}; blocks. */
    void release() {
        opened.device().close();
        claims.giveBack(real);
    }
}
