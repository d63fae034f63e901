// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import etherbay.base.Counters;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.linux.NetworkNamespace;
import etherbay.linux.PacketPort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Packet ports in this process, on the two ends {@code a} and {@code b} of a cable in a network
 * namespace of their own, turned by hand on a thread that lives in it.
 */
final class PortLab implements AutoCloseable {
    static final int ETHER_TYPE_AOE = 0x88a2;

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final long PATIENCE_NS = 10_000_000_000L;
    private static final long AGAIN_NS = 100_000_000L;
    private static final long NAP_NS = 1_000_000_000L;

    final LinuxIdler idler = new LinuxIdler();
    final Loop loop = new Loop("ports", Linux.clock(), idler, 0);
    final Counters counters = new Counters();
    private final String namespace;
    private final List<PacketPort> ports = new ArrayList<>();

    /** What a port received, copied. */
    record Arrival(String port, MemorySegment frame, long receivedNs, boolean payloadAligned) {
        /** The number that {@link #send} put into the payload. */
        int number() {
            return octet(36) << 8 | octet(37);
        }

        int octet(int at) {
            return frame.get(JAVA_BYTE, at) & 0xff;
        }

        int bytes() {
            return (int) frame.byteSize();
        }
    }

    final List<Arrival> arrivals = new ArrayList<>();

    private PortLab(String namespace) {
        this.namespace = namespace;
    }

    /** Runs {@code test} in a fresh laboratory. */
    static void with(Consumer<PortLab> test) {
        Tool.requireRoot();
        String namespace =
                "ebt-systest-" + ProcessHandle.current().pid() + "-ports" + COUNT.incrementAndGet();
        Tool.check(List.of("ip", "netns", "add", namespace));
        Throwable[] failure = new Throwable[1];
        try {
            Thread thread = Thread.ofPlatform().name("port-lab").unstarted(() -> {
                NetworkNamespace.enter(namespace);
                try (PortLab lab = new PortLab(namespace)) {
                    lab.ip("link add name a type veth peer name b");
                    lab.ip("link set dev a up");
                    lab.ip("link set dev b up");
                    lab.awaitLink("a");
                    lab.awaitLink("b");
                    test.accept(lab);
                }
            });
            thread.setUncaughtExceptionHandler((where, why) -> failure[0] = why);
            thread.start();
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            Tool.run(List.of("ip", "netns", "delete", namespace));
        }
        if (failure[0] != null) {
            throw new AssertionError(failure[0].getMessage(), failure[0]);
        }
    }

    /** {@code ip WORDS} in the namespace. */
    void ip(String words) {
        run("ip " + words);
    }

    /** Waits until frames pass: the kernel brings a link up a little after it was told to. */
    void awaitLink(String name) {
        Tool.await(
                "link of " + name,
                Duration.ofSeconds(10),
                () -> run("ip -o link show dev " + name).contains("state UP"));
    }

    /** A command in the namespace. */
    String run(String words) {
        return Tool.check(command(words.split(" ", -1)));
    }

    /** What runs {@code words} in the namespace. */
    List<String> command(String... words) {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        command.addAll(List.of(words));
        return command;
    }

    /** Many lines for {@code ip -batch} in the namespace. */
    void batch(String lines) {
        try {
            Path file = Files.writeString(Files.createTempFile("etherbay-batch-", ""), lines);
            run("ip -batch " + file);
            Files.delete(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    PacketPort open(String name) {
        return open(name, PacketPort.Options.DEFAULT);
    }

    PacketPort open(String name, PacketPort.Options options) {
        PacketPort port = PacketPort.open(name, idler, counters, options);
        ports.add(port);
        loop.add(port);
        port.onFrames(this::arrived);
        return port;
    }

    private void arrived(Frame frame) {
        byte[] bytes = frame.memory().asSlice(frame.at(), frame.bytes()).toArray(JAVA_BYTE);
        long payload = frame.memory().address() + frame.at() + Frame.PAYLOAD_AT;
        arrivals.add(new Arrival(
                frame.port().name(),
                MemorySegment.ofArray(bytes),
                frame.receivedNs(),
                payload % Frame.PAYLOAD_ALIGN_BYTES == 0));
    }

    /** Claims, fills and commits an AoE request with a number in its payload. */
    static void send(PacketPort from, MacAddress to, int bytes, int number) {
        Frame frame = from.claim(bytes);
        if (frame == null) {
            throw new AssertionError("no frame is free");
        }
        fill(frame, to, from.mac(), ETHER_TYPE_AOE, number);
        from.commit(frame);
    }

    /** Commits a frame of so many zeroes. */
    static void sendRaw(PacketPort from, int bytes) {
        Frame frame = from.claim(bytes);
        if (frame == null) {
            throw new AssertionError("no frame is free");
        }
        for (int at = 0; at < bytes; at++) {
            set(frame, at, 0);
        }
        from.commit(frame);
    }

    static void fill(Frame frame, MacAddress to, MacAddress from, int etherType, int number) {
        for (int at = 0; at < frame.bytes(); at++) {
            set(frame, at, at < 36 ? 0 : number + at);
        }
        for (int octet = 0; octet < 6; octet++) {
            set(frame, octet, (int) (to.bits() >> (40 - 8 * octet)));
            set(frame, 6 + octet, (int) (from.bits() >> (40 - 8 * octet)));
        }
        set(frame, 12, etherType >> 8);
        set(frame, 13, etherType);
        set(frame, 14, 0x10);
        set(frame, 36, number >> 8);
        set(frame, 37, number);
    }

    static void set(Frame frame, int at, int octet) {
        frame.memory().set(JAVA_BYTE, frame.at() + at, (byte) octet);
    }

    void turn() {
        loop.turn(Linux.clock().nanoTime());
    }

    /** Turns, asleep in between as a loop is: what does not wake the loop takes a second a time. */
    void turnUntil(String what, BooleanSupplier reached) {
        long startNs = Linux.clock().nanoTime();
        while (!reached.getAsBoolean()) {
            long nowNs = Linux.clock().nanoTime();
            if (nowNs - startNs > PATIENCE_NS) {
                throw new AssertionError("not in 10 s: " + what + "; " + counters.snapshot());
            }
            boolean quiet = loop.turn(nowNs) == 0;
            for (PacketPort port : ports) {
                quiet &= port.readyToIdle();
            }
            if (quiet && !reached.getAsBoolean()) {
                long untilNs = Math.min(loop.nextDeadlineNs() - nowNs, NAP_NS);
                idler.idle(Math.max(1, untilNs));
            }
        }
    }

    /**
     * Sends a frame again and again until one arrives at the port of that name: an interface that
     * says that it is up may lose the very next frame. Leaves no arrivals.
     */
    void sendUntilArrived(PacketPort from, MacAddress to, String at) {
        long[] againNs = new long[1];
        turnUntil("a frame at " + at, () -> {
            long nowNs = Linux.clock().nanoTime();
            if (nowNs >= againNs[0]) {
                send(from, to, 60, 1);
                from.flush(nowNs);
                againNs[0] = nowNs + AGAIN_NS;
            }
            return arrivals.stream().anyMatch(seen -> seen.port().equals(at));
        });
        arrivals.clear();
    }

    /** Turns until what was sent before must have arrived, if it does at all. */
    void settle(PacketPort from, PacketPort to) {
        int last = 0xfffe;
        send(from, MacAddress.BROADCAST, 60, last);
        turnUntil(
                "the frame behind the others",
                () -> arrivals.stream()
                        .anyMatch(seen -> seen.number() == last && seen.port().equals(to.name())));
        arrivals.removeIf(seen -> seen.number() == last);
    }

    long count(String counter) {
        return counters.snapshot().getOrDefault(counter, 0L);
    }

    void close(PacketPort port) {
        loop.remove(port);
        ports.remove(port);
        port.close();
    }

    @Override
    public void close() {
        ports.forEach(PacketPort::close);
        idler.close();
    }
}
