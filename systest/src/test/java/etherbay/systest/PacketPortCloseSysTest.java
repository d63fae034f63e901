// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.linux.Linux;
import etherbay.linux.PacketPort;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.ArrayList;
import java.util.List;

/** A port that leaves its loop in the midst of a turn, with frames on their way. */
@ExtendWith(ReasonInTrace.class)
@Timeout(60)
final class PacketPortCloseSysTest {
    private static final int ROUND_COUNT = 30;

    @Test
    void aPortClosedByItsOwnHandlerCountsTheRestAndItsHeldFramesOutliveIt() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort stays = lab.open("b");
            stays.onFrames(frame -> {});
            long dropped = 0;
            for (int round = 0; round < ROUND_COUNT; round++) {
                PacketPort b = lab.open("b");
                List<Frame> held = new ArrayList<>();
                int last = 1 + round % 8;
                b.onFrames(frame -> {
                    frame.retain();
                    held.add(frame);
                    if (held.size() == last) {
                        PortLab.send(b, MacAddress.BROADCAST, 60, 1);
                        lab.close(b);
                    }
                });
                for (int number = 0; number < 40; number++) {
                    PortLab.send(a, MacAddress.BROADCAST, 200, number);
                }
                lab.turnUntil("the close", () -> held.size() == last);
                lab.turn();
                assertThat(held).hasSize(last);
                assertThat(b.claim(60)).isNull();
                assertThat(lab.count("port.b.frames.dropped.link")).isEqualTo(++dropped);
                for (Frame frame : held) {
                    assertThat(frame.memory().scope().isAlive()).isTrue();
                    PortLab.fill(frame, a.mac(), b.mac(), PortLab.ETHER_TYPE_AOE, 1);
                    b.commit(frame);
                    dropped++;
                }
                assertThat(held.getFirst().memory().scope().isAlive()).isFalse();
                assertThat(lab.count("port.b.frames.dropped.link")).isEqualTo(dropped);
            }
            assertThat(lab.count("port.b.frames.dropped.closed")).isPositive();
        });
    }

    @Test
    void aPortClosedByAMessageATimerOrItsListenerEndsNothingElse() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort stays = lab.open("b");
            for (int round = 0; round < ROUND_COUNT; round++) {
                PacketPort b = lab.open("b");
                PortLab.send(a, MacAddress.BROADCAST, 200, round);
                PortLab.send(b, MacAddress.BROADCAST, 200, round);
                boolean[] closed = new boolean[1];
                Runnable close = () -> {
                    lab.close(b);
                    closed[0] = true;
                };
                switch (round % 3) {
                    case 0 -> lab.loop.mailbox().offer(close);
                    case 1 -> lab.loop.timers().timer(close).at(Linux.clock().nanoTime());
                    default -> {
                        b.listen(port -> close.run());
                        lab.ip("link set dev b mtu " + (1400 + round));
                    }
                }
                lab.turnUntil("the close", () -> closed[0]);
                lab.sendUntilArrived(stays, a.mac(), "a");
            }
        });
    }
}
