// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Epoch;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.linux.Linux;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;
import etherbay.target.StateWriter;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

final class StateCommandTest {
    private static final int NOT_FOUND = 4;
    private static final int CONFLICT = 6;
    private static final MacAddress ALICE = new MacAddress(0x0200_0000_0001L);

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final StateWriter writer = new StateWriter();

    @BeforeEach
    void remember() {
        ExportState state = ExportState.opened(Optional.empty(), "boot", "file /d", () -> 7)
                .withConfig("mine".getBytes(StandardCharsets.US_ASCII))
                .withMasks(List.of(ALICE))
                .withOwners(new Epoch(5), List.of(ALICE))
                .withFailedSync(() -> 8);
        try (FileStateStore store = open()) {
            store.write(state);
        }
    }

    @AfterEach
    void closeWriter() {
        writer.close();
    }

    private FileStateStore open() {
        Loop loop = new Loop("test", Linux.clock(), new ParkIdler(), 0);
        return FileStateStore.open(folder, "e1.0", writer, loop.mailbox());
    }

    private ExportState stored() {
        return FileStateStore.load(FileStateStore.fileOf(folder, "e1.0")).orElseThrow();
    }

    private int run(String... words) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(words);
    }

    @Test
    void showPrintsWhatIsRemembered() {
        assertThat(run("state", "show", "e1.0", "--state", folder.toString())).isZero();
        assertThat(out.toString())
                .containsPattern("config string +mine")
                .containsPattern("masks +02:00:00:00:00:01")
                .containsPattern("epoch +5")
                .containsPattern("failed sync +yes");
    }

    @Test
    void clearForgetsThePartsNamedAndNothingElse() {
        assertThat(run("state", "clear", "e1.0", "config", "masks", "--state", folder.toString()))
                .as(err.toString())
                .isZero();
        assertThat(stored().config()).isEmpty();
        assertThat(stored().masks()).isEmpty();
        assertThat(stored().epoch()).isEqualTo(new Epoch(5));
        assertThat(stored().syncFailed()).isTrue();
    }

    @Test
    void whatProtectsDataIsClearedOnlyWithAYes() {
        for (String part : List.of("fence", "floors", "failed_sync")) {
            assertThat(run("state", "clear", "e1.0", part, "--state", folder.toString()))
                    .isEqualTo(CONFLICT);
        }
        assertThat(stored().fenced()).isTrue();
        assertThat(stored().syncFailed()).isTrue();
        String state = folder.toString();
        assertThat(run("state", "clear", "e1.0", "fence", "failed_sync", "--yes", "--state", state))
                .isZero();
        assertThat(stored().fenced()).isFalse();
        assertThat(stored().syncFailed()).isFalse();
    }

    @Test
    void theStateOfAnExportThatIsServedIsNotChanged() {
        try (FileStateStore _ = open()) {
            assertThat(run("state", "clear", "e1.0", "config", "--state", folder.toString()))
                    .isEqualTo(CONFLICT);
        }
        assertThat(stored().config()).isEqualTo("mine");
        assertThat(err.toString()).contains("  do: ");
    }

    @Test
    void anExportThatWasNeverServedIsNotFound() {
        assertThat(run("state", "show", "e9.9", "--state", folder.toString())).isEqualTo(NOT_FOUND);
        assertThat(run("state", "clear", "e9.9", "config", "--state", folder.toString()))
                .isEqualTo(NOT_FOUND);
        assertThat(folder.resolve("e9.9.lock")).doesNotExist();
    }
}
