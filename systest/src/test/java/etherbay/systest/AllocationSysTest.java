// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The data path on a packet port and a real disk, once warm. */
@Timeout(300)
class AllocationSysTest {
    @Test
    void aWarmTargetAllocatesNotOneByteForItsFrames() throws Exception {
        BenchRun run = BenchRun.of("allocation", "--frames", "200000", "--warm-up", "3");

        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("200,000 frames, 0 bytes allocated");
    }
}
