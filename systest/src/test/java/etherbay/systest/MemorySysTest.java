// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The bound on memory; how long a start takes is for {@code ./dev bench memory} to say. */
@Timeout(300)
class MemorySysTest {
    @Test
    void twoExportsUnderLoadStayWithin128MiB() throws Exception {
        BenchRun run = BenchRun.of("memory", "--memory-only");

        assertThat(run.exitCode()).as(run.output()).isZero();
    }
}
