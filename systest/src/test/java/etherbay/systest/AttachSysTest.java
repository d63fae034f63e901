// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An AoE disk used from user space: NBD's own tools, QEMU's and fio over {@code etherbay attach},
 * against Debian's vblade and ours, on good and bad networks, with targets that go and come.
 */
@ExtendWith(ReasonInTrace.class)
class AttachSysTest {
    private static final int DISK_BYTES = 32 << 20;
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    /** Of verified load; {@code ./dev systest Attach --seconds 60} for longer. */
    private static final int LOAD_SECONDS = Integer.getInteger("etherbay.load.seconds", 5);

    private static final int BLOCK_BYTES = 4096;

    /** So many that it is a load, and neither a file system's nor a look at the disk. */
    private static final int CHANGED_BLOCKS_MIN = 200;

    @TempDir
    Path folder;

    private Path disk(String name) throws IOException {
        Path image = Files.createDirectory(folder.resolve(name)).resolve("disk");
        Files.write(image, new byte[DISK_BYTES]);
        return image;
    }

    private static void check(String... words) {
        Tool.Outcome outcome = Tool.run(List.of(words), TIMEOUT);
        assertThat(outcome.exitCode())
                .as(String.join(" ", words) + "\n" + outcome.text())
                .isZero();
    }

    @ParameterizedTest
    @Cases(
            share = 2,
            value = {"VBLADE, 1500", "ETHERBAY, 9000", "VBLADE, 9000", "ETHERBAY, 1500"})
    void toolsOfNbdAndQemuUseTheDisk(AoeServer server, int mtu) throws IOException {
        requireTools();
        try (NetLab lab = new NetLab(mtu);
                Daemon target = server.start(lab.node("target"), 1, 0, disk("one"));
                AttachProcess attached =
                        AttachProcess.start(lab.node("client"), folder.resolve("nbd"))) {
            describes(attached, server, mtu);
            copies(attached);
            offAlignment(attached);
            verified(attached, 32);
            assertThat(target.isAlive()).isTrue();
            assertThat(attached.terminate()).as(attached.log()).isEqualTo(143);
        }
    }

    private static void requireTools() {
        Tool.require("nbdinfo", "libnbd-bin");
        Tool.require("nbdcopy", "libnbd-bin");
        Tool.require("qemu-io", "qemu-utils");
        Tool.require("fio", "fio");
    }

    private static void describes(AttachProcess attached, AoeServer server, int mtu) {
        boolean durable = server == AoeServer.ETHERBAY;
        String info = Tool.check(List.of("nbdinfo", "--json", attached.uri()));
        assertThat(info)
                .contains("\"export-size\": " + DISK_BYTES)
                .contains("\"can_flush\": " + durable)
                .contains("\"can_fua\": " + durable)
                .contains("\"can_multi_conn\": true");
        assertThat(attached.log())
                .contains((mtu - 36) / 512 * 512 + " bytes a frame")
                .satisfies(
                        log -> assertThat(log.contains("durability unknown")).isEqualTo(!durable));
    }

    private void copies(AttachProcess attached) throws IOException {
        byte[] data = new byte[DISK_BYTES];
        Prng prng = new Prng(7);
        for (int at = 0; at < data.length; at += Long.BYTES) {
            java.nio.ByteBuffer.wrap(data).putLong(at, prng.nextLong());
        }
        Path there = folder.resolve("there");
        Path back = folder.resolve("back");
        Files.write(there, data);
        check("nbdcopy", there.toString(), attached.uri());
        check("nbdcopy", attached.uri(), back.toString());
        assertThat(Files.mismatch(there, back)).isEqualTo(-1);
        Path image = folder.resolve("image.qcow2");
        check("qemu-img", "convert", "-f", "raw", "-O", "qcow2", attached.uri(), image.toString());
        check("qemu-img", "check", image.toString());
        check(
                "qemu-img",
                "compare",
                "-f",
                "qcow2",
                "-F",
                "raw",
                image.toString(),
                there.toString());
    }

    /** Bytes that are no sectors, patterns over each other, zeroes. */
    private static void offAlignment(AttachProcess attached) {
        check(
                "qemu-io",
                "-f",
                "raw",
                "-c",
                "write -P 0x11 0 64k",
                "-c",
                "write -P 0x22 1000 3001",
                "-c",
                "read -P 0x22 1000 3001",
                "-c",
                "read -P 0x11 0 1000",
                "-c",
                "read -P 0x11 4001 61535",
                "-c",
                "write -z 8192 4096",
                "-c",
                "read -P 0 8192 4096",
                "-c",
                "flush",
                attached.uri());
    }

    private static void verified(AttachProcess attached, int depth) {
        check(fio(attached, depth).toArray(String[]::new));
    }

    /** Reads and writes that are verified, for {@link #LOAD_SECONDS}. */
    private static List<String> fio(AttachProcess attached, int depth) {
        return fio(attached, depth, LOAD_SECONDS);
    }

    private static List<String> fio(AttachProcess attached, int depth, long seconds) {
        return List.of(
                "fio",
                "--name=verify",
                "--ioengine=nbd",
                "--uri=" + attached.uri(),
                "--rw=randrw",
                "--bs=4k",
                "--iodepth=" + depth,
                "--size=16m",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--verify_backlog=1024",
                "--verify_state_save=0",
                // A read beside a write to the same block may see half of it.
                "--serialize_overlap=1",
                "--time_based",
                "--runtime=" + seconds);
    }

    @Test
    void aBadNetworkCostsTimeAndNoByte() throws IOException {
        requireTools();
        Path segment = folder.resolve("segment");
        try (Daemon network = SegmentLab.segment(
                        segment,
                        "--loss",
                        "0.01",
                        "--duplicate",
                        "0.01",
                        "--reorder",
                        "0.01",
                        "--delay-us",
                        "200",
                        "--seed",
                        "1");
                Daemon target = exportOn(segment, disk("one"));
                AttachProcess attached = AttachProcess.start(
                        command -> command, folder.resolve("nbd"), "--if", "unix:" + segment)) {
            copies(attached);
            verified(attached, 32);
            verified(attached, 1);
            oneBlockAgainAndAgain(attached);
            assertThat(network.isAlive() && target.isAlive()).isTrue();
        }
    }

    /** What a journal does: one block, made durable each time. */
    private static void oneBlockAgainAndAgain(AttachProcess attached) {
        List<String> words = new ArrayList<>(List.of("qemu-io", "-f", "raw"));
        for (int turn = 1; turn <= 100; turn++) {
            words.addAll(List.of("-c", "write -P " + turn + " 4096 4096", "-c", "flush"));
            words.addAll(List.of("-c", "read -P " + turn + " 4096 4096"));
        }
        words.add(attached.uri());
        Tool.Outcome outcome = Tool.run(words, TIMEOUT);
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        assertThat(outcome.text()).doesNotContain("Pattern verification failed");
    }

    @Test
    void aTargetThatIsBackInTimeIsNotMissed() throws IOException {
        requireTools();
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node node = lab.node("target");
            Path image = disk("one");
            Daemon target = AoeServer.ETHERBAY.start(node, 1, 0, image);
            try (AttachProcess attached = AttachProcess.start(
                            lab.node("client"), folder.resolve("nbd"), "--fail-after", "60");
                    Daemon load = loadWithoutEnd(attached)) {
                awaitWrites(image);
                target.close(); // SIGKILL
                Tool.await("silence", TIMEOUT, () -> attached.log().contains(" is silent"));
                target = AoeServer.ETHERBAY.start(node, 1, 0, image);
                awaitWrites(image);
                // Told when two looks have seen it, which writes do not wait for.
                Tool.await("a way", TIMEOUT, () -> attached.log().contains(" is up again"));
                assertThat(attached.log()).doesNotContain("e1.0 is offline");
                endLoad(load);
            } finally {
                target.close();
            }
        }
    }

    /** Verified load that lasts until {@link #endLoad}. */
    private static Daemon loadWithoutEnd(AttachProcess attached) {
        return Daemon.start(fio(attached, 16, TIMEOUT.toSeconds() * 4));
    }

    /** Waits until the image is no more what it was, in many places: the load arrives there. */
    private static void awaitWrites(Path image) {
        byte[] before = Tool.bytesOf(image);
        Tool.await("writes in " + image, TIMEOUT, () -> {
            byte[] now = Tool.bytesOf(image);
            int changedCount = 0;
            for (int at = 0; at < now.length; at += BLOCK_BYTES) {
                int end = at + BLOCK_BYTES;
                changedCount += Arrays.equals(before, at, end, now, at, end) ? 0 : 1;
            }
            return changedCount >= CHANGED_BLOCKS_MIN;
        });
    }

    /** It must still run: nothing failed. Then SIGINT has fio end and tell. */
    private static void endLoad(Daemon load) {
        assertThat(load.isAlive()).as(load.log()).isTrue();
        Tool.check(List.of("kill", "-INT", Long.toString(load.pid())));
        Tool.await("the end of fio", TIMEOUT, () -> !load.isAlive());
        assertThat(load.log()).contains("err= 0").doesNotContain("error=");
    }

    @Test
    void aTargetThatIsGoneIsAnErrorAndWhenItIsBackTheDiskIsUsedAgain() throws IOException {
        requireTools();
        try (NetLab lab = new NetLab(1500)) {
            NetLab.Node node = lab.node("target");
            Path image = disk("one");
            Daemon target = AoeServer.ETHERBAY.start(node, 1, 0, image);
            try (AttachProcess attached = AttachProcess.start(
                    lab.node("client"), folder.resolve("nbd"), "--fail-after", "1")) {
                target.close();
                Tool.Outcome gone = Tool.run(
                        List.of("qemu-io", "-f", "raw", "-c", "read 0 4096", attached.uri()),
                        TIMEOUT);
                assertThat(gone.text()).contains("read failed");
                assertThat(attached.log()).contains("e1.0 is offline");
                target = AoeServer.ETHERBAY.start(node, 1, 0, image);
                Tool.await(
                        "the disk is back",
                        TIMEOUT,
                        () -> attached.log().contains("e1.0 is online"));
                check("qemu-io", "-f", "raw", "-c", "read 0 4096", attached.uri());
            } finally {
                target.close();
            }
        }
    }

    @Test
    void twoWaysCarryTheDataAndOneMayGoAndComeBack() throws IOException {
        requireTools();
        Path one = folder.resolve("one.segment");
        Path two = folder.resolve("two.segment");
        Path image = disk("one");
        Daemon first = SegmentLab.segment(one);
        try (Daemon second = SegmentLab.segment(two);
                Daemon target = exportOn(one + "," + "unix:" + two, image);
                AttachProcess attached = AttachProcess.start(
                        command -> command,
                        folder.resolve("nbd"),
                        "--if",
                        "unix:" + one + ",unix:" + two,
                        "--fail-after",
                        "60")) {
            assertThat(attached.log())
                    .contains("by unix:" + one + ": up")
                    .contains("by unix:" + two + ": up");
            long carriedBefore;
            try (Daemon load = loadWithoutEnd(attached)) {
                awaitWrites(image);
                first.close(); // SIGKILL
                carriedBefore = awaitCarried(attached, one, "is silent");
                awaitWrites(image);
                first = SegmentLab.segment(one);
                awaitCarried(attached, one, "is up again");
                awaitWrites(image);
                endLoad(load);
            }
            assertThat(attached.terminate()).as(attached.log()).isEqualTo(143);
            assertThat(carriedBefore).as("carried by the first way").isPositive();
            assertThat(carried(attached, one, "is up"))
                    .as("carried by the first way, before and after: " + attached.log())
                    .isGreaterThan(carriedBefore);
            assertThat(carried(attached, two, "is up")).as(attached.log()).isPositive();
            assertThat(attached.log()).doesNotContain("e1.0 is offline");
            assertThat(second.isAlive() && target.isAlive()).isTrue();
        } finally {
            first.close();
        }
    }

    /** Waits until that is said of the way. @return frames that it had carried, as said last */
    private static long awaitCarried(AttachProcess attached, Path segment, String standing) {
        Tool.await(
                segment + " " + standing, TIMEOUT, () -> carried(attached, segment, standing) >= 0);
        return carried(attached, segment, standing);
    }

    /** Frames that the way had carried when that was said of it last; -1 when it was not. */
    private static long carried(AttachProcess attached, Path segment, String standing) {
        return Pattern.compile("by unix:%s to \\S+ %s, (\\d+) frames carried"
                        .formatted(Pattern.quote(segment.toString()), standing))
                .matcher(attached.log())
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .max()
                .orElse(-1);
    }

    @Test
    void anAddressOfTwoDisksIsRefusedWithBothSerials() throws IOException {
        Tool.require("vblade", "vblade");
        try (NetLab lab = new NetLab(1500);
                Daemon ours = AoeServer.ETHERBAY.start(lab.node("ours"), 1, 0, disk("one"));
                Daemon theirs = AoeServer.VBLADE.start(lab.node("theirs"), 1, 0, disk("two"))) {
            NetLab.Node client = lab.node("client");
            Tool.Outcome refused = Tool.run(
                    client.command(
                            AttachProcess.command(folder.resolve("nbd")).toArray(String[]::new)),
                    TIMEOUT);
            assertThat(refused.exitCode()).as(refused.text()).isEqualTo(6);
            assertThat(refused.text())
                    .contains("e1.0 is served by two different disks")
                    .contains("model `Coraid EtherDrive vblade`")
                    .contains("model `Etherbay AoE disk`");
            assertThat(ours.isAlive() && theirs.isAlive()).isTrue();
        }
    }

    @Test
    void aDiskThatNobodyServesIsAnErrorThatSaysWhatToDo() {
        try (NetLab lab = new NetLab(1500)) {
            Tool.Outcome missing = Tool.run(
                    lab.node("client")
                            .command(AttachProcess.command(folder.resolve("nbd"), "--wait", "0.5")
                                    .toArray(String[]::new)),
                    TIMEOUT);
            assertThat(missing.exitCode()).as(missing.text()).isEqualTo(8);
            assertThat(missing.text()).contains("e1.0 does not answer").contains("do:");
        }
    }

    private Daemon exportOn(Object segments, Path image) {
        return SegmentLab.export("unix:" + segments, folder.resolve("state"), image);
    }
}
