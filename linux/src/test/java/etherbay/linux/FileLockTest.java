// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

final class FileLockTest {
    private static final long LONG_NS = 20_000_000_000L;

    @TempDir
    private Path folder;

    @Test
    void oneHasItAtATimeAndTheOtherIsToldWho() {
        Path file = folder.resolve("new/V_vg0");
        try (FileLock _ = FileLock.take(file, "group vg0", 0)) {
            assertThatThrownBy(() -> FileLock.take(file, "group vg0", 0))
                    .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                        assertThat(refused).hasMessage("group vg0 is in use");
                        assertThat(refused.why())
                                .contains("process " + ProcessHandle.current().pid())
                                .contains(file.toString());
                    });
        }
        FileLock.take(file, "group vg0", 0).close();
    }

    @Test
    void whoWaitsGetsItWhenItIsFree() throws Exception {
        Path file = folder.resolve("lock");
        FileLock first = FileLock.take(file, "it", 0);
        CompletableFuture<FileLock> second =
                CompletableFuture.supplyAsync(() -> FileLock.take(file, "it", LONG_NS));
        first.close();
        second.get(20, TimeUnit.SECONDS).close();
    }

    /** As LVM2 does when it lets go of one. */
    @Test
    void aFileThatItsHolderDeletesIsNoLockAnyMore() throws Exception {
        Path file = folder.resolve("lock");
        FileLock first = FileLock.take(file, "it", 0);
        CompletableFuture<FileLock> second =
                CompletableFuture.supplyAsync(() -> FileLock.take(file, "it", LONG_NS));
        Files.delete(file);
        first.close();
        try (FileLock _ = second.get(20, TimeUnit.SECONDS)) {
            assertThatThrownBy(() -> FileLock.take(file, "it", 0)).hasMessage("it is in use");
        }
    }

    @Test
    void aFolderThatCannotBeIsDenied() throws IOException {
        Path file = Files.createFile(folder.resolve("file")).resolve("lock");
        assertThatThrownBy(() -> FileLock.take(file, "it", 0))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DENIED));
    }
}
