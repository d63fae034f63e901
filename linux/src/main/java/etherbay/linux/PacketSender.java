// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;
import etherbay.base.Frame;
import etherbay.base.FramePool;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;

/**
 * Sends committed frames in their order. What the kernel has no room for is kept and tried again
 * for a few milliseconds, but for frames with a tail; the pool bounds how much that can be. Owned
 * by the loop of the port.
 */
final class PacketSender {
    /** Frames of one system call. */
    private static final int BATCH_COUNT_MAX = 16;

    /** A queue of a NIC is emptied long before; then the frames would be too late anyway. */
    private static final long REFUSED_NS_MAX = 5_000_000;

    /** Between two attempts: the time a gigabit link needs for a few frames. */
    private static final long RETRY_NS = 200_000;

    /** Who has no room now has none in a moment either: so long frames come without tails. */
    private static final long TAIL_PAUSE_NS = 1_000_000_000;

    private final int fd;
    private final FramePool pool;
    private final PacketCounters counters;
    private final MessageVector vector;
    private final @Nullable Frame[] frames;
    private int headIndex;
    private int count;
    private boolean refused;
    private long refusedSinceNs;
    private long retryAtNs = Long.MAX_VALUE;
    private long tailsAgainNs = Long.MIN_VALUE;

    PacketSender(int fd, FramePool pool, PacketCounters counters, Arena arena) {
        this.fd = fd;
        this.pool = pool;
        this.counters = counters;
        vector = new MessageVector(arena, BATCH_COUNT_MAX);
        frames = new Frame[pool.freeCount()];
    }

    void add(Frame frame) {
        Check.that(count < frames.length, "no more frames are committed than there are");
        frames[(headIndex + count++) % frames.length] = frame;
    }

    int count() {
        return count;
    }

    /** Whether the kernel had no room at the last attempt. */
    boolean refused() {
        return refused;
    }

    /**
     * Whether what has a tail is welcome: while the kernel has no room it would be dropped, and
     * other frames are kept.
     */
    boolean takesTails(long nowNs) {
        return !refused && nowNs >= tailsAgainNs;
    }

    /** When another attempt makes sense; {@code Long.MAX_VALUE} when nothing waits for one. */
    long retryAtNs() {
        return retryAtNs;
    }

    /**
     * Sends what it can.
     *
     * @return 0, or {@code -errno} when the interface is not there or down, and all was dropped
     */
    int send(long nowNs) {
        while (count > 0) {
            int batch = Math.min(count, BATCH_COUNT_MAX);
            for (int index = 0; index < batch; index++) {
                vector.put(index, frame(index));
            }
            int sent = QuietLibc.sendmmsg(fd, vector.address(), batch, Constants.MSG_DONTWAIT);
            if (sent < 0) {
                // Once more, to hear why; should it work now, so much the better.
                sent = Libc.sendmmsg(fd, vector.address(), batch, Constants.MSG_DONTWAIT);
            }
            if (sent > 0) {
                counters.sent.add(sent);
                remove(sent);
                accepted();
            } else if (sent == -Errno.EAGAIN || sent == -Errno.ENOBUFS) {
                keep(nowNs);
                return 0;
            } else if (sent == -Errno.ENETDOWN || sent == -Errno.ENXIO || sent == -Errno.ENODEV) {
                dropAll();
                return sent;
            } else {
                boolean tooLong = sent == -Errno.EMSGSIZE; // for the MTU of this moment
                (tooLong ? counters.droppedTooLong : counters.droppedRefused).increment();
                remove(1);
            }
        }
        return 0;
    }

    /** Drops everything because the link is down or the port closed. */
    void dropAll() {
        counters.droppedLink.add(count);
        remove(count);
        accepted();
    }

    private void keep(long nowNs) {
        if (!refused) {
            refused = true;
            refusedSinceNs = nowNs;
        }
        if (nowNs - refusedSinceNs >= REFUSED_NS_MAX) {
            counters.droppedFull.add(count);
            remove(count);
            accepted();
            return;
        }
        tailsAgainNs = nowNs + TAIL_PAUSE_NS;
        dropTails();
        if (count == 0) {
            accepted();
        } else {
            retryAtNs = nowNs + RETRY_NS;
        }
    }

    /** What was lent was so for this turn: whoever asked for it asks again. */
    private void dropTails() {
        int keptCount = 0;
        for (int index = 0; index < count; index++) {
            Frame frame = frame(index);
            frames[(headIndex + index) % frames.length] = null;
            if (frame.tailBytes() > 0) {
                counters.droppedFull.increment();
                pool.sent(frame);
            } else {
                frames[(headIndex + keptCount++) % frames.length] = frame;
            }
        }
        count = keptCount;
    }

    private void accepted() {
        refused = false;
        retryAtNs = Long.MAX_VALUE;
    }

    private Frame frame(int index) {
        Frame frame = frames[(headIndex + index) % frames.length];
        if (frame == null) {
            throw new AssertionError("a queue holds as many frames as it counts");
        }
        return frame;
    }

    private void remove(int frameCount) {
        for (int index = 0; index < frameCount; index++) {
            pool.sent(frame(0));
            frames[headIndex] = null;
            headIndex = (headIndex + 1) % frames.length;
            count--;
        }
    }
}
