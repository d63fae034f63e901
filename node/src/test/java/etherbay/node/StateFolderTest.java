// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.Map;

final class StateFolderTest {
    private static final Path HOME = Path.of("/u/ann");

    @Test
    void rootUsesTheSystemsFolderOthersTheirOwn() {
        assertThat(StateFolder.defaultPath("root", Map.of(), HOME))
                .isEqualTo(Path.of("/var/lib/etherbay"));
        assertThat(StateFolder.defaultPath("ann", Map.of(), HOME))
                .isEqualTo(Path.of("/u/ann/.local/state/etherbay"));
        assertThat(StateFolder.defaultPath("ann", Map.of("XDG_STATE_HOME", "/x"), HOME))
                .isEqualTo(Path.of("/x/etherbay"));
    }
}
