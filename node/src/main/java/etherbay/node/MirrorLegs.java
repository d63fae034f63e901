// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.SectorDevice;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.mirror.LegGate;
import etherbay.mirror.LegReader;
import etherbay.mirror.Part;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What may be a leg of a mirror, opened on its loop: AoE disks, which may appear later; files,
 * block devices, volumes and disks of NBD servers, which are there or not. For control threads, one
 * at a time.
 */
final class MirrorLegs implements AutoCloseable {
    private static final long READ_NS = 30_000_000_000L;
    private static final long GATE_NS = 3_000_000_000L;
    private static final long PROOF_NS = 2_000_000_000L;
    private static final int QUEUE_LENGTH = 64;
    private static final long HEAD_BYTES = 1 << 20;

    /** A leg that is not an AoE disk. */
    private record Local(Backing backing, Part part) {}

    private final RemoteDisks disks;
    private final Backing.Opener opener;
    private final LoopAccess access;
    private final RemoteDiskSettings settings;
    private final UUID node;
    private final boolean readOnly;
    private final Map<DiskAddress, SoughtDisk> sought = new LinkedHashMap<>();
    private final Map<String, Local> locals = new LinkedHashMap<>();
    private final Set<String> given = new HashSet<>();
    private final Set<String> taken = new TreeSet<>();
    private Consumer<Part> appeared = part -> {};

    MirrorLegs(
            RemoteDisks disks,
            Backing.Opener opener,
            LoopAccess access,
            RemoteDiskSettings settings,
            UUID node,
            boolean readOnly) {
        this.disks = disks;
        this.opener = opener;
        this.access = access;
        this.settings = settings;
        this.node = node;
        this.readOnly = readOnly;
    }

    /** Has {@code told} hear, on the loop, of each AoE disk that is found from now on. */
    void onAppearance(Consumer<Part> told) {
        access.call(() -> {
            appeared = told;
            return true;
        });
    }

    /**
     * Opens what a person named.
     *
     * @param waitNs for AoE disks; those that do not answer by then are looked for on
     * @return those that are there, in the order of their names
     * @throws EtherbayException for a file or server that is not there, or a disk in other use
     */
    List<Part> open(List<String> names, long waitNs) {
        return open(names, waitNs, true);
    }

    private List<Part> open(List<String> names, long waitNs, boolean announced) {
        for (String name : names) {
            BackingName parsed = BackingName.ofPath(name);
            if (parsed.bare() instanceof BackingName.AtAoe aoe) {
                seek(aoe.address(), announced);
            } else if (!locals.containsKey(name)) {
                locals.put(name, openLocal(name, parsed));
            }
        }
        disks.await(waitNs);
        List<Part> parts = new ArrayList<>();
        for (String name : names) {
            Local local = locals.get(name);
            if (local != null) {
                parts.add(local.part());
            } else {
                BackingName.AtAoe aoe =
                        (BackingName.AtAoe) BackingName.ofPath(name).bare();
                partOf(aoe.address()).ifPresent(parts::add);
            }
        }
        return parts;
    }

    /**
     * @param announced whether its appearance is told
     */
    private void seek(DiskAddress address, boolean announced) {
        if (!sought.containsKey(address)) {
            sought.put(address, disks.seek(address, settings, new SoughtDisk.Listener() {
                @Override
                public void found(RemoteDisk disk) {
                    if (announced) {
                        appeared.accept(part(disk));
                    }
                }

                @Override
                public void refused(EtherbayException why) {}
            }));
        }
    }

    private Optional<Part> partOf(DiskAddress address) {
        return Optional.ofNullable(sought.get(address))
                .flatMap(SoughtDisk::found)
                .map(disk -> access.call(() -> part(disk)));
    }

    /** On the loop. */
    private Part part(RemoteDisk disk) {
        String host = disk.status().paths().stream()
                .map(DiskStatus.PathStatus::mac)
                .sorted(java.util.Comparator.comparing(Object::toString))
                .map(Object::toString)
                .findFirst()
                .orElse("");
        return new Part(
                disk.address().toString(),
                SectorDevice.over(disk),
                new AoeLegGate(disk, node, GATE_NS),
                host);
    }

    private Local openLocal(String name, BackingName parsed) {
        Backing backing = Backing.open(
                new Backing.Wish(
                        "mirror",
                        parsed,
                        readOnly || parsed.takesNoWrites(),
                        Optional.empty(),
                        QUEUE_LENGTH,
                        0,
                        0),
                opener);
        BlockDevice device = access.call(() -> {
            backing.attach();
            return SectorDevice.over(backing.device());
        });
        boolean elsewhere = parsed.bare() instanceof BackingName.AtNbd;
        return new Local(
                backing, new Part(name, device, elsewhere ? LegGate.OPEN : LegGate.LOCAL, ""));
    }

    /** Opens one more; see {@link #open}. Who asks takes it in: that it is there is not told. */
    Optional<Part> openOne(String name, long waitNs) {
        return open(List.of(name), waitNs, false).stream().findFirst();
    }

    /** A leg that is open, while it answers. */
    Optional<Part> answering(String name) {
        Optional<RemoteDisk> disk = soughtBy(name).flatMap(SoughtDisk::found);
        return disk.filter(known ->
                        access.call(() -> known.status().state() == BlockDevice.State.ONLINE))
                .map(known -> access.call(() -> part(known)));
    }

    /** Why a leg of that name is not there. */
    EtherbayException trouble(String name) {
        if (BackingName.ofPath(name).bare() instanceof BackingName.AtAoe aoe) {
            SoughtDisk absent = sought.get(aoe.address());
            if (absent != null) {
                return disks.trouble(absent);
            }
        }
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "the leg " + name + " is not there",
                "it does not answer",
                "see `etherbay discover`");
    }

    /**
     * AoE disks that answer now, opened; each is given once.
     *
     * @param waitNs for answers; for a disk to be proven it takes longer
     */
    List<Part> discover(long waitNs) {
        for (DiskAddress address : disks.discover(waitNs)) {
            try {
                seek(address, false);
                taken.remove(address.toString());
            } catch (EtherbayException inUse) {
                taken.add(address.toString()); // by another process of this machine
            }
        }
        disks.await(PROOF_NS);
        List<Part> parts = new ArrayList<>();
        for (DiskAddress address : sought.keySet()) {
            partOf(address).filter(part -> given.add(part.name())).ifPresent(parts::add);
        }
        return parts;
    }

    /** What the data of a leg in use is known by; empty once it may have lost some. On the loop. */
    Optional<String> known(String name) {
        if (locals.containsKey(name)) {
            return Optional.of(name); // what is not flushed stays with this machine
        }
        return soughtBy(name).flatMap(SoughtDisk::found).flatMap(AttachedDisk::knownText);
    }

    /** AoE disks that answer, and that another process of this machine uses. */
    Set<String> taken() {
        return taken;
    }

    /**
     * What a leg holds that a new mirror would destroy, in words; empty for nothing.
     */
    String holds(Part part) {
        LegReader.Found found = read(part).found();
        if (found != null) {
            return "a leg of the mirror " + found.reading().superblock().name();
        }
        CompletableFuture<IoStatus> done = new CompletableFuture<>();
        try (Arena arena = Arena.ofShared()) {
            int bytes = (int) Math.min(HEAD_BYTES, part.device().sectors() * 512);
            MemorySegment head = arena.allocate(bytes, 4096);
            access.call(() -> {
                part.device()
                        .submit(new Io(1)
                                .prepare(IoOperation.READ, 0, bytes / 512)
                                .segment(head, 0, bytes)
                                .then(io -> done.complete(io.status())));
                return true;
            });
            // Its memory is given back when the read has ended, and not before.
            while (!access.within(READ_NS, done)) {
                Thread.onSpinWait();
            }
            if (!done.join().isOk()) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        part.name() + " cannot be read",
                        "a read of its first sectors ended " + done.join(),
                        "see whether it is well");
            }
            MemorySegment zeroes = arena.allocate(bytes, 4096);
            return head.mismatch(zeroes) < 0 ? "" : "something: its first MiB is not empty";
        }
    }

    /** What stands on a leg, if it is one that we can serve. */
    LegReader.Outcome read(Part part) {
        CompletableFuture<LegReader.Outcome> done = new CompletableFuture<>();
        access.call(() -> {
            LegReader.read(part, done::complete);
            return true;
        });
        if (!access.within(READ_NS, done)) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    part.name() + " cannot be read",
                    "a read of its superblock took over 30 s",
                    "see whether its target is well: etherbay stat");
        }
        return done.join();
    }

    /** Why a leg that is known cannot be reached, if another disk answers at its address. */
    Optional<EtherbayException> exchanged(String name) {
        return soughtBy(name)
                .filter(known -> known.found().isPresent())
                .map(disks::trouble)
                .filter(why -> why.code() == ErrorCode.CONFLICT)
                .map(why -> new EtherbayException(
                        ErrorCode.CONFLICT,
                        "the leg " + name + " is not taken in",
                        "another disk than the leg that failed answers there: " + why.why(),
                        "if that is meant, let the former one go first: etherbay mirror remove"
                                + " NAME " + name + ", and add it then; else " + why.correction()));
    }

    private Optional<SoughtDisk> soughtBy(String name) {
        return sought.entrySet().stream()
                .filter(entry -> entry.getKey().toString().equals(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Lets one go that is no leg of our mirror, if it is open. */
    void leave(String name) {
        leaveDisk(name);
        Local local = locals.remove(name);
        if (local != null) {
            release(local);
        }
    }

    /** The same for an AoE disk alone; a local one may have requests in the kernel for ever. */
    void leaveDisk(String name) {
        given.remove(name);
        sought.entrySet().removeIf(entry -> {
            boolean same = entry.getKey().toString().equals(name);
            if (same) {
                disks.leave(entry.getValue());
            }
            return same;
        });
    }

    private void release(Local local) {
        access.call(() -> {
            local.backing().detach();
            return true;
        });
        local.backing().release();
    }

    /** Lets all go; what is under way on AoE disks ends as if they were gone. */
    @Override
    public void close() {
        disks.close();
        locals.values().forEach(this::release);
        locals.clear();
        sought.clear();
    }
}
