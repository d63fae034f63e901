// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the demo starts, and that it ends. */
class DemoLabTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    @TempDir
    private Path folder;

    @Test
    @Timeout(120)
    void aLabLeavesNeitherFilesNorConsoleBehind() {
        Path files;
        try (DemoLab lab = DemoLab.create()) {
            files = lab.folder();
            assertThat(files).isDirectory();
            assertThat(lab.lastWords()).isBlank();
        }
        assertThat(files).doesNotExist();
    }

    @Test
    @Timeout(120)
    void aSegmentListensAndEnds() {
        DemoChild process;
        try (DemoSegment segment = DemoSegment.start(folder, 4, "for a test")) {
            process = segment.process();
            assertThat(process.isAlive()).isTrue();
            assertThat(process.lastWords()).contains("-- segment runs").contains("MTU 9000");
            assertThat(List.of(segment.port(1), segment.port(2), segment.port(4)))
                    .doesNotHaveDuplicates();
            assertThat(segment.seen().words()).endsWith("; for a test");
        }
        assertThat(process.isAlive()).isFalse();
    }

    @Test
    @Timeout(120)
    void aChildThatEndsInsteadOfServingIsAnErrorWithItsExitCode() {
        DemoChild child = DemoChild.start(
                "e0.0", folder.resolve("log"), List.of(), List.of("exprot", "0", "0"));
        assertThatThrownBy(() -> child.await("serving", TIMEOUT))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("e0.0 does not serve")
                .extracting(failure -> ((EtherbayException) failure).why())
                .isEqualTo("it ended with exit code 2");
        assertThat(child.lastWords()).contains("ended with exit code 2").contains("exprot");
    }

    @Test
    void whatNeverComesAboutIsAnErrorThatNamesIt() {
        assertThatThrownBy(() -> DemoLab.until("water is wine", Duration.ZERO, () -> false))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("this did not come about: water is wine");
    }

    @Test
    void aVerbGivesWhatItPrintsLineByLineAndItsErrorWithItsCode() {
        DemoVerbs verbs = new DemoVerbs();
        List<String> told = new ArrayList<>();
        Path image = folder.resolve("none");
        String text = verbs.run(told::add, List.of("token", "list", "--state", "" + folder));
        assertThat(text).startsWith("NAME");
        assertThat(told).isEqualTo(text.lines().toList());
        assertThatThrownBy(() -> verbs.run(List.of("pv", "create", "" + image)))
                .hasMessage("`etherbay pv create " + image + "` ended with exit code 4")
                .isInstanceOfSatisfying(EtherbayException.class, failure -> {
                    assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
                    assertThat(failure.why()).contains("none").contains("do: ");
                });
    }

    @Test
    @Timeout(60)
    void aRelayPassesBytesBothWays() throws Exception {
        try (DemoRelay relay = DemoRelay.to(List.of("cat"));
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
            byte[] hello = "hello".getBytes(StandardCharsets.US_ASCII);
            socket.getOutputStream().write(hello);
            assertThat(socket.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
        }
    }

    @Test
    void portsThatAreFreeAreDifferentAndCanBeListenedOn() throws Exception {
        DemoPorts ports = DemoPorts.free(4);
        assertThat(ports.ports()).hasSize(4).doesNotHaveDuplicates();
        try (ServerSocket taken = new ServerSocket(ports.port(3))) {
            assertThat(taken.getLocalPort()).isEqualTo(ports.port(3));
        }
    }

    @Test
    void theWritersScriptIsOneThatAShellCanRead() throws Exception {
        Path script = Files.writeString(folder.resolve("writer"), DemoWriter.script("/dev/vda"));
        Process shell = new ProcessBuilder("sh", "-n", script.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(shell.waitFor()).isZero();
    }
}
