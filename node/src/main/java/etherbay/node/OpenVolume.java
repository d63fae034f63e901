// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.ReadOnlyDevice;
import etherbay.base.SectorDevice;
import etherbay.linux.Disk;
import etherbay.nbd.NbdClient;
import etherbay.node.volume.FoundVolume;
import etherbay.node.volume.VolumeLocks;
import etherbay.node.volume.VolumeStamps;
import etherbay.volume.LvmId;
import etherbay.volume.VolumeDevice;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A logical volume that is served without device-mapper: its disks, opened and claimed together
 * with others who serve volumes of them; the lock that makes it ours; and a thread that follows its
 * group's metadata. A volume that was extended grows at once. One whose extents were taken away, by
 * somebody who does not know our lock, is read and written no more. Opened and let go by control
 * threads; in between the device belongs to the loop.
 */
final class OpenVolume {
    private static final Logger LOG = System.getLogger(OpenVolume.class.getName());

    /** How often the metadata is looked at: soon enough for whoever waits for an extension. */
    private static final long LOOK_MS = 250;

    /** Looks after which what could not be read is read again, though nothing has changed. */
    private static final int RETRY_COUNT = 20;

    /** A disk of the volume with what makes it work, and takes it from the loop again. */
    private record Part(BlockDevice device, Runnable attach, Runnable detach, Runnable release) {}

    private final Backing.Wish wish;
    private final Backing.Opener opener;
    private final Map<LvmId, Part> parts = new ConcurrentHashMap<>();

    /** Those that work; of the loop. */
    private final List<Part> attached = new ArrayList<>();

    private final VolumeDevice device;
    private final VolumeStamps stamps;
    private final Path key;
    private FoundVolume found;
    private volatile boolean ended;

    /** Why the metadata could not be used when it was last read; empty if it could. */
    private String complaint = "";

    private Optional<Thread> follower = Optional.empty();

    private OpenVolume(Backing.Wish wish, Backing.Opener opener, FoundVolume seen, Undo undo) {
        this.wish = wish;
        this.opener = opener;
        stamps = VolumeStamps.of(seen, opener.places().get());
        undo.add(stamps::close);
        // What changes from now on is noticed, and nobody takes its extents; until now somebody may
        // have.
        found = seen.again(opener.places().get()).orElseThrow(() -> gone(seen));
        key = keyOf(found);
        openParts(found, undo);
        device = new VolumeDevice(found.map(), devices(found));
    }

    /**
     * Opens a volume; {@link #attach} makes it work.
     *
     * @throws EtherbayException CONFLICT when another process serves it
     */
    static OpenVolume open(Backing.Wish wish, Backing.Opener opener, FoundVolume seen) {
        try (Undo undo = new Undo()) {
            Path key = keyOf(seen);
            VolumeLocks locks = VolumeLocks.ofThisUser();
            opener.claims()
                    .takeVolume(key, () -> locks.volume(seen.group(), seen.id(), seen.name()));
            undo.add(() -> opener.claims().giveBack(key));
            OpenVolume open = new OpenVolume(wish, opener, seen, undo);
            undo.keep();
            return open;
        }
    }

    private static EtherbayException gone(FoundVolume seen) {
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "volume " + seen.name() + " has just gone",
                "it was removed while it was being opened",
                "see what there is: etherbay lv list");
    }

    private static Path keyOf(FoundVolume found) {
        return Path.of("volume", found.group().letters(), found.id().letters());
    }

    private void openParts(FoundVolume of, Undo undo) {
        for (int index = 0; index < of.disks().size(); index++) {
            LvmId pv = of.map().pvs().get(index);
            if (!parts.containsKey(pv)) {
                Part part = openPart(of.disks().get(index));
                parts.put(pv, part);
                undo.add(() -> {
                    parts.remove(pv);
                    part.release().run();
                });
            }
        }
    }

    private Part openPart(BackingName name) {
        return switch (name) {
            case BackingName.AtPath(Path path) -> openDisk(path);
            case BackingName.AtNbd at -> openNbd(at);
            case BackingName.AtAoe at -> openAoe(at);
            case BackingName.WithUuid _, BackingName.Decorated _ ->
                throw new AssertionError("the disk of a volume is named by a path or an address");
        };
    }

    private Part openDisk(Path named) {
        try (Undo undo = new Undo()) {
            Path real = real(named);
            opener.claims().takeForVolumes(real);
            undo.add(() -> opener.claims().giveBack(real));
            Disk disk = Disk.prepare(
                    named,
                    Backing.options(wish, named),
                    opener.loop(),
                    opener.idler(),
                    opener.counters());
            BlockDevice sectors = SectorDevice.over(disk);
            undo.keep();
            return new Part(sectors, disk::attach, disk::detach, () -> {
                sectors.close();
                opener.claims().giveBack(real);
            });
        }
    }

    private static Path real(Path named) {
        try {
            return named.toRealPath();
        } catch (IOException gone) {
            throw Backing.unreadable(named, gone);
        }
    }

    private Part openNbd(BackingName.AtNbd at) {
        NbdClient client = NbdClient.open(at.uri(), opener.loop(), opener.counters());
        BlockDevice sectors = SectorDevice.over(client);
        return new Part(sectors, client::attach, client::detach, sectors::close);
    }

    private Part openAoe(BackingName.AtAoe at) {
        try (Undo undo = new Undo()) {
            opener.claims().takeRemoteForVolumes(at.key());
            undo.add(() -> opener.claims().giveBack(at.key()));
            BlockDevice sectors = SectorDevice.over(opener.aoe().take(at));
            undo.keep();
            return new Part(sectors, () -> {}, () -> {}, () -> {
                opener.aoe().giveBack(at);
                opener.claims().giveBack(at.key());
            });
        }
    }

    private List<BlockDevice> devices(FoundVolume of) {
        return of.map().pvs().stream().map(pv -> parts.get(pv).device()).toList();
    }

    /** As it is served: one that was made read-only, as by {@code lvcreate -pr}, is so. */
    BlockDevice served() {
        return found.writable() ? device : new ReadOnlyDevice(device);
    }

    /** {@code VG/LV}. */
    String name() {
        return found.name();
    }

    String identity() {
        return found.identity() + " offset " + wish.offsetSectors();
    }

    /** What bars it, when it does not end. */
    Path key() {
        return key;
    }

    /** Makes it work; on the loop, or before it runs. */
    void attach() {
        parts.values().forEach(this::attach);
        follower = Optional.of(
                Thread.ofPlatform().daemon().name("volume " + name()).start(this::follow));
    }

    private void attach(Part part) {
        part.attach().run();
        attached.add(part);
    }

    /** Takes it from the loop, with nothing in flight; on the loop. */
    void detach() {
        ended = true;
        attached.forEach(part -> part.detach().run());
        attached.clear();
    }

    /** Lets go of it; before {@link #attach} or after {@link #detach}; blocks. */
    void release() {
        ended = true;
        follower.ifPresent(OpenVolume::join);
        parts.values().forEach(part -> part.release().run());
        stamps.close();
        opener.claims().giveBack(key);
    }

    private static void join(Thread thread) {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow() {
        try {
            for (int idle = 0; !ended; idle++) {
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
                boolean retries = !complaint.isEmpty() && idle >= RETRY_COUNT;
                if (!ended && (stamps.changed() || retries)) {
                    look();
                    idle = 0;
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    /** The metadata has changed; most changes are about other volumes. */
    private void look() {
        try {
            Optional<FoundVolume> now = found.again(opener.places().get());
            if (now.isEmpty() || !found.map().isContinuedBy(now.get().map())) {
                lose(now.isEmpty() ? "it is gone" : "its extents are others");
            } else if (now.get().map().sectors() > found.map().sectors()) {
                grow(now.get());
            }
            complaint = "";
        } catch (EtherbayException unusable) {
            complain(unusable.getMessage() + ": " + unusable.why());
        }
    }

    /** Once for each reason: it is tried again and again. */
    private void complain(String why) {
        if (!complaint.equals(why)) {
            complaint = why;
            LOG.log(Level.WARNING, "volume " + name() + " goes on as it was: " + why);
        }
    }

    private void lose(String why) {
        LOG.log(
                Level.ERROR,
                "volume {0} is served no more: {1}, taken away by a program that does not ask who"
                        + " uses it",
                name(),
                why);
        tell(device::lose);
    }

    private void grow(FoundVolume next) {
        List<LvmId> added = new ArrayList<>(next.map().pvs());
        added.removeAll(parts.keySet());
        try (Undo undo = new Undo()) {
            openParts(next, undo);
            undo.keep();
        }
        List<BlockDevice> devices = devices(next);
        List<Part> fresh = added.stream().map(parts::get).toList();
        found = next;
        if (!device.canGrowOnto(devices)) {
            LOG.log(
                    Level.WARNING,
                    "volume {0} was extended onto a disk that can less than its others (no FLUSH,"
                            + " no FUA, no TRIM, or read-only): it keeps its size here until it is"
                            + " exported anew",
                    name());
            return;
        }
        LOG.log(Level.INFO, "volume " + name() + " has " + next.map().sectors() + " sectors now");
        tell(() -> {
            fresh.forEach(this::attach);
            device.grow(next.map(), devices);
        });
    }

    private void tell(Runnable message) {
        boolean taken = opener.loop().mailbox().offer(() -> {
            if (!ended) {
                message.run();
            }
        });
        if (!taken) {
            throw new AssertionError("the mailbox of a loop is never full of control messages");
        }
    }
}
