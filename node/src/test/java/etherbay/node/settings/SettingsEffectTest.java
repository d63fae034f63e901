// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.base.Counters;
import etherbay.base.Impairment;
import etherbay.base.MacAddress;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.node.Node;
import etherbay.node.NodeOptions;
import etherbay.node.SegmentClient;
import etherbay.node.volume.TestVolumes;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What each key of the settings file does to a running node, seen on the wire or on the disk; its
 * default and its bad values are in {@link SettingsKeysTest}. What only a NIC can show is in {@code
 * NodeSysTest}: {@code buffers}, globs, an MTU above the interface's.
 */
@Timeout(120)
final class SettingsEffectTest {
    private static final String ALICE = "02:00:00:00:00:0a";
    private static final String BOB = "02:00:00:00:00:0b";
    private static final int SECTORS = 64;

    /** What these say is shown by the tests of what is held, and of the daemon's API. */
    private static final List<String> ELSEWHERE =
            List.of(Keys.NAME, Keys.DISK, Keys.MIRROR, Keys.VOLUME, Keys.API, Keys.NODES);

    private static final long QUIET_NS = 200_000_000L;

    /** open(2): O_DIRECT of x86-64 and of aarch64; no file that is served has the other's. */
    private static final long O_DIRECT = 0040000 | 0200000;

    /** What a case does; each starts nodes of its own. */
    @FunctionalInterface
    private interface Effect {
        void show() throws IOException;
    }

    private final Map<String, Effect> effects = new TreeMap<>();

    @TempDir
    private Path folder;

    private SegmentSwitch segment;
    private SegmentClient alice;
    private SegmentClient bob;
    private int fileCount;

    SettingsEffectTest() {
        effects.put("state", this::state);
        effects.put("devices", this::devices);
        effects.put("defaults", this::defaults);
        effects.put("acl", this::acl);
        effects.put("interface", this::mtu);
        effects.put("mtu", this::mtu);
        effects.put("buffers", this::buffers);
        effects.put("export", this::address);
        effects.put("shelf", this::address);
        effects.put("slot", this::address);
        effects.put("path", this::path);
        effects.put("uuid", this::uuid);
        effects.put("offset", this::offset);
        effects.put("length", this::length);
        effects.put("interfaces", this::interfaces);
        effects.put("queue-length", this::queueLength);
        effects.put("sectors", this::sectors);
        effects.put("direct-io", this::directIo);
        effects.put("write-cache", this::writeCache);
        effects.put("trace-io", this::traceIo);
        effects.put("trace-file", this::traceFile);
        effects.put("broadcast", this::broadcast);
        effects.put("read-only", this::readOnly);
        effects.put("deny", this::deny);
        effects.put("accept", this::accept);
        effects.put("policy", this::policy);
        effects.put("rights", this::rightToRead);
        effects.put("discover", this::rightToDiscover);
        effects.put("config", this::rightToConfig);
        effects.put("read", this::rightToRead);
        effects.put("write", this::rightToWrite);
        effects.put("max-frame-age", this::maxFrameAge);
    }

    @BeforeEach
    void startSegment() {
        segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segmentName()), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        segment.start();
        alice = new SegmentClient(segmentName(), ALICE);
        bob = new SegmentClient(segmentName(), BOB);
    }

    @AfterEach
    void stopSegment() {
        alice.close();
        bob.close();
        segment.close();
    }

    private String segmentName() {
        return "unix:" + folder.resolve("segment");
    }

    static Stream<String> keys() {
        return Stream.of(Keys.OF_FILE, Keys.OF_INTERFACE, Keys.OF_EXPORT, Keys.OF_RIGHTS)
                .flatMap(List::stream)
                .filter(key -> !ELSEWHERE.contains(key))
                .distinct();
    }

    @Test
    void everyKeyHasItsCase() {
        assertThat(effects.keySet()).isEqualTo(keys().collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyDoesWhatItSays(String key) throws IOException {
        effects.getOrDefault(key, () -> {
                    throw new AssertionError("no case for " + key);
                })
                .show();
    }

    // ---- the file, its disk, its node ----

    /** A disk whose sectors are each filled with their number. */
    private Path disk() {
        byte[] bytes = new byte[SECTORS * 512];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i / 512);
        }
        try {
            return Files.write(folder.resolve("disk" + fileCount++), bytes);
        } catch (IOException failure) {
            throw new AssertionError("a disk of the test", failure);
        }
    }

    private String export(String more) {
        return "[[export]]\nshelf = 1\nslot = 0\npath = \"%s\"\ninterfaces = [\"%s\"]\n%s\n"
                .formatted(disk(), segmentName(), more);
    }

    private Path file(String text) {
        boolean hasState = text.contains("state = ");
        String state = hasState ? "" : "state = \"" + folder.resolve("state") + "\"\n";
        try {
            return Files.writeString(folder.resolve("t" + fileCount++ + ".toml"), state + text);
        } catch (IOException failure) {
            throw new AssertionError("a file of the test", failure);
        }
    }

    private Node start(String text) {
        return Node.start(
                SettingsFile.read(file(text)),
                new NodeOptions("test", false, Optional.empty()),
                line -> {});
    }

    private MemorySegment config(SegmentClient client) {
        return client.expect(client.to(1, 0).configQuery());
    }

    private boolean isSilentTo(SegmentClient client) {
        return client.isSilent(client.to(1, 0).configQuery(), QUIET_NS);
    }

    private IdentifyData identify() {
        MemorySegment answer = alice.expect(alice.to(1, 0).identify());
        return IdentifyData.read(answer, AtaHeader.END);
    }

    private static int errorOfRead(SegmentClient client, int sectorCount) {
        return AtaHeader.error(client.expect(client.to(1, 0).read(0, sectorCount)), 0);
    }

    private static int errorOfWrite(SegmentClient client) {
        return AtaHeader.error(client.expect(client.to(1, 0).write(1, new byte[512])), 0);
    }

    private int firstByteOfSector(int lba) {
        MemorySegment answer = alice.expect(alice.to(1, 0).read(lba, 1));
        return answer.get(ValueLayout.JAVA_BYTE, AtaHeader.END);
    }

    // ---- the cases ----

    private void state() {
        Path state = folder.resolve("elsewhere");
        try (Node _ = start("state = \"" + state + "\"\n" + export(""))) {
            assertThat(state.resolve("e1.0.state")).exists();
        }
    }

    private void devices() throws IOException {
        Path disk = folder.resolve("pv.img");
        try (RandomAccessFile made = new RandomAccessFile(disk.toFile(), "rw")) {
            made.setLength(16 << 20);
        }
        TestVolumes.make(disk.toString(), "settings-effect", "data", 8 << 20);
        String volume =
                export("").replaceFirst("path = \"[^\"]*\"", "path = \"settings-effect/data\"");
        try (Node _ = start("devices = [\"" + disk + "\"]\n" + volume)) {
            assertThat(identify().sectors()).isEqualTo((8 << 20) / 512);
        }
        assertThatThrownBy(() -> start(volume)).hasMessageContaining("does not exist");
    }

    private void defaults() {
        try (Node _ = start("[defaults]\nsectors = 1\n" + export(""))) {
            assertThat(ConfigHeader.sectorsMax(config(alice), 0)).isEqualTo(1);
        }
        try (Node _ = start("[defaults]\nsectors = 1\n" + export("sectors = 3"))) {
            assertThat(ConfigHeader.sectorsMax(config(alice), 0)).isEqualTo(3);
        }
    }

    private void acl() {
        String lists = "[acl]\nall = [\"some\"]\nsome = [\"few\"]\nfew = [\"" + BOB + "\"]\n";
        try (Node _ = start(lists + export("deny = [\"all\"]"))) {
            assertThat(isSilentTo(bob)).isTrue();
            assertThat(isSilentTo(alice)).isFalse();
        }
    }

    private void mtu() {
        try (Node _ = start(export(""))) {
            assertThat(ConfigHeader.sectorsMax(config(alice), 0)).isEqualTo(17);
        }
        String small = "[interface.\"" + segmentName() + "\"]\nmtu = 1500\n";
        try (Node _ = start(small + export(""))) {
            assertThat(ConfigHeader.sectorsMax(config(alice), 0)).isEqualTo(2);
        }
    }

    /** Of a segment nothing is held in the kernel: here only that the value arrives. */
    private void buffers() {
        String few = "[interface.eth0]\nbuffers = 3\n";
        assertThat(SettingsFile.read(file(few + export("")))
                        .interfaces()
                        .getFirst()
                        .bufferBytes())
                .isEqualTo(3 * 65536);
    }

    private void address() {
        String other = export("").replace("shelf = 1", "shelf = 7").replace("slot = 0", "slot = 9");
        try (Node _ = start(other)) {
            assertThat(alice.ask(alice.to(7, 9).identify())).isPresent();
            assertThat(isSilentTo(alice)).isTrue();
        }
    }

    private void path() {
        try (Node _ = start(export(""))) {
            assertThat(firstByteOfSector(5)).isEqualTo(5);
        }
        String faulty = export("").replace("path = \"", "path = \"faulty:lba=5-6:trace:");
        try (Node _ = start(faulty)) {
            assertThat(AtaHeader.error(alice.expect(alice.to(1, 0).read(5, 1)), 0))
                    .isNotZero();
            assertThat(firstByteOfSector(7)).isEqualTo(7);
        }
    }

    /** Devices that have one are in UuidSysTest. */
    private void uuid() {
        String uuid = "0123abcd-0000-4000-8000-00000000dead";
        String none = "[[export]]\nshelf = 1\nslot = 0\nuuid = \"%s\"\ninterfaces = [\"%s\"]\n"
                .formatted(uuid, segmentName());
        assertThatThrownBy(() -> start(none)).hasMessageContaining(uuid);
    }

    private void offset() {
        try (Node _ = start(export("offset = 8"))) {
            assertThat(identify().sectors()).isEqualTo(SECTORS - 8);
            assertThat(firstByteOfSector(0)).isEqualTo(8);
        }
    }

    private void length() {
        try (Node _ = start(export("length = 16"))) {
            assertThat(identify().sectors()).isEqualTo(16);
        }
    }

    private void interfaces() {
        String elsewhere = export("").replace(segmentName(), "unix:" + folder.resolve("nobody"));
        try (Node _ = start(elsewhere)) {
            assertThat(isSilentTo(alice)).isTrue();
        }
    }

    private void queueLength() {
        try (Node _ = start(export("queue-length = 5"))) {
            assertThat(ConfigHeader.bufferCount(config(alice), 0)).isEqualTo(5);
        }
    }

    private void sectors() {
        try (Node _ = start(export("sectors = 3"))) {
            assertThat(ConfigHeader.sectorsMax(config(alice), 0)).isEqualTo(3);
            assertThat(errorOfRead(alice, 3)).isZero();
            assertThat(errorOfRead(alice, 4)).isEqualTo(AtaHeader.ERROR_ABRT);
        }
    }

    private void directIo() throws IOException {
        try (Node _ = start(export("direct-io = true"))) {
            assertThat(openFlags() & O_DIRECT).isNotZero();
            assertThat(firstByteOfSector(9)).isEqualTo(9);
        }
        try (Node _ = start(export("direct-io = false"))) {
            assertThat(openFlags() & O_DIRECT).isZero();
        }
    }

    /** Flags of our open file that is the newest disk. */
    private long openFlags() throws IOException {
        TreeSet<Integer> numbers = new TreeSet<>();
        String disks = folder.toRealPath().resolve("disk").toString();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : open) {
                if (Files.isSymbolicLink(fd)
                        && Files.readSymbolicLink(fd).toString().startsWith(disks)) {
                    numbers.add(Integer.parseInt(fd.getFileName().toString()));
                }
            }
        }
        Path info = Path.of("/proc/self/fdinfo", numbers.getLast().toString());
        return Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("flags:"))
                .map(line -> Long.parseLong(line.substring("flags:".length()).strip(), 8))
                .findFirst()
                .orElseThrow();
    }

    private void writeCache() {
        try (Node _ = start(export(""))) {
            assertThat(identify().capabilities()).contains(Capability.WRITE_CACHE_ENABLED);
        }
        try (Node _ = start(export("write-cache = \"off\""))) {
            assertThat(identify().capabilities()).doesNotContain(Capability.WRITE_CACHE_ENABLED);
        }
    }

    private void traceIo() {
        try (Node node = start(export("trace-io = true"))) {
            config(alice);
            assertThat(node.status()).containsPattern("\"trace\\.frames\":[1-9]");
        }
    }

    private void traceFile() throws IOException {
        Path pcap = folder.resolve("trace.pcap");
        try (Node _ = start(export("trace-io = true\ntrace-file = \"" + pcap + "\""))) {
            config(alice);
        }
        assertThat(Files.size(pcap)).isGreaterThan(24 + 2 * (16 + 32));
    }

    private void broadcast() {
        String few = "accept = [\"" + BOB + "\"]\n";
        assertThat(isSilentTo(bob))
                .as("nobody serves yet, but Bob is plugged in")
                .isTrue();
        try (Node _ = start(export(few))) {
            config(bob);
            assertThat(beacons()).containsExactly(new MacAddress(0x0200_0000_000bL));
        }
        try (Node _ = start(export(few + "broadcast = true"))) {
            config(bob);
            assertThat(beacons()).containsExactly(MacAddress.BROADCAST);
        }
    }

    /** To whom the beacons went that Bob has heard since he was last asked. */
    private List<MacAddress> beacons() {
        return bob.takeArrived().stream()
                .filter(frame -> AoeHeader.response(frame, 0) && AoeHeader.tag(frame, 0) == 0)
                // Not what the node before said when it stopped.
                .filter(frame -> AoeHeader.command(frame, 0) == AoeHeader.COMMAND_CONFIG)
                .map(frame -> new MacAddress(Ethernet.dst(frame, 0)))
                .distinct()
                .toList();
    }

    private void readOnly() {
        try (Node _ = start(export("read-only = true"))) {
            assertThat(errorOfWrite(alice)).isEqualTo(AtaHeader.ERROR_ABRT);
            assertThat(firstByteOfSector(1)).isEqualTo(1);
        }
    }

    private void deny() {
        try (Node _ = start(export("deny = [\"" + BOB + "\"]"))) {
            assertThat(isSilentTo(bob)).isTrue();
            assertThat(isSilentTo(alice)).isFalse();
        }
    }

    private void accept() {
        String both = "accept = [\"%s\", \"%s\"]\ndeny = [\"%s\"]".formatted(ALICE, BOB, BOB);
        try (Node _ = start(export(both))) {
            assertThat(isSilentTo(bob)).as("deny comes first").isTrue();
            assertThat(isSilentTo(alice)).isFalse();
        }
    }

    private void policy() {
        String alices = "accept = [\"" + ALICE + "\"]\n";
        try (Node _ = start(export(alices))) {
            assertThat(isSilentTo(bob)).isTrue();
        }
        try (Node _ = start(export(alices + "policy = \"accept\""))) {
            assertThat(isSilentTo(bob)).isFalse();
        }
        try (Node _ = start(export("policy = \"reject\""))) {
            assertThat(isSilentTo(alice)).isTrue();
        }
    }

    private Node startWithRight(String right) {
        String lists = "[acl]\nlab = [\"host\"]\nhost = [\"" + ALICE + "\"]\n";
        return start(lists + export("rights = { " + right + " = [\"lab\"] }"));
    }

    private void rightToDiscover() {
        try (Node _ = startWithRight("discover")) {
            assertThat(isSilentTo(bob)).isTrue();
            assertThat(isSilentTo(alice)).isFalse();
            assertThat(errorOfRead(bob, 1)).isZero();
        }
    }

    private void rightToConfig() {
        try (Node _ = startWithRight("config")) {
            ConfigHeader.Fields force = ConfigHeader.Fields.request(ConfigHeader.FORCE, 1);
            byte[] name = {'x'};
            assertThat(bob.isSilent(bob.to(1, 0).config(force, name), QUIET_NS)).isTrue();
            assertThat(isSilentTo(bob)).isFalse();
            assertThat(alice.ask(alice.to(1, 0).config(force, name))).isPresent();
            assertThat(ConfigHeader.string(config(bob), 0)).isEqualTo(name);
        }
    }

    private void rightToRead() {
        try (Node _ = startWithRight("read")) {
            assertThat(errorOfRead(bob, 1)).isEqualTo(AtaHeader.ERROR_ABRT);
            assertThat(errorOfRead(alice, 1)).isZero();
        }
    }

    private void rightToWrite() {
        try (Node _ = startWithRight("write")) {
            assertThat(errorOfWrite(bob)).isEqualTo(AtaHeader.ERROR_ABRT);
            assertThat(errorOfRead(bob, 1)).isZero();
            assertThat(errorOfWrite(alice)).isZero();
        }
    }

    /** A segment's frames do not age: what the value does is in LateFramesTest of target. */
    private void maxFrameAge() {
        assertThat(SettingsFile.read(file(export("max-frame-age = 7")))
                        .exports()
                        .getFirst()
                        .settings()
                        .frameAgeNsMax())
                .isEqualTo(7_000_000);
    }
}
