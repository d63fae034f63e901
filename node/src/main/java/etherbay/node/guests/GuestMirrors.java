// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks;
import etherbay.guest.machine.GuestDisk;
import etherbay.mirror.MirrorDetail;
import etherbay.nbd.NbdAddress;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The disks of all guests of a node, by the names of their mirrors. */
final class GuestMirrors implements GuestDisks, AutoCloseable {
    private final GuestMirror.Context context;
    private final ConcurrentHashMap<String, GuestMirror> open = new ConcurrentHashMap<>();

    GuestMirrors(GuestMirror.Context context) {
        this.context = context;
    }

    @Override
    public Standing standing(GuestDisk disk) {
        GuestMirror mirror = open.get(disk.mirror());
        return mirror == null ? Standing.CLOSED : mirror.standing();
    }

    @Override
    public List<Leg> legs(GuestDisk disk) {
        GuestMirror mirror = open.get(disk.mirror());
        return mirror == null ? LegLook.of(disk, context) : mirror.legs();
    }

    @Override
    public List<String> foundBy(GuestDisk disk) {
        return find(disk).foundBy(disk.legs());
    }

    @Override
    public Path socket(GuestDisk disk) {
        return context.state().resolve("run").resolve("g-" + disk.mirror() + ".sock");
    }

    @Override
    public void standBy(GuestDisk disk) {
        if (open.containsKey(disk.mirror())) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror " + disk.mirror() + " is in use here",
                    "it is " + standing(disk),
                    "see whose disk it is: etherbay guest list");
        }
        open.put(disk.mirror(), GuestMirror.standBy(disk, context, socket(disk)));
    }

    @Override
    public long take(GuestDisk disk, Take how) {
        if (!open.containsKey(disk.mirror())) {
            standBy(disk);
        }
        return find(disk).take(how);
    }

    private GuestMirror find(GuestDisk disk) {
        GuestMirror mirror = open.get(disk.mirror());
        if (mirror == null) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror " + disk.mirror() + " is not open here",
                    "its guest is not here, or stopped",
                    "see where it is: etherbay guest list");
        }
        return mirror;
    }

    @Override
    public boolean release(GuestDisk disk) {
        return find(disk).release();
    }

    @Override
    public boolean isWhole(GuestDisk disk) {
        return find(disk).isWhole();
    }

    @Override
    public boolean isOursEverywhere(GuestDisk disk) {
        return find(disk).isOursEverywhere();
    }

    @Override
    public void close(GuestDisk disk) {
        GuestMirror mirror = open.remove(disk.mirror());
        if (mirror != null) {
            mirror.close();
            context.fronts().drop(new NbdAddress.Unix(socket(disk)));
        }
    }

    /** How those that are open stand, by name. */
    Map<String, MirrorDetail> details() {
        Map<String, MirrorDetail> details = new TreeMap<>();
        open.forEach((name, mirror) ->
                Optional.ofNullable(mirror.detail()).ifPresent(one -> details.put(name, one)));
        return details;
    }

    /** Bytes of a disk that is open. */
    long bytes(GuestDisk disk) {
        return find(disk).bytes();
    }

    /** Lets all go, clean where they are ours; their guests wait. */
    @Override
    public void close() {
        open.values().forEach(GuestMirror::close);
        open.clear();
    }
}
