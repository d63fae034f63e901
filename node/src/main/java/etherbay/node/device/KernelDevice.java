// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.KernelNbd;
import etherbay.linux.NbdDevice;
import etherbay.linux.UnixStream;
import etherbay.node.device.NbdHandshake.Export;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A block device in {@code /dev} of what an NBD server serves on a Unix socket. The kernel speaks
 * to the server; this makes the device, gives it new connections whenever some have ended, and ends
 * it. Decision 0014.
 *
 * <p>The device outlives the process, however that ends. One that is opened again with the same
 * name and state folder takes the device over where it is: file systems on it go on, and what they
 * asked for meanwhile has waited, {@link DeviceSettings#deadSeconds} at most. Devices of others are
 * never touched.
 *
 * <p>The server may be in this process: it must listen before {@link #open}, and go on until {@link
 * #end} or {@link #close} have returned. These three are called on one platform thread, which they
 * block; a thread of its own looks after the connections.
 */
public final class KernelDevice implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("etherbay.device");

    /** For each step of a handshake. */
    private static final int HANDSHAKE_SECONDS = 10;

    /** How often a server that cannot be reached is tried. */
    private static final long RETRY_NS = 1_000_000_000;

    /** How often to see whether somebody else has ended the device; the kernel does not say. */
    private static final long LOOK_NS = 2_000_000_000;

    /** Between two rounds of new connections, for a server that ends each at once. */
    private static final long SPACING_NS = 100_000_000;

    private final DeviceSettings settings;
    private final DeviceData data;
    private final DeviceRecord record;
    private final KernelNbd kernel;
    private final NbdDevice device;
    private final boolean takenOver;
    private final Optional<Path> link;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final Thread keeper;
    private final AtomicBoolean growthTold = new AtomicBoolean();
    private volatile boolean closed;
    private boolean released;

    private KernelDevice(
            DeviceSettings settings, DeviceData data, DeviceRecord record, KernelNbd kernel) {
        this.settings = settings;
        this.data = data;
        this.record = record;
        this.kernel = kernel;
        Optional<NbdDevice> present = NbdDevice.find(record.identifier());
        takenOver = present.isPresent();
        device = present.orElseGet(this::make);
        if (takenOver) {
            // What was acknowledged to our predecessor is not flushed, and nobody else counts it.
            data.flush();
            requireWhole(settings, record.data(), data.knownBy());
            renew();
        }
        record.moved(device.index());
        link = DeviceLink.make(settings.name(), device);
        keeper = Thread.ofPlatform()
                .daemon()
                .name("device " + settings.name())
                .uncaughtExceptionHandler((thread, bug) -> gone.completeExceptionally(bug))
                .start(this::keep);
    }

    /**
     * Makes the device, or takes it over.
     *
     * @throws EtherbayException CONFLICT when another process looks after it, or its disk is
     *     smaller than it was, or its server offers less; ENVIRONMENT without the kernel's driver;
     *     DENIED without the rights; NOT_FOUND or UNAVAILABLE for what the server says: a device
     *     that waits goes on waiting
     */
    public static KernelDevice open(DeviceSettings settings) {
        return open(settings, DeviceData.UNTOLD);
    }

    /**
     * The same for a disk that tells when acknowledged data is gone, also when that was while
     * nobody looked after the device.
     *
     * @param data asked here and by a thread, every few seconds until {@link #close} or {@link
     *     #end} have returned
     * @throws EtherbayException also CONFLICT, when a device is taken over and its data is known by
     *     another text than it was
     */
    public static KernelDevice open(DeviceSettings settings, DeviceData data) {
        DeviceRecord record = DeviceRecord.open(settings.state(), settings.name());
        try {
            return open(settings, data, record);
        } catch (EtherbayException refused) {
            record.close();
            throw refused;
        }
    }

    private static KernelDevice open(
            DeviceSettings settings, DeviceData data, DeviceRecord record) {
        // Hears of ended connections from here on, so before the first is made.
        KernelNbd kernel = KernelNbd.open();
        try {
            return new KernelDevice(settings, data, record, kernel);
        } catch (EtherbayException refused) {
            kernel.close();
            throw refused;
        }
    }

    /** The kernel never writes again what it was told is written. */
    static void requireWhole(
            DeviceSettings settings, Optional<String> before, Optional<String> now) {
        if (before.isPresent() && !before.equals(now)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the device %s cannot go on: what was written to it may be lost"
                            .formatted(settings.name()),
                    "its disk was known by `%s` and is now by `%s`: it lost its power or a sync, or"
                                    .formatted(before.get(), now.orElse("nothing"))
                            + " is another disk, while nobody looked after the device",
                    "umount it; etherbay nbd disconnect --force %s; check the data (fsck), and give"
                                    .formatted(settings.name())
                            + " this command again");
        }
    }

    private NbdDevice make() {
        List<UnixStream> streams = new ArrayList<>();
        try {
            streams.add(connected());
            Export export = NbdHandshake.agree(streams.getFirst(), settings.export());
            int connectionCount = export.multiConn() ? settings.connectionCount() : 1;
            while (streams.size() < connectionCount) {
                streams.add(connected());
                NbdHandshake.agree(streams.getLast(), settings.export());
            }
            record.making(DeviceTerms.of(export), data.knownBy());
            return identified(kernel.connect(options(export), streams));
        } finally {
            streams.forEach(UnixStream::close);
        }
    }

    private UnixStream connected() {
        return UnixStream.connect(settings.socket(), HANDSHAKE_SECONDS);
    }

    private KernelNbd.Options options(Export export) {
        return new KernelNbd.Options(
                export.sizeBytes(),
                export.blockBytes(),
                export.flags(),
                settings.timeoutSeconds(),
                settings.deadSeconds(),
                record.identifier(),
                OptionalInt.empty());
    }

    private NbdDevice identified(int index) {
        return NbdDevice.find(record.identifier()).orElseThrow(() -> {
            kernel.disconnect(index);
            return new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "a device of this kernel would not survive a restart",
                    "it does not keep who made the device: Linux does since 5.14, in /sys",
                    "boot a newer kernel; or mount /sys");
        });
    }

    /** Offers new connections until one is not needed. @return how many the device uses */
    private int renew() {
        for (int taken = 0; taken < DeviceSettings.CONNECTION_COUNT_MAX; taken++) {
            try (UnixStream stream = connected()) {
                fit(NbdHandshake.agree(stream, settings.export()));
                if (!kernel.reconnect(device.index(), record.identifier(), stream)) {
                    NbdHandshake.leave(stream);
                    return taken;
                }
            }
        }
        return DeviceSettings.CONNECTION_COUNT_MAX;
    }

    /** The device grows with its disk; one that has shrunk is another one, or soon broken. */
    private void fit(Export export) {
        long sizeBytes = sizeBytes();
        if (export.sizeBytes() < sizeBytes) {
            throw misfit("%s has %d bytes, and the server now says %d"
                    .formatted(device.path(), sizeBytes, export.sizeBytes()));
        }
        record.terms().flatMap(made -> made.unmetBy(export)).ifPresent(why -> {
            throw misfit("the server is not as it was when %s was made: %s"
                    .formatted(device.path(), why));
        });
        if (export.sizeBytes() > sizeBytes) {
            kernel.resize(device.index(), record.identifier(), export.sizeBytes());
        }
    }

    private EtherbayException misfit(String why) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "the device %s does not fit its disk".formatted(settings.name()),
                why,
                "serve the disk that it was made for, as it was served then; or end it: etherbay"
                        + " nbd disconnect " + settings.name());
    }

    /** The life of the thread that looks after the connections. */
    private void keep() {
        boolean wanted = false;
        boolean told = false;
        while (!closed) {
            wanted |= kernel.awaitEndedLink(device.index(), wanted ? RETRY_NS : LOOK_NS);
            if (closed) {
                return;
            }
            wanted |= growthTold.getAndSet(false);
            if (NbdDevice.hasEnded(device.index(), record.identifier())) {
                gone.complete(null);
                return;
            }
            remember();
            if (wanted) {
                told = tryRenew(told);
                wanted = told;
                LockSupport.parkNanos(SPACING_NS);
            }
        }
    }

    /** What the data is known by, while nothing is lost. */
    private void remember() {
        try {
            data.knownBy().ifPresent(record::seen);
        } catch (EtherbayException unwritable) {
            // Told once for each text: who takes the device over is refused in vain, at worst.
            LOG.log(System.Logger.Level.WARNING, unwritable.toText());
        }
    }

    /** @return whether it was in vain, which is told once */
    private boolean tryRenew(boolean told) {
        try {
            int taken = renew();
            if (taken > 0) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "%s: %d of its connections are new".formatted(settings.name(), taken));
            }
            return false;
        } catch (EtherbayException refused) {
            if (!told) {
                LOG.log(System.Logger.Level.WARNING, waitingText(refused));
            }
            return true;
        }
    }

    private String waitingText(EtherbayException refused) {
        return "%s: a connection ended and there is no new one; without any, what is asked of it"
                        .formatted(settings.name())
                + " waits at most %d s: %s: %s"
                        .formatted(settings.deadSeconds(), refused.getMessage(), refused.why());
    }

    private Optional<NbdDevice> find() {
        return NbdDevice.find(record.identifier());
    }

    /** The name that it was opened with. */
    public String name() {
        return settings.name();
    }

    /** Its device file, {@code /dev/nbdN}; N may be another one after the device has ended. */
    public Path path() {
        return device.path();
    }

    /** {@code /dev/etherbay/NAME}; empty where it could not be made. */
    public Optional<Path> link() {
        return link;
    }

    /** Whether it was there already, and was taken over. */
    public boolean takenOver() {
        return takenOver;
    }

    /** What it holds now; 0 when it has ended. */
    public long sizeBytes() {
        return find().map(NbdDevice::sizeBytes).orElse(0L);
    }

    /**
     * The disk may have grown: the device will, as soon as the server has said so, unless it is
     * closed first. Any thread; never waits.
     */
    public void grow() {
        growthTold.set(true);
        kernel.wakeUp();
    }

    /** Completes when somebody else has ended the device: then there is nothing left to keep. */
    public CompletableFuture<Void> gone() {
        return gone;
    }

    /**
     * Ends the device, unless somebody uses it: a mounted file system, swap, md, LVM. Then it is
     * left as {@link #close} leaves it, so that nothing is lost.
     *
     * @return whether it has ended
     */
    public boolean end() {
        Check.that(!released, "a device is ended before it is closed");
        stopKeeping();
        boolean ended =
                find().map(found -> kernel.disconnectUnused(found.index())).orElse(true);
        if (ended) {
            DeviceLink.remove(settings.name(), device);
        }
        close();
        return ended;
    }

    /** Leaves the device to the next process, and lets go of its name. */
    @Override
    public void close() {
        if (!released) {
            released = true;
            stopKeeping();
            kernel.close();
            record.close();
        }
    }

    private void stopKeeping() {
        closed = true;
        kernel.wakeUp();
        try {
            keeper.join();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends a device that was made with that name and state folder, whoever looks after it.
     *
     * @param force even if somebody uses it, whose writes are lost then
     * @throws EtherbayException NOT_FOUND when there is none, CONFLICT when it is in use
     */
    public static void end(Path state, String name, boolean force) {
        NbdDevice device = DeviceRecord.identifier(state, name)
                .flatMap(NbdDevice::find)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "there is no device " + name,
                        "none of this kernel was made with that name and the state in " + state,
                        "see which there are: etherbay nbd list"));
        try (KernelNbd kernel = KernelNbd.open()) {
            if (force) {
                kernel.disconnect(device.index());
            } else if (!kernel.disconnectUnused(device.index())) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "the device " + name + " is in use",
                        device.path() + " is mounted, or part of a volume",
                        "end that first (findmnt %1$s; lsblk %1$s); or lose writes: --force"
                                .formatted(device.path()));
            }
        }
        DeviceLink.remove(name, device);
    }
}
