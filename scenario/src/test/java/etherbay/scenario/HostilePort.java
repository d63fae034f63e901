// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.base.Check;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.PortFacts;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;

/**
 * A port whose network is the test: what it is given is handed over at once; what is sent is kept
 * until the test looks. Allocates nothing per frame. Owned by the loop that the test turns.
 */
final class HostilePort implements EthernetPort {
    /** More than a burst, and the answers of all exports to a wild card. */
    static final int FRAME_COUNT = 96;

    /** Looks at one frame that was sent. */
    @FunctionalInterface
    interface Sent {
        void sent(byte[] bytes, int length);
    }

    /** Changes a frame on its way to the target; for canaries. */
    @FunctionalInterface
    interface Tamper {
        /** @return whether its answer is sent */
        boolean tamper(byte[] bytes, int length);
    }

    private final PortFacts facts;
    private final FramePool pool;
    private final byte[][] sent = new byte[4 * FRAME_COUNT][HostileFrame.BYTES_MAX + 64];
    private final int[] sentBytes = new int[sent.length];
    private int sentCount;
    private final byte[] tampered = new byte[HostileFrame.BYTES_MAX + 64];
    private FrameHandler handler = frame -> {};
    private @Nullable Tamper tamper;
    private boolean deaf;
    private final Set<Integer> swallowedTags = new HashSet<>();

    HostilePort(PortFacts facts, Arena arena) {
        this.facts = facts;
        pool = new FramePool(arena, this, FRAME_COUNT);
    }

    /** What arrives passes through {@code planted} from now on. */
    void tamper(Tamper planted) {
        tamper = planted;
    }

    void receive(byte[] bytes, int length, long receivedNs) {
        byte[] arriving = bytes;
        if (tamper != null) {
            System.arraycopy(bytes, 0, tampered, 0, length);
            if (!tamper.tamper(tampered, length)) {
                swallowedTags.add(tag(tampered));
            }
            arriving = tampered;
        }
        Frame frame = pool.take();
        Check.that(frame != null, "every frame was given back");
        MemorySegment.copy(arriving, 0, frame.memory(), ValueLayout.JAVA_BYTE, frame.at(), length);
        frame.arrived(length, receivedNs);
        pool.deliver(frame, handler);
    }

    /** Whether what is sent is not looked at: beacons, of which there may be many. */
    void deaf(boolean wanted) {
        deaf = wanted;
    }

    /** Shows what was sent since the last call. */
    void takeSent(Sent taker) {
        int count = sentCount;
        sentCount = 0;
        for (int i = 0; i < count; i++) {
            taker.sent(sent[i], sentBytes[i]);
        }
    }

    private static int tag(byte[] frame) {
        return AoeHeader.tag(MemorySegment.ofArray(frame), 0);
    }

    int freeCount() {
        return pool.freeCount();
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        int bytes = frame.bytes();
        MemorySegment.copy(
                frame.memory(), ValueLayout.JAVA_BYTE, frame.at(), sent[sentCount], 0, bytes);
        sentBytes[sentCount] = bytes;
        if (!deaf && (tamper == null || !swallowedTags.remove(tag(sent[sentCount])))) {
            sentCount++;
        }
        pool.sent(frame);
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public String name() {
        return "hostile0";
    }

    @Override
    public MacAddress mac() {
        return facts.mac();
    }

    @Override
    public void addSourceMac(MacAddress mac) {}

    @Override
    public void removeSourceMac(MacAddress mac) {}

    @Override
    public int mtu() {
        return facts.mtu();
    }

    @Override
    public boolean linkUp() {
        return true;
    }

    @Override
    public void listen(Listener listener) {}

    @Override
    public void onFrames(FrameHandler frameHandler) {
        handler = frameHandler;
    }

    @Override
    public int poll(long nowNs) {
        return 0;
    }

    @Override
    public void close() {}
}
