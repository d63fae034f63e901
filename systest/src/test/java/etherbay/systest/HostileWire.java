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
 * the model stays exact. A burst is of one sender: the target may serve several in turn. What
 * differs, or does not come, is an error at once. One thread.
 */
final class HostileWire {
    private static final int BURST_COUNT_MAX = 48;

    /** Of a sender that is not heard another must say when they are through: one turn of them. */
    private static final int UNHEARD_COUNT_MAX = 8;

    private final PortLab lab;
    private final PacketPort port;
    private final TargetModel model;
    private final ExportModel export;
    private final HostileFrames frames;
    private final Replies replies = new Replies();

    /** The next one of the generator. */
    private final HostileFrame drawn = new HostileFrame();

    /** A probe, or one of the test's own. */
    private final HostileFrame own = new HostileFrame();

    private boolean isDrawn;
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
        draw();
        long sender = senderOf(drawn);
        boolean heard = export.answers(new MacAddress(sender));
        long limit = Math.min(countMax, heard ? BURST_COUNT_MAX : UNHEARD_COUNT_MAX);
        while (burstCount < limit && senderOf(drawn) == sender) {
            long changesBefore = model.changeCount();
            int openBefore = replies.openCount();
            send(drawn);
            isDrawn = false;
            hostileCount++;
            answered = replies.openCount() > openBefore;
            if (model.changeCount() != changesBefore) {
                break; // what comes while a change is being stored is a matter of time
            }
            draw();
        }
        if (!answered && isHeard()) {
            frames.probe(own, export);
            if (export.answers(new MacAddress(sender))) {
                Ethernet.src(MemorySegment.ofArray(own.bytes()), 0, sender);
            }
            send(own);
        }
        awaitAnswers();
    }

    private void draw() {
        if (!isDrawn) {
            frames.next(drawn);
            isDrawn = true;
        }
    }

    private static long senderOf(HostileFrame frame) {
        return Ethernet.src(MemorySegment.ofArray(frame.bytes()), 0);
    }

    /** Whether any sender is answered at all. */
    boolean isHeard() {
        return HostileFrames.senders().stream().anyMatch(export::answers);
    }

    /** A frame of the test's own, answered. */
    void ask(MemorySegment request) {
        burstCount = 0;
        isDrawn = false; // it was drawn for the state before
        own.set(request.toArray(ValueLayout.JAVA_BYTE));
        int before = replies.openCount();
        send(own);
        if (replies.openCount() == before) {
            throw new AssertionError("the model does not answer " + lately());
        }
        awaitAnswers();
    }

    private void send(HostileFrame frame) {
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
        remember(frame);
    }

    private void remember(HostileFrame frame) {
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
