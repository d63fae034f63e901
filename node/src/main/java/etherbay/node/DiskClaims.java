// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.linux.Disk;
import etherbay.linux.LinuxIdler;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps other processes from the disks of a node: one claim for each file or device, held while any
 * export uses it. So two exports may serve parts of one disk, and one that is opened anew, or two
 * that exchange their disks, never let go of them in between. Any thread.
 */
final class DiskClaims {
    /** Held by a disk of its own that is never attached to the loop. */
    private static final class Claim {
        private @Nullable Disk holder;
        private boolean writable;
        private int userCount;
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
        if (isBarred(real)) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    real + " cannot be served",
                    "an export that is no longer served left writes there that have not finished",
                    "see what is wrong with the disk, then restart the node");
        }
        claims.compute(real, (path, known) -> {
            Claim claim = known == null ? new Claim() : known;
            if (claim.holder == null || (writable && !claim.writable)) {
                hold(path, claim, writable);
            }
            claim.userCount++;
            return claim;
        });
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
    private void hold(Path path, Claim claim, boolean writable) {
        boolean wasHeld = claim.holder != null;
        release(claim);
        try {
            claim.holder = opened(path, writable);
            claim.writable = writable;
        } finally {
            if (claim.holder == null && wasHeld) {
                claim.holder = opened(path, claim.writable);
            }
        }
    }

    private Disk opened(Path path, boolean writable) {
        Disk.Options options = Disk.Options.DEFAULT.withReadOnly(!writable).withQueueDepth(1);
        return Disk.prepare(path, options, loop, idler, counters);
    }

    private static void release(Claim claim) {
        Disk holder = claim.holder;
        if (holder != null) {
            claim.holder = null;
            holder.release();
        }
    }
}
