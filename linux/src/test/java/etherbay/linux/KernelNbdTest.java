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
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;

/** What the driver is told, and what /sys shows of it; with a real driver in the system tests. */
final class KernelNbdTest {
    private static final int FAMILY = 0x20;
    private static final int SEQUENCE = 1_795_644_552;

    @TempDir
    Path folder;

    private static String hex(NetlinkMessage message) {
        return HexFormat.ofDelimiter(" ").formatHex(message.toBytes(SEQUENCE));
    }

    /** As nbd-client 3.24 asked, see {@link GenericNetlinkTest}; it leaves the version 0. */
    @Test
    void theQuestionForADeviceIsTheOneOfNbdClient() {
        KernelNbd.Options options =
                new KernelNbd.Options(64 << 20, 512, 0xd6d, 30, 0, "", OptionalInt.of(0));
        String theirs = "68 00 00 00 20 00 05 00 88 5c 07 6b 00 00 00 00 01 00 00 00"
                + " 08 00 01 00 00 00 00 00 0c 00 02 00 00 00 00 04 00 00 00 00"
                + " 0c 00 03 00 00 02 00 00 00 00 00 00 0c 00 05 00 6d 0d 00 00 00 00 00 00"
                + " 0c 00 04 00 1e 00 00 00 00 00 00 00"
                + " 1c 00 07 80 0c 00 01 80 08 00 01 00 03 00 00 00"
                + " 0c 00 01 80 08 00 01 00 04 00 00 00";
        assertThat(hex(KernelNbd.connectRequest(FAMILY, options, List.of(3, 4))))
                .isEqualTo(theirs.replace("01 00 00 00 08 00 01", "01 01 00 00 08 00 01"));
    }

    @Test
    void theQuestionForItsEndIsTheOneOfNbdClient() {
        assertThat(hex(KernelNbd.disconnectRequest(FAMILY, 0)))
                .isEqualTo("1c 00 00 00 20 00 05 00 88 5c 07 6b 00 00 00 00 02 01 00 00"
                        + " 08 00 01 00 00 00 00 00");
    }

    @Test
    void aNewSocketComesWithTheIdentifierPaddedToFourBytes() {
        assertThat(hex(KernelNbd.reconnectRequest(FAMILY, 7, "e1.0", 5)))
                .isEqualTo("38 00 00 00 20 00 05 00 88 5c 07 6b 00 00 00 00 03 01 00 00"
                        + " 08 00 01 00 07 00 00 00 09 00 0a 00 65 31 2e 30 00 00 00 00"
                        + " 10 00 07 80 0c 00 01 80 08 00 01 00 05 00 00 00");
    }

    @Test
    void whatCanBeNoDeviceIsRefusedBeforeTheKernelSeesIt() {
        assertRefused(0, 512, "its size is 0");
        assertRefused(1 << 20, 1000, "1000 bytes");
        assertRefused(1 << 20, 256, "256 bytes");
        assertRefused((1 << 20) + 512, 4096, "no multiple");
    }

    private static void assertRefused(long sizeBytes, int blockBytes, String why) {
        assertThatThrownBy(() -> new KernelNbd.Options(
                        sizeBytes, blockBytes, 0, 30, 30, "x", OptionalInt.empty()))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refused.why()).contains(why);
                });
    }

    @Test
    void whatCannotBeOpenedMayBeInUse() throws IOException {
        assertThatThrownBy(() -> KernelNbd.openExclusively(folder.resolve("none")))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.ENVIRONMENT);
                    assertThat(refused.why()).contains("ENOENT");
                    assertThat(refused.correction()).contains("--force");
                });
        Path free = Files.createFile(folder.resolve("free"));
        assertThat(Libc.close(KernelNbd.openExclusively(free).orElseThrow())).isZero();
    }

    @Test
    void sysShowsWhichAreConnectedAndToWhom() throws IOException {
        device("nbd0", "size", "0", "ro", "0", "backend", "");
        device("nbd1", "size", "131072", "ro", "1", "backend", "other", "pid", "17");
        device("nbd10", "size", "8", "ro", "0", "backend", "mine\n", "pid", "18");
        device("nbd2", "size", "8", "ro", "0", "pid", "19"); // a kernel without identifiers
        device("nbdx", "size", "8", "ro", "0", "pid", "20");
        assertThat(NbdDevice.list(folder))
                .containsExactly(
                        new NbdDevice(1, 64 << 20, true, 17, "other"),
                        new NbdDevice(2, 4096, false, 19, ""),
                        new NbdDevice(10, 4096, false, 18, "mine"));
        assertThat(NbdDevice.find(folder, "mine").orElseThrow().path())
                .isEqualTo(Path.of("/dev/nbd10"));
        assertThat(NbdDevice.find(folder, "nobody")).isEmpty();
        assertThat(NbdDevice.list(folder.resolve("nowhere"))).isEmpty();
        assertThat(NbdDevice.hasEnded(folder, 10, "mine")).isFalse();
        assertThat(NbdDevice.hasEnded(folder, 1, "mine")).as("another's now").isTrue();
        assertThat(NbdDevice.hasEnded(folder, 0, "mine")).as("not connected").isTrue();
        assertThat(NbdDevice.hasEnded(folder, 3, "mine")).as("no such device").isTrue();
    }

    private void device(String name, String... filesAndTexts) throws IOException {
        Path sys = Files.createDirectory(folder.resolve(name));
        for (int at = 0; at < filesAndTexts.length; at += 2) {
            Files.writeString(sys.resolve(filesAndTexts[at]), filesAndTexts[at + 1]);
        }
    }
}
