// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that are replaced as a whole. */
class DurableFileTest {
    @TempDir
    private Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aFileIsReplacedAndNothingLiesBesideIt() throws IOException {
        Path file = folder.resolve("a");
        DurableFile.write(file, bytes("a longer text"));
        DurableFile.write(file, bytes("short"));
        assertThat(file).hasContent("short");
        DurableFile.writePrivate(file, bytes("secret"));
        assertThat(file).hasContent("secret");
        assertThat(folder).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void aPrivateOneIsForItsOwnerEvenWhereWhatACrashLeftBesideItWasNot() throws IOException {
        Path file = folder.resolve("a");
        Path left = Files.writeString(folder.resolve("a.new"), "half");
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rw-rw-rw-"));
        DurableFile.writePrivate(file, bytes("secret"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.getOwner(file)).isEqualTo(Files.getOwner(folder));
    }

    @Test
    void whatCannotBeWrittenLeavesTheFormer() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "former");
        Files.createDirectories(folder.resolve("a.new/in the way"));
        assertThatThrownBy(() -> DurableFile.write(file, bytes("next")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> DurableFile.writePrivate(file, bytes("next")))
                .isInstanceOf(IOException.class);
        assertThat(file).hasContent("former");
    }

    @Test
    void anInterruptDoesNotDisturbAWriteAndIsThereAfterwards() throws IOException {
        Path file = folder.resolve("a");
        Thread.currentThread().interrupt();
        DurableFile.write(file, bytes("one"));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(file).hasContent("one");
        Thread.currentThread().interrupt();
        DurableFile.writePrivate(file, bytes("two"));
        DurableFile.syncFolder(folder);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(file).hasContent("two");
    }
}
