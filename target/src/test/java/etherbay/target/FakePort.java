// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.Check;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A port whose network is the test: what it receives is handed over at once, what is sent is kept.
 */
final class FakePort implements EthernetPort {
    private final MacAddress mac;
    private final FramePool pool;
    private final List<Listener> listeners = new ArrayList<>();
    final List<MemorySegment> sent = new ArrayList<>();
    boolean keepsSent = true;
    long sentCount;
    int lastSentBytes;
    int mtu = 1500;
    boolean linkUp = true;
    boolean sendsTails;

    /** Of the frame sent last: where its end was lent from, and how much of it. */
    long lastTailAddress;

    int lastTailBytes;
    private FrameHandler handler = frame -> {};

    FakePort(String mac, int frameCount) {
        this.mac = MacAddress.parse(mac).orElseThrow();
        pool = new FramePool(Arena.ofAuto(), this, frameCount);
    }

    /** Forgets its target, and what was sent. */
    void unplugged() {
        listeners.clear();
        sent.clear();
        handler = frame -> {};
    }

    /** A frame arrives. */
    void receive(MemorySegment bytes, long receivedNs) {
        receive(bytes, bytes.byteSize(), receivedNs);
    }

    /** The first {@code length} bytes of a frame arrive. */
    void receive(MemorySegment bytes, long length, long receivedNs) {
        Frame frame = pool.take();
        Check.that(frame != null, "the pool of the test has a free frame");
        MemorySegment.copy(bytes, 0, frame.memory(), frame.at(), length);
        frame.arrived((int) length, receivedNs);
        pool.deliver(frame, handler);
    }

    /** What was sent since the last call. */
    List<MemorySegment> takeSent() {
        List<MemorySegment> taken = List.copyOf(sent);
        sent.clear();
        return taken;
    }

    /** Frames that nobody holds. */
    int freeCount() {
        return pool.freeCount();
    }

    void change(int newMtu, boolean up) {
        mtu = newMtu;
        linkUp = up;
        listeners.forEach(listener -> listener.changed(this));
    }

    @Override
    public String name() {
        return "fake0";
    }

    @Override
    public MacAddress mac() {
        return mac;
    }

    @Override
    public void addSourceMac(MacAddress address) {}

    @Override
    public void removeSourceMac(MacAddress address) {}

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean linkUp() {
        return linkUp;
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    @Override
    public void onFrames(FrameHandler frameHandler) {
        handler = frameHandler;
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public boolean sendsTails() {
        return sendsTails;
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        sentCount++;
        lastSentBytes = frame.bytes();
        lastTailAddress = frame.tailAddress();
        lastTailBytes = frame.tailBytes();
        if (keepsSent) {
            byte[] copy = frame.memory()
                    .asSlice(frame.at(), frame.bytes() - frame.tailBytes())
                    .toArray(ValueLayout.JAVA_BYTE);
            sent.add(MemorySegment.ofArray(copy));
        }
        pool.sent(frame);
    }

    @Override
    public int poll(long nowNs) {
        return 0;
    }

    @Override
    public void close() {}
}
