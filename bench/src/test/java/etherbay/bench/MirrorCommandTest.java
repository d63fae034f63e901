// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import org.junit.jupiter.api.Test;

class MirrorCommandTest {
    @Test
    void onlyDisksThatAreTheLimitHaveBars() {
        assertThat(MirrorCommand.points(MirrorCommand.LIMITED))
                .extracting(NbdPoint::pattern, NbdPoint::ratioMin)
                .containsExactly(tuple("randwrite", 0.8), tuple("randread", 1.5));
        assertThat(MirrorCommand.points(MirrorCommand.UNLIMITED))
                .extracting(NbdPoint::ratioMin)
                .containsOnly(0.0);
    }

    @Test
    void theSameLoadsAreAskedOfBoth() {
        for (int index = 0; index < 2; index++) {
            NbdPoint limited = MirrorCommand.points(MirrorCommand.LIMITED).get(index);
            NbdPoint unlimited = MirrorCommand.points(MirrorCommand.UNLIMITED).get(index);
            assertThat(limited.name()).isNotEqualTo(unlimited.name());
            assertThat(new NbdPoint("", limited.pattern(), limited.blockBytes(), 32, 0))
                    .isEqualTo(new NbdPoint(
                            "", unlimited.pattern(), unlimited.blockBytes(), unlimited.depth(), 0));
        }
    }
}
