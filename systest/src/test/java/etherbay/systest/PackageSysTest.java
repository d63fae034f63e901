// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The package and the tarball as somebody meets them who has Debian and nothing else. */
@ExtendWith(ReasonInTrace.class)
@Timeout(1200)
class PackageSysTest {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(1);
    private static final int DISK_BYTES = 1 << 20;
    private static final int START_COUNT = 10;
    private static final int FOREIGN_CLASSES_MAX = 20;
    private static final double EXPOSURE_MAX = 2.5;

    private static PackageLab lab;
    private static Path installed;
    private static List<String> before;

    @BeforeAll
    static void installInACleanDebian() {
        lab = PackageLab.make();
        installed = lab.root("d");
        before = PackageLab.files(installed);
        copy(PackageLab.deb(), installed.resolve("tmp/etherbay.deb"));
        run("dpkg", "-i", "/tmp/etherbay.deb");
    }

    @AfterAll
    static void clean() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void theInstalledProgramServesADiskAndReadsItBack() throws IOException {
        assertThat(run("etherbay", "--version")).containsPattern("etherbay \\d+\\.\\d+\\.\\d+");
        assertThat(run("etherbay", "node", "check")).contains("right, 0 exports");
        assertServes(installed, "/usr/bin/etherbay");
    }

    @Test
    void itStartsOutOfItsArchiveOfClasses() throws IOException {
        run(
                "env",
                "ETHERBAY_JAVA_OPTS=-XX:AOTMode=on -Xlog:class+load:file=/tmp/classes",
                "etherbay",
                "--version");
        try (Stream<String> classes = Files.lines(installed.resolve("tmp/classes"))) {
            assertThat(classes.filter(line -> line.contains("source: file:")))
                    .hasSizeLessThan(FOREIGN_CLASSES_MAX);
        }
        for (List<String> command :
                List.of(List.of("etherbay", "--version"), List.of("etherbay", "stat", "--help"))) {
            long leastNs = Long.MAX_VALUE;
            for (int start = 0; start < START_COUNT; start++) {
                long fromNs = System.nanoTime();
                run(command.toArray(String[]::new));
                leastNs = Math.min(leastNs, System.nanoTime() - fromNs);
            }
            System.out.printf(
                    "package: %s took %d ms, the least of %d%n",
                    String.join(" ", command), leastNs / 1_000_000, START_COUNT);
        }
    }

    @Test
    void aServiceManagerHearsOfTheLifeOfTheNodeWithTheRightsOfItsUnit() {
        String socat = Tool.require("socat", "socat").toString();
        Path notify = installed.resolve("run/notify");
        run("rm", "-rf", "/var/lib/etherbay"); // of root's exports in other tests
        run("install", "-d", "-o", "etherbay", "-g", "etherbay", "/var/lib/etherbay");
        try (Daemon manager = Daemon.start(
                        List.of(socat, "-u", "UNIX-RECV:" + notify + ",mode=666", "STDOUT"));
                Daemon node = startNode(manager, notify)) {
            manager.awaitLog("READY=1", START_TIMEOUT);
            manager.awaitLog("WATCHDOG=1", START_TIMEOUT);
            Tool.check(List.of("kill", "-HUP", Long.toString(node.pid())));
            manager.awaitLog("RELOADING=1\nMONOTONIC_USEC=", START_TIMEOUT);
            assertThat(node.terminate()).isEqualTo(128 + 15);
            manager.awaitLog("STOPPING=1", START_TIMEOUT);
        }
    }

    /** The settings that come with the package. */
    private static Daemon startNode(Daemon manager, Path notify) {
        Tool.await("a socket of " + manager.pid(), START_TIMEOUT, () -> Files.exists(notify));
        List<String> words = new ArrayList<>(
                PackageLab.in(installed, "NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=2000000"));
        words.addAll(List.of("setpriv --reuid=etherbay --regid=etherbay --groups=disk".split(" ")));
        words.addAll(List.of("--bounding-set=-all,+net_raw --inh-caps=-all,+net_raw".split(" ")));
        words.addAll(List.of("--ambient-caps=-all,+net_raw --no-new-privs".split(" ")));
        words.addAll(List.of("etherbay", "node", "run"));
        return Daemon.start(words);
    }

    @Test
    void thePagesAreRightForThoseWhoShowThem() {
        Tool.require("man", "man-db");
        Tool.require("mandoc", "mandoc");
        // One by one: of several packed files mandoc unpacks the first.
        String each = """
            cd '%s' || exit
            for page in etherbay*.1.gz; do
                zcat "$page" | mandoc -T lint -W warning
                man --warnings -l "$page" 2>&1 >/dev/null
            done
            echo "$(ls etherbay*.1.gz | wc -l) pages"
            """.formatted(installed.resolve("usr/share/man/man1"));
        assertThat(Tool.check(List.of("env", "LC_ALL=C.UTF-8", "sh", "-c", each)))
                .matches("[6-9]\\d pages\n|\\d{3,} pages\n");
    }

    @Test
    void eachShellCompletesAVerbAndAnOption() {
        Path share = installed.resolve("usr/share");
        String bash = "source '%s/bash-completion/completions/etherbay'".formatted(share)
                + "; COMP_WORDS=(etherbay mir); COMP_CWORD=1; _etherbay; echo \"${COMPREPLY[*]}\""
                + "; COMP_WORDS=(etherbay mirror create --no-b); COMP_CWORD=3; _etherbay"
                + "; echo \"${COMPREPLY[*]}\"";
        assertThat(Tool.check(List.of("bash", "-c", bash))).isEqualTo("mirror\n--no-bitmap\n");
        String fish = "source '%s/fish/vendor_completions.d/etherbay.fish'".formatted(share)
                + "; complete -C 'etherbay mir'; complete -C 'etherbay mirror create --no-b'";
        assertThat(Tool.check(List.of(Tool.require("fish", "fish").toString(), "-c", fish)))
                .containsPattern("^mirror\t.*\n--no-bitmap\t.*\n$");
        String zsh = """
            zmodload zsh/zpty && zpty -b shell zsh -f -i
            await() {
                local seen part
                for i in {1..300}; do
                    if zpty -r -t shell part; then
                        seen+=$part
                        [[ $seen == *$~1* ]] && { print -r -- "$seen"; return 0 }
                    else
                        sleep 0.1
                    fi
                done
                print -r -- "not seen: $1 in: $seen"
                exit 1
            }
            zpty -w shell "fpath=('%s/zsh/vendor-completions' \\$fpath); \
            autoload -U compinit; compinit -u -D; print re''ady"
            await ready
            zpty -w -n shell $'etherbay mir\t--versi\t'
            await 'mirror*--version'
            """.formatted(share);
        Tool.check(List.of(Tool.require("zsh", "zsh").toString(), "-f", "-c", zsh));
    }

    @Test
    void theUnitIsRightAndHasFewRights() throws IOException {
        String analyze = Tool.require("systemd-analyze", "systemd").toString();
        String unit =
                Files.readString(installed.resolve("usr/lib/systemd/system/etherbay.service"));
        Path here = installed.resolve("tmp/etherbay.service");
        Files.writeString(here, unit.replace("/usr/bin/etherbay", installed + "/usr/bin/etherbay"));
        assertThat(Tool.check(List.of(analyze, "verify", "--man=no", here.toString())))
                .doesNotContain("etherbay.service:");
        for (String role : List.of("host.conf", "guests.conf")) {
            Path added = installed.resolve("tmp/etherbay.service.d").resolve(role);
            Files.createDirectories(added.getParent());
            Files.copy(installed.resolve("usr/lib/etherbay").resolve(role), added);
            assertThat(Tool.check(List.of(analyze, "verify", "--man=no", here.toString())))
                    .doesNotContain("etherbay.service", role);
            Files.delete(added);
        }
        Matcher exposure = Pattern.compile("exposure level for etherbay.service: ([0-9.]+)")
                .matcher(Tool.check(List.of(
                        analyze, "security", "--offline=true", "--no-pager", here.toString())));
        assertThat(exposure.find()).isTrue();
        assertThat(Double.parseDouble(exposure.group(1))).isLessThanOrEqualTo(EXPOSURE_MAX);
    }

    @Test
    void eachLibraryIsNamedOnceInTheCopyright() throws IOException {
        String copyright = Files.readString(installed.resolve("usr/share/doc/etherbay/copyright"));
        List<Pattern> named = Pattern.compile("(?m)^Files: usr/lib/etherbay/app/(.*)$")
                .matcher(copyright)
                .results()
                .map(match ->
                        Pattern.compile(Pattern.quote(match.group(1)).replace("*", "\\E.*\\Q")))
                .toList();
        List<String> jars;
        try (Stream<Path> files = Files.list(installed.resolve("usr/lib/etherbay/app"))) {
            jars = files.map(file -> file.getFileName().toString()).toList();
        }
        for (String jar : jars) {
            assertThat(named.stream().filter(each -> each.matcher(jar).matches()))
                    .as(jar)
                    .hasSize(1);
        }
        for (Pattern each : named) {
            assertThat(jars)
                    .as("jars of " + each)
                    .anyMatch(jar -> each.matcher(jar).matches());
        }
    }

    @Test
    void theTarballRunsWhereverItIsUnpackedAndWithoutInstallation() throws IOException {
        Path root = lab.root("t");
        Path place = Files.createDirectories(root.resolve("opt/san"));
        Tool.check(List.of(
                "tar",
                "-xf",
                PackageLab.tarball().toString(),
                "-C",
                place.toString(),
                "--strip-components=1"));
        assertThat(Tool.check(PackageLab.in(
                        root,
                        "ETHERBAY_JAVA_OPTS=-XX:AOTMode=on",
                        "/opt/san/bin/etherbay",
                        "--version")))
                .containsPattern("etherbay \\d+\\.\\d+\\.\\d+");
        assertThat(Tool.check(PackageLab.in(
                        root,
                        "/opt/san/bin/etherbay",
                        "node",
                        "check",
                        "-c",
                        "/opt/san/etc/etherbay.toml")))
                .contains("right, 0 exports");
        assertServes(root, "/opt/san/bin/etherbay");
    }

    @Test
    void whatIsRemovedLeavesTheStateAndWhatIsPurgedLeavesOnlyWhatIsNotOurs() throws IOException {
        Path root = lab.root("p");
        copy(PackageLab.deb(), root.resolve("tmp/etherbay.deb"));
        Tool.check(PackageLab.in(root, "dpkg", "-i", "/tmp/etherbay.deb"));
        assertThat(Files.readString(root.resolve("etc/passwd"))).contains("\netherbay:");
        Path state = Files.createDirectories(root.resolve("var/lib/etherbay"));
        Files.writeString(state.resolve("e1.0.state"), "kept");
        Path disk = Files.writeString(state.resolve("disk.img"), "data");
        Tool.check(PackageLab.in(root, "dpkg", "-r", "etherbay"));
        assertThat(state.resolve("e1.0.state")).exists();
        assertThat(root.resolve("etc/etherbay/etherbay.toml")).exists();
        assertThat(root.resolve("usr/lib/etherbay")).doesNotExist();
        assertThat(Tool.check(PackageLab.in(root, "dpkg", "-P", "etherbay")))
                .contains("/var/lib/etherbay stays");
        assertThat(disk).hasContent("data");
        assertThat(state.resolve("e1.0.state")).doesNotExist();

        Files.delete(disk);
        Files.writeString(state.resolve("node-id"), "x");
        Tool.check(PackageLab.in(root, "dpkg", "-i", "/tmp/etherbay.deb"));
        Tool.check(PackageLab.in(root, "dpkg", "-P", "etherbay"));
        Files.delete(root.resolve("tmp/etherbay.deb"));
        assertThat(Files.readString(root.resolve("etc/passwd"))).doesNotContain("etherbay");
        List<String> left = new ArrayList<>(PackageLab.files(root));
        left.removeAll(before);
        // Copies that adduser and dpkg keep of their own files.
        left.removeIf(path -> path.matches("etc/(passwd|group|shadow|gshadow|subuid|subgid)-")
                || path.startsWith("var/lib/dpkg/")
                || path.startsWith("var/log/")
                || path.startsWith("run/"));
        assertThat(left).isEmpty();
    }

    /** A file over a segment, by a target of one root, read by a client of the same. */
    private static void assertServes(Path root, String program) throws IOException {
        byte[] disk = new byte[DISK_BYTES];
        for (int at = 0; at < DISK_BYTES; at++) {
            disk[at] = (byte) (at * 31 + (at >> 9));
        }
        Files.write(root.resolve("srv/disk.img"), disk);
        try (Daemon segment = start(
                        root,
                        "segment unix:/run/seg listens",
                        program,
                        "segment",
                        "run",
                        "unix:/run/seg");
                Daemon export = start(
                        root,
                        "e1.0: serving",
                        program,
                        "export",
                        "1",
                        "0",
                        "unix:/run/seg",
                        "/srv/disk.img");
                Daemon attached = start(
                        root,
                        "nbd serves",
                        program,
                        "attach",
                        "e1.0",
                        "--if",
                        "unix:/run/seg",
                        "--nbd",
                        "unix:/run/nbd")) {
            try (NbdLink link = NbdLink.open(root.resolve("run/nbd"))) {
                assertThat(link.readAll()).isEqualTo(disk);
            }
            assertThat(List.of(segment, export, attached)).allMatch(Daemon::isAlive);
        }
    }

    private static Daemon start(Path root, String sign, String... command) {
        return Daemon.start(PackageLab.in(root, command)).awaitLog(sign, START_TIMEOUT);
    }

    private static String run(String... command) {
        return Tool.check(PackageLab.in(installed, command));
    }

    private static void copy(Path from, Path to) {
        Tool.check(List.of("cp", from.toString(), to.toString()));
    }
}
