// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.DiskClaim;
import etherbay.linux.FileLock;
import etherbay.linux.Linux;
import etherbay.node.BackingName;
import etherbay.volume.FileMedium;
import etherbay.volume.LogicalVolume;
import etherbay.volume.LvmId;
import etherbay.volume.Medium;
import etherbay.volume.Pool;
import etherbay.volume.PoolChanges;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The volumes of this machine for a person who looks at them or changes them: takes the locks,
 * opens the disks, has {@link PoolChanges} do it, and lets go of everything. What the kernel's
 * device-mapper has active it leaves to LVM2. Blocking control code.
 */
public final class VolumeStore {
    /** What is to be done with an open pool, under its locks. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Session session);
    }

    /** A pool that is open to be changed, once. */
    public final class Session {
        private final Pool pool;
        private final PoolChanges changes;
        private final List<FileLock> unused = new ArrayList<>();
        private final List<DiskClaim> claims = new ArrayList<>();

        private Session(Pool pool, String command) {
            this.pool = pool;
            changes = new PoolChanges(pool, hostName(), clock.wallMillis() / 1000, command, random);
        }

        public Pool pool() {
            return pool;
        }

        /** Each of its methods checks, and then writes. */
        public PoolChanges changes() {
            return changes;
        }

        /**
         * The group of that name, which no device-mapper has active, and none of whose disks
         * anybody uses as a whole until the change is done.
         *
         * @throws EtherbayException NOT_FOUND, CONFLICT
         */
        public PoolGroup group(String name) {
            PoolGroup group = pool.need(name);
            group.present().values().forEach(this::claim);
            return group;
        }

        /**
         * The physical volume on that disk, likewise.
         *
         * @throws EtherbayException NOT_FOUND for a disk that is none, CONFLICT
         */
        public PoolDisk disk(String name) {
            PoolDisk disk = pool.diskAt(name)
                    .orElseThrow(() -> new EtherbayException(
                            ErrorCode.NOT_FOUND,
                            name + " is no physical volume",
                            pool.warnings().isEmpty()
                                    ? "it has no label"
                                    : String.join("; ", pool.warnings()),
                            "make it one: etherbay pv create " + name));
            claim(disk);
            return disk;
        }

        private void claim(PoolDisk disk) {
            checkIdle(disk.medium());
            path(disk.medium()).map(DiskClaim::shared).ifPresent(claims::add);
        }

        /** Sees to it that nobody serves a volume until the change is done. CONFLICT if one does */
        public void requireUnused(PoolGroup group, LogicalVolume volume) {
            unused.add(locks.volume(
                    group.group().id(), volume.id(), group.name() + "/" + volume.name()));
        }

        private void end() {
            unused.forEach(FileLock::close);
            claims.forEach(DiskClaim::close);
            pool.close();
        }
    }

    private final VolumePlaces places;
    private final VolumeLocks locks;
    private final DeviceMapper mapper;
    private final Clock clock;
    private final LongSupplier random = new SecureRandom()::nextLong;

    VolumeStore(VolumePlaces places, VolumeLocks locks, DeviceMapper mapper, Clock clock) {
        this.places = places;
        this.locks = locks;
        this.mapper = mapper;
        this.clock = clock;
    }

    public static VolumeStore of(VolumePlaces places) {
        return new VolumeStore(
                places, VolumeLocks.ofThisUser(), DeviceMapper.ofThisMachine(), Linux.clock());
    }

    /** What there is, as it is now; the caller closes it. */
    public Pool look() {
        return places.open(false);
    }

    /**
     * Changes a group that is there.
     *
     * @param group its name
     * @param command as it was typed: the metadata tells it
     */
    public <T> T change(String group, String command, Work<T> work) {
        try (FileLock _ = locks.group(group)) {
            return run(command, work);
        }
    }

    /**
     * Changes which groups there are, and which disks are in one.
     *
     * @param groups names of all that take part, also of one that is to come
     */
    public <T> T changeDisks(List<String> groups, String command, Work<T> work) {
        List<FileLock> held = new ArrayList<>();
        try {
            held.add(locks.disks());
            groups.stream().sorted().distinct().forEach(name -> held.add(locks.group(name)));
            return run(command, work);
        } finally {
            LvmHints.ofThisMachine().forget();
            held.reversed().forEach(FileLock::close);
        }
    }

    private <T> T run(String command, Work<T> work) {
        Session session = new Session(places.open(true), command);
        try {
            return work.run(session);
        } finally {
            session.end();
        }
    }

    /**
     * Makes a disk a physical volume; one that nobody uses.
     *
     * @param name a place as {@link VolumePlaces#place} takes it
     * @param overwrite although something stands on it
     * @param force although it belongs to a group
     */
    public LvmId createDisk(BackingName name, boolean overwrite, boolean force) {
        try (FileLock _ = locks.disks();
                Medium medium = places.medium(name, true)) {
            checkIdle(medium);
            Optional<DiskClaim> claim = path(medium).map(DiskClaim::alone);
            try {
                // Not closed: the medium is, and some servers let in no second client.
                Pool pool = Pool.open(List.of(medium));
                return PoolChanges.createDisk(medium, pool, overwrite, force, random);
            } finally {
                claim.ifPresent(DiskClaim::close);
            }
        } finally {
            LvmHints.ofThisMachine().forget();
        }
    }

    /** Of a file or a block device; what an NBD server has is the server's to keep. */
    private static Optional<Path> path(Medium medium) {
        return medium instanceof FileMedium
                ? Optional.of(Path.of(medium.name()))
                : Optional.empty();
    }

    /** @throws EtherbayException CONFLICT when device-mapper uses the disk */
    private void checkIdle(Medium medium) {
        path(medium).flatMap(mapper::userOf).ifPresent(device -> {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    medium.name() + " is active in device-mapper",
                    "the kernel's " + device + " is built on it, and would not see a change",
                    "change the group with LVM2 itself; or deactivate it first: vgchange -an");
        });
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }
}
