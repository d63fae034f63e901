// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

final class BackingIdentityTest {
    @TempDir
    private Path folder;

    @Test
    void aFileKeepsItsIdentityAndAnotherOneInItsPlaceHasAnother() throws IOException {
        Path file = Files.write(folder.resolve("disk"), new byte[512]);
        String before = BackingIdentity.of(file, 0, false);
        assertThat(BackingIdentity.of(file, 0, false)).isEqualTo(before);
        Path other = Files.write(folder.resolve("other"), new byte[512]);
        Files.move(file, folder.resolve("kept")); // keeps the inode, so that it is not used again
        Files.move(other, file);
        assertThat(BackingIdentity.of(file, 0, false)).isNotEqualTo(before);
    }

    @Test
    void anotherPartOfTheSameFileIsAnotherDisk() throws IOException {
        Path file = Files.write(folder.resolve("disk"), new byte[1024]);
        assertThat(BackingIdentity.of(file, 1, false))
                .isNotEqualTo(BackingIdentity.of(file, 0, false));
    }

    @Test
    void aLinkToAFileIsTheFile() throws IOException {
        Path file = Files.write(folder.resolve("disk"), new byte[512]);
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertThat(BackingIdentity.of(link, 0, false))
                .isEqualTo(BackingIdentity.of(file, 0, false));
    }

    @Test
    void aBlockDeviceIsCalledByTheNameThatItsHardwareGaveIt() throws IOException {
        Path device = Files.createFile(folder.resolve("sdx"));
        Path byId = Files.createDirectory(folder.resolve("by-id"));
        assertThat(BackingIdentity.stableName(device, byId)).isEqualTo(device.toString());
        Files.createSymbolicLink(byId.resolve("wwn-0x5000"), device);
        Files.createSymbolicLink(byId.resolve("ata-DISK_1234"), device);
        Files.createSymbolicLink(byId.resolve("ata-GONE"), folder.resolve("gone"));
        assertThat(BackingIdentity.stableName(device, byId)).isEqualTo("ata-DISK_1234");
        assertThat(BackingIdentity.stableName(device, folder.resolve("no-such-folder")))
                .isEqualTo(device.toString());
    }

    @Test
    void aPathWithALineBreakStaysOneLine() throws IOException {
        Path file = Files.write(folder.resolve("a\nb"), new byte[512]);
        assertThat(BackingIdentity.of(file, 0, false)).doesNotContain("\n");
    }
}
