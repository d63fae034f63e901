// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.IdentifyData;
import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.Loop;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.device.DeviceData;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One remote AoE disk that is there, on {@link AttachedDisks} of its own. Opened on the calling
 * thread; {@link #start} gives the loop a thread of its own.
 */
public final class AttachedDisk implements AutoCloseable {

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

    private final AttachedDisks attached;
    private final RemoteDisk disk;

    private AttachedDisk(AttachedDisks attached, RemoteDisk disk) {
        this.attached = attached;
        this.disk = disk;
    }

    /**
     * Looks for the disk, and waits until it can be used.
     *
     * @throws EtherbayException when it does not answer, or must not be used, or is attached by
     *     another process of this machine
     */
    public static AttachedDisk open(Options options, Counters counters) {
        try (Undo undo = new Undo()) {
            AttachedDisks attached = AttachedDisks.open(
                    new RemoteDisks.Options(options.interfaces(), "attach " + options.address()),
                    counters);
            undo.add(attached::close);
            SoughtDisk sought = attached.disks()
                    .seek(options.address(), options.settings(), SoughtDisk.Listener.NONE);
            attached.disks().await(options.waitNs());
            RemoteDisk disk = sought.found().orElseThrow(() -> attached.disks().trouble(sought));
            undo.keep();
            return new AttachedDisk(attached, disk);
        }
    }

    /** The disk; of the loop. */
    public RemoteDisk disk() {
        return disk;
    }

    /** Owns the disk; of the thread that opened it until {@link #start}. */
    public Loop loop() {
        return attached.loop();
    }

    /** The way to that loop, turned by a thread or not. */
    public LoopAccess access() {
        return attached.access();
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
                new PathWatch(loop(), disk.address(), () -> disk.status().paths(), listener);
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
        loop().mailbox().offer(() -> {
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
        return new LoopData(
                attached.calls(),
                disk,
                "the disk " + disk.address(),
                "see whether its target is well: etherbay stat --long",
                () -> knownText(disk));
    }

    /** Which disk it is and, where its target tells, its incarnation; empty once it lost writes. */
    static Optional<String> knownText(RemoteDisk disk) {
        IdentifyData said = disk.identify();
        String incarnation = said.vendor()
                .map(vendor -> HexFormat.of().toHexDigits(vendor.incarnation()))
                .orElse("none");
        return disk.status().lost()
                ? Optional.empty()
                : Optional.of("serial %s model %s incarnation %s"
                        .formatted(said.serial(), said.model(), incarnation));
    }

    private String growth(long before, long now) {
        return disk.address() + " grew from " + before + " to " + now + " sectors";
    }

    /** Turns the loop on a thread of its own from now on. */
    public void start() {
        attached.start();
    }

    /** Ends exceptionally when a bug ended the loop. */
    public CompletableFuture<Void> failure() {
        return attached.failure();
    }

    /**
     * Lets the disk go when nothing is under way any more, or after a while.
     *
     * @param first what the loop does before: no new requests come after it
     */
    public void stop(Runnable first) throws InterruptedException {
        attached.stop(first);
    }

    @Override
    public void close() {
        attached.close();
    }
}
