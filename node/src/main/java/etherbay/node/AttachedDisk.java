// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.IdentifyData;
import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Initiator;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.AddressLock;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.node.device.DeviceData;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A remote AoE disk with everything under it: the ports, the initiator, and the loop that turns
 * them. Opened on the calling thread; {@link #start} gives the loop a thread of its own.
 */
public final class AttachedDisk implements AutoCloseable {
    private static final long SPIN_NS = 50_000;
    private static final long FLUSH_S_MAX = 60;

    /**
     * What to attach, and how.
     *
     * @param interfaces NICs or {@code unix:PATH}; each is a way to the disk
     * @param waitNs how long to look for the disk before that is an error
     */
    public record Options(
            DiskAddress address,
            List<String> interfaces,
            RemoteDiskSettings settings,
            long waitNs) {}

    private final LinuxIdler idler;
    private final Loop loop;
    private final List<EthernetPort> ports;
    private final List<AddressLock> locks;
    private final Initiator initiator;
    private final RemoteDisk disk;
    private final LoopThread turning;

    private AttachedDisk(
            LinuxIdler idler, Loop loop, Held held, Initiator initiator, RemoteDisk disk) {
        this.idler = idler;
        this.loop = loop;
        turning = new LoopThread(loop);
        ports = held.ports;
        locks = held.locks;
        this.initiator = initiator;
        this.disk = disk;
    }

    /** What is held for one disk. */
    private record Held(List<EthernetPort> ports, List<AddressLock> locks) {}

    /**
     * Looks for the disk, and waits until it can be used.
     *
     * @throws EtherbayException when it does not answer, or must not be used, or is attached by
     *     another process of this machine
     */
    public static AttachedDisk open(Options options, Counters counters) {
        try (Undo undo = new Undo()) {
            LinuxIdler idler = new LinuxIdler();
            undo.add(idler::close);
            Loop loop = new Loop("attach", Linux.clock(), idler, SPIN_NS);
            Held held = new Held(new ArrayList<>(), new ArrayList<>());
            undo.add(() -> {
                held.ports.forEach(EthernetPort::close);
                held.locks.forEach(AddressLock::close);
            });
            PortOpener opener = new PortOpener(loop, idler, counters);
            for (String name : options.interfaces()) {
                held.locks.add(AddressLock.take(lockName(name, options.address())));
                EthernetPort port = opener.open(
                        name,
                        "attach " + options.address(),
                        InterfaceSettings.of(name),
                        options.interfaces().size() > 1);
                held.ports.add(port);
                loop.add(port);
            }
            requireLink(held.ports);
            Initiator initiator = new Initiator(loop, counters, seeded());
            loop.add(initiator);
            held.ports.forEach(initiator::add);
            RemoteDisk disk = await(initiator, loop, options);
            undo.keep();
            return new AttachedDisk(idler, loop, held, initiator, disk);
        }
    }

    private static Prng seeded() {
        return new Prng(
                ByteBuffer.wrap(new SecureRandom().generateSeed(Long.BYTES)).getLong());
    }

    /**
     * Names of locks are short; the interface's may be a path. One process uses a disk by one
     * address of ours: floors count for an address.
     */
    private static String lockName(String interfaceName, DiskAddress address) {
        UUID hash = UUID.nameUUIDFromBytes(interfaceName.getBytes(StandardCharsets.UTF_8));
        return "etherbay/attach/" + hash + "/" + address;
    }

    private static void requireLink(List<EthernetPort> ports) {
        if (ports.stream().noneMatch(EthernetPort::linkUp)) {
            String names =
                    String.join(", ", ports.stream().map(EthernetPort::name).toList());
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no frame passes " + names,
                    "the interface is not there or down, or nobody serves the segment",
                    "`ip link` lists interfaces; name one with --if, or a segment: unix:PATH");
        }
    }

    private static RemoteDisk await(Initiator initiator, Loop loop, Options options) {
        boolean[] opened = new boolean[1];
        EtherbayException[] refusal = new EtherbayException[1];
        RemoteDisk disk = initiator.open(options.address(), options.settings(), failed -> {
            opened[0] = failed == null;
            refusal[0] = failed;
        });
        long deadlineNs = loop.clock().nanoTime() + options.waitNs();
        loop.runUntil(deadlineNs, () -> opened[0] || refusal[0] != null);
        if (!opened[0]) {
            EtherbayException why = refusal[0] == null ? disk.trouble() : refusal[0];
            initiator.close();
            throw why;
        }
        return disk;
    }

    /** The disk; of the loop. */
    public RemoteDisk disk() {
        return disk;
    }

    /** Owns the disk; of the thread that opened it until {@link #start}. */
    public Loop loop() {
        return loop;
    }

    /**
     * Has {@code listener} told, in words, of each change of state or size, and when a way falls
     * silent or is back. On the loop.
     *
     * @return when run, on the loop or when that has stopped: tells of each way how it stands and
     *     what it carried
     */
    public Runnable report(Consumer<String> listener) {
        PathWatch watch =
                new PathWatch(loop, disk.address(), () -> disk.status().paths(), listener);
        watch.look();
        disk.listen(new BlockDevice.Listener() {
            @Override
            public void resized(BlockDevice device, long sectorsBefore) {
                listener.accept(growth(sectorsBefore, device.sectors()));
            }

            @Override
            public void stateChanged(BlockDevice device, BlockDevice.State state) {
                listener.accept(disk.address() + " is " + state.name().toLowerCase(Locale.ROOT));
            }
        });
        return watch::tellAll;
    }

    /**
     * Has {@code told} run whenever the disk grew, and once now, since it may have grown before.
     * From any thread; {@code told} runs on the loop, and does not block it.
     */
    public void onGrowth(Runnable told) {
        loop.mailbox().offer(() -> {
            disk.listen(new BlockDevice.Listener() {
                @Override
                public void resized(BlockDevice device, long sectorsBefore) {
                    told.run();
                }
            });
            told.run();
        });
    }

    /**
     * Its data, known by which disk it is and, where the target tells, by the incarnation. For any
     * thread between {@link #start} and {@link #stop}.
     */
    public DeviceData data() {
        LoopCalls calls = new LoopCalls(loop, turning.failure());
        return new DeviceData() {
            @Override
            public Optional<String> knownBy() {
                return calls.call(() -> knownText(disk));
            }

            @Override
            public void flush() {
                CompletableFuture<IoStatus> done = calls.later(flushed -> begin(disk, flushed));
                boolean ended = calls.await(done, FLUSH_S_MAX);
                IoStatus status = done.getNow(IoStatus.UNKNOWN);
                if (!ended || !status.isOk()) {
                    throw new EtherbayException(
                            ErrorCode.UNAVAILABLE,
                            "the disk " + disk.address() + " was not flushed",
                            ended
                                    ? "it ended " + status
                                    : "it took over %d s".formatted(FLUSH_S_MAX),
                            "see whether its target is well: etherbay stat --long");
                }
            }
        };
    }

    private static Optional<String> knownText(RemoteDisk disk) {
        IdentifyData said = disk.identify();
        String incarnation = said.vendor()
                .map(vendor -> HexFormat.of().toHexDigits(vendor.incarnation()))
                .orElse("none");
        return disk.status().lost()
                ? Optional.empty()
                : Optional.of("serial %s model %s incarnation %s"
                        .formatted(said.serial(), said.model(), incarnation));
    }

    /** A FLUSH. */
    private static void begin(RemoteDisk disk, CompletableFuture<IoStatus> flushed) {
        if (disk.capabilities().flush()) {
            disk.submit(new Io(1)
                    .prepare(IoOperation.FLUSH, 0, 0)
                    .then(io -> flushed.complete(io.status())));
        } else {
            flushed.complete(IoStatus.OK); // nobody was promised anything
        }
    }

    private String growth(long before, long now) {
        return disk.address() + " grew from " + before + " to " + now + " sectors";
    }

    /** Turns the loop on a thread of its own from now on. */
    public void start() {
        turning.start();
    }

    /** Ends exceptionally when a bug ended the loop. */
    public CompletableFuture<Void> failure() {
        return turning.failure();
    }

    /**
     * Lets the disk go when nothing is under way any more, or after a while.
     *
     * @param first what the loop does before: no new requests come after it
     */
    public void stop(Runnable first) throws InterruptedException {
        turning.stop(quiet -> {
            first.run();
            disk.quiesce(quiet);
        });
    }

    @Override
    public void close() {
        initiator.close();
        ports.forEach(EthernetPort::close);
        locks.forEach(AddressLock::close);
        idler.close();
    }
}
