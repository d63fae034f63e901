// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Impairment;
import etherbay.base.Loop;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.target.Target;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The ports of a node's loop, turned by hand, on a segment. */
@Timeout(60)
final class PortsTest {
    @TempDir
    private Path folder;

    private final Counters counters = new Counters();

    private SegmentSwitch segment(String name) {
        SegmentSwitch segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(name), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                counters);
        segment.start();
        return segment;
    }

    private Ports ports(Loop loop, LinuxIdler idler) {
        Target target = new Target(loop, counters);
        Serving serving = new Serving(target, new Neighbours(loop, target, counters), false);
        return new Ports(loop, new PortOpener(loop, idler, counters), "test", serving);
    }

    /** Answers {@code request}, in this turn. */
    private static void answer(EthernetPort port, MemorySegment request) {
        Frame frame = port.claim((int) request.byteSize());
        assertThat(frame).isNotNull();
        MemorySegment memory = frame.memory();
        MemorySegment.copy(request, 0, memory, frame.at(), request.byteSize());
        Ethernet.dst(memory, frame.at(), Ethernet.src(request, 0));
        Ethernet.src(memory, frame.at(), port.mac().bits());
        AoeHeader.versionFlags(memory, frame.at(), AoeHeader.VERSION, AoeHeader.FLAG_RESPONSE);
        port.commit(frame);
    }

    @Test
    void whatIsSaidInTheTurnThatClosesAPortIsSent() {
        String name = "unix:" + folder.resolve("segment");
        LinuxIdler idler = new LinuxIdler();
        try (SegmentSwitch _ = segment(name);
                SegmentClient client = new SegmentClient(name, "02:00:00:00:00:09")) {
            Loop loop = new Loop("ports", Linux.clock(), idler, 0);
            Ports ports = ports(loop, idler);
            EthernetPort port = ports.acquire(name, InterfaceSettings.of(name), false);
            MemorySegment first = client.to(1, 0).configQuery();
            while (client.takeArrived().isEmpty()) { // until both are on the segment
                if (port.linkUp()) {
                    answer(port, first);
                }
                loop.turn(Linux.clock().nanoTime());
                client.send(first);
            }
            MemorySegment last = client.to(1, 0).configQuery();
            loop.mailbox().offer(() -> answer(port, last));
            loop.mailbox().offer(() -> ports.release(name));
            loop.turn(Linux.clock().nanoTime());
            assertThat(ports.all()).isEmpty();
            assertThat(client.ask(last)).as("the last word").isPresent();
        } finally {
            idler.close();
        }
    }
}
