// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.volume.TestVolumes;
import etherbay.node.volume.VolumePlaces;
import etherbay.node.volume.VolumeStore;
import etherbay.volume.Pool;
import etherbay.volume.PoolChanges;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeGroup;
import etherbay.volume.VolumeRequest;
import etherbay.volume.VolumeSize;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

/** A volume that is served, and what becomes of it when its group changes. */
final class VolumeServingTest {
    private static final String GROUP = "serving-test";
    private static final long MIB = 1 << 20;
    private static final long WAIT_S = 20;

    @TempDir
    private Path folder;

    private Path disk;
    private VolumeStore store;

    @BeforeEach
    void makeGroup() throws IOException {
        disk = file("pv.img");
        store = TestVolumes.make(disk.toString(), GROUP, "data", 4 * MIB);
    }

    private Path file(String name) throws IOException {
        Path made = folder.resolve(name);
        try (RandomAccessFile sparse = new RandomAccessFile(made.toFile(), "rw")) {
            sparse.setLength(16 * MIB);
        }
        return made;
    }

    private LocalDisk open(String name) {
        LocalDisk opened = LocalDisk.open(
                "test",
                BackingName.ofPath(name),
                new LocalDisk.Options(
                        false, Optional.empty(), VolumePlaces.of(List.of(disk.toString()))),
                new Counters());
        opened.start();
        return opened;
    }

    private static void close(LocalDisk opened) throws InterruptedException {
        opened.stop(() -> {});
        opened.close();
    }

    /** One sector; of a read its first byte is returned. */
    private static IoStatus ask(LocalDisk opened, IoOperation operation, long lba, byte[] sector)
            throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(512, 512);
            MemorySegment.copy(sector, 0, memory, ValueLayout.JAVA_BYTE, 0, sector.length);
            CompletableFuture<IoStatus> ended = new CompletableFuture<>();
            opened.loop()
                    .mailbox()
                    .offer(() -> opened.device()
                            .submit(new Io(1)
                                    .prepare(operation, lba, 1)
                                    .segment(memory, 0, 512)
                                    .then(io -> ended.complete(io.status()))));
            IoStatus status = ended.get(WAIT_S, TimeUnit.SECONDS);
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, sector, 0, sector.length);
            return status;
        }
    }

    /** Completes when the device tells of a change. */
    private static CompletableFuture<String> news(LocalDisk opened) {
        CompletableFuture<String> heard = new CompletableFuture<>();
        BlockDevice device = opened.device();
        opened.loop()
                .mailbox()
                .offer(() -> device.listen(new BlockDevice.Listener() {
                    @Override
                    public void resized(BlockDevice changed, long before) {
                        heard.complete("resized to " + changed.sectors());
                    }

                    @Override
                    public void stateChanged(BlockDevice changed, BlockDevice.State state) {
                        heard.complete("state " + state);
                    }
                }));
        return heard;
    }

    @Test
    void whatIsWrittenLiesWhereTheMetadataSays() throws Exception {
        LocalDisk opened = open(GROUP + "/data");
        byte[] sector = new byte[512];
        sector[0] = 7;
        assertThat(ask(opened, IoOperation.WRITE, 5, sector)).isEqualTo(IoStatus.OK);
        close(opened);
        try (RandomAccessFile raw = new RandomAccessFile(disk.toFile(), "r")) {
            raw.seek(MIB + 5 * 512);
            assertThat(raw.read()).isEqualTo(7);
        }
    }

    @Test
    void aVolumeThatIsExtendedGrowsWhileItIsServed() throws Exception {
        LocalDisk opened = open(GROUP + "/data");
        CompletableFuture<String> heard = news(opened);
        store.change(
                GROUP,
                "test",
                session -> session.changes()
                        .extendVolume(
                                session.group(GROUP),
                                "data",
                                VolumeRequest.of(VolumeSize.ofBytes("+2M"))));
        assertThat(heard.get(WAIT_S, TimeUnit.SECONDS)).isEqualTo("resized to " + 6 * MIB / 512);
        byte[] sector = {9};
        assertThat(ask(opened, IoOperation.WRITE, 6 * MIB / 512 - 1, sector))
                .isEqualTo(IoStatus.OK);
        close(opened);
    }

    @Test
    void itsUuidNamesItToo() throws Exception {
        String uuid;
        try (Pool pool = store.look()) {
            uuid = pool.need(GROUP).group().need("data").id().toString();
        }
        LocalDisk opened = LocalDisk.open(
                "test",
                BackingName.ofUuid(uuid),
                new LocalDisk.Options(
                        true, Optional.empty(), VolumePlaces.of(List.of(disk.toString()))),
                new Counters());
        assertThat(opened.device().sectors()).isEqualTo(4 * MIB / 512);
        assertThat(opened).hasToString(GROUP + "/data");
        opened.close();
    }

    private void rewrite(String before, String after) {
        store.change(GROUP, "test", session -> {
            PoolGroup group = session.group(GROUP);
            String text = group.group().text().replace(before, after);
            session.changes().restoreGroup(group, VolumeGroup.parse(text, "test"));
            return true;
        });
    }

    @Test
    void aGroupOfAnotherHostIsNotServed() {
        rewrite("max_lv = 0", "system_id = \"elsewhere\"\nmax_lv = 0");
        assertThatThrownBy(() -> open(GROUP + "/data"))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused).hasMessage("group " + GROUP + " cannot be served");
                    assertThat(refused.why()).contains("the host `elsewhere`");
                });
    }

    @Test
    void oneThatWasMadeReadOnlyTakesNoWrites() throws Exception {
        rewrite("\"READ\", \"WRITE\", \"VISIBLE\"", "\"READ\", \"VISIBLE\"");
        LocalDisk opened = open(GROUP + "/data");
        assertThat(ask(opened, IoOperation.WRITE, 0, new byte[1])).isEqualTo(IoStatus.READ_ONLY);
        assertThat(ask(opened, IoOperation.READ, 0, new byte[1])).isEqualTo(IoStatus.OK);
        close(opened);
    }

    @Test
    void nobodyElseServesItAndNobodyTakesItsExtents() throws Exception {
        LocalDisk opened = open(GROUP + "/data");
        assertThatThrownBy(() -> open(GROUP + "/data"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT))
                .hasMessage("volume " + GROUP + "/data is in use");
        assertThatThrownBy(() -> store.change(GROUP, "test", session -> {
                    session.requireUnused(
                            session.group(GROUP), session.group(GROUP).group().need("data"));
                    return true;
                }))
                .hasMessage("volume " + GROUP + "/data is in use");
        assertThatThrownBy(() -> open(disk.toString())).hasMessageContaining("in use");
        close(opened);
    }

    /** By another export, or by whoever mounts it. */
    @Test
    void aDiskThatIsUsedAsAWholeIsMadeNoPhysicalVolumeAndItsGroupIsNotChanged() throws Exception {
        Path plain = file("plain.img");
        LocalDisk whole = open(plain.toString());
        assertThatThrownBy(() -> store.createDisk(BackingName.ofPath(plain.toString()), true, true))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT))
                .hasMessageContaining("in use");
        assertThat(ask(whole, IoOperation.READ, 1, new byte[1])).isEqualTo(IoStatus.OK);
        close(whole);
        LocalDisk remote = open(disk.toString());
        assertThatThrownBy(() -> store.change(
                        GROUP,
                        "test",
                        session -> session.changes()
                                .createVolume(
                                        session.group(GROUP),
                                        "more",
                                        VolumeRequest.of(VolumeSize.ofBytes("2M")))))
                .hasMessageContaining("in use");
        close(remote);
        store.createDisk(BackingName.ofPath(plain.toString()), false, false);
    }

    @Test
    void twoVolumesOfOneDiskAreServedSideBySide() throws Exception {
        store.change(
                GROUP,
                "test",
                session -> session.changes()
                        .createVolume(
                                session.group(GROUP),
                                "more",
                                VolumeRequest.of(VolumeSize.ofBytes("2M"))));
        LocalDisk one = open(GROUP + "/data");
        LocalDisk other = open(GROUP + "/more");
        assertThat(other.device().sectors()).isEqualTo(2 * MIB / 512);
        close(one);
        close(other);
    }

    /** As a disk of the network is: `etherbay attach --nbd` serves one like that. */
    @Test
    void aGroupMayLieOnTheDiskOfAnNbdServer() throws Exception {
        Path socket = folder.resolve("nbd.sock");
        Counters counters = new Counters();
        LocalDisk below = open(file("remote.img").toString());
        NbdFront.Options options = new NbdFront.Options(
                NbdAddress.parse("unix:" + socket), "", false, TlsMode.OFF, Optional.empty());
        CompletableFuture<NbdFront> front = new CompletableFuture<>();
        below.loop()
                .mailbox()
                .offer(() -> front.complete(
                        NbdFront.serve(below.loop(), below.device(), "remote", options, counters)));
        NbdFront serving = front.get(WAIT_S, TimeUnit.SECONDS);
        String uri = "nbd+unix:///?socket=" + socket;
        String name = GROUP + "-nbd";
        TestVolumes.make(uri, name, "data", 4 * MIB);
        LocalDisk opened = LocalDisk.open(
                "test",
                BackingName.ofPath(name + "/data"),
                new LocalDisk.Options(false, Optional.empty(), VolumePlaces.of(List.of(uri))),
                counters);
        opened.start();
        byte[] sector = {5};
        assertThat(ask(opened, IoOperation.WRITE, 3, sector)).isEqualTo(IoStatus.OK);
        close(opened);
        below.stop(serving::close);
        below.close();
        try (RandomAccessFile raw =
                new RandomAccessFile(folder.resolve("remote.img").toFile(), "r")) {
            raw.seek(MIB + 3 * 512);
            assertThat(raw.read()).isEqualTo(5);
        }
    }

    @Test
    void whatAStrangerTookAwayIsReadAndWrittenNoMore() throws Exception {
        LocalDisk opened = open(GROUP + "/data");
        CompletableFuture<String> heard = news(opened);
        // A program that knows no lock of ours, as LVM2.
        try (Pool pool = VolumePlaces.of(List.of(disk.toString())).open(true)) {
            new PoolChanges(pool, "stranger", 1, "lvremove", () -> 1L)
                    .removeVolume(pool.need(GROUP), "data");
        }
        assertThat(heard.get(WAIT_S, TimeUnit.SECONDS)).isEqualTo("state FENCED");
        assertThat(ask(opened, IoOperation.WRITE, 0, new byte[512])).isEqualTo(IoStatus.FENCED);
        close(opened);
    }
}
