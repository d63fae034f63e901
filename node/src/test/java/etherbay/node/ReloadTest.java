// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.IdentifyData;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Disk;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.target.AccessRules;
import etherbay.target.ExportSettings;

import io.avaje.jsonb.Jsonb;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a running node makes of other settings, asked over a segment. */
@Timeout(120)
final class ReloadTest {
    private static final int SECTORS = 2048;
    private static final long QUIET_NS = 300_000_000L;

    @TempDir
    private Path folder;

    private SegmentSwitch segment;
    private SegmentClient client;
    private final List<String> said = new ArrayList<>();

    @BeforeEach
    void startSegment() {
        segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segmentName()), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        segment.start();
        client = new SegmentClient(segmentName(), "02:00:00:00:00:0a");
    }

    @AfterEach
    void stopSegment() {
        client.close();
        segment.close();
    }

    private String segmentName() {
        return "unix:" + folder.resolve("segment");
    }

    /** A disk of that many sectors, each byte of which is {@code fill}. */
    private Path disk(String name, int sectors, int fill) {
        Path path = folder.resolve(name);
        byte[] bytes = new byte[sectors * 512];
        Arrays.fill(bytes, (byte) fill);
        try {
            return Files.write(path, bytes);
        } catch (IOException failure) {
            throw new AssertionError("a disk of the test", failure);
        }
    }

    private ExportSpec spec(int slot, Path path) {
        return spec(ExportSettings.of(1, slot), path);
    }

    private ExportSpec spec(ExportSettings settings, Path path) {
        return new ExportSpec(settings, List.of(segmentName()), path, Optional.empty(), 0, 0);
    }

    private NodeSettings settings(ExportSpec... specs) {
        return new NodeSettings(folder.resolve("state"), List.of(), List.of(specs));
    }

    private Node start(ExportSpec... specs) {
        return Node.start(
                settings(specs), new NodeOptions("test", false, Optional.empty()), said::add);
    }

    private void reload(Node node, ExportSpec... specs) {
        assertThat(node.reload(settings(specs))).isEmpty();
    }

    /** What the first byte of a disk is, over the wire. */
    private int firstByte(int slot) {
        return client.expect(client.to(1, slot).read(0, 1))
                .get(ValueLayout.JAVA_BYTE, AtaHeader.END);
    }

    private boolean isServed(int slot) {
        return !client.isSilent(client.to(1, slot).configQuery(), QUIET_NS);
    }

    private IdentifyData identify(int slot) {
        MemorySegment answer = client.expect(client.to(1, slot).identify());
        return IdentifyData.read(answer, AtaHeader.END);
    }

    @Test
    void exportsComeAndGoWhileAnotherServes() {
        ExportSpec kept = spec(0, disk("kept", SECTORS, 1));
        ExportSpec leaving = spec(1, disk("leaving", SECTORS, 2));
        ExportSpec coming = spec(2, disk("coming", SECTORS, 3));
        try (Node node = start(kept, leaving)) {
            assertThat(firstByte(1)).isEqualTo(2);
            assertThat(node.difference(settings(kept, coming)))
                    .containsExactly(
                            "- e1.1: " + leaving.backing() + " no longer",
                            "+ e1.2: " + coming.backing() + " on " + segmentName());
            reload(node, kept, coming);
            assertThat(isServed(1)).isFalse();
            assertThat(firstByte(2)).isEqualTo(3);
            assertThat(firstByte(0)).isEqualTo(1);
            reload(node, kept, leaving); // its file and its state were let go of
            assertThat(firstByte(1)).isEqualTo(2);
        }
    }

    @Test
    void equalSettingsChangeNothing() {
        ExportSpec kept = spec(0, disk("kept", SECTORS, 1));
        try (Node node = start(kept)) {
            assertThat(node.difference(settings(kept))).isEmpty();
            int saidBefore = said.size();
            reload(node, kept);
            assertThat(said).hasSize(saidBefore);
            assertThat(firstByte(0)).isEqualTo(1);
        }
    }

    @Test
    void rulesOfAccessApplyToTheNextFrame() {
        Path path = disk("disk", SECTORS, 1);
        ExportSettings open = ExportSettings.of(1, 0);
        ExportSettings closed =
                open.withAccess(AccessRules.accepting(List.of(new MacAddress(0x0200_0000_00ffL))));
        try (Node node = start(spec(open, path))) {
            assertThat(isServed(0)).isTrue();
            assertThat(node.difference(settings(spec(closed, path))))
                    .containsExactly("~ e1.0: accept nobody -> 02:00:00:00:00:ff;"
                            + " policy accept -> reject");
            reload(node, spec(closed, path));
            assertThat(isServed(0)).isFalse();
            reload(node, spec(open, path));
            assertThat(isServed(0)).isTrue();
        }
    }

    @Test
    void theMtuOfASegmentChangesWhileItServes() {
        ExportSpec spec = spec(0, disk("disk", SECTORS, 1));
        InterfaceSettings small = new InterfaceSettings(segmentName(), 1500, 65536);
        try (Node node = start(spec)) {
            MemorySegment config = client.expect(client.to(1, 0).configQuery());
            assertThat(ConfigHeader.sectorsMax(config, 0)).isEqualTo(17);
            assertThat(node.reload(new NodeSettings(
                            folder.resolve("state"), List.of(small), List.of(spec))))
                    .isEmpty();
            config = client.expect(client.to(1, 0).configQuery());
            assertThat(ConfigHeader.sectorsMax(config, 0)).isEqualTo(2);
        }
    }

    @Test
    void aReopenedExportKeepsItsSerialAndWhatWasWritten() {
        Path path = disk("disk", SECTORS, 1);
        ExportSettings before = ExportSettings.of(1, 0);
        try (Node node = start(spec(before, path))) {
            IdentifyData identified = identify(0);
            byte[] data = new byte[512];
            Arrays.fill(data, (byte) 9);
            client.expect(client.to(1, 0).write(0, data));
            reload(node, spec(before.withQueueLength(8), path));
            assertThat(firstByte(0)).isEqualTo(9);
            assertThat(identify(0).serial()).isEqualTo(identified.serial());
            MemorySegment config = client.expect(client.to(1, 0).configQuery());
            assertThat(ConfigHeader.bufferCount(config, 0)).isEqualTo(8);
            reload(node, spec(before.withReadOnly(true), path));
            MemorySegment refused = client.expect(client.to(1, 0).write(0, data));
            assertThat(AtaHeader.error(refused, 0)).isEqualTo(AtaHeader.ERROR_ABRT);
        }
    }

    @Test
    void anotherBackingIsAnotherDiskAtTheSameAddress() {
        Path first = disk("first", SECTORS, 1);
        Path larger = disk("larger", 2 * SECTORS, 2);
        try (Node node = start(spec(0, first))) {
            IdentifyData before = identify(0);
            byte[] name = {'x'};
            client.expect(client.to(1, 0)
                    .config(ConfigHeader.Fields.request(ConfigHeader.FORCE, 1), name));
            reload(node, spec(0, larger));
            assertThat(firstByte(0)).isEqualTo(2);
            IdentifyData after = identify(0);
            assertThat(after.sectors()).isEqualTo(2 * SECTORS);
            assertThat(after.serial()).isNotEqualTo(before.serial());
            MemorySegment config = client.expect(client.to(1, 0).configQuery());
            assertThat(ConfigHeader.string(config, 0)).isEqualTo(name);
        }
    }

    private ExportSpec decorated(String prefix, Path path) {
        return new ExportSpec(
                ExportSettings.of(1, 0),
                List.of(segmentName()),
                BackingName.ofPath(prefix + path),
                Optional.empty(),
                Optional.empty(),
                0,
                0);
    }

    private int errorOfRead() {
        return AtaHeader.error(client.expect(client.to(1, 0).read(0, 1)), 0);
    }

    private int errorOfWrite(int fill) {
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) fill);
        return AtaHeader.error(client.expect(client.to(1, 0).write(0, data)), 0);
    }

    @Test
    void faultsAreTurnedOnAndOffWhileItServesAndTheDiskStaysTheSame() {
        Path path = disk("disk", SECTORS, 1);
        try (Node node = start(spec(0, path))) {
            IdentifyData before = identify(0);
            assertThat(errorOfWrite(7)).isZero();
            ExportSpec faulty = decorated("trace:faulty:reads=1,seed=3:", path);
            assertThat(node.difference(settings(faulty)))
                    .containsExactly("~ e1.0: backing " + path + " -> trace:faulty:reads=1,seed=3:"
                            + path + " (opened anew)");
            reload(node, faulty);
            assertThat(said)
                    .contains("warning: e1.0: faulty reads=1,seed=3: this disk fails on purpose");
            assertThat(errorOfRead()).isNotZero();
            assertThat(errorOfWrite(8)).isZero();
            assertThat(node.status())
                    .contains("faulty reads=1,seed=3: this disk fails on purpose")
                    .containsPattern("failed-on-purpose\":[1-9]")
                    .containsPattern("trace\\.requests\":[1-9]");
            IdentifyData during = identify(0);
            assertThat(during.serial()).isEqualTo(before.serial());
            assertThat(during.sectors()).isEqualTo(before.sectors());
            reload(node, spec(0, path));
            assertThat(errorOfRead()).isZero();
            assertThat(firstByte(0)).isEqualTo(8);
            assertThat(identify(0).serial()).isEqualTo(before.serial());
        }
    }

    @Test
    void aFailedFlushEndsAllWritingAlsoWhenTheFaultIsTakenAway() {
        Path path = disk("disk", SECTORS, 1);
        try (Node node = start(decorated("faulty:flushes=1:", path))) {
            assertThat(errorOfWrite(7)).isZero();
            assertThat(AtaHeader.error(client.expect(client.to(1, 0).flush()), 0))
                    .isNotZero();
            assertThat(errorOfWrite(8)).isNotZero();
            assertThat(firstByte(0)).isEqualTo(7);
            reload(node, spec(0, path));
            assertThat(errorOfWrite(9)).as("until a person has looked").isNotZero();
            assertThat(node.status()).contains("\"syncFailed\":true");
        }
    }

    /** A reload of a disk that delays for a minute would be none. */
    @Test
    void aReloadDoesNotWaitForDelays() {
        Path path = disk("disk", SECTORS, 1);
        try (Node node = start(decorated("delay:writes-ms=60000,flushes-ms=60000:", path))) {
            assertThat(firstByte(0)).isEqualTo(1);
            byte[] data = new byte[512];
            Arrays.fill(data, (byte) 5);
            client.send(client.to(1, 0).write(0, data));
            while (!node.status().contains("\"inFlight\":1")) {
                Thread.onSpinWait();
            }
            reload(node, decorated("delay:reads-ms=1:", path));
            assertThat(firstByte(0)).isEqualTo(5);
        }
    }

    @Test
    void aDiskThatIsReadOnlyByItsNameMayBeExportedBesideItsWriter() {
        Path path = disk("disk", SECTORS, 1);
        try (Node node = start(decorated("read-only:", path))) {
            assertThat(errorOfWrite(7)).isEqualTo(AtaHeader.ERROR_ABRT);
            assertThat(firstByte(0)).isEqualTo(1);
            assertThat(node.status()).contains("\"readOnly\":true");
        }
    }

    @Test
    void aSmallerBackingIsRefusedAndTheFormerOneServesOn() {
        Path first = disk("first", SECTORS, 1);
        Path smaller = disk("smaller", SECTORS - 8, 2);
        try (Node node = start(spec(0, first))) {
            assertThatThrownBy(() -> node.reload(settings(spec(0, smaller))))
                    .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                        assertThat(refused.why()).contains("2048").contains("2040");
                    });
            assertThat(firstByte(0)).isEqualTo(1);
        }
    }

    @Test
    void aDiskMayMoveToAnotherAddressInOneReload() {
        Path path = disk("disk", SECTORS, 7);
        try (Node node = start(spec(0, path))) {
            reload(node, spec(5, path));
            assertThat(isServed(0)).isFalse();
            assertThat(firstByte(5)).isEqualTo(7);
        }
    }

    @Test
    void twoDisksMaySwapTheirAddresses() {
        Path one = disk("one", SECTORS, 1);
        Path two = disk("two", SECTORS, 2);
        try (Node node = start(spec(0, one), spec(1, two))) {
            reload(node, spec(0, two), spec(1, one));
            assertThat(firstByte(0)).isEqualTo(2);
            assertThat(firstByte(1)).isEqualTo(1);
        }
    }

    @Test
    void whatCannotBeServedRefusesTheReloadAsAWhole() throws IOException {
        ExportSpec kept = spec(0, disk("kept", SECTORS, 1));
        ExportSpec good = spec(1, disk("good", SECTORS, 2));
        ExportSpec bad = spec(2, folder.resolve("missing"));
        try (Node node = start(kept)) {
            assertThatThrownBy(() -> node.reload(settings(good, bad)))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("missing");
            assertThat(firstByte(0)).isEqualTo(1);
            assertThat(isServed(1)).isFalse();
            reload(node, kept, good); // nothing of the refused reload is held
            assertThat(firstByte(1)).isEqualTo(2);
        }
    }

    @Test
    void twoExportsServePartsOfOneDiskAndOneMayLeave() {
        Path path = disk("disk", SECTORS, 7);
        ExportSpec first = part(0, path, 0, 1024);
        ExportSpec second = part(1, path, 1024, 1024);
        try (Node node = start(first, second)) {
            assertThat(firstByte(0)).isEqualTo(7);
            assertThat(firstByte(1)).isEqualTo(7);
            reload(node, second); // whoever claimed the file first is gone, the claim is not
            assertThat(firstByte(1)).isEqualTo(7);
            Counters counters = new Counters();
            assertThatThrownBy(() -> openedElsewhere(path, counters))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
        }
        openedElsewhere(path, new Counters()).close();
    }

    private ExportSpec part(int slot, Path path, long offsetSectors, long lengthSectors) {
        return new ExportSpec(
                ExportSettings.of(1, slot),
                List.of(segmentName()),
                path,
                Optional.empty(),
                offsetSectors,
                lengthSectors);
    }

    /** The disk, opened as another process would; the caller closes it. */
    private static Disk openedElsewhere(Path path, Counters counters) {
        LinuxIdler idler = new LinuxIdler();
        Loop loop = new Loop("elsewhere", Linux.clock(), idler, 0);
        return Disk.open(path, Disk.Options.DEFAULT, loop, idler, counters);
    }

    @Test
    void aReaderOfADiskMayBeJoinedByItsWriterInOneNode() {
        Path path = disk("disk", SECTORS, 7);
        ExportSpec reader = spec(ExportSettings.of(1, 0).withReadOnly(true), path);
        try (Node node = start(reader)) {
            reload(node, reader, spec(1, path));
            byte[] data = new byte[512];
            Arrays.fill(data, (byte) 9);
            client.expect(client.to(1, 1).write(0, data));
            assertThat(firstByte(0)).isEqualTo(9);
        }
    }

    @Test
    void whatARefusedReloadWouldHaveServedIsRememberedAsBefore() throws IOException {
        ExportSpec kept = spec(0, disk("kept", SECTORS, 1));
        ExportSpec usual = spec(5, disk("usual", SECTORS, 2));
        ExportSpec mistaken = spec(5, disk("mistaken", SECTORS, 3));
        ExportSpec missing = spec(6, folder.resolve("missing"));
        try (Node node = start(kept, usual)) {
            String serial = identify(5).serial();
            reload(node, kept);
            assertThatThrownBy(() -> node.reload(settings(kept, mistaken, missing)))
                    .hasMessageContaining("missing");
            ExportSpec never = spec(7, disk("never", SECTORS, 4));
            assertThatThrownBy(() -> node.reload(settings(kept, never, missing)))
                    .hasMessageContaining("missing");
            assertThat(folder.resolve("state/e1.7.state")).doesNotExist();
            reload(node, kept, usual);
            assertThat(identify(5).serial()).isEqualTo(serial);
        }
    }

    @Test
    void anExportWhoseStateCannotBeWrittenLeavesAloneAndComesBackWithTheNextReload()
            throws IOException {
        Path path = disk("disk", SECTORS, 1);
        ExportSpec kept = spec(1, disk("kept", SECTORS, 2));
        ExportSettings few = ExportSettings.of(1, 0).withQueueLength(8);
        Path state = folder.resolve("state");
        Path hidden = folder.resolve("hidden");
        try (Node node = start(spec(0, path), kept)) {
            Files.move(state, hidden);
            assertThat(node.reload(settings(spec(few, path), kept))).hasSize(1);
            assertThat(isServed(0)).isFalse();
            assertThat(firstByte(1)).isEqualTo(2);
            Files.move(hidden, state);
            reload(node, spec(few, path), kept);
            assertThat(firstByte(0)).isEqualTo(1);
            assertThat(firstByte(1)).isEqualTo(2);
        }
    }

    @Test
    void anAddressThatAnotherBoxServesRefusesTheReload() {
        ExportSpec theirs = spec(3, disk("theirs", SECTORS, 1));
        ExportSpec ours = spec(0, disk("ours", SECTORS, 2));
        NodeSettings others = new NodeSettings(
                folder.resolve("other"),
                List.of(),
                List.of(new ExportSpec(
                        ExportSettings.of(1, 3),
                        List.of("unix:" + link()),
                        disk("rival", SECTORS, 3),
                        Optional.empty(),
                        0,
                        0)));
        try (Node node = start(ours);
                Node _ = Node.start(
                        others, new NodeOptions("test", false, Optional.empty()), said::add)) {
            assertThatThrownBy(() -> node.reload(settings(ours, theirs)))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT));
            assertThat(firstByte(3)).isEqualTo(3);
        }
    }

    /** Another name of the segment, for a node that shares the machine's locks with the first. */
    private Path link() {
        try {
            return Files.createSymbolicLink(
                    folder.resolve("other-name"), folder.resolve("segment"));
        } catch (IOException failure) {
            throw new AssertionError("a link of the test", failure);
        }
    }

    @Test
    void aBoxThatBeginsToServeOurAddressIsReportedWithBothAddresses() {
        try (Node node = start(spec(0, disk("disk", SECTORS, 1)))) {
            MemorySegment config = client.expect(client.to(1, 0).configQuery());
            MacAddress ours = new MacAddress(Ethernet.src(config, 0));
            MacAddress theirs = client.mac();
            MemorySegment beacon = client.to(1, 0).configQuery();
            AoeHeader.versionFlags(beacon, 0, 0, AoeHeader.FLAG_RESPONSE); // as vblade's
            client.send(beacon);
            client.expect(client.to(1, 0).identify()); // the beacon came before
            Map<String, Object> rogue = onlyRogue(node);
            assertThat(rogue)
                    .containsEntry("export", "e1.0")
                    .containsEntry("theirs", theirs.toString())
                    .containsEntry("ours", ours.toString());
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> onlyRogue(Node node) {
        Object status = Jsonb.builder().build().type(Object.class).fromJson(node.status());
        List<Object> rogues = (List<Object>) ((Map<String, Object>) status).get("rogues");
        assertThat(rogues).hasSize(1);
        return (Map<String, Object>) rogues.getFirst();
    }

    @Test
    void theStatusTellsWhatIsServedAndTheSocketGivesIt() {
        try (Node node = start(spec(0, disk("disk", SECTORS, 1)))) {
            firstByte(0);
            assertThat(node.status())
                    .contains("\"name\":\"e1.0\"", "\"sectors\":2048", "\"export.e1.0.reads\":1");
            assertThat(StatusSocket.readAll(folder.resolve("state"))).hasSize(1);
        }
        assertThat(StatusSocket.readAll(folder.resolve("state"))).isEmpty();
    }

    @Test
    void aFileThatGrowsIsServedWithItsNewSizeAfterAReloadToo() throws IOException {
        Path path = disk("disk", SECTORS, 1);
        try (Node node = start(spec(0, path))) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(4 * SECTORS * 512L);
            }
            reload(node, spec(ExportSettings.of(1, 0).withQueueLength(4), path));
            assertThat(identify(0).sectors()).isEqualTo(4 * SECTORS);
        }
    }
}
