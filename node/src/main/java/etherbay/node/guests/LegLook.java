// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Leg;
import etherbay.guest.machine.GuestDisk;
import etherbay.linux.Linux;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.LegReader;
import etherbay.mirror.MirrorSettings;
import etherbay.node.AttachedMirror;
import etherbay.node.NodeIdentity;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Looks whether the legs of a disk that is not open answer on this node, and whose they are. */
final class LegLook {
    private static final long WAIT_NS = 2_000_000_000L;
    private static final long LEG_TIMEOUT_NS = 1_000_000_000L;

    /** Two at a time would have one address on the segment. */
    private static final ReentrantLock ONE = new ReentrantLock();

    private LegLook() {}

    static List<Leg> of(GuestDisk disk, GuestMirror.Context context) {
        ONE.lock();
        try {
            List<LegReader.Outcome> seen =
                    AttachedMirror.look(options(disk, context), false, context.counters());
            return disk.legs().stream().map(name -> leg(name, disk, seen)).toList();
        } finally {
            ONE.unlock();
        }
    }

    private static AttachedMirror.Options options(GuestDisk disk, GuestMirror.Context context) {
        NodeIdentity node = context.node();
        return new AttachedMirror.Options(
                "",
                disk.legs(),
                disk.interfaces(),
                WAIT_NS,
                LEG_TIMEOUT_NS,
                MirrorSettings.of(node.id(), node.name()),
                new AssemblyRequest(true, false, false, node.id(), Linux.clock().wallMillis()),
                context.places().get());
    }

    private static Leg leg(String name, GuestDisk disk, List<LegReader.Outcome> seen) {
        return seen.stream()
                .filter(outcome -> outcome.part().name().equals(name))
                .findFirst()
                .map(outcome -> new Leg(
                        name,
                        standing(outcome),
                        outcome.found() != null
                                && AttachedMirror.isNamed(
                                        arrayName(outcome.found()), disk.mirror())))
                .orElse(new Leg(name, "it does not answer", false));
    }

    private static String arrayName(LegReader.Found found) {
        return found.reading().superblock().name();
    }

    private static String standing(LegReader.Outcome outcome) {
        LegReader.Found found = outcome.found();
        if (found == null) {
            EtherbayException why = outcome.why();
            return why == null ? "no leg of a mirror" : why.getMessage() + ": " + why.why();
        }
        String owner = found.reading()
                .claim()
                .filter(claim -> !claim.released())
                .map(claim -> ", owned by " + claim.ownerName() + " at epoch " + claim.epoch())
                .orElse(", owned by nobody");
        return "answers as one of " + arrayName(found) + owner;
    }
}
