// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.Payload;
import etherbay.base.Clock;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Idler;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.base.PortAddress;
import etherbay.base.SocketPort;
import etherbay.linux.LinuxIdler;
import etherbay.linux.NetworkNamespace;
import etherbay.linux.PacketPort;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A program that speaks AoE frame by frame, so that a test decides what is sent when, and sees
 * every answer. One thread at a time; it may move to another one between calls.
 */
final class Initiator implements AutoCloseable {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration DISCOVERY_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration REPEAT_AFTER = Duration.ofSeconds(1);

    private final EthernetPort port;
    private final Idler idler;
    private final int shelf;
    private final int slot;
    private final Deque<MemorySegment> arrived = new ArrayDeque<>();
    private MacAddress target = MacAddress.BROADCAST;
    private int nextTag = AoeHeader.TAG_USER_SPACE + 1;

    private Initiator(EthernetPort port, Idler idler, int shelf, int slot) {
        this.port = port;
        this.idler = idler;
        this.shelf = shelf;
        this.slot = slot;
        port.onFrames(this::arrived);
    }

    /** One on {@code eth0} of {@code node}, for the disk at {@code shelf}.{@code slot}. */
    static Initiator on(NetLab.Node node, int shelf, int slot) {
        // Entering a namespace is for good, so a thread is spent on it.
        return CompletableFuture.supplyAsync(
                        () -> {
                            NetworkNamespace.enter(node.namespace());
                            LinuxIdler idler = new LinuxIdler();
                            PacketPort port = PacketPort.open(
                                    "eth0", idler, new Counters(), PacketPort.Options.DEFAULT);
                            return new Initiator(port, idler, shelf, slot);
                        },
                        task -> Thread.ofPlatform().start(task))
                .join();
    }

    /** One on the segment that listens at {@code socket}. */
    static Initiator on(Path socket, int shelf, int slot) {
        Clock clock = new SystemClock();
        Idler idler = new ParkIdler();
        SocketPort.Settings settings =
                SocketPort.Settings.of(new PortAddress.UnixSocket(socket), clock);
        SocketPort port = new SocketPort(settings, clock, idler::wakeUp, new Counters());
        return new Initiator(port, idler, shelf, slot);
    }

    MacAddress mac() {
        return port.mac();
    }

    /** The tag of the next request; bit 31 is set. */
    void nextTag(int tag) {
        nextTag = AoeHeader.TAG_USER_SPACE | tag;
    }

    /** Sends one request, once. @return its tag */
    int send(Function<AoeFrames, MemorySegment> request) {
        int tag = nextTag;
        nextTag = AoeHeader.TAG_USER_SPACE | (tag + 1);
        MemorySegment message = request.apply(AoeFrames.request(target, mac(), shelf, slot, tag));
        Frame frame = port.claim((int) message.byteSize());
        if (frame != null) { // else it is as if the network had lost it
            MemorySegment.copy(message, 0, frame.memory(), frame.at(), message.byteSize());
            port.commit(frame);
        }
        return tag;
    }

    /** The next answer, whoever waits for it; null when none comes within {@code timeout}. */
    @Nullable
    MemorySegment next(Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        long nowNs = System.nanoTime();
        port.flush(nowNs);
        port.poll(nowNs);
        while (arrived.isEmpty() && deadlineNs - nowNs > 0) {
            if (port.readyToIdle()) {
                long untilNs = Math.min(deadlineNs, port.nextDeadlineNs());
                idler.idle(Math.max(1, untilNs - nowNs));
            }
            nowNs = System.nanoTime();
            port.poll(nowNs);
            port.flush(nowNs);
        }
        return arrived.poll();
    }

    /** Sends a request once and waits for its answer; other answers are dropped. */
    MemorySegment ask(Function<AoeFrames, MemorySegment> request) {
        MemorySegment answer = answer(send(request), ANSWER_TIMEOUT);
        if (answer == null) {
            throw new AssertionError("no answer of e%d.%d".formatted(shelf, slot));
        }
        return answer;
    }

    /** As {@link #ask}, for requests that may be repeated: every second until answered. */
    MemorySegment askAgain(Function<AoeFrames, MemorySegment> request) {
        return askAgain(request, ANSWER_TIMEOUT);
    }

    private MemorySegment askAgain(Function<AoeFrames, MemorySegment> request, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() - deadlineNs < 0) {
            MemorySegment answer = answer(send(request), REPEAT_AFTER);
            if (answer != null) {
                return answer;
            }
        }
        throw new AssertionError("e%d.%d is silent".formatted(shelf, slot));
    }

    /** The answer to {@code tag}; null when it does not come. */
    @Nullable
    MemorySegment answer(int tag, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        for (long nowNs = System.nanoTime(); nowNs - deadlineNs < 0; nowNs = System.nanoTime()) {
            MemorySegment answer = next(Duration.ofNanos(deadlineNs - nowNs));
            if (answer != null && AoeHeader.tag(answer, 0) == tag) {
                return answer;
            }
        }
        return null;
    }

    /** Finds the disk; it must be there within a minute. */
    void discover() {
        target = MacAddress.BROADCAST;
        MemorySegment answer = askAgain(AoeFrames::configQuery, DISCOVERY_TIMEOUT);
        target = new MacAddress(Ethernet.src(answer, 0));
    }

    IdentifyData identify() {
        return IdentifyData.read(askAgain(AoeFrames::identify), AtaHeader.END);
    }

    /** The bytes of {@code sectors} sectors, in as many frames as the MTU asks for. */
    byte[] read(long lba, int sectors) {
        ByteBuffer bytes = ByteBuffer.allocate(sectors * AtaHeader.SECTOR_BYTES);
        int frameSectors = Payload.sectors(port.mtu());
        for (int done = 0; done < sectors; done += frameSectors) {
            bytes.put(readFrame(lba + done, Math.min(frameSectors, sectors - done)));
        }
        return bytes.array();
    }

    private byte[] readFrame(long lba, int sectors) {
        MemorySegment answer = askAgain(frames -> frames.read(lba, sectors));
        if (!done(answer)) {
            throw new AssertionError("READ of sector " + lba + " failed");
        }
        return answer.asSlice(AtaHeader.END, (long) sectors * AtaHeader.SECTOR_BYTES)
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** Whether the answer to an ATA command says that it was executed. */
    static boolean done(MemorySegment answer) {
        return !AoeHeader.error(answer, 0)
                && (AtaHeader.status(answer, 0) & AtaHeader.STATUS_FAILED_MASK) == 0;
    }

    private void arrived(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (!AoeHeader.malformedMessage(memory, at, frame.bytes())
                && AoeHeader.response(memory, at)
                && AoeHeader.shelf(memory, at) == shelf
                && AoeHeader.slot(memory, at) == slot) {
            byte[] copy = memory.asSlice(at, frame.bytes()).toArray(ValueLayout.JAVA_BYTE);
            arrived.add(MemorySegment.ofArray(copy));
        }
    }

    @Override
    public void close() {
        port.close();
        idler.close();
    }

    private static final class SystemClock implements Clock {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long wallMillis() {
            return System.currentTimeMillis();
        }
    }
}
