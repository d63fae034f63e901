// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyWatchTest {
    private final CopyWatch watch = new CopyWatch();

    @Test
    void aCopyIsTimedFromItsBeginningToItsEnd() {
        watch.heard("mirror: active, 258048 sectors, e1.0 in sync, epoch 2", 1_000_000_000);
        watch.heard("copying 126 MiB where legs may differ", 2_000_000_000);
        watch.heard("nbd serves mirror at unix:mirror.sock", 3_000_000_000L);
        assertThat(watch.isOver()).isFalse();

        watch.heard("the legs in sync are the same again", 8_000_000_000L);
        assertThat(watch.isOver()).isTrue();
        assertThat(watch.mibPerSecond()).isEqualTo(126 / 6.0);
    }

    @Test
    void whatIsCopiedToALegThatCameBackIsAnotherCopy() {
        watch.heard("copying 8 MiB to e1.0", 1_000_000_000);
        watch.heard("the legs in sync are the same again", 2_000_000_000);
        assertThat(watch.isOver()).isFalse();
    }

    @Test
    void whatAnotherStreamSaysOnTheSameLineDoesNoHarm() {
        watch.heard("nbd serves mirror at unix:m.sockcopying 10 MiB where legs may differ", 0);
        watch.heard("the legs in sync are the same again" + "mirror: clean", 1_000_000_000);
        assertThat(watch.mibPerSecond()).isEqualTo(10);
    }

    @Test
    void onlyTheFirstCopyCounts() {
        watch.heard("copying 10 MiB where legs may differ", 0);
        watch.heard("the legs in sync are the same again", 1_000_000_000);
        watch.heard("copying 90 MiB where legs may differ", 2_000_000_000);
        watch.heard("the legs in sync are the same again", 3_000_000_000L);
        assertThat(watch.mibPerSecond()).isEqualTo(10);
    }
}
