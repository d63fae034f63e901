// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.DiskAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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

    @Test
    void theAddressOfAnAoeDiskIsNoPathAndNamesItsInterfacesOrGetsThem() {
        assertThat(BackingName.ofPath("e1.0"))
                .hasToString("e1.0")
                .isEqualTo(new BackingName.AtAoe(new DiskAddress(1, 0), List.of("eth0")));
        assertThat(BackingName.ofPath("e01.0", List.of("eth1", "eth2")))
                .hasToString("e1.0@eth1@eth2")
                .isEqualTo(BackingName.ofPath("e1.0@eth1@eth2"));
        assertThat(BackingName.ofPath("read-only:e1.0@unix:/s", List.of("eth1")))
                .hasToString("read-only:e1.0@unix:/s");
        assertThat(BackingName.ofPath("./e1.0")).isInstanceOf(BackingName.AtPath.class);
        assertThat(BackingName.ofPath("e1.0.img")).isInstanceOf(BackingName.AtPath.class);
        for (String wrong : List.of("e65535.0", "e1.255", "e1.0@", "e1.0@eth*", "e1.0@a b")) {
            assertThatThrownBy(() -> BackingName.ofPath(wrong))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.INVALID));
        }
        assertThatThrownBy(() -> BackingName.ofPath("e1.0", List.of("eth*")))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.correction()).contains("e1.0@eth1"));
    }

    @Test
    void aPersonMeansADiskByItsAddressOrByAllOfItsName() {
        BackingName.AtAoe disk = new BackingName.AtAoe(new DiskAddress(1, 0), List.of("eth1"));
        assertThat(disk.isMeantBy("e1.0")).isTrue();
        assertThat(disk.isMeantBy("e1.0@eth1")).isTrue();
        assertThat(disk.isMeantBy("e1.0@eth2")).isFalse();
        assertThat(disk.isMeantBy("e1.1")).isFalse();
        assertThat(disk.isMeantBy("/dev/sda")).isFalse();
    }
}
