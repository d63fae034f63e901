// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Bad input to {@code etherbay export}: what, why, what to do, and the exit code of its kind. */
@Timeout(180)
final class ExportErrorsSysTest {
    private static final int USAGE = 2;
    private static final int INVALID = 3;
    private static final int NOT_FOUND = 4;
    private static final int ENVIRONMENT = 5;
    private static final int CONFLICT = 6;
    private static final int DENIED = 7;

    private static NetLab lab;
    private static NetLab.Node here;
    private static NetLab.Node there;

    @TempDir
    private Path folder;

    private Path disk;

    @BeforeAll
    static void makeLab() {
        lab = new NetLab(1500);
        here = lab.node("here");
        there = lab.node("there");
    }

    @AfterAll
    static void removeLab() {
        if (lab != null) {
            lab.close();
        }
    }

    @BeforeEach
    void makeDisk() throws IOException {
        disk = makeFile("disk.img");
    }

    private Path makeFile(String name) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return path;
    }

    private List<String> export(String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                AoeServer.Repository.root().resolve("etherbay").toString(), "export", "--state"));
        words.add(folder.resolve("state").toString());
        words.addAll(List.of(arguments));
        return words;
    }

    private void assertRefused(int exitCode, List<String> command, String... words) {
        Tool.Outcome outcome =
                Tool.run(here.command(command.toArray(String[]::new)), Duration.ofMinutes(2));
        assertThat(outcome.text())
                .contains("etherbay: ", "  why: ", "  do: ")
                .contains(words)
                .doesNotContain("Exception", "\tat ");
        assertThat(outcome.exitCode()).as(outcome.text()).isEqualTo(exitCode);
    }

    @Test
    void aMissingFileIsNotFound() {
        String missing = folder.resolve("missing.img").toString();
        assertRefused(NOT_FOUND, export("1", "0", "eth0", missing), missing, "truncate");
    }

    @Test
    void anEmptyFileAndAFolderAreNoDisks() throws IOException {
        String empty = Files.createFile(folder.resolve("empty")).toString();
        assertRefused(INVALID, export("1", "0", "eth0", empty), "is empty");
        assertRefused(INVALID, export("1", "0", "eth0", folder.toString()), "folder");
    }

    @Test
    void addressesOutOfRangeNameTheirRange() {
        String path = disk.toString();
        assertRefused(INVALID, export("1", "255", "eth0", path), "slot 255", "254");
        assertRefused(INVALID, export("65535", "0", "eth0", path), "shelf 65535", "65534");
        assertRefused(INVALID, export("4095", "0", "eth0", path), "4095", "Linux");
        assertRefused(INVALID, export("1", "0", "-b", "1", "eth0", path), "queue-length 1");
    }

    @Test
    void whatIsNoMacIsQuoted() {
        String path = disk.toString();
        assertRefused(INVALID, export("1", "0", "-m", "02:zz", "eth0", path), "`02:zz`");
        assertRefused(INVALID, export("1", "0", "-m", "ff:ff:ff:ff:ff:ff", "eth0", path), "group");
    }

    @Test
    void aWordThatIsNoNumberOrNoOptionIsAUsageError() {
        assertRefused(USAGE, export("one", "0", "eth0", disk.toString()), "one");
        assertRefused(USAGE, export("1", "0", "--bufferd", "eth0", disk.toString()), "--buffered");
    }

    @Test
    void aNicThatIsDownIsNamedWithItsCure() {
        lab.link(here, false);
        try {
            assertRefused(
                    ENVIRONMENT,
                    export("1", "0", "eth0", disk.toString()),
                    "eth0 is down",
                    "ip link set eth0 up");
        } finally {
            lab.link(here, true);
        }
    }

    @Test
    void withoutTheRightForRawSocketsItSaysWhichRightIsMissing() {
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"));
        command.addAll(export("1", "0", "eth0", disk.toString()));
        assertRefused(DENIED, command, "CAP_NET_RAW", "unix:PATH");
    }

    @Test
    void anAddressAFileAndAStateAreEachServedOnce() throws IOException {
        Path other = makeFile("other.img");
        try (Daemon _ = AoeServer.ETHERBAY.start(here, 1, 0, disk)) {
            assertRefused(
                    CONFLICT,
                    List.of(
                            export().getFirst(),
                            "export",
                            "--state",
                            folder.resolve("state2").toString(),
                            "1",
                            "0",
                            "eth0",
                            other.toString()),
                    "e1.0");
            assertRefused(CONFLICT, export("1", "1", "eth0", disk.toString()), disk.toString());
        }
    }

    @Test
    void anAddressThatAnotherBoxServesIsRefusedWithBothMacsUnlessForced() throws IOException {
        Path other = makeFile("other.img");
        try (Daemon _ = AoeServer.VBLADE.start(there, 1, 0, other)) {
            assertRefused(
                    CONFLICT,
                    export("1", "0", "eth0", disk.toString()),
                    there.mac(),
                    here.mac(),
                    "--force");
            AoeServer.ETHERBAY.start(here, 1, 0, disk, "--force").close();
        }
    }

    @Test
    void aNicThatAppearsLaterIsWaitedFor() {
        List<String> command = export("1", "0", "late0", disk.toString());
        try (Daemon daemon = Daemon.start(here.command(command.toArray(String[]::new)))) {
            daemon.awaitLog("e1.0: waiting for interface late0", Duration.ofMinutes(2));
            Tool.check(List.of(
                    here.ip(),
                    "-n",
                    here.namespace(),
                    "link",
                    "add",
                    "late0",
                    "type",
                    "veth",
                    "peer",
                    "name",
                    "late1"));
            for (String nic : List.of("late1", "late0")) {
                Tool.check(List.of(here.ip(), "-n", here.namespace(), "link", "set", nic, "up"));
            }
            daemon.awaitLog("e1.0: serving", Duration.ofMinutes(1));
        } finally {
            Tool.run(List.of(here.ip(), "-n", here.namespace(), "link", "del", "late0"));
        }
    }
}
