// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.base.SectorDevice;
import etherbay.base.Slice;
import etherbay.linux.Disk;
import etherbay.linux.LinuxIdler;
import etherbay.nbd.NbdClient;
import etherbay.nbd.NbdUri;
import etherbay.node.trace.TraceWriter;
import etherbay.node.volume.FoundVolume;
import etherbay.node.volume.VolumePlaces;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What an export serves: a disk of this machine, of an NBD server or of an AoE target, a volume, or
 * a part of one.
 * Opened and let go by control threads; in between it belongs to the loop.
 */
final class Backing {
    /**
     * What opens the disks of a loop.
     *
     * @param places where physical volumes are looked for, at this moment
     */
    record Opener(
            Loop loop,
            LinuxIdler idler,
            Counters counters,
            DiskClaims claims,
            TraceWriter traces,
            AoeDisks aoe,
            Supplier<VolumePlaces> places) {
        Opener(
                Loop loop,
                LinuxIdler idler,
                Counters counters,
                TraceWriter traces,
                AoeDisks aoe,
                Supplier<VolumePlaces> places) {
            this(
                    loop,
                    idler,
                    counters,
                    new DiskClaims(loop, idler, counters),
                    traces,
                    aoe,
                    () -> places.get().through(aoe));
        }
    }

    /**
     * What to open, and how.
     *
     * @param owner who serves it, as traces call it
     * @param directIo empty for the default: direct for block devices only
     * @param lengthSectors 0 for all up to the end
     */
    record Wish(
            String owner,
            BackingName name,
            boolean readOnly,
            Optional<Boolean> directIo,
            int queueLength,
            long offsetSectors,
            long lengthSectors) {
        static Wish of(ExportSpec spec) {
            return new Wish(
                    spec.name(),
                    spec.backing(),
                    spec.takesNoWrites(),
                    spec.directIo(),
                    spec.settings().queueLength(),
                    spec.offsetSectors(),
                    spec.lengthSectors());
        }
    }

    /**
     * A disk with what makes it work and takes it from the loop.
     *
     * @param claimed what {@link DiskClaims} know it by
     * @param release lets go of what closing the device does not
     */
    private record Opened(
            String called,
            BlockDevice disk,
            Runnable attach,
            Runnable detach,
            Path claimed,
            Runnable release) {}

    private final String named;
    private final DiskClaims claims;
    private final Opened opened;
    private final DecoratedDisk decorated;
    private final BlockDevice served;
    private final String identity;

    private Backing(Wish wish, Opener opener, Opened opened, String identity) {
        named = wish.name().prefix() + opened.called();
        claims = opener.claims();
        this.opened = opened;
        this.identity = identity;
        decorated = DecoratedDisk.over(opened.disk(), wish, opened.called(), opener);
        served = part(wish, decorated.device());
    }

    /** Opens it, kept from other processes; {@link #attach} makes it work. Blocks; any thread. */
    static Backing open(Wish wish, Opener opener) {
        return switch (wish.name().bare()) {
            case BackingName.AtPath at -> openPath(wish, at, opener);
            case BackingName.WithUuid with -> openUuid(wish, with, opener);
            case BackingName.AtNbd(NbdUri uri) -> openNbd(wish, uri, opener);
            case BackingName.AtAoe at -> openAoe(wish, at, opener);
            case BackingName.Decorated _ ->
                throw new AssertionError("what is bare has no decorations");
        };
    }

    private static Backing openPath(Wish wish, BackingName.AtPath at, Opener opener) {
        Optional<Path> device = BackingPlace.find(at);
        if (device.isPresent()) {
            return openDisk(wish, device.get(), opener);
        }
        String group = at.path().getName(0).toString();
        String volume = at.path().getName(1).toString();
        return FoundVolume.byName(opener.places().get(), group, volume)
                .map(found -> openVolume(wish, found, opener))
                .orElseThrow(() -> BackingPlace.missing(at));
    }

    /** What the kernel knows comes first: a volume that it has is not ours. */
    private static Backing openUuid(Wish wish, BackingName.WithUuid with, Opener opener) {
        Path device;
        try {
            device = DeviceByUuid.ofThisMachine().find(with);
        } catch (EtherbayException none) {
            if (none.code() != ErrorCode.NOT_FOUND) {
                throw none;
            }
            return FoundVolume.byUuid(opener.places().get(), with)
                    .map(found -> openVolume(wish, found, opener))
                    .orElseThrow(() -> none);
        }
        return openDisk(wish, device, opener);
    }

    private static Backing openVolume(Wish wish, FoundVolume found, Opener opener) {
        try (Undo undo = new Undo()) {
            OpenVolume volume = OpenVolume.open(wish, opener, found);
            undo.add(volume::release);
            BlockDevice served = volume.served();
            checkRange(wish, served.sectors());
            Opened opened = new Opened(
                    volume.name(),
                    served,
                    volume::attach,
                    volume::detach,
                    volume.key(),
                    volume::release);
            Backing backing = new Backing(wish, opener, opened, volume.identity());
            undo.keep();
            return backing;
        }
    }

    private static Backing openDisk(Wish wish, Path named, Opener opener) {
        checkThere(named);
        Path real = realPath(named);
        try (Undo undo = new Undo()) {
            opener.claims().take(real, !wish.readOnly());
            undo.add(() -> opener.claims().giveBack(real));
            Disk disk = Disk.prepare(
                    named, options(wish, named), opener.loop(), opener.idler(), opener.counters());
            undo.add(disk::release);
            checkRange(wish, disk.sectors());
            String identity =
                    BackingIdentity.of(named, wish.offsetSectors(), Disk.isBlockDevice(named));
            Opened opened = new Opened(
                    named.toString(),
                    disk,
                    disk::attach,
                    disk::detach,
                    real,
                    () -> opener.claims().giveBack(real));
            Backing backing = new Backing(wish, opener, opened, identity);
            undo.keep();
            return backing;
        }
    }

    /** Nobody can keep other clients from a server's disk: that is the server's to do. */
    private static Backing openNbd(Wish wish, NbdUri uri, Opener opener) {
        try (Undo undo = new Undo()) {
            NbdClient client = NbdClient.open(uri, opener.loop(), opener.counters());
            undo.add(client::close);
            checkRange(wish, client.sectors());
            Path claimed = Path.of(uri.toString());
            Opened opened = new Opened(
                    uri.toString(), client, client::attach, client::detach, claimed, () -> {});
            String identity = "nbd " + uri + " offset " + wish.offsetSectors();
            Backing backing = new Backing(wish, opener, opened, identity);
            undo.keep();
            return backing;
        }
    }

    private static Backing openAoe(Wish wish, BackingName.AtAoe at, Opener opener) {
        try (Undo undo = new Undo()) {
            opener.claims().takeRemote(at.key());
            undo.add(() -> opener.claims().giveBack(at.key()));
            BlockDevice disk = opener.aoe().take(at);
            undo.add(() -> opener.aoe().giveBack(at));
            checkRange(wish, disk.sectors());
            Runnable release = () -> {
                opener.aoe().giveBack(at);
                opener.claims().giveBack(at.key());
            };
            Opened opened = new Opened(at.toString(), disk, () -> {}, () -> {}, at.key(), release);
            String identity = opener.aoe().identity(at) + " offset " + wish.offsetSectors();
            Backing backing = new Backing(wish, opener, opened, identity);
            undo.keep();
            return backing;
        }
    }

    private static void checkThere(Path path) {
        if (!Files.exists(path)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    path + " does not exist",
                    "an export serves a file or a block device that is there",
                    DecorationReader.meant(path.toString())
                            .map(meant -> "did you mean " + meant + "... ?")
                            .orElse("check the path, or make a sparse file: truncate -s 10G "
                                    + path));
        }
    }

    /** The file or device itself, whatever it is called: two that are equal are one disk. */
    private static Path realPath(Path named) {
        try {
            return named.toRealPath();
        } catch (IOException cause) {
            throw unreadable(named, cause);
        }
    }

    static EtherbayException unreadable(Path named, IOException cause) {
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                named + " cannot be examined",
                cause.toString(),
                "see that it exists and that you may read its folder");
    }

    /** Not exclusive: the claim keeps other processes out, and our own exports may share it. */
    static Disk.Options options(Wish wish, Path path) {
        return Disk.Options.DEFAULT
                .withDirect(wish.directIo().orElse(Disk.isBlockDevice(path)))
                .withReadOnly(wish.readOnly())
                .withExclusive(false)
                .withQueueDepth(wish.queueLength());
    }

    private static BlockDevice part(Wish wish, BlockDevice disk) {
        return wish.offsetSectors() == 0 && wish.lengthSectors() == 0
                ? disk
                : new Slice(SectorDevice.over(disk), wish.offsetSectors(), wish.lengthSectors());
    }

    private static void checkRange(Wish wish, long sectors) {
        if (sectors == 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    wish.name().bare() + " is empty",
                    "a disk has at least one sector of 512 bytes",
                    "give it a size: truncate -s 10G " + wish.name().bare());
        }
        if (wish.offsetSectors() >= sectors
                || wish.lengthSectors() > sectors - wish.offsetSectors()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "offset %d and length %d do not lie in %s"
                            .formatted(
                                    wish.offsetSectors(),
                                    wish.lengthSectors(),
                                    wish.name().bare()),
                    "it has " + sectors + " sectors of 512 bytes",
                    "choose an offset and a length within them");
        }
    }

    /** The disk as a person knows it, decorations first; of a UUID the device that has it. */
    @Override
    public String toString() {
        return named;
    }

    /** Its disk does not finish what it was asked: nobody else of this node gets it any more. */
    void bar() {
        claims.bar(opened.claimed());
    }

    /** Whether its disk, as another's, did not finish. */
    boolean isBarred() {
        return claims.isBarred(opened.claimed());
    }

    BlockDevice device() {
        return served;
    }

    /** It is about to be given up: nothing waits for delays any more. On the loop. */
    void hurry() {
        decorated.hurry();
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
        served.close();
        decorated.close();
        opened.release().run();
    }
}
