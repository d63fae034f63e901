// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.MacAddress;
import etherbay.linux.PacketPort;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;

/** What settings change at an open port. */
@ExtendWith(ReasonInTrace.class)
@Timeout(60)
final class PacketPortSettingsSysTest {
    private static final int SMALL_BYTES = 16 * 1024;
    private static final int LARGE_BYTES = 32 * PacketPort.BUFFER_UNIT_BYTES;

    @Test
    void anMtuLimitIsToldKeptAndLiftedWhileThePortIsOpen() {
        PortLab.with(lab -> {
            lab.ip("link set dev a mtu 9000");
            lab.ip("link set dev b mtu 9000");
            PacketPort a = lab.open("a", PacketPort.Options.DEFAULT.withMtuMax(4000));
            PacketPort b = lab.open("b");
            int[] changes = new int[1];
            a.listen(port -> changes[0]++);
            assertThat(a.mtu()).isEqualTo(4000);
            assertThat(a.nicMtu()).isEqualTo(9000);
            PortLab.send(a, b.mac(), 4015, 1);
            PortLab.send(a, b.mac(), 4014, 2);
            lab.settle(a, b);
            assertThat(lab.arrivals).extracting(PortLab.Arrival::number).containsExactly(2);
            assertThat(lab.count("port.a.frames.dropped.toolong")).isEqualTo(1);
            a.limitMtu(1500);
            assertThat(a.mtu()).isEqualTo(1500);
            assertThat(changes[0]).isEqualTo(1);
            a.limitMtu(20_000);
            assertThat(a.mtu()).as("the interface has no more").isEqualTo(9000);
            a.limitMtu(PacketPort.MTU_AUTO);
            assertThat(changes[0]).as("heard only what changes").isEqualTo(2);
            a.limitMtu(1500);
            lab.ip("link set dev a mtu 1200");
            lab.turnUntil("the lower MTU", () -> a.mtu() == 1200);
            lab.ip("link set dev a mtu 9000");
            lab.turnUntil("the limit again", () -> a.mtu() == 1500 && a.nicMtu() == 9000);
        });
    }

    @Test
    void buffersGrowAndShrinkUnderAnOpenPort() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b", PacketPort.Options.DEFAULT.withBufferBytes(SMALL_BYTES));
            assertThat(b.receiveBufferBytes()).isEqualTo(SMALL_BYTES);
            long dropped = burst(lab, a, b, 500);
            assertThat(dropped).isPositive();
            b.bufferBytes(LARGE_BYTES);
            assertThat(b.receiveBufferBytes()).isEqualTo(LARGE_BYTES);
            assertThat(b.sendBufferBytes()).isEqualTo(LARGE_BYTES);
            assertThat(burst(lab, a, b, 1000)).isEqualTo(dropped);
            b.bufferBytes(SMALL_BYTES);
            assertThat(burst(lab, a, b, 1500)).isGreaterThan(dropped);
        });
    }

    /** 500 frames at once, {@code total} with those before. @return dropped so far */
    private static long burst(PortLab lab, PacketPort a, PacketPort b, int total) {
        for (int number = 0; number < 500; number++) {
            PortLab.send(a, b.mac(), 1400, number);
            a.flush(0);
        }
        lab.turnUntil(
                "each frame received or counted as dropped",
                () -> lab.count("port.b.frames.dropped.kernel")
                                + lab.count("port.b.frames.received")
                        == total);
        return lab.count("port.b.frames.dropped.kernel");
    }

    @Test
    void withoutTheRightToForceThemBuffersAreWhatTheKernelAllowsAndItIsLogged() {
        String text = OpenPort.without("net_admin");
        int allowed = Integer.parseInt(
                Tool.check(List.of("cat", "/proc/sys/net/core/rmem_max")).strip());
        assertThat(allowed).isLessThan(PacketPort.Options.DEFAULT.bufferBytes());
        assertThat(text).contains("to receive " + allowed + ",");
        assertThat(text).contains("net.core.rmem_max").contains("not 16,384");
    }

    @Test
    void whatTheKernelRefusesHasAReasonOfItsOwn() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            PortLab.sendRaw(a, 13);
            PortLab.send(a, MacAddress.BROADCAST, 60, 1);
            lab.turnUntil("the frame behind it", () -> lab.arrivals.size() == 1);
            assertThat(b.linkUp()).isTrue();
            assertThat(lab.count("port.a.frames.dropped.refused")).isEqualTo(1);
            assertThat(lab.count("port.a.frames.sent")).isEqualTo(1);
        });
    }
}
