// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Creation;
import etherbay.mirror.MirrorSettings;
import etherbay.node.AttachedMirror;
import etherbay.node.ControlSocket;
import etherbay.node.ExportSpec;
import etherbay.node.Node;
import etherbay.node.NodeIdentity;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.node.SegmentClient;
import etherbay.node.settings.SettingsException;
import etherbay.node.volume.TestVolumes;
import etherbay.node.volume.VolumePlaces;
import etherbay.target.ExportSettings;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A daemon over a segment without privileges. Waits for what it says, never for time to pass. */
@Timeout(120)
final class NodeDaemonTest {
    private static final long MIB = 1 << 20;
    private static final long WAIT_S = 60;

    @TempDir
    private Path folder;

    private SegmentSwitch segment;
    private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final List<String> heard = new ArrayList<>();

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

    private Path disk(String name) {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(16 * MIB);
            return path;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private String export(int slot, Path path) {
        return "[[export]]\nshelf = 1\nslot = %d\npath = \"%s\"\ninterfaces = [\"%s\"]\n"
                .formatted(slot, path, segmentName());
    }

    private Path file(String text) {
        try {
            return Files.writeString(
                    folder.resolve("etherbay.toml"),
                    "state = \"" + folder.resolve("state") + "\"\n" + text);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private NodeDaemon start(String text) {
        return NodeDaemon.start(
                file(text), "1.2.3", new NodeOptions("test", false, Optional.empty()), said::add);
    }

    /** Waits for the next line that has that in it. */
    private String await(String text) throws InterruptedException {
        for (String line = said.poll(WAIT_S, TimeUnit.SECONDS);
                line != null;
                line = said.poll(WAIT_S, TimeUnit.SECONDS)) {
            heard.add(line);
            if (line.contains(text)) {
                return line;
            }
        }
        throw new AssertionError("never said: " + text + " but " + heard);
    }

    /** Disks of another node, which serves e7.0, e7.1... on the segment. */
    private Node others(int count) {
        List<ExportSpec> specs = new ArrayList<>();
        for (int slot = 0; slot < count; slot++) {
            specs.add(new ExportSpec(
                    ExportSettings.of(7, slot),
                    List.of(segmentName()),
                    disk("other" + slot),
                    Optional.empty(),
                    0,
                    0));
        }
        return Node.start(
                new NodeSettings(folder.resolve("others"), List.of(), specs),
                new NodeOptions("others", false, Optional.empty()),
                line -> {});
    }

    private AttachedMirror.Options mirror(UUID node, boolean takeOver, String by, String... legs) {
        return new AttachedMirror.Options(
                "web",
                List.of(legs),
                List.of(by),
                5_000_000_000L,
                1_000_000_000,
                MirrorSettings.of(node, "test"),
                new AssemblyRequest(false, takeOver, false, node, 1),
                VolumePlaces.ofTheSystem());
    }

    private void createMirror(String... legs) {
        UUID node = NodeIdentity.of(folder.resolve("state")).id();
        AttachedMirror.create(
                mirror(node, false, segmentName(), legs),
                parts -> new Creation.Request(
                        "web",
                        new UUID(3, 4),
                        List.of(new UUID(5, 6), new UUID(7, 8)),
                        true,
                        true,
                        1),
                held -> {},
                new Counters());
    }

    private static String greeting(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer bytes = ByteBuffer.allocate(8);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            return new String(bytes.array(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void anExportThatCannotBeServedIsTroubledAndServedAsSoonAsItCan() throws Exception {
        Path late = folder.resolve("late");
        try (NodeDaemon daemon = start(export(0, disk("a")) + export(1, late))) {
            assertThat(await("not served")).startsWith("e1.1: not served: " + late);
            NodeReport report = daemon.report();
            assertThat(report.exports()).extracting("name").containsExactly("e1.0", "e1.1");
            assertThat(report.exports().get(0).trouble()).isNull();
            assertThat(report.exports().get(0).sectors()).isEqualTo(16 * MIB / 512);
            assertThat(report.exports().get(1).trouble().code()).isEqualTo("NOT_FOUND");
            assertThat(report.exports().get(1).trouble().correction()).contains("truncate");
            assertThat(report.interfaces()).extracting("up").containsExactly(true);
            assertThat(report.version()).isEqualTo("1.2.3");
            assertThat(report.generation()).isZero();

            // What is troubled keeps nobody from changing something else.
            file(export(0, disk("a")) + export(1, late) + export(2, disk("c")));
            daemon.reload();
            await("reload: done");
            assertThat(heard).anyMatch(line -> line.startsWith("+ e1.2: "));

            disk("late");
            daemon.reload();
            await("e1.1: serving");
            assertThat(daemon.report().exports()).allMatch(export -> export.trouble() == null);
        }
    }

    @Test
    void whatIsAppliedStaysOverARestartAndIsChangedAsAWhole() throws Exception {
        AdministeredNode admin;
        String more = export(1, disk("b")) + "read-only = true\n";
        try (NodeDaemon daemon = start(export(0, disk("a")))) {
            admin = new AdministeredNode(daemon);
            assertThat(admin.plan(more, "lab.toml"))
                    .singleElement()
                    .asString()
                    .startsWith("+ e1.1: ");
            assertThat(admin.report().exports()).hasSize(1);
            assertThat(admin.apply(more, "lab.toml", 0).lines()).hasSize(1);
            assertThat(admin.report().generation()).isEqualTo(1);
            assertThat(admin.apply(more, "lab.toml", -1).lines()).isEmpty();
            assertThat(admin.apply(admin.exportSettings().text(), "same", 1).lines())
                    .isEmpty();
            assertThat(admin.report().generation()).isEqualTo(1);
            assertThat(admin.report().exports())
                    .extracting("name", "origin", "readOnly")
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("e1.0", "file", false),
                            org.assertj.core.groups.Tuple.tuple("e1.1", "applied", true));

            assertThatThrownBy(() -> admin.apply("", "none", 0))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
            assertThatThrownBy(() -> admin.apply(export(0, disk("d")), "lab.toml", -1))
                    .isInstanceOf(SettingsException.class)
                    .satisfies(refused -> assertThat(((EtherbayException) refused).why())
                            .contains("lab.toml:2:1: e1.0 is there twice", "etherbay.toml:2:1"));
            // What cannot be served is refused, and nothing has changed, on the disk neither.
            String missing = export(2, folder.resolve("missing"));
            assertThatThrownBy(() -> admin.apply(more + missing, "lab.toml", -1))
                    .hasMessageContaining("missing does not exist");
            assertThat(admin.report().generation()).isEqualTo(1);
            assertThat(admin.report().exports()).hasSize(2);
        }
        try (NodeDaemon daemon = start(export(0, disk("a")))) {
            AdministeredNode again = new AdministeredNode(daemon);
            assertThat(again.report().generation()).isEqualTo(1);
            assertThat(again.report().exports()).extracting("name").contains("e1.1");
            assertThat(again.apply("", "nothing", 1).lines())
                    .singleElement()
                    .asString()
                    .contains("- e1.1");
            assertThat(again.report().exports()).hasSize(1);
            assertThat(again.exportSettings()).isEqualTo(new NodeAdmin.Settings("", 2));
        }
        assertThat(AppliedStore.in(folder.resolve("state")).load().generation()).isEqualTo(2);
        Files.writeString(
                folder.resolve("state/applied.toml"), "# etherbay applied 2 generation 9\n");
        assertThatThrownBy(() -> start(export(0, disk("a"))))
                .hasMessageContaining("has version 2, and this etherbay reads up to 1");
    }

    @Test
    void aDiskIsLookedForUntilItIsThereAndOfferedThen() throws Exception {
        Path socket = folder.resolve("e7.0");
        String table = "[[disk]]\naddress = \"e7.0\"\ninterfaces = [\"%s\"]\nnbd = \"unix:%s\"\n"
                .formatted(segmentName(), socket);
        try (NodeDaemon daemon = start(table)) {
            await("disk e7.0: ");
            NodeReport.Disk absent = daemon.report().disks().getFirst();
            assertThat(absent.state()).isEqualTo("sought");
            assertThat(absent.trouble()).isNotNull();
            try (Node _ = others(1)) {
                await("disk e7.0: nbd serves it at unix:" + socket);
                NodeReport.Disk disk = daemon.report().disks().getFirst();
                assertThat(disk.state()).isEqualTo("up");
                assertThat(disk.sectors()).isEqualTo(16 * MIB / 512);
                assertThat(disk.trouble()).isNull();
                assertThat(disk.paths()).hasSize(1);
                assertThat(greeting(socket)).isEqualTo("NBDMAGIC");

                // Only what differs is touched.
                assertThat(daemon.plan(table.replace("7.0", "7.1"), "lab.toml"))
                        .singleElement()
                        .asString()
                        .startsWith("+ disk e7.1: by unix:");
                file("");
                daemon.reload();
                await("- disk e7.0: no longer");
                assertThat(daemon.report().disks()).isEmpty();
                assertThat(socket).doesNotExist();
            }
        }
    }

    @Test
    void aMirrorIsHeldAnswersCommandsAndRestsWhenItIsStopped() throws Exception {
        Path one = disk("one");
        Path two = disk("two");
        createMirror(one.toString(), two.toString());
        Path socket = folder.resolve("web");
        String table = """
            [[mirror]]
            name = "web"
            legs = ["%s", "%s"]
            interfaces = ["%s"]
            nbd = "unix:%s"
            """.formatted(one, two, segmentName(), socket);
        try (NodeDaemon daemon = start(table)) {
            AdministeredNode admin = new AdministeredNode(daemon);
            await("mirror web: clean");
            assertThat(greeting(socket)).isEqualTo("NBDMAGIC");
            assertThat(ControlSocket.held(folder.resolve("state"))).containsExactly("web");
            admin.mirror("web", "fail", Map.of("leg", two.toString()));
            NodeReport.Mirror degraded = admin.report().mirrors().getFirst();
            assertThat(degraded.state()).contains("degraded");
            assertThat(degraded.inSyncCount()).isEqualTo(1);
            assertThat(degraded.legCount()).isEqualTo(2);
            assertThat(degraded.legs()).extracting("standing").contains("in sync", "faulty");
            assertThatThrownBy(() -> admin.mirror("web", "explode", Map.of()))
                    .hasMessageContaining("is nothing that a mirror does");
            assertThatThrownBy(() -> admin.mirror("web", "stop", Map.of()))
                    .hasMessageContaining("is nothing that a mirror does");
            assertThatThrownBy(() -> admin.mirror("mail", "check", Map.of()))
                    .hasMessageContaining("no mirror mail is held here");

            assertThat(ControlSocket.ask(folder.resolve("state"), "web", List.of("stop")))
                    .contains("");
            await("the mirror web is stopped");
            NodeReport.Mirror stopped = admin.report().mirrors().getFirst();
            assertThat(stopped.state()).isEqualTo("stopped");
            assertThat(stopped.trouble().message()).isEqualTo("the mirror web is stopped");
            daemon.reload();
            await("mirror web: clean");
            assertThat(admin.report().mirrors().getFirst().trouble()).isNull();
        }
        assertThat(ControlSocket.held(folder.resolve("state"))).isEmpty();
    }

    @Test
    void aMirrorThatAnotherNodeTakesIsFencedAndNotTakenBack() throws Exception {
        try (Node _ = others(2)) {
            createMirror("e7.0", "e7.1");
            Path link = Files.createSymbolicLink(
                    folder.resolve("other-name"), folder.resolve("segment"));
            String table =
                    "[[mirror]]\nname = \"web\"\ninterfaces = [\"%s\"]\n".formatted(segmentName());
            try (NodeDaemon daemon = start(table)) {
                await("mirror web: clean");
                UUID rival = new UUID(9, 9);
                try (AttachedMirror taken = AttachedMirror.open(
                        mirror(rival, true, "unix:" + link), new Counters(), told -> {})) {
                    taken.start();
                    await("is not ours any more");
                    NodeReport.Mirror fenced = daemon.report().mirrors().getFirst();
                    assertThat(fenced.state()).isEqualTo("fenced");
                    assertThat(fenced.legs()).hasSize(2);
                    assertThat(fenced.trouble().code()).isEqualTo("CONFLICT");
                    daemon.reload();
                    await("reload: done");
                    assertThat(daemon.report().mirrors().getFirst().state()).isEqualTo("fenced");
                    taken.stop(() -> {});
                }
            }
        }
    }

    @Test
    void volumesOfOneDiskAreOfferedAndExportedSideBySide() throws Exception {
        Path disk = disk("pv.img");
        TestVolumes.make(disk.toString(), "daemon-test", "data", 4 * MIB);
        TestVolumes.add(disk.toString(), "daemon-test", "more", 4 * MIB);
        Path socket = folder.resolve("data");
        String text = "devices = [\"" + disk + "\"]\n"
                + "[[volume]]\npath = \"daemon-test/data\"\nnbd = \"unix:" + socket + "\"\n"
                + "[[volume]]\npath = \"daemon-test/none\"\n"
                + export(0, Path.of("daemon-test/more"));
        try (NodeDaemon daemon = start(text)) {
            await("volume daemon-test/data: nbd serves it");
            if (heard.stream().noneMatch(line -> line.startsWith("volume daemon-test/none: "))) {
                await("volume daemon-test/none: ");
            }
            assertThat(greeting(socket)).isEqualTo("NBDMAGIC");
            NodeReport report = daemon.report();
            assertThat(report.volumes().get(0).sectors()).isEqualTo(4 * MIB / 512);
            assertThat(report.volumes().get(0).trouble()).isNull();
            assertThat(report.exports().getFirst().trouble()).isNull();
            assertThat(daemon.report().volumes().get(1).trouble().code()).isEqualTo("NOT_FOUND");
        }
    }

    @Test
    void framesAreCapturedFromNowOnOrFromWhatTheTraceHasKept() throws Exception {
        try (NodeDaemon daemon = start(export(0, disk("a")));
                SegmentClient client = new SegmentClient(segmentName(), "02:00:00:00:00:0a")) {
            AdministeredNode admin = new AdministeredNode(daemon);
            admin.trace("e1.0", true);
            assertThat(admin.report().exports().getFirst().traceIo()).isTrue();
            client.expect(client.to(1, 0).read(0, 1));
            ByteArrayOutputStream kept = new ByteArrayOutputStream();
            admin.pcap("e1.0", 60, kept);
            // Two frames: more than two headers, less than one with a sector more.
            assertThat(kept.size()).isBetween(24 + 2 * 16 + 512, 24 + 2 * 16 + 1024);
            admin.trace("e1.0", false);
            assertThat(admin.report().exports().getFirst().traceIo()).isFalse();
            ByteArrayOutputStream none = new ByteArrayOutputStream();
            admin.pcap("e1.0", 0.05, none);
            assertThat(none.size()).isEqualTo(24);
            assertThat(admin.report().exports().getFirst().traceIo()).isFalse();
            assertThatThrownBy(() -> admin.pcap("e9.0", 1, none))
                    .hasMessageContaining("no export e9.0 is served");
            assertThatThrownBy(() -> admin.pcap("e1.0", 61, none))
                    .hasMessageContaining("61.0 seconds are not captured");
        }
    }

    @Test
    void oneCaptureAtATimeTakesFramesOfAnExportAndNoTraceDisturbsIt() throws Exception {
        try (NodeDaemon daemon = start(export(0, disk("a")));
                SegmentClient client = new SegmentClient(segmentName(), "02:00:00:00:00:0a")) {
            AdministeredNode admin = new AdministeredNode(daemon);
            ByteArrayOutputStream captured = new ByteArrayOutputStream();
            CompletableFuture<Void> capture =
                    CompletableFuture.runAsync(() -> capture(admin, captured));
            while (!daemon.node().status().contains("\"traceIo\":true")) {
                Thread.onSpinWait();
            }
            assertThatThrownBy(() -> admin.pcap("e1.0", 1, new ByteArrayOutputStream()))
                    .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                        assertThat(refused).hasMessageContaining("e1.0");
                    });
            admin.trace("e1.0", true);
            client.expect(client.to(1, 0).read(0, 1));
            admin.trace("e1.0", false);
            assertThat(capture).isNotDone();
            capture.get(WAIT_S, TimeUnit.SECONDS);
            assertThat(captured.size()).isBetween(24 + 2 * 16 + 512, 24 + 2 * 16 + 1024);
            assertThat(daemon.node().status()).contains("\"traceIo\":false");
        }
    }

    private static void capture(AdministeredNode admin, ByteArrayOutputStream out) {
        try {
            admin.pcap("e1.0", 3, out);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void exportsFinishWhileWhatTheyLieOnIsHeldStill() throws Exception {
        Path one = disk("one");
        Path two = disk("two");
        createMirror(one.toString(), two.toString());
        Path socket = folder.resolve("web");
        String mirror = """
            [[mirror]]
            name = "web"
            legs = ["%s", "%s"]
            interfaces = ["%s"]
            nbd = "unix:%s"
            """.formatted(one, two, segmentName(), socket);
        String over =
                export(0, Path.of("SOURCE")).replace("SOURCE", "nbd+unix:///?socket=" + socket);
        try (NodeDaemon _ = start(mirror + over);
                SegmentClient client = new SegmentClient(segmentName(), "02:00:00:00:00:0a")) {
            await("e1.0: serving");
            client.expect(client.to(1, 0).write(7, new byte[512]));
        }
        ExportState stopped = FileStateStore.load(
                        FileStateStore.fileOf(folder.resolve("state"), "e1.0"))
                .orElseThrow();
        assertThat(stopped.cleanStop()).isTrue();
        assertThat(stopped.syncFailed()).isFalse();
    }
}
