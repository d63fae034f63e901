// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.DeviceDecorator;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.Loop;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.LinuxIdler;
import etherbay.node.BackingName.AtAoe;
import etherbay.node.volume.AoeMedia;
import etherbay.node.volume.DeviceMedium;
import etherbay.volume.Medium;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The AoE disks that exports of one loop lie on, each opened once for all that use it: the exports
 * of several volumes, and whoever reads their group's metadata. Ports of its own for each choice of
 * interfaces, so that what arrives for them is not mixed with what arrives for targets. Any control
 * thread.
 */
final class AoeDisks implements AoeMedia {
    /** A target that is there answers in less; it may just be starting. */
    private static final long PATIENCE_NS = 5_000_000_000L;

    private static final class Use {
        private final RemoteDisks among;
        private final SoughtDisk sought;
        private final RemoteDisk disk;
        private int userCount = 1;

        Use(RemoteDisks among, SoughtDisk sought, RemoteDisk disk) {
            this.among = among;
            this.sought = sought;
            this.disk = disk;
        }
    }

    /** One user's view: the disk itself is closed with its last user. On the loop. */
    private static final class Shared extends DeviceDecorator {
        Shared(BlockDevice disk) {
            super(disk);
        }

        @Override
        public void submit(Io io) {
            below().submit(io);
        }

        @Override
        public void close() {}
    }

    private final Loop loop;
    private final LoopAccess access;
    private final LinuxIdler idler;
    private final Counters counters;
    private final String station;
    private final Map<AtAoe, Use> uses = new HashMap<>();
    private final Map<List<String>, RemoteDisks> byInterfaces = new HashMap<>();

    /**
     * @param station who uses them, as of {@link RemoteDisks.Options}
     */
    AoeDisks(Loop loop, LoopAccess access, LinuxIdler idler, Counters counters, String station) {
        this.loop = loop;
        this.access = access;
        this.idler = idler;
        this.counters = counters;
        this.station = station;
    }

    /**
     * The disk for one more user, who gives it back.
     *
     * @return of the loop; closing it changes nothing
     * @throws EtherbayException when it does not answer in time, must not be used, or is used by
     *     another process of this machine
     */
    synchronized BlockDevice take(AtAoe name) {
        Use known = uses.get(name);
        if (known == null) {
            uses.put(name, open(name));
        } else {
            known.userCount++;
        }
        return new Shared(uses.get(name).disk);
    }

    private Use open(AtAoe name) {
        RemoteDisks among = byInterfaces.computeIfAbsent(
                name.interfaces(),
                interfaces -> RemoteDisks.on(
                        loop,
                        access,
                        idler,
                        new RemoteDisks.Options(interfaces, station),
                        counters));
        try (Undo undo = new Undo()) {
            undo.add(() -> closeIfIdle(name));
            SoughtDisk sought = among.seek(
                    name.address(), RemoteDiskSettings.DEFAULT, SoughtDisk.Listener.NONE);
            undo.add(() -> among.leave(sought));
            among.await(PATIENCE_NS);
            RemoteDisk disk = sought.found().orElseThrow(() -> among.trouble(sought));
            undo.keep();
            return new Use(among, sought, disk);
        }
    }

    /** One user less; the last one lets the disk go. With nothing in flight. */
    synchronized void giveBack(AtAoe name) {
        Use use = uses.get(name);
        if (use != null && --use.userCount == 0) {
            uses.remove(name);
            use.among.leave(use.sought);
            closeIfIdle(name);
        }
    }

    private void closeIfIdle(AtAoe name) {
        RemoteDisks among = byInterfaces.get(name.interfaces());
        if (among != null && among.all().isEmpty()) {
            byInterfaces.remove(name.interfaces());
            among.close();
        }
    }

    /** Tells the disk that has that address now from others; of one that is taken. */
    synchronized String identity(AtAoe name) {
        Use use = uses.get(name);
        if (use == null) {
            throw new IllegalStateException(name + " is not taken");
        }
        String serial = access.call(() -> use.disk.identify().serial());
        return "aoe " + name.address() + " serial " + serial;
    }

    @Override
    public Medium open(AtAoe name, boolean writable) {
        BlockDevice disk = take(name);
        return new DeviceMedium(
                new DeviceMedium.Source(name.toString(), loop, access, disk), () -> giveBack(name));
    }
}
