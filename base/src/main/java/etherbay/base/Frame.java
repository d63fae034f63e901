// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * An Ethernet frame in a slot of a {@link FramePool}; no copy, no object per frame. Owned by the
 * loop of its port.
 *
 * <p>The frame begins with the destination address at {@link #at}. Byte {@link #PAYLOAD_AT} of
 * every frame, received or claimed, lies on a multiple of {@link #PAYLOAD_ALIGN_BYTES}: it is where
 * the data of an ATA over Ethernet message begins, so the data can go to and come from a disk
 * directly.
 *
 * <p>A received frame is the port's and is gone when the handler returns, unless the handler calls
 * {@link #retain}; then it is the handler's until it is {@link #release}d or committed to be sent.
 * So a reply can be built in place of its request. A claimed frame is its claimer's likewise.
 */
public final class Frame {
    /** Ethernet, AoE and ATA headers together: 14 + 10 + 12 bytes. */
    public static final int PAYLOAD_AT = 36;

    public static final int PAYLOAD_ALIGN_BYTES = 4096;

    /** Without the check sum; real hardware pads up to this, virtual hardware does not. */
    public static final int BYTES_MIN = 60;

    enum Use {
        FREE,
        POLLED,
        HELD,
        COMMITTED
    }

    private final FramePool pool;
    private final long at;
    Use use = Use.FREE;

    /** Behind it in the queue of its sender: {@link SenderQueues}. */
    @Nullable
    Frame next;

    /** Of all senders, those with data that arrived before and after it. */
    @Nullable
    Frame dataBefore;

    @Nullable
    Frame dataAfter;

    private int bytes;
    private long receivedNs;
    private EthernetPort port;
    private long tailAddress;
    private int tailBytes;

    Frame(FramePool pool, long at, EthernetPort port) {
        this.pool = pool;
        this.at = at;
        this.port = port;
    }

    /** The memory that holds the frame, and others. */
    public MemorySegment memory() {
        return pool.memory();
    }

    /** Where in {@link #memory} the destination address stands. */
    public long at() {
        return at;
    }

    /** Length from the destination address to the end, check sum not included. */
    public int bytes() {
        return bytes;
    }

    /** Sets the length of a frame that is to be sent. */
    public void bytes(int length) {
        Check.that(length >= 0 && length <= FramePool.FRAME_BYTES_MAX, "a frame fits its slot");
        bytes = length;
    }

    /**
     * The last {@code length} of the {@link #bytes} of a frame that is to be sent lie elsewhere: at
     * an address of this process that the port's system call can read, in this turn. Only for ports
     * that {@linkplain EthernetPort#sendsTails can}; gone when the slot is free again.
     */
    public void tail(long address, int length) {
        Check.that(port.sendsTails(), "a tail is for a port that sends it");
        Check.that(length > 0 && length <= bytes, "a tail is a part of its frame");
        tailAddress = address;
        tailBytes = length;
    }

    /** Where the end of the frame lies that is not in its slot. */
    public long tailAddress() {
        return tailAddress;
    }

    /** Length of that end; 0 for none. */
    public int tailBytes() {
        return tailBytes;
    }

    /** For the pool: whoever gets the slot next has no tail. */
    void forgetTail() {
        tailBytes = 0;
    }

    /**
     * When the frame arrived, in {@link Clock#nanoTime}. Of all ports of a machine the order of
     * these is the order in which the kernel received the frames, however long they waited to be
     * polled. Against the clock itself it may be off by a few milliseconds, either way.
     */
    public long receivedNs() {
        return receivedNs;
    }

    /** For ports: length and time of an arrival. */
    public void arrived(int length, long whenNs) {
        bytes(length);
        receivedNs = whenNs;
    }

    /** The port that received the frame or lent it: where a reply goes out. */
    public EthernetPort port() {
        return port;
    }

    /** Keeps a received frame beyond the handler's return. */
    public void retain() {
        Check.that(use == Use.POLLED, "only a frame just received is retained");
        use = Use.HELD;
    }

    /** Gives a retained or claimed frame back unsent. */
    public void release() {
        Check.that(use == Use.HELD, "only a held frame is released");
        pool.free(this);
    }
}
