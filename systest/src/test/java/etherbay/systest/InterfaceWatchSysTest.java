// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.InterfacePattern;
import etherbay.linux.InterfaceState;
import etherbay.linux.InterfaceWatch;
import etherbay.linux.Linux;
import etherbay.linux.NetInterfaces;
import etherbay.linux.PacketPort;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Which interfaces there are, and that it is heard when others are. */
@ExtendWith(ReasonInTrace.class)
@Timeout(120)
final class InterfaceWatchSysTest {
    private static final int PAIR_COUNT = 50;

    /** The watch lists no more often. */
    private static final long SPACING_MS = 200;

    @Test
    void theInterfacesOfTheNamespaceAreListedWithWhatTheyAre() {
        PortLab.with(lab -> {
            lab.ip("link add name down type veth peer name far mtu 1400");
            lab.ip("tuntap add tun7 mode tun");
            PacketPort a = lab.open("a");
            try (NetInterfaces interfaces = new NetInterfaces()) {
                assertThat(names(interfaces.ethernet())).containsExactly("a", "b", "down", "far");
                assertThat(names(interfaces.all())).contains("lo", "tun7");
                InterfaceState state = named(interfaces, "a");
                assertThat(state.mac()).isEqualTo(a.mac());
                assertThat(state.mtu()).isEqualTo(1500);
                assertThat(state.up()).isTrue();
                assertThat(state.running()).isTrue();
                assertThat(state.index()).isPositive();
                assertThat(named(interfaces, "far").mtu()).isEqualTo(1400);
                assertThat(named(interfaces, "down").up()).isFalse();
                lab.ip("link set dev down up");
                assertThat(named(interfaces, "down").up()).isTrue();
                assertThat(named(interfaces, "down").running()).isFalse();
                assertThat(named(interfaces, "lo").isEthernet()).isFalse();
                assertThat(named(interfaces, "tun7").hardwareType()).isEqualTo(65534);
            }
        });
    }

    private static InterfaceState named(NetInterfaces interfaces, String name) {
        return interfaces.all().stream()
                .filter(state -> state.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> names(List<InterfaceState> states) {
        return states.stream()
                .map(InterfaceState::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void aHundredInterfacesThatComeAreRenamedAndGoCostAFewLists() {
        PortLab.with(lab -> {
            AtomicReference<Set<String>> seen = new AtomicReference<>(Set.of());
            try (InterfaceWatch watch =
                    new InterfaceWatch(lab.idler, now -> seen.set(names(now)))) {
                lab.loop.add(watch);
                assertThat(names(watch.ethernet())).containsExactly("a", "b");
                burst(
                        lab,
                        watch,
                        seen,
                        "x",
                        number -> "link add name x" + number + " type veth peer name y" + number);
                burst(
                        lab,
                        watch,
                        seen,
                        "z",
                        number -> "link set dev x" + number + " name z" + number);
                burst(lab, watch, seen, "", number -> "link delete dev z" + number);
                assertThat(seen.get()).containsExactly("a", "b");
                lab.loop.remove(watch);
            }
        });
    }

    /** Changes all pairs while the loop turns, until as many bear the name as shall. */
    private static void burst(
            PortLab lab,
            InterfaceWatch watch,
            AtomicReference<Set<String>> seen,
            String prefix,
            IntFunction<String> line) {
        String lines = IntStream.range(0, PAIR_COUNT)
                .mapToObj(line)
                .collect(Collectors.joining("\n", "", "\n"));
        InterfacePattern wanted =
                InterfacePattern.parse(prefix.isEmpty() ? "[xyz]*" : prefix + "*");
        int count = prefix.isEmpty() ? 0 : PAIR_COUNT;
        long listsBefore = watch.listCount();
        long startNs = Linux.clock().nanoTime();
        Thread changes = new Thread(() -> lab.batch(lines), "changes");
        changes.start();
        lab.turnUntil(
                "the burst " + prefix,
                () -> !changes.isAlive()
                        && seen.get().stream().filter(wanted::matches).count() == count);
        long tookMs = (Linux.clock().nanoTime() - startNs) / 1_000_000;
        long lists = watch.listCount() - listsBefore;
        assertThat(lists).isBetween(1L, 2 + tookMs / SPACING_MS);
    }

    @Test
    void aLinkThatFlapsIsNoOtherInterfaceAndOneMadeAnewIs() {
        PortLab.with(lab -> {
            int[] changes = new int[1];
            try (InterfaceWatch watch = new InterfaceWatch(lab.idler, now -> changes[0]++)) {
                lab.loop.add(watch);
                lab.ip("link set dev b down");
                lab.ip("link set dev a mtu 1400");
                lab.turnUntil("a list", () -> watch.listCount() > 0);
                assertThat(changes[0]).isZero();
                lab.batch("link delete dev a\nlink add name a type veth peer name b\n");
                lab.turnUntil("the new ones", () -> changes[0] == 1);
                assertThat(names(watch.ethernet())).containsExactly("a", "b");
                lab.loop.remove(watch);
            }
        });
    }

    @Test
    void aWatchMayBeClosedByItsListener() {
        PortLab.with(lab -> {
            InterfaceWatch[] watch = new InterfaceWatch[1];
            int[] changes = new int[1];
            watch[0] = new InterfaceWatch(lab.idler, now -> {
                changes[0]++;
                lab.loop.remove(watch[0]);
                watch[0].close();
            });
            lab.loop.add(watch[0]);
            lab.ip("link add name c type veth peer name d");
            lab.turnUntil("the news", () -> changes[0] == 1);
            assertThat(watch[0].poll(Long.MAX_VALUE)).isZero();
            lab.ip("link delete dev c");
            lab.turn();
            assertThat(changes[0]).isEqualTo(1);
        });
    }
}
