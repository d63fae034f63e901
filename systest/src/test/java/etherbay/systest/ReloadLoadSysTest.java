// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.base.Counters;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.systest.NodeProcess.Footprint;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A node whose settings file is edited and reloaded hundreds of times while a Linux guest keeps a
 * file system on e1.0 and our own load checks itself on e1.1. Neither is named by any edit, and
 * neither may notice: only e2.x come, go, change and move, on the NIC and on a segment.
 */
@ExtendWith(ReasonInTrace.class)
@Timeout(600)
class ReloadLoadSysTest {
    private static final int RELOAD_COUNT = 1_000;
    private static final int RELOAD_SHARE = 400;

    /** Each of these asks the segments, which takes 0.3 s by design. */
    private static final int NEW_PLACE_EVERY = 5;

    private static final int BAD_EVERY = 50;
    private static final int WARM_COUNT = 100;
    private static final long RSS_GROWTH_KIB_MAX = 16 * 1024;
    private static final long NATIVE_GROWTH_KIB_MAX = 4 * 1024;
    private static final long SEED = 7;
    private static final int MTU = 9000;
    private static final long GUEST_DISK_BYTES = 256L << 20;
    private static final long DISK_BYTES = ChangingExports.DISK_SECTORS * SectorLedger.SECTOR_BYTES;

    /** What a mistake is appended as; where it is; the first line counts as 1. */
    private record Mistake(String lines, int atLine) {}

    private static final List<Mistake> MISTAKES = List.of(
            new Mistake("[[export]]\nshelf = 3\nslot = 300\npath = \"/dev/null\"\n", 3),
            new Mistake("[[export]]\nshelf = 3\nslot = 1\ncolour = \"red\"\n", 4),
            new Mistake("[[export]]\nshelf = = 3\n", 2),
            new Mistake("[[export]]\nshelf = 1\nslot = 0\npath = \"/srv/other\"\n", 2));

    @TempDir
    private Path folder;

    private final int reloadCount =
            Share.of(RELOAD_SHARE, RELOAD_COUNT, "reloads", ReloadLoadSysTest.class);
    private ChangingExports others;
    private String clientMac = "";
    private long reloadNsSum;
    private long reloadNsMax;

    @BeforeEach
    void makeDisks() throws IOException {
        others = newExports();
        sparse(folder.resolve("guest"), GUEST_DISK_BYTES);
        sparse(folder.resolve("load"), DISK_BYTES);
        for (Path disk : others.disks()) {
            sparse(disk, DISK_BYTES);
        }
    }

    private ChangingExports newExports() {
        return new ChangingExports(folder, segmentName(), SEED);
    }

    private static void sparse(Path file, long bytes) throws IOException {
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(bytes);
        }
    }

    private String segmentName() {
        return PortAddress.UNIX_PREFIX + folder.resolve("segment");
    }

    private SegmentSwitch segment() {
        SegmentSwitch segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segmentName()), MTU, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        segment.start();
        return segment;
    }

    @Test
    void reloadsOfOtherExportsCostNeitherGuestNorLoadAnything() {
        try (NetLab lab = new NetLab(MTU);
                SegmentSwitch _ = segment()) {
            NetLab.Node client = lab.node("client");
            clientMac = client.mac();
            try (NodeProcess node =
                            NodeProcess.start(lab.node("target"), folder, settings(others));
                    LinuxClient linux = LinuxClient.boot(lab, MTU);
                    Initiator initiator = Initiator.on(client, 1, 1)) {
                linux.discover("e1.0");
                initiator.discover();
                FileSystemLoad files = FileSystemLoad.start(linux, "e1.0");
                try (VerifiedLoad load = VerifiedLoad.start(initiator)) {
                    reloadAgainAndAgain(node);
                    assertVerified(load.stop(), files.stopAndVerify());
                }
                assertNothingHeldUp(node);
                assertServed(node.statByCommand());
                assertAnswers(client);
                assertThat(node.terminate()).as("by SIGTERM").isEqualTo(128 + 15);
                assertStoppedCleanly(node.state());
            }
        }
    }

    private String settings(ChangingExports exports) {
        return "[defaults]\ninterfaces = [\"eth0\"]\n"
                + kept(0, "guest")
                + kept(1, "load")
                + exports.toToml(clientMac);
    }

    private String kept(int slot, String disk) {
        return "[[export]]\nshelf = 1\nslot = %d\npath = \"%s\"\n"
                .formatted(slot, folder.resolve(disk));
    }

    // ---- reloading ----

    private void reloadAgainAndAgain(NodeProcess node) {
        Footprint warm = footprint(node);
        for (int i = 1; i <= reloadCount; i++) {
            if (i % BAD_EVERY == 0) {
                reloadABadFile(node, i / BAD_EVERY);
            } else {
                if (i % NEW_PLACE_EVERY == 0) {
                    others.editWithNewPlace();
                } else {
                    others.editInPlace();
                }
                NodeProcess.Reload reload = timed(node, settings(others));
                assertThat(reload.isDone())
                        .as("reload %d: %s", i, reload.said())
                        .isTrue();
            }
            if (i == WARM_COUNT) {
                warm = footprint(node);
            }
        }
        assertDidNotGrow(warm, footprint(node));
        System.out.printf(
                "%d reloads: %.0f ms each, %.0f ms the longest; edits %s%n",
                reloadCount,
                reloadNsSum / 1e6 / reloadCount,
                reloadNsMax / 1e6,
                others.editCounts());
        assertThat(others.editCounts()).containsOnlyKeys(ChangingExports.Edit.values());
    }

    /** With the exports of the beginning, so that two of them can be compared. */
    private Footprint footprint(NodeProcess node) {
        NodeProcess.Reload calm = node.reload(settings(newExports()));
        assertThat(calm.isDone()).as(calm.said()).isTrue();
        Footprint footprint = node.footprint();
        NodeProcess.Reload back = node.reload(settings(others));
        assertThat(back.isDone()).as(back.said()).isTrue();
        return footprint;
    }

    private NodeProcess.Reload timed(NodeProcess node, String settings) {
        long beganNs = System.nanoTime();
        NodeProcess.Reload reload = node.reload(settings);
        long tookNs = System.nanoTime() - beganNs;
        reloadNsSum += tookNs;
        reloadNsMax = Math.max(reloadNsMax, tookNs);
        return reload;
    }

    /** One with edits that must not be put into effect either. */
    private void reloadABadFile(NodeProcess node, int number) {
        ChangingExports edited = others.copy();
        edited.editInPlace();
        edited.editWithNewPlace();
        String good = settings(edited);
        Mistake mistake = MISTAKES.get(number % MISTAKES.size());
        NodeProcess.Reload reload = timed(node, good + mistake.lines());
        assertThat(reload.isRefused()).as(reload.said()).isTrue();
        long line = 1 + good.lines().count() + mistake.atLine(); // the state comes first
        assertThat(reload.said()).containsPattern("\\Q" + node.file() + ":" + line + ":\\E\\d+: ");
        assertServed(node.status());
        // Right as a file, but it cannot be served: found out when all else is prepared.
        String missing =
                "[[export]]\nshelf = 3\nslot = 0\npath = \"" + folder.resolve("none") + "\"\n";
        NodeProcess.Reload late = node.reload(good + missing);
        assertThat(late.isRefused()).as(late.said()).isTrue();
        assertThat(late.said()).contains(folder.resolve("none") + " does not exist");
        assertServed(node.status());
    }

    /**
     * Both were taken with the same exports, so not one descriptor may be more. Memory may grow by
     * 18 KiB a reload of a thousand, what Java code asked for beside the heap by 4: a port has
     * 4,096, a trace 256. In a share of them the bounds are the same, so less is seen.
     */
    private void assertDidNotGrow(Footprint warm, Footprint last) {
        System.out.printf(
                "after %d reloads %s, after %d %s%n", WARM_COUNT, warm, reloadCount, last);
        assertThat(last.ownRssKiB())
                .as("RSS, KiB")
                .isLessThan(warm.ownRssKiB() + RSS_GROWTH_KIB_MAX);
        assertThat(last.nativeKiB())
                .as("native memory, KiB")
                .isLessThan(warm.nativeKiB() + NATIVE_GROWTH_KIB_MAX);
        assertThat(last.descriptorCount()).as("descriptors").isEqualTo(warm.descriptorCount());
        assertThat(last.threadCount()).as("threads").isLessThanOrEqualTo(warm.threadCount() + 4);
    }

    // ---- afterwards ----

    private void assertVerified(VerifiedLoad.Result load, int fileCount) {
        System.out.printf(
                "guest: %d files; load: %d writes, %d FLUSHes in %d rounds%n",
                fileCount, load.writeCount(), load.flushCount(), load.roundCount());
        assertThat(load.errors()).isEmpty();
        assertThat(load.writeCount()).isGreaterThan(reloadCount);
        assertThat(load.flushCount()).isPositive();
        assertThat(fileCount).isGreaterThan(reloadCount / 10);
    }

    @SuppressWarnings("unchecked") // a document of the node
    private static void assertNothingHeldUp(NodeProcess node) {
        Map<String, Number> counters = (Map<String, Number>) node.status().get("counters");
        Map<String, Long> dropped = new TreeMap<>();
        counters.forEach((name, count) -> {
            if (name.matches("export\\.e1\\.[01]\\.dropped\\.(stopped|full|age|late|noframe)")) {
                dropped.put(name, count.longValue());
            }
        });
        assertThat(dropped).hasSize(10);
        assertThat(dropped.values()).as("%s", dropped).containsOnly(0L);
        assertThat(counters.get("export.e1.0.writes").longValue()).isPositive();
        assertThat(node.log()).doesNotContain("a bug").doesNotContain("ERROR");
    }

    /** The exports of the status are those of the last file that was taken, and as it says. */
    @SuppressWarnings("unchecked") // a document of the node
    private void assertServed(Map<String, Object> status) {
        Map<String, Map<String, Object>> served = new HashMap<>();
        ((List<Map<String, Object>>) status.get("exports"))
                .forEach(export -> served.put((String) export.get("name"), export));
        assertThat(served).hasSize(2 + others.names().size()).containsKeys("e1.0", "e1.1");
        for (String name : others.names()) {
            assertThat(served).containsKey(name);
            assertThat(served.get(name)).containsAllEntriesOf(others.expected(name));
            assertThat((Collection<?>) served.get(name).get("interfaces"))
                    .as("interfaces of " + name)
                    .hasSize(others.interfaceCount(name));
        }
    }

    private void assertAnswers(NetLab.Node client) {
        Path socket = folder.resolve("segment");
        assertThat(answering(slot -> Initiator.on(client, ChangingExports.SHELF, slot)))
                .as("on the NIC")
                .isEqualTo(slots().filter(others::isServedOnNic).boxed().toList());
        assertThat(answering(slot -> Initiator.on(socket, ChangingExports.SHELF, slot)))
                .as("on the segment")
                .isEqualTo(slots().filter(others::isServedOnSegment).boxed().toList());
    }

    private static IntStream slots() {
        return IntStream.range(0, ChangingExports.SLOT_COUNT);
    }

    private static List<Integer> answering(IntFunction<Initiator> initiators) {
        return slots().filter(slot -> {
                    try (Initiator initiator = initiators.apply(slot)) {
                        return answers(initiator);
                    }
                })
                .boxed()
                .toList();
    }

    /** The first frame may leave before a segment has let the initiator in. */
    private static boolean answers(Initiator initiator) {
        return IntStream.range(0, 3)
                .anyMatch(_ -> initiator.answer(
                                initiator.send(AoeFrames::configQuery), Duration.ofMillis(200))
                        != null);
    }

    private void assertStoppedCleanly(Path state) {
        List<String> all = new ArrayList<>(others.names());
        all.addAll(List.of("e1.0", "e1.1"));
        for (String name : all) {
            ExportState remembered = FileStateStore.load(FileStateStore.fileOf(state, name))
                    .orElseThrow(() -> new AssertionError("no state of " + name));
            assertThat(remembered.cleanStop()).as("clean stop of " + name).isTrue();
            assertThat(remembered.syncFailed()).as("failed sync of " + name).isFalse();
        }
    }
}
