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

final class BackingPlaceTest {
    @TempDir
    private Path dev;

    private Path of(String path) {
        return BackingPlace.find(new BackingName.AtPath(Path.of(path)), dev).orElseThrow();
    }

    @Test
    void aPathIsItselfWhetherThereOrNot() {
        assertThat(of("/no/such")).isEqualTo(Path.of("/no/such"));
        assertThat(of("disk.img")).isEqualTo(Path.of("disk.img"));
        assertThat(of("a/b/c")).isEqualTo(Path.of("a/b/c"));
    }

    @Test
    void twoNamesWithoutAFileAreALogicalVolume() throws IOException {
        Path mapped = Files.createDirectory(dev.resolve("mapper"));
        Path inMapper = Files.createFile(mapped.resolve("vg--a-lv--b--c"));
        assertThat(of("vg-a/lv-b-c")).isEqualTo(inMapper);
        Files.createDirectory(dev.resolve("vg-a"));
        Path link = Files.createFile(dev.resolve("vg-a/lv-b-c"));
        assertThat(of("vg-a/lv-b-c")).isEqualTo(link);
    }

    @Test
    void aFileOfThatNameComesBeforeAVolume() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        String file = "../" + here.getFileName(); // two names, and there
        Files.createDirectories(dev.resolve("x"));
        assertThat(BackingPlace.find(new BackingName.AtPath(Path.of(file)), dev.resolve("x")))
                .contains(Path.of(file));
    }

    @Test
    void twoNamesOfNothingSayWhereItWasLookedFor() {
        BackingName.AtPath name = new BackingName.AtPath(Path.of("vg0/root"));
        assertThat(BackingPlace.find(name, dev)).isEmpty();
        EtherbayException missing = BackingPlace.missing(name);
        assertThat(missing.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(missing.why())
                .contains("/dev/vg0/root")
                .contains("/dev/mapper/vg0-root")
                .contains("volume group vg0");
    }

    @Test
    void theAddressOfAServerIsNoPathAndAPathWithColonsIsNoServer() {
        assertThat(BackingName.ofPath("nbd+unix:///x?socket=/s"))
                .isInstanceOfSatisfying(
                        BackingName.AtNbd.class,
                        at -> assertThat(at).hasToString("nbd+unix:///x?socket=/s"));
        assertThat(BackingName.ofPath("nbd-image/disk:1/x"))
                .isEqualTo(new BackingName.AtPath(Path.of("nbd-image/disk:1/x")));
        assertThatThrownBy(() -> BackingName.ofPath("nbds://host/x"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.why()).contains("TLS"));
    }
}
