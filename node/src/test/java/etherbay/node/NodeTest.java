// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.target.ExportSettings;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;

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

/** A whole node over a segment without privileges. Waits for events, never for time to pass. */
@Timeout(60)
final class NodeTest {
    private static final long DISK_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    private SegmentSwitch segment;
    private final List<String> said = new ArrayList<>();

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

    private Path disk(String name, long bytes) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return path;
    }

    private ExportSpec spec(int slot, Path path) {
        return spec(slot, path, 0, 0);
    }

    private ExportSpec spec(int slot, Path path, long offsetSectors, long lengthSectors) {
        return new ExportSpec(
                ExportSettings.of(1, slot),
                List.of(segmentName()),
                path,
                Optional.empty(),
                offsetSectors,
                lengthSectors);
    }

    private NodeSettings settings(String state, ExportSpec... specs) {
        return new NodeSettings(folder.resolve(state), List.of(), List.of(specs));
    }

    private static NodeOptions options(boolean force) {
        return new NodeOptions("test", force, Optional.empty());
    }

    private Node start(String state, ExportSpec... specs) {
        return Node.start(settings(state, specs), options(false), said::add);
    }

    @Test
    void aNodeServesItsExportsAndRecordsThatItsStopWasClean() throws IOException {
        try (Node node = start("s", spec(0, disk("a", DISK_BYTES)), spec(1, disk("b", 512)))) {
            assertThat(node.failure()).isNotDone();
            assertThat(stored("s", "e1.0").cleanStop()).isFalse();
        }
        assertThat(said).hasSize(2);
        assertThat(said.getFirst()).startsWith("e1.").contains(": serving ");
        assertThat(stored("s", "e1.0").cleanStop()).isTrue();
        assertThat(stored("s", "e1.1").cleanStop()).isTrue();
    }

    private ExportState stored(String state, String name) {
        return FileStateStore.load(FileStateStore.fileOf(folder.resolve(state), name))
                .orElseThrow();
    }

    @Test
    void serialAndIncarnationAreKeptOverACleanRestart() throws IOException {
        Path disk = disk("a", DISK_BYTES);
        start("s", spec(0, disk)).close();
        ExportState first = stored("s", "e1.0");
        start("s", spec(0, disk)).close();
        assertThat(stored("s", "e1.0")).isEqualTo(first);
    }

    @Test
    void oneAddressTwiceInOneProcessIsRefusedAndNothingIsServed() throws IOException {
        Path first = disk("a", DISK_BYTES);
        Path second = disk("b", DISK_BYTES);
        assertThatThrownBy(() -> start("s", spec(0, first), spec(0, second)))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
        assertThat(said).isEmpty();
        start("s", spec(0, first)).close(); // the failed start holds nothing any more
    }

    @Test
    void anAddressThatAnotherBoxServesIsRefusedWithBothAddressesNamed() throws IOException {
        try (Node _ = start("s", spec(0, disk("a", DISK_BYTES)))) {
            Path link = java.nio.file.Files.createSymbolicLink(
                    folder.resolve("other-name"), folder.resolve("segment"));
            ExportSpec rival = new ExportSpec(
                    ExportSettings.of(1, 0),
                    List.of("unix:" + link),
                    disk("b", DISK_BYTES),
                    Optional.empty(),
                    0,
                    0);
            assertThatThrownBy(() -> Node.start(settings("t", rival), options(false), said::add))
                    .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                        assertThat(refused.why()).containsPattern("(..:){5}.*(..:){5}");
                    });
            assertThat(said).hasSize(1);
            Node.start(settings("t", rival), options(true), said::add).close();
            assertThat(said).hasSize(2);
        }
    }

    @Test
    void offsetAndLengthMustLieInTheDisk() throws IOException {
        Path disk = disk("a", DISK_BYTES);
        try (Node _ = start("s", spec(0, disk, 8, 100))) {
            assertThat(said.getFirst()).contains("(100 sectors,");
        }
        for (long[] range : new long[][] {{2048, 0}, {2047, 2}, {0, 2049}}) {
            assertThatThrownBy(() -> start("s", spec(0, disk, range[0], range[1])))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.INVALID));
        }
    }

    @Test
    void aMissingAndAnEmptyFileAreToldApart() throws IOException {
        assertThatThrownBy(() -> start("s", spec(0, folder.resolve("none"))))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_FOUND));
        Path empty = disk("empty", 0);
        assertThatThrownBy(() -> start("s", spec(0, empty))).hasMessageContaining("is empty");
    }

    @Test
    void anInterfaceThatIsNotThereYetIsWaitedFor() throws IOException {
        segment.close();
        try (Node _ = start("s", spec(0, disk("a", DISK_BYTES)))) {
            assertThat(said).singleElement().asString().contains("waiting for interface unix:");
        }
    }
}
