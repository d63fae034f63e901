// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

class DemoLabTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    @TempDir
    private Path folder;

    @Test
    @Timeout(120)
    void aLabLeavesNeitherProcessesNorFilesBehind() {
        DemoChild segment;
        Path files;
        try (DemoLab lab = DemoLab.create()) {
            files = lab.folder();
            lab.startSegment();
            lab.makeDisk(0);
            segment = lab.child(DemoLab.SEGMENT);
            assertThat(segment.isAlive()).isTrue();
            assertThat(files.resolve("e0.0.img")).hasSize(DemoLab.DISK_BYTES);
            assertThat(lab.lastWords()).contains("-- segment runs").contains(" listens, MTU 9000");
        }
        assertThat(segment.isAlive()).isFalse();
        assertThat(Files.exists(files)).isFalse();
    }

    @Test
    @Timeout(120)
    void aChildThatEndsInsteadOfServingIsAnErrorWithItsExitCode() {
        DemoChild child =
                DemoChild.start("e0.0", folder.resolve("log"), List.of("exprot", "0", "0"));
        assertThatThrownBy(() -> child.await("serving", TIMEOUT))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("e0.0 does not serve")
                .extracting(failure -> ((EtherbayException) failure).why())
                .isEqualTo("it ended with exit code 2");
        assertThat(child.lastWords()).contains("ended with exit code 2").contains("exprot");
    }
}
