// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class LvmHintsTest {
    @TempDir
    private Path folder;

    @Test
    void lvm2IsToldToLookAnewWhereItHasRun() throws IOException {
        Path hints = Files.createDirectory(folder.resolve("lvm"));
        new LvmHints(hints).forget();
        assertThat(hints.resolve("newhints")).exists().isEmptyFile();
        new LvmHints(hints).forget();
        assertThat(hints.resolve("newhints")).exists();
    }

    @Test
    void whereItHasNotRunNothingIsMade() {
        new LvmHints(folder.resolve("lvm")).forget();
        assertThat(folder).isEmptyDirectory();
    }
}
