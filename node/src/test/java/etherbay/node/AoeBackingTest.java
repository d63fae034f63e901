// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.linux.Linux;
import etherbay.node.volume.TestVolumes;
import etherbay.node.volume.VolumePlaces;
import etherbay.target.ExportSettings;
import etherbay.volume.Pool;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A node whose exports lie on disks that another node serves, over segments without privileges. */
@Timeout(120)
final class AoeBackingTest {
    private static final int MIB = 1 << 20;
    private static final long PATIENT_NS = 20_000_000_000L;
    private static final String GROUP = "aoe-backing-test";

    @TempDir
    private Path folder;

    private SegmentSwitch below;
    private SegmentSwitch above;

    @BeforeEach
    void startSegments() {
        below = segment("below");
        above = segment("above");
    }

    private SegmentSwitch segment(String name) {
        SegmentSwitch made = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(at(name)), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        made.start();
        return made;
    }

    @AfterEach
    void stopSegments() {
        below.close();
        above.close();
    }

    private String at(String name) {
        return "unix:" + folder.resolve(name);
    }

    /** The address of a disk on the segment below. */
    private String far(int slot) {
        return "e1." + slot + "@" + at("below");
    }

    private Path file(int slot) {
        return folder.resolve("disk" + slot);
    }

    private ExportSpec fileSpec(int slot) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(file(slot).toFile(), "rw")) {
            file.setLength(16 * MIB);
        }
        return spec(1, slot, "below", BackingName.ofPath(file(slot).toString()));
    }

    private ExportSpec spec(int shelf, int slot, String segment, BackingName backing) {
        return new ExportSpec(
                ExportSettings.of(shelf, slot),
                List.of(at(segment)),
                backing,
                Optional.empty(),
                Optional.empty(),
                0,
                0);
    }

    private Node start(String name, List<String> devices, ExportSpec... specs) {
        return Node.start(
                new NodeSettings(
                        folder.resolve(name), VolumePlaces.of(devices), List.of(), List.of(specs)),
                new NodeOptions(name, false, Optional.empty()),
                line -> {});
    }

    private byte inFile(int slot, long at) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file(slot).toFile(), "r")) {
            raw.seek(at);
            return raw.readByte();
        }
    }

    /** Writes one sector of a disk above and makes it durable, and reads it again. */
    private void writeAndRead(int shelf, int slot, long lba, byte what) throws Exception {
        try (AttachedDisks user = AttachedDisks.open(
                new RemoteDisks.Options(List.of(at("above")), "user"), new Counters())) {
            SoughtDisk sought = user.disks()
                    .seek(
                            new DiskAddress(shelf, slot),
                            RemoteDiskSettings.DEFAULT,
                            SoughtDisk.Listener.NONE);
            assertThat(user.disks().await(PATIENT_NS)).isTrue();
            BlockDevice disk = sought.found().orElseThrow();
            user.start();
            MemorySegment data = Arena.ofAuto().allocate(512);
            data.fill(what);
            ask(user, disk, IoOperation.WRITE, lba, data);
            ask(user, disk, IoOperation.FLUSH, 0, MemorySegment.NULL);
            data.fill((byte) 0);
            ask(user, disk, IoOperation.READ, lba, data);
            assertThat(data.get(ValueLayout.JAVA_BYTE, 511)).isEqualTo(what);
            user.stop(() -> {});
        }
    }

    private static void ask(
            AttachedDisks user, BlockDevice disk, IoOperation what, long lba, MemorySegment data)
            throws Exception {
        CompletableFuture<IoStatus> ended = new CompletableFuture<>();
        user.loop().mailbox().offer(() -> {
            Io io = new Io(1).prepare(what, lba, data.byteSize() / 512);
            if (data.byteSize() > 0) {
                io.segment(data, 0, (int) data.byteSize());
            }
            disk.submit(io.then(done -> ended.complete(done.status())));
        });
        assertThat(ended.get(PATIENT_NS, TimeUnit.NANOSECONDS)).isEqualTo(IoStatus.OK);
    }

    @Test
    void anExportOfAnAoeDiskPassesOnWhatIsReadAndWritten() throws Exception {
        try (Node _ = start("target", List.of(), fileSpec(0));
                Node _ = start(
                        "relay", List.of(), spec(2, 0, "above", BackingName.ofPath(far(0))))) {
            writeAndRead(2, 0, 7, (byte) 42);
        }
        assertThat(inFile(0, 7 * 512)).isEqualTo((byte) 42);
    }

    @Test
    void volumesOfOneAoeDiskAreServedSideBySide() throws Exception {
        try (Node _ = start("target", List.of(), fileSpec(0))) {
            TestVolumes.make(far(0), GROUP, "one", 4 * MIB);
            TestVolumes.add(far(0), GROUP, "two", 4 * MIB);
            try (Node _ = start(
                    "relay",
                    List.of(far(0)),
                    spec(2, 0, "above", BackingName.ofPath(GROUP + "/one")),
                    spec(2, 1, "above", BackingName.ofPath(GROUP + "/two")))) {
                writeAndRead(2, 0, 3, (byte) 1);
                writeAndRead(2, 1, 3, (byte) 2);
                // Who looks is in nobody's way; who writes would be.
                try (Pool pool = VolumePlaces.of(List.of(far(0))).open(false)) {
                    assertThat(pool.need(GROUP).group().logicalVolumes()).hasSize(2);
                }
                assertThatThrownBy(() -> TestVolumes.add(far(0), GROUP, "three", MIB))
                        .isInstanceOfSatisfying(
                                EtherbayException.class,
                                held -> assertThat(held.code()).isEqualTo(ErrorCode.CONFLICT));
            }
        }
        assertThat(inFile(0, MIB + 3 * 512)).isEqualTo((byte) 1);
        assertThat(inFile(0, 5 * MIB + 3 * 512)).isEqualTo((byte) 2);
    }

    @Test
    void aNodeRefusesItsOwnExportsAsDisks() throws Exception {
        ExportSpec own = fileSpec(0);
        refusesItsOwn(List.of(), own, spec(2, 0, "above", BackingName.ofPath(far(0))));
        refusesItsOwn(
                List.of(), own, spec(2, 0, "above", BackingName.ofPath("read-only:" + far(0))));
        refusesItsOwn(List.of(far(0)), own);
    }

    private void refusesItsOwn(List<String> devices, ExportSpec... specs) {
        assertThatThrownBy(() -> start("loop", devices, specs))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                    assertThat(refused).hasMessageContaining("e1.0@unix:");
                    assertThat(refused.why()).contains("this node serves e1.0 itself");
                });
    }

    @Test
    void aDiskThatDoesNotAnswerIsAnErrorAndNothingIsServed() {
        assertThatThrownBy(() ->
                        start("relay", List.of(), spec(2, 0, "above", BackingName.ofPath(far(9)))))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("e1.9 does not answer");
    }

    @Test
    void aDiskIsNotServedAsAWholeAndInVolumes() throws Exception {
        try (Node _ = start("target", List.of(), fileSpec(0))) {
            TestVolumes.make(far(0), GROUP, "one", 4 * MIB);
            assertThatThrownBy(() -> start(
                            "relay",
                            List.of(far(0)),
                            spec(2, 0, "above", BackingName.ofPath(GROUP + "/one")),
                            spec(2, 1, "above", BackingName.ofPath(far(0)))))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("as a whole and in volumes");
        }
    }
}
