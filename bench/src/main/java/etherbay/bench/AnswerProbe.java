// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Clock;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.Loop;
import etherbay.base.Timers;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Asks the whole segment for its disks again and again until so many have answered: the moment
 * when the last of many exports serves. Lives on the loop of its port.
 */
final class AnswerProbe implements FrameHandler {
    /** In user space's half of the tags, as the generator's. */
    private static final int TAG = AoeHeader.TAG_USER_SPACE | 0x5057;

    private final Clock clock;
    private final EthernetPort port;
    private final int exportCount;
    private final long intervalNs;
    private final Timers.Timer timer;
    private final Set<Address> answered = new HashSet<>();
    private final CompletableFuture<Long> firstNs = new CompletableFuture<>();
    private final CompletableFuture<Long> lastNs = new CompletableFuture<>();

    /**
     * @param intervalNs between two questions, to each of which all answer: short beside the times
     *     measured, and long enough to be no load
     */
    AnswerProbe(Loop loop, EthernetPort port, int exportCount, long intervalNs) {
        clock = loop.clock();
        this.port = port;
        this.exportCount = exportCount;
        this.intervalNs = intervalNs;
        timer = loop.timers().timer(this::ask);
        port.onFrames(this);
    }

    /** Begins to ask; on the loop's thread, or before it runs. */
    void start() {
        timer.at(clock.nanoTime());
    }

    /** When the first one answered, on the loop's clock. */
    CompletableFuture<Long> firstNs() {
        return firstNs;
    }

    /** When the last of them answered, on the loop's clock. */
    CompletableFuture<Long> lastNs() {
        return lastNs;
    }

    private void ask() {
        Frame frame = port.claim(Ethernet.FRAME_BYTES_MIN);
        if (frame != null) {
            MemorySegment memory = frame.memory();
            long at = frame.at();
            memory.asSlice(at, Ethernet.FRAME_BYTES_MIN).fill((byte) 0);
            Ethernet.dst(memory, at, Ethernet.BROADCAST);
            Ethernet.src(memory, at, port.mac().bits());
            Ethernet.type(memory, at, Ethernet.TYPE_AOE);
            AoeHeader.Fields.request(
                            AoeHeader.SHELF_BROADCAST,
                            AoeHeader.SLOT_BROADCAST,
                            AoeHeader.COMMAND_CONFIG,
                            TAG)
                    .write(memory, at);
            ConfigHeader.Fields.request(ConfigHeader.READ, 0).write(memory, at);
            port.commit(frame);
        }
        timer.at(clock.nanoTime() + intervalNs);
    }

    @Override
    public void onFrame(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        // Only answers: what targets say by themselves when they start carries another tag.
        if (AoeHeader.malformedMessage(memory, at, frame.bytes())
                || !AoeHeader.response(memory, at)
                || AoeHeader.tag(memory, at) != TAG) {
            return;
        }
        answered.add(new Address(AoeHeader.shelf(memory, at), AoeHeader.slot(memory, at)));
        firstNs.complete(clock.nanoTime());
        if (answered.size() == exportCount) {
            lastNs.complete(clock.nanoTime());
            timer.cancel();
        }
    }
}
