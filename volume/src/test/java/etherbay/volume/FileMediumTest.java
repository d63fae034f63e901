// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

final class FileMediumTest {
    @TempDir
    private Path folder;

    private Path file(int bytes) throws IOException {
        return Files.write(folder.resolve("disk.img"), new byte[bytes]);
    }

    private static EtherbayException refusal(Runnable act) {
        return assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(act::run)
                .actual();
    }

    @Test
    void whatIsWrittenIsInTheFile() throws IOException {
        Path file = file(4096);
        try (FileMedium medium = FileMedium.open(file, true)) {
            assertThat(medium.bytes()).isEqualTo(4096);
            assertThat(medium.name()).isEqualTo(file.toString());
            medium.write(1000, new byte[] {1, 2, 3});
            medium.sync();
            byte[] read = new byte[5];
            medium.read(999, read);
            assertThat(read).containsExactly(0, 1, 2, 3, 0);
        }
        assertThat(Files.readAllBytes(file)).hasSize(4096).containsSequence(1, 2, 3);
    }

    @Test
    void aFileThatIsNotThereIsToldWithHowToMakeOne() {
        Path missing = folder.resolve("none.img");
        EtherbayException refusal = refusal(() -> FileMedium.open(missing, false));
        assertThat(refusal.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal).hasMessage(missing + " does not exist");
        assertThat(refusal.correction()).contains("truncate -s 10G " + missing);
    }

    @Test
    void aFolderIsNoMedium() {
        EtherbayException refusal = refusal(() -> {
            try (FileMedium medium = FileMedium.open(folder, false)) {
                medium.read(0, new byte[512]);
            }
        });
        assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void whatIsBeyondTheEndCannotBeRead() throws IOException {
        try (FileMedium medium = FileMedium.open(file(1024), false)) {
            EtherbayException refusal = refusal(() -> medium.read(1000, new byte[100]));
            assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(refusal.why()).isEqualTo("it ends at byte 1024");
        }
    }

    @Test
    void aPoolOnFilesOutlivesItsProcess() throws IOException {
        Path file = file(8 << 20);
        try (Pool pool = Pool.open(List.of(FileMedium.open(file, true)))) {
            try (FileMedium blank = FileMedium.open(file, true)) {
                PoolChanges.createDisk(blank, pool, false, false, () -> 5);
            }
        }
        try (Pool pool = Pool.open(List.of(FileMedium.open(file, true)))) {
            new PoolChanges(pool, "h", 1, "test", () -> 6)
                    .createGroup("g", pool.disks(), 8192, "normal");
        }
        try (Pool pool = Pool.open(List.of(FileMedium.open(file, false)))) {
            assertThat(pool.need("g").group().extentCount()).isEqualTo(1);
            assertThat(pool.warnings()).isEmpty();
        }
    }
}
