// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.aoe.Ethernet;
import etherbay.aoe.FrameText;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.linux.PacketPort;
import etherbay.sim.hostile.ExportModel;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.HostileFrames;
import etherbay.sim.hostile.HostileFrames.Course;
import etherbay.sim.hostile.Replies;
import etherbay.sim.hostile.TargetModel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Sends hostile frames on a packet port, in bursts: each ends with a frame that is answered, and
 * the next one begins when every answer of the last has come, so nothing is lost in a full ring and
 * the model stays exact. What differs, or does not come, is an error at once. One thread.
 */
final class HostileWire {
    private static final int BURST_COUNT_MAX = 48;

    private final PortLab lab;
    private final PacketPort port;
    private final TargetModel model;
    private final ExportModel export;
    private final HostileFrames frames;
    private final Replies replies = new Replies();
    private final HostileFrame frame = new HostileFrame();
    private final byte[] arrived = new byte[HostileFrame.BYTES_MAX + 64];
    private final List<HostileFrame> burst = new ArrayList<>();
    private int burstCount;
    private long sentCount;
    private long hostileCount;
    private long foreignCount;
    private long nowNs;

    HostileWire(PortLab lab, PacketPort port, TargetModel model, long seed) {
        this.lab = lab;
        this.port = port;
        this.model = model;
        export = model.exports().getFirst();
        frames = new HostileFrames(seed, Course.SENT, model);
        HostileFrames.senders().forEach(port::addSourceMac);
        port.onFrames(this::arrived);
    }

    /** All frames. */
    long sentCount() {
        return sentCount;
    }

    /** Those of the generator: without probes, and without the test's own. */
    long hostileCount() {
        return hostileCount;
    }

    /** Frames of another EtherType, for which the other end has no taker. */
    long foreignCount() {
        return foreignCount;
    }

    long replyCount() {
        return replies.takenCount();
    }

    void lastWords() {
        frames.lastWords();
    }

    /** The next burst, answered. */
    void burst(long countMax) {
        burstCount = 0;
        boolean answered = false;
        for (int i = 0; i < Math.min(countMax, BURST_COUNT_MAX); i++) {
            long changesBefore = model.changeCount();
            int openBefore = replies.openCount();
            frames.next(frame);
            send();
            hostileCount++;
            answered = replies.openCount() > openBefore;
            if (model.changeCount() != changesBefore) {
                break; // what comes while a change is being stored is a matter of time
            }
        }
        if (!answered && isHeard()) {
            frames.probe(frame, export);
            send();
        }
        awaitAnswers();
    }

    /** Whether any sender is answered at all. */
    boolean isHeard() {
        return HostileFrames.senders().stream().anyMatch(export::answers);
    }

    /** A frame of the test's own, answered. */
    void ask(MemorySegment request) {
        burstCount = 0;
        frame.set(request.toArray(ValueLayout.JAVA_BYTE));
        int before = replies.openCount();
        send();
        if (replies.openCount() == before) {
            throw new AssertionError("the model does not answer " + lately());
        }
        awaitAnswers();
    }

    private void send() {
        nowNs++;
        model.take(frame, nowNs, replies);
        Frame claimed = port.claim(frame.length());
        if (claimed == null) {
            throw new AssertionError("a burst fits the pool of the port");
        }
        MemorySegment.copy(
                frame.bytes(),
                0,
                claimed.memory(),
                ValueLayout.JAVA_BYTE,
                claimed.at(),
                frame.length());
        if (Ethernet.type(claimed.memory(), claimed.at()) != Ethernet.TYPE_AOE) {
            foreignCount++;
        }
        port.commit(claimed);
        sentCount++;
        remember();
    }

    private void remember() {
        if (burstCount == burst.size()) {
            burst.add(new HostileFrame());
        }
        burst.get(burstCount++).copyOf(frame);
    }

    /** The frames of the last burst, in words. */
    private String lately() {
        return burst.stream()
                .limit(burstCount)
                .map(each -> FrameText.of(MemorySegment.ofArray(each.bytes()), 0, each.length()))
                .collect(Collectors.joining("\n"));
    }

    private void awaitAnswers() {
        lab.turn(); // sends what is not answered, too
        try {
            lab.turnUntil("answers", () -> replies.openCount() == 0);
        } catch (AssertionError late) {
            throw new AssertionError(
                    "not answered: " + replies.missing() + "\nof\n" + lately(), late);
        }
    }

    private void arrived(Frame answer) {
        MemorySegment memory = answer.memory();
        int length = Math.min(answer.bytes(), arrived.length);
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, answer.at(), arrived, 0, length);
        boolean beacon = MacAddress.isGroup(MacAddress.read(memory, answer.at()));
        if (beacon) {
            return;
        }
        String wrong = replies.take(arrived, length);
        if (wrong != null) {
            throw new AssertionError("answered wrongly after %d frames: %s%n%s%nof%n%s"
                    .formatted(
                            sentCount, wrong, FrameText.of(memory, answer.at(), length), lately()));
        }
    }
}
