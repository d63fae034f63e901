// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/** One end of a cable whose other end is another one of these; both turned by one test thread. */
final class Cable implements EthernetPort {
    private final MacAddress mac;
    private final FramePool pool;
    private final ArrayDeque<Frame> committed = new ArrayDeque<>();
    private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
    private @Nullable Cable other;
    private @Nullable FrameHandler handler;
    private int dropEvery;
    private int sentCount;

    private Cable(long mac) {
        this.mac = new MacAddress(mac);
        pool = new FramePool(Arena.ofAuto(), this, 64);
    }

    /** Two ends. */
    static Cable[] pair() {
        Cable[] ends = {new Cable(0x0200_0000_0001L), new Cable(0x0200_0000_0002L)};
        ends[0].other = ends[1];
        ends[1].other = ends[0];
        return ends;
    }

    /** Loses every {@code count}th frame sent from here. */
    void dropEvery(int count) {
        dropEvery = count;
    }

    @Override
    public int poll(long nowNs) {
        int work = 0;
        for (byte[] bytes = arrived.poll(); bytes != null; bytes = arrived.poll()) {
            Frame frame = pool.take();
            if (frame == null || handler == null) {
                return work;
            }
            MemorySegment.copy(
                    MemorySegment.ofArray(bytes), 0, frame.memory(), frame.at(), bytes.length);
            frame.arrived(bytes.length, nowNs);
            pool.deliver(frame, handler);
            work++;
        }
        return work;
    }

    @Override
    public void flush(long nowNs) {
        for (Frame frame = committed.poll(); frame != null; frame = committed.poll()) {
            boolean lost = dropEvery > 0 && ++sentCount % dropEvery == 0;
            if (!lost && other != null) {
                byte[] bytes = new byte[frame.bytes()];
                MemorySegment.copy(
                        frame.memory(), frame.at(), MemorySegment.ofArray(bytes), 0, bytes.length);
                other.arrived.add(bytes);
            }
            pool.sent(frame);
        }
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        committed.add(frame);
    }

    @Override
    public void onFrames(FrameHandler frames) {
        handler = frames;
    }

    @Override
    public String name() {
        return "cable";
    }

    @Override
    public MacAddress mac() {
        return mac;
    }

    @Override
    public int mtu() {
        return 9000;
    }

    @Override
    public boolean linkUp() {
        return true;
    }

    @Override
    public void addSourceMac(MacAddress further) {}

    @Override
    public void removeSourceMac(MacAddress further) {}

    @Override
    public void listen(Listener listener) {}

    @Override
    public void close() {}
}
