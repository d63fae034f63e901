// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Loop;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;

import org.junit.jupiter.api.Test;

final class HeartbeatTest {
    private int beats;

    @Test
    void itBeatsAtOnceAndThenEveryPeriodWhileTheLoopTurns() {
        LinuxIdler idler = new LinuxIdler();
        try {
            beatOn(new Loop("test", Linux.clock(), idler, 0));
        } finally {
            idler.close();
        }
    }

    private void beatOn(Loop loop) {
        loop.mailbox().offer(() -> new Heartbeat(loop, 10, () -> beats++).run());
        loop.turn(1_000);
        assertThat(beats).isEqualTo(1);
        loop.turn(1_009);
        assertThat(beats).isEqualTo(1);
        assertThat(loop.nextDeadlineNs()).isEqualTo(1_010);
        loop.turn(1_010);
        loop.turn(1_019);
        assertThat(beats).isEqualTo(2);
        loop.turn(5_000); // one that hung owes nothing
        assertThat(beats).isEqualTo(3);
        assertThat(loop.nextDeadlineNs()).isEqualTo(5_010);
    }
}
