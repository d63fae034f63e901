// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.MacAddress;
import etherbay.linux.PacketPort;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Interfaces that go down and up, change, vanish, come late or anew, under an open port. */
@ExtendWith(ReasonInTrace.class)
@Timeout(60)
final class PacketPortLinkSysTest {
    private static final MacAddress FURTHER = new MacAddress(0x02_00_00_00_77_02L);

    @Test
    void aLinkThatGoesDownAndUpIsFollowedAndNothingEnds() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            int[] changes = new int[1];
            a.listen(port -> changes[0]++);
            assertThat(a.linkUp()).isTrue();
            // The other end goes down: our interface is up, but has no carrier.
            lab.ip("link set dev b down");
            lab.turnUntil("carrier lost", () -> !a.linkUp() && !b.linkUp());
            assertThat(changes[0]).isPositive();
            PortLab.send(a, b.mac(), 60, 1);
            lab.turn();
            assertThat(lab.count("port.a.frames.dropped.link")).isEqualTo(1);
            lab.ip("link set dev a down");
            lab.ip("link set dev a up");
            lab.ip("link set dev b up");
            lab.turnUntil("both up", () -> a.linkUp() && b.linkUp());
            lab.sendUntilArrived(a, b.mac(), "b");
            lab.sendUntilArrived(b, a.mac(), "a");
        });
    }

    @Test
    void framesSentInTheMomentOfTheFallVanishAndNothingEnds() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            lab.turn();
            lab.ip("link set dev a down");
            // Not told yet: the kernel refuses with ENETDOWN.
            for (int number = 0; number < 8; number++) {
                PortLab.send(a, b.mac(), 60, number);
            }
            a.flush(0);
            lab.turnUntil("link down", () -> !a.linkUp());
            assertThat(lab.count("port.a.frames.dropped.link")).isEqualTo(8);
        });
    }

    @Test
    void aChangeOfMtuAndOfAddressIsNoticedWhileFramesPass() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            assertThat(a.mtu()).isEqualTo(1500);
            // Longer than the MTU: dropped, counted, and the next one passes.
            PortLab.send(a, b.mac(), 9014, 1);
            lab.settle(a, b);
            assertThat(lab.arrivals).isEmpty();
            assertThat(lab.count("port.a.frames.dropped.toolong")).isEqualTo(1);
            lab.ip("link set dev a mtu 9000");
            lab.ip("link set dev b mtu 9000");
            lab.turnUntil("the MTU", () -> a.mtu() == 9000 && b.mtu() == 9000);
            PortLab.send(a, b.mac(), 9014, 2);
            lab.turnUntil("a jumbo frame", () -> lab.arrivals.size() == 1);
            assertThat(lab.arrivals.getFirst().bytes()).isEqualTo(9014);
            lab.ip("link set dev b address 02:00:00:00:99:01");
            MacAddress changed = new MacAddress(0x02_00_00_00_99_01L);
            lab.turnUntil("the address", () -> b.mac().equals(changed));
            PortLab.send(a, changed, 60, 3);
            lab.turnUntil("a frame to it", () -> lab.arrivals.size() == 2);
        });
    }

    @Test
    void anInterfaceThatComesLateAndThatIsMadeAnewIsUsed() {
        PortLab.with(lab -> {
            PacketPort late = lab.open("late");
            late.addSourceMac(FURTHER);
            assertThat(late.exists()).isFalse();
            assertThat(late.linkUp()).isFalse();
            assertThat(late.mtu()).isZero();
            PortLab.send(late, MacAddress.BROADCAST, 60, 9);
            for (int life = 0; life < 3; life++) {
                lab.ip("link add name late type veth peer name far");
                lab.ip("link set dev late up");
                lab.ip("link set dev far up");
                PacketPort far = lab.open("far");
                lab.turnUntil("its link", () -> late.linkUp() && far.linkUp());
                lab.sendUntilArrived(far, FURTHER, "late");
                lab.sendUntilArrived(far, late.mac(), "late");
                lab.sendUntilArrived(late, far.mac(), "far");
                lab.close(far);
                lab.ip("link delete dev late");
                lab.turnUntil("its end", () -> !late.exists());
                assertThat(late.linkUp()).isFalse();
            }
        });
    }

    @Test
    void aPortFollowsItsNameAndNotTheInterface() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            PacketPort b = lab.open("b");
            lab.ip("link set dev b down");
            lab.ip("link set dev b name elsewhere");
            lab.ip("link set dev elsewhere up");
            lab.turnUntil("the name gone", () -> !b.exists() && a.linkUp());
            PortLab.send(a, MacAddress.BROADCAST, 60, 1);
            PortLab.send(b, MacAddress.BROADCAST, 60, 2);
            lab.turn();
            PacketPort elsewhere = lab.open("elsewhere");
            lab.settle(a, elsewhere);
            assertThat(lab.arrivals).isEmpty();
            assertThat(lab.count("port.b.frames.dropped.link")).isEqualTo(1);
            lab.ip("link add name b type veth peer name other");
            lab.ip("link set dev other up");
            lab.ip("link set dev b up");
            PacketPort other = lab.open("other");
            lab.turnUntil("a new b", () -> b.linkUp() && other.linkUp());
            lab.sendUntilArrived(other, b.mac(), "b");
            lab.sendUntilArrived(b, other.mac(), "other");
            PortLab.send(a, MacAddress.BROADCAST, 60, 6);
            lab.settle(a, elsewhere);
            assertThat(lab.arrivals).noneMatch(seen -> seen.port().equals("b"));
        });
    }

    @Test
    void aStormOfNewsIsNotMissed() {
        PortLab.with(lab -> {
            PacketPort a = lab.open("a");
            lab.turn();
            // More than a netlink socket holds while nobody reads it.
            StringBuilder batch = new StringBuilder();
            for (int round = 0; round < 1500; round++) {
                batch.append("link set dev lo up\nlink set dev lo down\n");
            }
            lab.batch(batch.append("link set dev a mtu 1400\n").toString());
            lab.turnUntil("the MTU behind it all", () -> a.mtu() == 1400);
        });
    }
}
