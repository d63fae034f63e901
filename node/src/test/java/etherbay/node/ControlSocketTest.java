// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

final class ControlSocketTest {
    @TempDir
    private Path folder;

    @Test
    void aQuestionReachesWhoHoldsTheMirror() {
        try (ControlSocket socket =
                ControlSocket.open(folder, "web", words -> "heard " + String.join("|", words))) {
            assertThat(socket).isNotNull();
            assertThat(ControlSocket.ask(folder, "web", List.of("fail", "e0.1", "two\nlines")))
                    .contains("heard fail|e0.1|two lines");
            assertThat(ControlSocket.held(folder)).containsExactly("web");
        }
    }

    @Test
    void whoAsksForTheEndHearsWhenTheMirrorIsLetGo() throws Exception {
        CompletableFuture<List<String>> heard = new CompletableFuture<>();
        CompletableFuture<Optional<String>> answer;
        try (ControlSocket socket = ControlSocket.open(folder, "web", words -> {
            heard.complete(words);
            return "";
        })) {
            assertThat(socket).isNotNull();
            answer = CompletableFuture.supplyAsync(
                    () -> ControlSocket.ask(folder, "web", List.of("stop")));
            assertThat(heard.get(10, TimeUnit.SECONDS)).containsExactly("stop");
            assertThatThrownBy(() -> answer.get(100, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
        }
        assertThat(answer.get(10, TimeUnit.SECONDS)).contains("");
    }

    @Test
    void whoStillHoldsAMirrorAWhileAfterItWasAskedToEndIsSaid() {
        try (ControlSocket socket = ControlSocket.open(folder, "web", words -> "")) {
            assertThat(socket).isNotNull();
            assertThatThrownBy(() -> ControlSocket.ask(folder, "web", List.of("stop"), 20))
                    .isInstanceOfSatisfying(EtherbayException.class, error -> {
                        assertThat(error.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                        assertThat(error).hasMessageContaining("the mirror web is not let go yet");
                        assertThat(error.why())
                                .contains("process " + ProcessHandle.current().pid());
                    });
            assertThat(ControlSocket.ask(folder, "web", List.of("detail"))).contains("");
        }
    }

    @Test
    void anErrorArrivesWithItsFourParts() {
        try (ControlSocket socket = ControlSocket.open(folder, "web", words -> {
            throw new EtherbayException(ErrorCode.CONFLICT, "not now", "for\ta reason", "wait");
        })) {
            assertThat(socket).isNotNull();
            assertThatThrownBy(() -> ControlSocket.ask(folder, "web", List.of("stop")))
                    .isInstanceOfSatisfying(EtherbayException.class, error -> {
                        assertThat(error.code()).isEqualTo(ErrorCode.CONFLICT);
                        assertThat(error.getMessage()).isEqualTo("not now");
                        assertThat(error.why()).isEqualTo("for a reason");
                        assertThat(error.correction()).isEqualTo("wait");
                    });
        }
    }

    @Test
    void nobodyAnswersForAMirrorThatIsNotHeld() throws IOException {
        assertThat(ControlSocket.ask(folder, "web", List.of("detail"))).isEmpty();
        Files.createDirectories(folder.resolve("run"));
        Files.createFile(folder.resolve("run/mirror-web.sock")); // left by a killed process
        assertThat(ControlSocket.ask(folder, "web", List.of("detail"))).isEmpty();
        assertThat(ControlSocket.held(folder)).isEmpty();
    }

    @Test
    void twoProcessesDoNotHoldOneMirror() {
        try (ControlSocket socket = ControlSocket.open(folder, "web", words -> "")) {
            assertThat(socket).isNotNull();
            assertThatThrownBy(() -> ControlSocket.open(folder, "web", words -> ""))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("the mirror web is not assembled again");
        }
        try (ControlSocket next = ControlSocket.open(folder, "web", words -> "")) {
            assertThat(next).isNotNull(); // what the former one left is no hindrance
        }
    }

    @Test
    void onlyItsOwnUserReachesIt() throws IOException {
        try (ControlSocket socket = ControlSocket.open(folder, "a/b c", words -> "ok")) {
            assertThat(socket).isNotNull();
            Path file = folder.resolve("run/mirror-a%2Fb+c.sock");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(ControlSocket.held(folder)).containsExactly("a/b c");
        }
    }

    @Test
    void aQuestionWithoutAnEndIsDropped() {
        try (ControlSocket socket = ControlSocket.open(folder, "web", words -> "")) {
            assertThat(socket).isNotNull();
            assertThatThrownBy(() -> ControlSocket.ask(folder, "web", List.of("x".repeat(10_000))))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("did not answer");
            assertThat(ControlSocket.ask(folder, "web", List.of("detail"))).contains("");
        }
    }
}
