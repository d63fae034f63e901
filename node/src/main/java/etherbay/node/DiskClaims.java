// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.linux.Disk;
import etherbay.linux.FileLock;
import etherbay.linux.LinuxIdler;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Keeps other processes from the disks of a node: one claim for each file or device, held while any
 * export uses it. So two exports may serve parts of one disk, and one that is opened anew, or two
 * that exchange their disks, never let go of them in between. A disk that carries volumes is
 * claimed together with all others who serve volumes of it, and each volume for itself. Any thread.
 */
final class DiskClaims {
    private enum Kind {
        DISK,
        DISK_OF_VOLUMES,
        VOLUME
    }

    /** Held by what is closed with it. */
    private static final class Claim {
        private final Kind kind;
        private @Nullable Runnable release;
        private boolean writable;
        private int userCount;

        private Claim(Kind kind) {
            this.kind = kind;
        }
    }

    private final Loop loop;
    private final LinuxIdler idler;
    private final Counters counters;
    private final ConcurrentHashMap<Path, Claim> claims = new ConcurrentHashMap<>();
    private final Set<Path> barred = ConcurrentHashMap.newKeySet();

    DiskClaims(Loop loop, LinuxIdler idler, Counters counters) {
        this.loop = loop;
        this.idler = idler;
        this.counters = counters;
    }

    /**
     * Claims a disk for one more user; blocks as opening it does.
     *
     * @param real its real path: two that are equal are one disk
     * @param writable not even with those who only read
     * @throws EtherbayException CONFLICT when another process has it; as {@link Disk#prepare} else
     */
    void take(Path real, boolean writable) {
        take(real, Kind.DISK, writable, () -> disk(real, options(writable)));
    }

    /** Claims a disk for one more volume that lies on it; others may serve other volumes of it. */
    void takeForVolumes(Path real) {
        take(real, Kind.DISK_OF_VOLUMES, true, () -> disk(real, options(false).withShared(true)));
    }

    /**
     * Claims an AoE disk as a whole; {@link AoeDisks} keep other processes from it.
     *
     * @param key of the disk: two that are equal are one
     */
    void takeRemote(Path key) {
        take(key, Kind.DISK, true, () -> () -> {});
    }

    /** Claims an AoE disk for one more volume that lies on it, likewise. */
    void takeRemoteForVolumes(Path key) {
        take(key, Kind.DISK_OF_VOLUMES, true, () -> () -> {});
    }

    /**
     * Claims a volume.
     *
     * @param key of the volume: two that are equal are one
     * @param lock takes the lock that other processes ask for
     */
    void takeVolume(Path key, Supplier<FileLock> lock) {
        take(key, Kind.VOLUME, true, () -> lock.get()::close);
    }

    private void take(Path real, Kind kind, boolean writable, Supplier<Runnable> holder) {
        if (isBarred(real)) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    real + " cannot be served",
                    "an export that is no longer served left writes there that have not finished",
                    "see what is wrong with the disk, then restart the node");
        }
        claims.compute(real, (path, known) -> {
            Claim claim = known == null ? new Claim(kind) : known;
            checkKind(path, kind, claim);
            if (claim.release == null || (writable && !claim.writable)) {
                hold(path, claim, writable, holder);
            }
            claim.userCount++;
            return claim;
        });
    }

    private static void checkKind(Path path, Kind kind, Claim claim) {
        if (claim.kind != kind) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    path + " cannot be served as a whole and in volumes",
                    "another export of this node serves "
                            + (kind == Kind.DISK ? "a volume that lies on it" : "the whole disk"),
                    "serve one of them");
        }
    }

    /** For a disk that an export left with requests which may still happen: no further users. */
    void bar(Path real) {
        barred.add(real);
    }

    boolean isBarred(Path real) {
        return barred.contains(real);
    }

    /** One user less; the last one lets others in. */
    void giveBack(Path real) {
        claims.computeIfPresent(real, (_, claim) -> {
            claim.userCount--;
            if (claim.userCount > 0) {
                return claim;
            }
            release(claim);
            return null;
        });
    }

    /** A claim to read keeps its own writers out too, so it is given up before one to write. */
    private void hold(Path path, Claim claim, boolean writable, Supplier<Runnable> holder) {
        boolean wasHeld = claim.release != null;
        release(claim);
        try {
            claim.release = holder.get();
            claim.writable = writable;
        } finally {
            if (claim.release == null && wasHeld) {
                claim.release = disk(path, options(claim.writable));
            }
        }
    }

    private static Disk.Options options(boolean writable) {
        return Disk.Options.DEFAULT.withReadOnly(!writable).withQueueDepth(1);
    }

    /** A disk of its own that is never attached to the loop. */
    private Runnable disk(Path path, Disk.Options options) {
        return Disk.prepare(path, options, loop, idler, counters)::release;
    }

    private static void release(Claim claim) {
        Runnable release = claim.release;
        if (release != null) {
            claim.release = null;
            release.run();
        }
    }
}
