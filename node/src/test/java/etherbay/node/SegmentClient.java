// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.base.Counters;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.base.PortAddress;
import etherbay.base.SocketPort;
import etherbay.linux.Linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A station of a test on a segment: sends frames and keeps what comes. Turned by the test. */
public final class SegmentClient implements AutoCloseable {
    private static final long ANSWER_NS = 5_000_000_000L;
    private static final long REPEAT_NS = 100_000_000L;

    private final Loop loop = new Loop("client", Linux.clock(), new ParkIdler(), 0);
    private final SocketPort port;
    private final List<MemorySegment> arrived = new ArrayList<>();
    private int tag = 0x8000_0000;

    public SegmentClient(String segment, String mac) {
        port = new SocketPort(
                new SocketPort.Settings(
                        PortAddress.parseUnix(segment), MacAddress.parse(mac).orElseThrow(), 9000),
                loop.clock(),
                loop::wakeUp,
                new Counters());
        port.onFrames(this::keep);
        loop.add(port);
    }

    private void keep(Frame frame) {
        byte[] bytes =
                frame.memory().asSlice(frame.at(), frame.bytes()).toArray(ValueLayout.JAVA_BYTE);
        arrived.add(MemorySegment.ofArray(bytes));
    }

    public MacAddress mac() {
        return port.mac();
    }

    /** Frames to an export under a new tag, to whoever serves it. */
    public AoeFrames to(int shelf, int slot) {
        return AoeFrames.request(MacAddress.BROADCAST, port.mac(), shelf, slot, ++tag);
    }

    /** The answer to {@code frame}, which is sent again until one comes; nothing in some time. */
    public Optional<MemorySegment> ask(MemorySegment frame) {
        int wanted = AoeHeader.tag(frame, 0);
        long beganNs = loop.clock().nanoTime();
        long sentNs = beganNs - REPEAT_NS;
        while (loop.clock().nanoTime() - beganNs < ANSWER_NS) {
            if (loop.clock().nanoTime() - sentNs >= REPEAT_NS) {
                send(frame);
                sentNs = loop.clock().nanoTime();
            }
            turn();
            Optional<MemorySegment> answer = arrived.stream()
                    .filter(each -> AoeHeader.response(each, 0) && AoeHeader.tag(each, 0) == wanted)
                    .findFirst();
            if (answer.isPresent()) {
                return answer;
            }
        }
        return Optional.empty();
    }

    /** The answer to {@code frame}, which must come. */
    public MemorySegment expect(MemorySegment frame) {
        return ask(frame).orElseThrow(() -> new AssertionError("nobody answered"));
    }

    /** Whether nobody answers within {@code timeNs}, though asked again and again. */
    public boolean isSilent(MemorySegment frame, long timeNs) {
        arrived.clear();
        long beganNs = loop.clock().nanoTime();
        while (loop.clock().nanoTime() - beganNs < timeNs) {
            send(frame);
            long untilNs = loop.clock().nanoTime() + REPEAT_NS / 4;
            while (loop.clock().nanoTime() < untilNs) {
                turn();
            }
        }
        int wanted = AoeHeader.tag(frame, 0);
        return arrived.stream()
                .noneMatch(each -> AoeHeader.response(each, 0) && AoeHeader.tag(each, 0) == wanted);
    }

    /** Sends a frame once. */
    public void send(MemorySegment bytes) {
        Frame frame = port.claim((int) bytes.byteSize());
        if (frame == null) {
            throw new AssertionError("a client in a test has a free frame");
        }
        MemorySegment.copy(bytes, 0, frame.memory(), frame.at(), bytes.byteSize());
        port.commit(frame);
        turn();
    }

    private void turn() {
        if (loop.turn(loop.clock().nanoTime()) == 0) {
            LockSupport.parkNanos(200_000);
        }
    }

    /** All that came since the last call. */
    public List<MemorySegment> takeArrived() {
        List<MemorySegment> taken = List.copyOf(arrived);
        arrived.clear();
        return taken;
    }

    @Override
    public void close() {
        port.close();
    }
}
