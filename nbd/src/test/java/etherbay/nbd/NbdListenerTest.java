// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Who may listen where, and what is left of an attempt. */
final class NbdListenerTest {
    private static final int ATTEMPT_COUNT = 64;

    @TempDir
    private Path folder;

    private static long descriptorCount() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static void assertRefusedWithoutTrace(NbdAddress address, ErrorCode code)
            throws IOException {
        long before = descriptorCount();
        for (int count = 0; count < ATTEMPT_COUNT; count++) {
            assertThatThrownBy(() -> NbdListener.listen(address))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.code()).isEqualTo(code));
        }
        assertThat(descriptorCount()).isLessThan(before + ATTEMPT_COUNT);
    }

    @Test
    void aPortThatIsTakenLeavesNoDescriptorBehind() throws IOException {
        try (NbdListener first = NbdListener.listen(new NbdAddress.Tcp("127.0.0.1", 0))) {
            assertRefusedWithoutTrace(first.address(), ErrorCode.CONFLICT);
        }
    }

    @Test
    void aPathThatNoSocketFitsLeavesNoDescriptorBehind() throws IOException {
        Path tooLong = folder.resolve("x".repeat(120));
        assertRefusedWithoutTrace(new NbdAddress.Unix(tooLong), ErrorCode.DENIED);
    }

    @Test
    void aSocketThatADeadProcessLeftIsReplacedAndALiveOneIsNot() throws IOException {
        NbdAddress address = new NbdAddress.Unix(folder.resolve("s"));
        NbdListener dead = NbdListener.listen(address);
        dead.channel().close(); // as the kernel does; the file stays
        try (NbdListener live = NbdListener.listen(address)) {
            assertThat(live.address()).isEqualTo(address);
            assertThatThrownBy(() -> NbdListener.listen(address))
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            refused -> assertThat(refused.why()).contains("somebody listens"));
        }
        assertThat(folder.resolve("s")).doesNotExist();
    }
}
