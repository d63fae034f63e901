// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Volumes on the wire: the two exports of the article, whose volumes were made with our verbs and
 * with LVM2's own; and a volume that is extended while initiators use it.
 */
@ExtendWith(ReasonInTrace.class)
class VolumeExportSysTest {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final int DISK_BYTES = 48 << 20;
    private static final String GROUP = "vgnode1";
    private static final List<String> VOLUMES = List.of("lvnode1.0", "lvnode1.1");

    @TempDir
    Path folder;

    private Path nbdcopy;

    @BeforeEach
    void findTools() {
        nbdcopy = Tool.require("nbdcopy", "libnbd-bin");
    }

    /** The same bytes behind the first MiB each time. */
    private Path disk(String name) throws IOException {
        return VolumeLab.disk(folder.resolve(name), DISK_BYTES, 3);
    }

    private void makeWithOurVerbs(Path disk) {
        VolumeLab.etherbay(List.of("pv", "create", disk.toString(), "--yes"), List.of());
        VolumeLab.etherbay(List.of("vg", "create", GROUP, disk.toString()), List.of());
        for (String volume : VOLUMES) {
            VolumeLab.etherbay(
                    List.of("lv", "create", GROUP, volume, "--size", "16M", "--no-zero"),
                    List.of(disk));
        }
    }

    /** As the article types it, on a machine without device-mapper. */
    private static void makeWithLvm2(String loop) {
        lvm(loop, "pvcreate", loop);
        lvm(loop, "vgcreate", GROUP, loop);
        for (String volume : VOLUMES) {
            lvm(loop, "lvcreate", "-an", "-Zn", "-Wn", "-L", "16M", "-n", volume, GROUP);
        }
    }

    private static void lvm(String loop, String verb, String... rest) {
        List<String> words = new ArrayList<>(List.of(
                Tool.require("lvm", "lvm2").toString(),
                verb,
                "--driverloaded",
                "n",
                "--config",
                "devices{ filter=[\"a|^" + loop + "$|\",\"r|.*|\"] } backup{ backup=0 archive=0 }"
                        + " global{ use_lvmpolld=0 } activation{ udev_sync=0 udev_rules=0"
                        + " monitoring=0 }"));
        words.addAll(List.of(rest));
        Tool.check(words);
    }

    /** Sums of what an initiator reads from both exports. */
    private List<String> sums(String name, String device) throws IOException {
        Path here = Files.createDirectory(folder.resolve(name));
        Path segment = here.resolve("segment");
        List<String> sums = new ArrayList<>();
        try (Daemon _ = SegmentLab.segment(segment)) {
            for (int slot = 0; slot < VOLUMES.size(); slot++) {
                try (Daemon _ = export(here, segment, slot, device);
                        Daemon attached = Daemon.start(List.of(
                                VolumeLab.launcher(),
                                "attach",
                                "e0." + slot,
                                "--if",
                                "unix:" + segment,
                                "--nbd",
                                "unix:" + here.resolve("nbd" + slot)))) {
                    attached.awaitLog("nbd serves", START_TIMEOUT);
                    String uri = "nbd+unix:///?socket=" + here.resolve("nbd" + slot);
                    sums.add(VolumeLab.sha256(nbdcopy, uri, here));
                }
            }
        }
        return sums;
    }

    private static Daemon export(Path here, Path segment, int slot, String device) {
        return Daemon.start(List.of(
                        VolumeLab.launcher(),
                        "export",
                        "0",
                        "" + slot,
                        "unix:" + segment,
                        GROUP + "/" + VOLUMES.get(slot),
                        "--device",
                        device,
                        "--state",
                        here.resolve("state").toString()))
                .awaitLog("e0." + slot + ": serving", START_TIMEOUT);
    }

    @Test
    void theArticlesTwoExportsAreTheSameByOurVerbsAndByLvm2() throws IOException {
        Tool.requireRoot();
        Path ours = disk("ours.img");
        makeWithOurVerbs(ours);
        List<String> byUs = sums("by-us", ours.toString());
        Path theirs = disk("theirs.img");
        String loop = Tool.check(List.of("losetup", "-f", "--show", theirs.toString()))
                .strip();
        List<String> byLvm2;
        try {
            makeWithLvm2(loop);
            byLvm2 = sums("by-lvm2", loop);
        } finally {
            Tool.check(List.of("losetup", "-d", loop));
        }
        assertThat(byUs).hasSize(2).doesNotHaveDuplicates();
        assertThat(byLvm2).isEqualTo(byUs);
        assertThat(byUs.getFirst()).isEqualTo(firstVolume(ours));
    }

    @Test
    void aVolumeThatIsExtendedGrowsForOurInitiatorAtOnceAndForLinuxAfterRevalidate()
            throws IOException {
        Tool.requireRoot();
        Path disk = disk("ours.img");
        makeWithOurVerbs(disk);
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node host = lab.node("host");
            try (Daemon _ = serve(target, disk);
                    AttachProcess attached = AttachProcess.start(host, folder.resolve("nbd"));
                    LinuxClient linux = LinuxClient.boot(lab, 9000)) {
                linux.discover("e1.0");
                assertThat(linux.attribute("e1.0", "size")).isEqualTo("" + (16 << 20) / 512);
                VolumeLab.etherbay(
                        List.of("lv", "extend", GROUP, VOLUMES.getFirst(), "--size", "+8M"),
                        List.of(disk));
                Tool.await(
                        "our initiator sees it",
                        Duration.ofSeconds(20),
                        () -> attached.log().contains("grew from 32768 to 49152 sectors"));
                linux.sh("echo e1.0 > /dev/etherd/revalidate");
                linux.sh("""
                    for i in $(seq 100); do
                        [ "$(cat '/sys/block/etherd!e1.0/size')" = %d ] && exit 0
                        usleep 100000
                    done
                    exit 1
                    """.formatted((24 << 20) / 512));
            }
        }
    }

    /** The disk of a group is an AoE disk, which nobody but our initiator reaches. */
    @Test
    void aGroupMayLieOnAnAoeDisk() throws IOException {
        Path disk = disk("far.img");
        Path segment = folder.resolve("segment");
        Path socket = folder.resolve("far.sock");
        String far = "nbd+unix:///?socket=" + socket;
        try (Daemon _ = SegmentLab.segment(segment);
                Daemon _ = SegmentLab.export("unix:" + segment, folder.resolve("state"), disk);
                AttachProcess attached =
                        AttachProcess.start(words -> words, socket, "--if", "unix:" + segment)) {
            VolumeLab.etherbay(List.of("vg", "create", GROUP, far, "--yes"), List.of());
            String volume = GROUP + "/far";
            Tool.check(List.of(
                    VolumeLab.launcher(),
                    "lv",
                    "create",
                    volume,
                    "--size",
                    "16M",
                    "--no-zero",
                    "--device",
                    far));
            assertThat(VolumeLab.sha256(volume, folder, far)).isEqualTo(firstVolume(disk));
            assertThat(attached.isAlive()).isTrue();
        }
    }

    /** Named by their addresses, with no front of ours in between. */
    @Test
    void aGroupMayLieOnTwoAoeDisksNamedByTheirAddresses() throws IOException {
        Tool.requireRoot();
        Path one = disk("one.img");
        Path two = VolumeLab.disk(folder.resolve("two.img"), DISK_BYTES, 4);
        Path segment = folder.resolve("segment");
        Path front = folder.resolve("front");
        String volume = GROUP + "/far";
        List<String> disks = List.of("--device", "e1.0,e1.1", "--if", "unix:" + segment);
        String sum;
        try (Daemon _ = SegmentLab.segment(segment);
                Daemon _ = SegmentLab.segment(front);
                Daemon _ = exportOne(segment, "1", "0", one);
                Daemon _ = exportOne(segment, "1", "1", two)) {
            verb(List.of("--if", "unix:" + segment), "pv", "create", "e1.0", "--yes");
            verb(
                    List.of("--if", "unix:" + segment),
                    "vg",
                    "create",
                    GROUP,
                    "e1.0",
                    "e1.1",
                    "--yes");
            verb(disks, "lv", "create", volume, "--size", "64M", "--no-zero");
            assertThat(verb(disks, "lv", "list")).contains("far").contains("64.00m");
            assertThat(verb(disks, "pv", "list")).contains("e1.0@unix:").contains("e1.1@unix:");
            List<String> words = new ArrayList<>(List.of("0", "0", "unix:" + front, volume));
            words.addAll(disks);
            try (Daemon _ = export("e0.0", words);
                    Daemon attached = Daemon.start(List.of(
                            VolumeLab.launcher(),
                            "attach",
                            "e0.0",
                            "--if",
                            "unix:" + front,
                            "--nbd",
                            "unix:" + folder.resolve("nbd")))) {
                attached.awaitLog("nbd serves", START_TIMEOUT);
                String uri = "nbd+unix:///?socket=" + folder.resolve("nbd");
                sum = VolumeLab.sha256(nbdcopy, uri, folder);
            }
        }
        assertThat(sum).isEqualTo(overBoth(one, two));
        assertThat(lvmReport(one, two))
                .contains("%s far 64.00m".formatted(GROUP))
                .contains("%s 2 1".formatted(GROUP));
    }

    private String verb(List<String> options, String... words) {
        List<String> command = new ArrayList<>(List.of(VolumeLab.launcher()));
        command.addAll(List.of(words));
        command.addAll(options);
        return Tool.check(command);
    }

    private Daemon exportOne(Path segment, String shelf, String slot, Path disk) {
        return export(
                "e" + shelf + "." + slot, List.of(shelf, slot, "unix:" + segment, disk.toString()));
    }

    private Daemon export(String name, List<String> words) {
        List<String> command = new ArrayList<>(List.of(VolumeLab.launcher(), "export"));
        command.addAll(words);
        command.addAll(List.of("--state", folder.resolve("state-" + name).toString()));
        return Daemon.start(command).awaitLog(name + ": serving", START_TIMEOUT);
    }

    /** The first disk has 11 extents of 4 MiB behind the metadata; the other has the rest. */
    private static String overBoth(Path one, Path two) {
        byte[] volume =
                Arrays.copyOf(Arrays.copyOfRange(Tool.bytesOf(one), 1 << 20, 45 << 20), 64 << 20);
        System.arraycopy(Tool.bytesOf(two), 1 << 20, volume, 44 << 20, 20 << 20);
        return VolumeLab.sha256(volume);
    }

    /** What LVM2's own tools find on the files behind the targets: volumes, and the group. */
    private static String lvmReport(Path... disks) {
        List<String> loops = new ArrayList<>();
        try {
            for (Path disk : disks) {
                loops.add(Tool.check(List.of("losetup", "-f", "--show", disk.toString()))
                        .strip());
            }
            String filter = String.join("$|^", loops);
            String volumes = report(filter, "lvs", "-o", "vg_name,lv_name,lv_size");
            String groups = report(filter, "vgs", "-o", "vg_name,pv_count,lv_count");
            return (volumes + groups).replaceAll("[ ]+", " ");
        } finally {
            loops.forEach(loop -> Tool.check(List.of("losetup", "-d", loop)));
        }
    }

    private static String report(String filter, String verb, String... rest) {
        List<String> words = new ArrayList<>(List.of(
                Tool.require("lvm", "lvm2").toString(),
                verb,
                "--driverloaded",
                "n",
                "--noheadings",
                "--config",
                "devices{ filter=[\"a#^" + filter + "$#\",\"r#.*#\"] }"));
        words.addAll(List.of(rest));
        return Tool.check(words);
    }

    /** What lies in the first 16 MiB behind the metadata. */
    private static String firstVolume(Path disk) {
        byte[] bytes = Tool.bytesOf(disk);
        return VolumeLab.sha256(Arrays.copyOfRange(bytes, 1 << 20, (1 << 20) + (16 << 20)));
    }

    private Daemon serve(NetLab.Node target, Path disk) {
        return Daemon.start(target.command(
                        VolumeLab.launcher(),
                        "export",
                        "1",
                        "0",
                        "eth0",
                        GROUP + "/" + VOLUMES.getFirst(),
                        "--device",
                        disk.toString(),
                        "--state",
                        folder.resolve("state").toString()))
                .awaitLog("e1.0: serving", START_TIMEOUT);
    }
}
