// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.AttachedDisk;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Our initiator and a machine that loses its power: a write that was acknowledged, but never
 * flushed, may be gone, and the FLUSH that covers it says so. Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class RemoteDiskSysTest {
    private static final int BARE_BYTES = 4 << 20;
    private static final int DATA_KIB = 16 << 10;
    private static final int BLOCK_BYTES = 4096;
    private static final int BLOCK_SECTORS = BLOCK_BYTES / BlockDevice.SECTOR_BYTES;
    private static final long PATIENCE_NS = Duration.ofMinutes(5).toNanos();

    @TempDir
    Path folder;

    /** One disk, asked one thing after the other on the test's thread. */
    private record User(AttachedDisk attached, MemorySegment memory) {
        static User of(Path segment, String disk, Arena arena) {
            AttachedDisk attached = AttachedDisk.open(
                    new AttachedDisk.Options(
                            DiskAddress.parse(disk),
                            List.of("unix:" + segment),
                            RemoteDiskSettings.DEFAULT.withFailAfterNs(RemoteDiskSettings.NEVER),
                            PATIENCE_NS),
                    new Counters());
            return new User(attached, arena.allocate(BLOCK_BYTES, BLOCK_BYTES));
        }

        int sectorsInAFrame() {
            return disk().status().paths().getFirst().sectors();
        }

        void await(BooleanSupplier reached) {
            long deadlineNs = attached.loop().clock().nanoTime() + PATIENCE_NS;
            assertThat(attached.loop().runUntil(deadlineNs, reached)).isTrue();
        }

        RemoteDisk disk() {
            return attached.disk();
        }

        Io submit(IoOperation operation, long lba, int fill) {
            Io io = new Io(1);
            int sectors = operation == IoOperation.FLUSH ? 0 : BLOCK_SECTORS;
            io.prepare(operation, lba, sectors);
            if (sectors > 0) {
                if (operation == IoOperation.WRITE) {
                    memory.fill((byte) fill);
                }
                io.segment(memory, 0, BLOCK_BYTES);
            }
            disk().submit(io.then(_ -> {}));
            return io;
        }

        IoStatus end(Io io) {
            await(() -> !io.inFlight());
            return io.status();
        }

        IoStatus write(long lba, int fill) {
            return end(submit(IoOperation.WRITE, lba, fill));
        }

        IoStatus flush() {
            return end(submit(IoOperation.FLUSH, 0, 0));
        }

        byte firstByte(long lba) {
            assertThat(end(submit(IoOperation.READ, lba, 0))).isEqualTo(IoStatus.OK);
            return memory.get(ValueLayout.JAVA_BYTE, 0);
        }
    }

    @Test
    void theFlushThatCoversAWriteLostWithThePowerFails() throws IOException {
        Tool.require("qemu-system-x86_64", "qemu-system-x86");
        int cutCount = Share.of(1, 2, "power cuts", getClass());
        Path segment = folder.resolve("segment");
        Path initramfs = TargetGuest.initramfs();
        try (Daemon _ = SegmentLab.segment(segment);
                PowerCutDisk data = new PowerCutDisk(
                        PowerCutDisk.fileSystem(folder.resolve("ext4"), DATA_KIB),
                        folder.resolve("data"),
                        1);
                PowerCutDisk bare =
                        new PowerCutDisk(new byte[BARE_BYTES], folder.resolve("bare"), 2);
                Arena arena = Arena.ofConfined()) {
            TargetGuest guest = serve(initramfs, segment, data, bare);
            User user = User.of(segment, "e1.1", arena);
            try (AttachedDisk _ = user.attached()) {
                assertThat(user.write(0, 1)).isEqualTo(IoStatus.OK);
                assertThat(user.flush()).isEqualTo(IoStatus.OK);

                if (cutCount > 1) {
                    cut(guest, List.of(data, bare));
                    guest = serve(initramfs, segment, data, bare);
                    // Nothing was at stake: the disk may have lost its power, and goes on.
                    assertThat(user.firstByte(0)).isEqualTo((byte) 1);
                    assertThat(user.flush()).isEqualTo(IoStatus.OK);
                }

                assertThat(user.write(8, 2)).isEqualTo(IoStatus.OK);
                cut(guest, List.of(data, bare));
                Io waiting = user.submit(IoOperation.READ, 0, 0);
                guest = serve(initramfs, segment, data, bare);
                // Never is never: what was asked of the dead machine is answered by the next.
                assertThat(user.end(waiting)).isEqualTo(IoStatus.OK);
                assertThat(user.flush()).isEqualTo(IoStatus.FAILED);
                assertThat(user.flush()).as("and so for ever").isEqualTo(IoStatus.FAILED);
                assertThat(user.disk().status().lost()).isTrue();
                assertThat(user.disk().status().durable()).isTrue();
            } finally {
                guest.close();
            }
        }
    }

    private static void cut(TargetGuest guest, List<PowerCutDisk> disks) {
        disks.forEach(PowerCutDisk::cut);
        guest.kill();
        guest.close();
    }

    private static TargetGuest serve(
            Path initramfs, Path segment, PowerCutDisk data, PowerCutDisk bare) {
        TargetGuest guest = TargetGuest.boot(initramfs, segment, data, bare);
        guest.serve("on", Map.of(1, TargetGuest.BARE_DISK));
        return guest;
    }

    @Test
    void framesThatASwitchSwallowsAreMadeSmallerAndGrowAgain() throws IOException {
        Path segment = folder.resolve("segment");
        Path image = folder.resolve("disk");
        Files.write(image, new byte[BARE_BYTES]);
        Daemon network = SegmentLab.segment(segment, "--mtu", "9000");
        try (Daemon _ = SegmentLab.export("unix:" + segment, folder.resolve("state"), image);
                Arena arena = Arena.ofConfined()) {
            User user = User.of(segment, "e1.0", arena);
            try (AttachedDisk _ = user.attached()) {
                assertThat(user.write(0, 1)).isEqualTo(IoStatus.OK);
                assertThat(user.sectorsInAFrame()).isEqualTo(17);
                network.close();
                network = SegmentLab.segment(segment, "--mtu", "1500");
                for (int block = 1; block < 20; block++) {
                    assertThat(user.write(8L * block, block)).isEqualTo(IoStatus.OK);
                    assertThat(user.firstByte(8L * block)).isEqualTo((byte) block);
                }
                assertThat(user.sectorsInAFrame()).isEqualTo(2);
                network.close();
                network = SegmentLab.segment(segment, "--mtu", "9000");
                user.await(() -> user.sectorsInAFrame() == 17);
                assertThat(user.write(8, 2)).isEqualTo(IoStatus.OK);
            }
        } finally {
            network.close();
        }
    }
}
