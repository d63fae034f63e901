// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDisk;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.Linux;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Several disks on one loop, over a segment without privileges, served by nodes of the test. */
@Timeout(60)
final class AttachedDisksTest {
    private static final long DISK_BYTES = 1 << 20;
    private static final long PATIENT_NS = 20_000_000_000L;
    private static final long SHORT_NS = 300_000_000;
    private static final DiskAddress FIRST = new DiskAddress(1, 0);
    private static final DiskAddress SECOND = new DiskAddress(1, 1);

    @TempDir
    private Path folder;

    private SegmentSwitch segment;

    @BeforeEach
    void startSegment() {
        segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segmentName()), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        segment.start();
    }

    @AfterEach
    void stopSegment() {
        segment.close();
    }

    private String segmentName() {
        return "unix:" + folder.resolve("segment");
    }

    private Node serve(int slot) throws IOException {
        Path path = folder.resolve("disk" + slot);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(DISK_BYTES << slot);
        }
        ExportSpec spec = new ExportSpec(
                ExportSettings.of(1, slot), List.of(segmentName()), path, Optional.empty(), 0, 0);
        return Node.start(
                new NodeSettings(folder.resolve("state" + slot), List.of(), List.of(spec)),
                new NodeOptions("node" + slot, false, Optional.empty()),
                line -> {});
    }

    private AttachedDisks attach(String station) {
        return AttachedDisks.open(
                new RemoteDisks.Options(List.of(segmentName()), station), new Counters());
    }

    private static SoughtDisk seek(AttachedDisks attached, DiskAddress address) {
        return attached.disks().seek(address, RemoteDiskSettings.DEFAULT, SoughtDisk.Listener.NONE);
    }

    /** What a listener heard. */
    private static final class Heard implements SoughtDisk.Listener {
        private final CompletableFuture<RemoteDisk> disk = new CompletableFuture<>();

        @Override
        public void found(RemoteDisk found) {
            disk.complete(found);
        }

        @Override
        public void refused(EtherbayException why) {
            disk.completeExceptionally(why);
        }
    }

    @Test
    void disksAreFoundSideBySideAndWhatAnswersIsListed() throws IOException {
        try (Node _ = serve(0);
                Node _ = serve(1);
                AttachedDisks attached = attach("both")) {
            assertThat(attached.disks().discover(SHORT_NS)).containsExactly(FIRST, SECOND);
            SoughtDisk first = seek(attached, FIRST);
            SoughtDisk second = seek(attached, SECOND);
            assertThat(attached.disks().all()).containsExactly(first, second);
            assertThat(attached.disks().await(PATIENT_NS)).isTrue();
            assertThat(first.found().orElseThrow().sectors())
                    .isEqualTo(DISK_BYTES / BlockDevice.SECTOR_BYTES);
            assertThat(second.found().orElseThrow().sectors())
                    .isEqualTo(2 * DISK_BYTES / BlockDevice.SECTOR_BYTES);
            // The question is no business of the disks that are open.
            assertThat(attached.disks().discover(SHORT_NS)).containsExactly(FIRST, SECOND);
        }
    }

    @Test
    void anAbsentDiskIsWaitedForNoLongerThanAskedAndToldOfWhenItAppears() throws Exception {
        try (Node _ = serve(0);
                AttachedDisks attached = attach("late")) {
            SoughtDisk first = seek(attached, FIRST);
            Heard heard = new Heard();
            SoughtDisk second = attached.disks().seek(SECOND, RemoteDiskSettings.DEFAULT, heard);
            assertThat(attached.disks().await(2 * SHORT_NS)).isFalse();
            assertThat(first.found()).isPresent();
            assertThat(second.found()).isEmpty();
            assertThat(second.refusal()).isEmpty();
            assertThat(attached.disks().trouble(second)).hasMessageContaining("does not answer");
            attached.start();
            try (Node _ = serve(1)) {
                RemoteDisk late = heard.disk.get(PATIENT_NS, TimeUnit.NANOSECONDS);
                assertThat(late.address()).isEqualTo(SECOND);
                assertThat(second.found()).contains(late);
                assertThat(attached.disks().await(PATIENT_NS)).isTrue();
            }
            attached.stop(() -> {});
        }
    }

    @Test
    void whileTheLoopIsTurnedDisksAreLookedForAndLetGoAsBefore() throws Exception {
        try (Node _ = serve(0);
                AttachedDisks attached = attach("running")) {
            attached.start();
            assertThat(attached.disks().discover(SHORT_NS)).containsExactly(FIRST);
            SoughtDisk first = seek(attached, FIRST);
            assertThat(attached.disks().await(PATIENT_NS)).isTrue();
            attached.disks().leave(first);
            assertThat(attached.disks().all()).isEmpty();
            List<SoughtDisk> again = new ArrayList<>(List.of(seek(attached, FIRST)));
            assertThat(attached.disks().await(PATIENT_NS)).isTrue();
            assertThat(again.getFirst().found()).isPresent();
            attached.stop(() -> {});
        }
    }

    @Test
    void aDiskHasOneUserByAnInterfaceUntilThatLetsItGo() throws IOException {
        try (Node _ = serve(0);
                AttachedDisks one = attach("one");
                AttachedDisks other = attach("other")) {
            SoughtDisk held = seek(one, FIRST);
            assertThatThrownBy(() -> seek(other, FIRST))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
            one.disks().leave(held);
            SoughtDisk taken = seek(other, FIRST);
            assertThat(other.disks().await(PATIENT_NS)).isTrue();
            assertThat(taken.found()).isPresent();
        }
    }
}
