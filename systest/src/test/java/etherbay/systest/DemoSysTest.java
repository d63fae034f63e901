// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./etherbay demo} as its users meet it: as root, and as somebody without any rights. */
@ExtendWith(ReasonInTrace.class)
@Timeout(600)
class DemoSysTest {
    private static final Duration DEMO_TIMEOUT = Duration.ofMinutes(6);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(40);
    private static final String LAUNCHER =
            AoeServer.Repository.root().resolve("etherbay").toString();

    @TempDir
    Path folder;

    @Test
    void aPlainUserWithAnEmptyCacheSeesEveryStepRight() throws Exception {
        Tool.requireRoot(); // to become somebody else
        Tool.check(List.of(LAUNCHER, "--version")); // builds, which the other user cannot
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Files.createDirectory(folder.resolve("home"));
        Files.setOwner(
                home,
                home.getFileSystem()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName("nobody"));
        Process demo = demo(List.of(
                "setpriv",
                "--reuid=nobody",
                "--regid=nogroup",
                "--clear-groups",
                "env",
                "-u",
                "ETHERBAY_CACHE",
                "-u",
                "XDG_CACHE_HOME",
                "-u",
                "XDG_STATE_HOME",
                "HOME=" + home,
                LAUNCHER,
                "demo",
                "--json"));
        try {
            assertThat(demo.waitFor(DEMO_TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                    .as(errors())
                    .isTrue();
            assertThat(demo.exitValue()).as(errors()).isZero();
        } finally {
            end(demo);
        }
        String json = Tool.textOf(folder.resolve("out"));
        assertRight(json, "segment");
        assertThat(home.resolve(".cache/etherbay/kernels")).isNotEmptyDirectory();
        assertThat(home.resolve(".local")).doesNotExist();
        assertThat(leftOf(demo)).isEmpty();
    }

    @Test
    void rootKeepsItLooksAroundAndStopsItWithoutATrace() throws Exception {
        Tool.requireRoot();
        Process demo = demo(List.of(LAUNCHER, "demo", "--json", "--keep"));
        try {
            Tool.await("the end of the demo", DEMO_TIMEOUT, () -> {
                assertThat(demo.isAlive()).as(errors()).isTrue();
                return errors().contains("All of it runs on");
            });
            assertRight(Tool.textOf(folder.resolve("out")), "namespaces");
            assertThat(page()).contains("<title>");
            assertThat(guestOnNode4()).contains("running").contains("here");
            List<ProcessHandle> children = demo.toHandle().descendants().toList();
            assertThat(children).as("four nodes").hasSizeGreaterThanOrEqualTo(4);
            assertThat(leftOf(demo))
                    .as("a folder, five namespaces, four nodes, a QEMU")
                    .hasSize(1 + 5 + 4 + 1);
            end(demo, children);
        } finally {
            end(demo);
        }
    }

    @Test
    void stoppedWhileTheGuestBootsItLeavesNothing() throws Exception {
        Process demo = demo(List.of(LAUNCHER, "demo"));
        try {
            Tool.await("the guest's boot", DEMO_TIMEOUT, () -> {
                assertThat(demo.isAlive()).as(errors()).isTrue();
                return errors().contains("it starts on node3");
            });
            end(demo, demo.toHandle().descendants().toList());
            assertThat(Tool.textOf(folder.resolve("out"))).isEmpty();
        } finally {
            end(demo);
        }
    }

    /** Not SIGINT: whoever runs the tests in the background has made all children ignore it. */
    private void end(Process demo, List<ProcessHandle> children) throws InterruptedException {
        demo.destroy(); // SIGTERM
        assertThat(demo.waitFor(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as(errors())
                .isTrue();
        assertThat(demo.exitValue()).isEqualTo(128 + 15);
        // A hypervisor is no child of the demo's: it is gone when init has taken note of it.
        Tool.await(
                "the end of all processes",
                END_TIMEOUT,
                () -> children.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(leftOf(demo)).isEmpty();
    }

    /**
     * What there is of it: its processes but for itself, its namespaces and its folder, each of
     * which has its process id in it, or the name of the folder.
     */
    private List<String> leftOf(Process demo) {
        List<String> left = new ArrayList<>(Tool.run(List.of("ip", "netns", "list"))
                .text()
                .lines()
                .filter(line -> line.startsWith("eb-demo-" + demo.pid() + "-"))
                .toList());
        Path lab = folder.resolve("tmp");
        for (File file : Objects.requireNonNull(lab.toFile().listFiles())) {
            left.add(file.toString());
        }
        left.addAll(Tool.run(List.of("pgrep", "-f", "(-c|-pidfile) " + lab + "/"))
                .text()
                .lines()
                .toList());
        return left;
    }

    private static void assertRight(String json, String network) {
        assertThat(json.lines()).hasSize(1);
        assertThat(json).startsWith("{\"ok\":true,").doesNotContain("\"ok\":false");
        assertThat(Pattern.compile("\"name\":\"([a-z]+)\"")
                        .matcher(json)
                        .results()
                        .map(match -> match.group(1)))
                .containsExactly(
                        "guest", "network", "volumes", "nodes", "mirror", "boot", "migrate", "back",
                        "storage", "host", "compare");
        System.out.println(network + ": all of it took " + number(json, "durationMs") + " ms");
        assertThat(stepOf(json, "network")).contains("\"network\":\"" + network + "\"");
        for (String move : List.of("migrate", "back")) {
            String step = stepOf(json, move);
            assertThat(number(step, "resyncedBytes")).isZero();
            assertThat(number(step, "guestGapMs")).isBetween(1L, 20_000L);
            assertThat(number(step, "outsideGapMs")).isBetween(1L, 20_000L);
            assertThat(number(step, "errorCount")).isZero();
        }
        String storage = stepOf(json, "storage");
        // Chunks of 1 MiB, a ring of 4 MiB and what is written while it is filled.
        assertThat(number(storage, "resyncedBytes")).isBetween(1L, 16L << 20);
        // A leg that says nothing is failed after a second.
        assertThat(number(storage, "guestGapMs")).isBetween(900L, 20_000L);
        assertThat(number(storage, "outsideGapMs")).isBetween(900L, 20_000L);
        assertThat(number(storage, "errorCount")).isZero();
        String host = stepOf(json, "host");
        assertThat(number(host, "recordCount")).isGreaterThan(50);
        assertThat(number(host, "resyncedBytes")).isLessThan(16L << 20);
        assertThat(number(host, "outsideGapMs")).isBetween(1000L, 120_000L);
        assertThat(number(host, "errorCount")).isZero();
        assertThat(number(stepOf(json, "compare"), "comparedBytes")).isGreaterThan(64L << 20);
        assertThat(number(stepOf(json, "compare"), "errorCount")).isZero();
    }

    /** The object of one step. */
    private static String stepOf(String json, String name) {
        int from = json.indexOf("{\"name\":\"" + name + "\"");
        assertThat(from).as("%s in %s", name, json).isNotNegative();
        int next = json.indexOf("{\"name\":", from + 1);
        return next < 0 ? json.substring(from) : json.substring(from, next);
    }

    private static long number(String json, String name) {
        Matcher field = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
        assertThat(field.find()).as("%s in %s", name, json).isTrue();
        return Long.parseLong(field.group(1));
    }

    /** As a browser gets it that does not mind whose certificate it is. */
    private String page() {
        Matcher url = Pattern.compile("https://127\\.0\\.0\\.1:\\d+/").matcher(errors());
        assertThat(url.find()).as(errors()).isTrue();
        return Tool.check(List.of("curl", "-sSkL", "--max-time", "20", url.group()));
    }

    private String guestOnNode4() {
        Matcher state = Pattern.compile("guest list --state (\\S+)").matcher(errors());
        assertThat(state.find()).as(errors()).isTrue();
        return Tool.check(List.of(LAUNCHER, "guest", "list", "--state", state.group(1)));
    }

    /**
     * Output and errors go to files of the folder: a pipe that nobody reads would stop it. What it
     * makes lies in the folder {@code tmp} below.
     */
    private Process demo(List<String> command) throws IOException {
        Path tmp = Files.createDirectory(folder.resolve("tmp"));
        Files.setPosixFilePermissions(tmp, PosixFilePermissions.fromString("rwxrwxrwx"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("ETHERBAY_JAVA_OPTS", "-Djava.io.tmpdir=" + tmp);
        return builder.start();
    }

    private String errors() {
        return Tool.textOf(folder.resolve("err"));
    }

    private static void end(Process demo) {
        demo.descendants().forEach(ProcessHandle::destroyForcibly);
        demo.destroyForcibly();
    }
}
