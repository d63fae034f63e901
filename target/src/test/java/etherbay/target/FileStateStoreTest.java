// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** The state folder: what is stored is found again, and nothing is mistaken for a fresh state. */
class FileStateStoreTest {
    @TempDir
    private Path folder;

    private final Rig rig = new Rig();
    private final StateWriter writer = new StateWriter();

    @AfterEach
    void close() {
        writer.close();
    }

    private FileStateStore open() {
        return FileStateStore.open(folder.resolve("state"), "e1.0", writer, rig.loop.mailbox());
    }

    private Path file() {
        return FileStateStore.fileOf(folder.resolve("state"), "e1.0");
    }

    private static ErrorCode codeOf(Throwable error) {
        return ((EtherbayException) error).code();
    }

    @Test
    void whatWasWrittenIsLoadedAndNothingIsThereBefore() {
        ExportState state = Rig.freshState();
        try (FileStateStore store = open()) {
            assertThat(store.load()).isEmpty();
            store.write(state);
        }
        try (FileStateStore store = open()) {
            assertThat(store.load()).contains(state);
        }
    }

    @Test
    void aSaveIsToldToTheLoopByItsMailbox() {
        List<Boolean> told = new ArrayList<>();
        ExportState state = Rig.freshState().withMasks(List.of(Rig.ALICE));
        try (FileStateStore store = open()) {
            store.save(state, told::add);
            assertThat(told).isEmpty();
            waitUntilTold(told);
            assertThat(told).containsExactly(true);
            assertThat(store.load()).contains(state);
        }
    }

    @Test
    void aSaveThatFailsSaysSoAndLeavesTheFormerState() throws IOException {
        List<Boolean> told = new ArrayList<>();
        ExportState state = Rig.freshState();
        try (FileStateStore store = open()) {
            store.write(state);
            Files.createDirectory(folder.resolve("state").resolve("e1.0.state.new"));
            store.save(state.withMasks(List.of(Rig.ALICE)), told::add);
            waitUntilTold(told);
            assertThat(told).containsExactly(false);
            assertThat(store.load()).contains(state);
        }
    }

    private void waitUntilTold(List<Boolean> told) {
        while (told.isEmpty()) {
            rig.loop.turn(rig.nowNs);
            LockSupport.parkNanos(100_000);
        }
    }

    @Test
    void oneExportHasOneServer() {
        try (FileStateStore held = open()) {
            assertThatThrownBy(this::open)
                    .hasMessageContaining("e1.0")
                    .satisfies(error -> assertThat(codeOf(error)).isEqualTo(ErrorCode.CONFLICT));
            held.write(Rig.freshState());
        }
        open().close();
    }

    @Test
    void aDamagedFileIsAnErrorAndNeverAFreshState() throws IOException {
        try (FileStateStore store = open()) {
            store.write(Rig.freshState());
            byte[] bytes = Files.readAllBytes(file());
            bytes[30] ^= 4;
            Files.write(file(), bytes);
            assertThatThrownBy(store::load)
                    .hasMessageContaining(file().toString())
                    .satisfies(error -> assertThat(codeOf(error)).isEqualTo(ErrorCode.INVALID));
            Files.write(file(), new byte[0]);
            assertThatThrownBy(store::load).isInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void aFolderThatIsAFileIsAnErrorWithItsCure() throws IOException {
        Files.writeString(folder.resolve("state"), "in the way");
        assertThatThrownBy(this::open).isInstanceOfSatisfying(EtherbayException.class, error -> {
            assertThat(error.code()).isEqualTo(ErrorCode.ENVIRONMENT);
            assertThat(error.correction()).contains("--state");
        });
    }

    @Test
    void theWriteLogHasALinePerWrite() throws IOException {
        Path file = folder.resolve("writes.log");
        try (FileWriteLog log = FileWriteLog.open(file)) {
            log.executed(-1, Rig.ALICE.bits(), 8, 2, 0x1234_abcd);
        }
        assertThat(Files.readString(file))
                .isEqualTo("18446744073709551615 02000000000a 8 2 1234abcd\n");
    }
}
