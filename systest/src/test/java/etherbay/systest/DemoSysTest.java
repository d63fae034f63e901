// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
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
        assertRight(json);
        assertThat(home.resolve(".cache/etherbay/kernels")).isNotEmptyDirectory();
        assertThat(labOf(json)).doesNotExist();
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
            String json = Tool.textOf(folder.resolve("out"));
            assertRight(json);
            Path lab = labOf(json);
            assertThat(shellAnswer(lab.resolve("shell.sock"), "ls /mnt/1; echo $((6 * 7))"))
                    .contains("file1")
                    .contains("42");
            List<ProcessHandle> children = demo.toHandle().descendants().toList();
            assertThat(children).as("segment, two targets, QEMU").hasSize(4);
            demo.destroy(); // SIGTERM
            assertThat(demo.waitFor(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                    .as(errors())
                    .isTrue();
            assertThat(demo.exitValue()).isEqualTo(128 + 15);
            assertThat(children).noneMatch(ProcessHandle::isAlive);
            assertThat(lab).doesNotExist();
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
                return demo.descendants().count() == 4;
            });
            List<ProcessHandle> children = demo.toHandle().descendants().toList();
            // Not SIGINT: whoever runs the tests in the background has made all children ignore it.
            Tool.check(List.of("kill", "-TERM", "" + demo.pid()));
            assertThat(demo.waitFor(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                    .as(errors())
                    .isTrue();
            assertThat(demo.exitValue()).isEqualTo(128 + 15);
            assertThat(children).noneMatch(ProcessHandle::isAlive);
            assertThat(Tool.textOf(folder.resolve("out"))).isEmpty();
        } finally {
            end(demo);
        }
    }

    private static void assertRight(String json) {
        assertThat(json.lines()).hasSize(1);
        assertThat(json).startsWith("{\"ok\":true,").doesNotContain("\"ok\":false");
        assertThat(Pattern.compile("\"name\":\"([a-z]+)\"")
                        .matcher(json)
                        .results()
                        .map(match -> match.group(1)))
                .containsExactly(
                        "kernel",
                        "segment",
                        "export",
                        "boot",
                        "discover",
                        "format",
                        "write",
                        "read",
                        "outage",
                        "verify");
        assertThat(number(json, "payloadBytes")).isEqualTo(8704);
        assertThat(number(json, "fileBytes")).isEqualTo(32 << 20);
        assertThat(number(json, "errorCount")).isZero();
        assertThat(number(json, "kernelErrorCount")).isZero();
        assertThat(number(json, "recordCount")).isGreaterThanOrEqualTo(24);
        assertThat(number(json, "targetAwayMs")).isGreaterThanOrEqualTo(3000);
        // It may begin late in the absence. Afterwards it goes on at once: with another address
        // than before the target would be another path, and that took 6.8 s more.
        assertThat(number(json, "longestStallMs"))
                .isBetween(
                        number(json, "targetAwayMs") - 1500, number(json, "targetAwayMs") + 5_000);
    }

    private static long number(String json, String name) {
        Matcher field = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
        assertThat(field.find()).as("%s in %s", name, json).isTrue();
        return Long.parseLong(field.group(1));
    }

    private static Path labOf(String json) {
        Matcher socket = Pattern.compile("unix:([^ ,\"]+)/segment\\.sock").matcher(json);
        assertThat(socket.find()).as(json).isTrue();
        return Path.of(socket.group(1));
    }

    private static String shellAnswer(Path socket, String line) throws IOException {
        StringBuilder answer = new StringBuilder();
        try (SocketChannel shell = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            shell.configureBlocking(false);
            shell.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer bytes = ByteBuffer.allocate(4096);
            Tool.await("an answer of the guest's shell", Duration.ofSeconds(30), () -> {
                try {
                    shell.read(bytes.clear());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                answer.append(StandardCharsets.US_ASCII.decode(bytes.flip()));
                return answer.toString().contains("42");
            });
        }
        return answer.toString();
    }

    /** Output and errors go to files of the folder: a pipe that nobody reads would stop it. */
    private Process demo(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private String errors() {
        return Tool.textOf(folder.resolve("err"));
    }

    private static void end(Process demo) {
        demo.descendants().forEach(ProcessHandle::destroyForcibly);
        demo.destroyForcibly();
    }
}
