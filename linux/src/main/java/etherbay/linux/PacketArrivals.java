// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.SenderQueues;

import java.lang.foreign.Arena;

/**
 * What arrives at a port, from the kernel's queue to the handler, and in which order. Owned by the
 * loop of the port.
 *
 * <p>While one sends, its frames come in their order, a few at a time: larger batches make both
 * ends take turns instead of working at once; what there is beyond waits in the kernel. While
 * several send, all that has arrived is fetched, so that each finds its frames handed on in turn
 * with those of the others, however many one of them sends. When there is no room for that, frames
 * of one that has sent more than all others together are dropped: it has more under way than a
 * target offers.
 */
final class PacketArrivals {
    /** Frames handed on in a turn: what is answered goes out before more is taken. */
    private static final int HAND_COUNT_MAX = 8;

    /** Frames kept for what is to be sent, while others wait in the queues of their senders. */
    private static final int SPARE_COUNT = 32;

    /** Received in a turn at most, in so many system calls, while there are several senders. */
    private static final int RECEIVE_CALL_COUNT_MAX = 8;

    /** How long there are several senders after two were seen at once. */
    private static final long CROWD_NS = 100_000_000;

    private final FramePool pool;
    private final PacketCounters counters;
    private final PacketReceiver receiver;
    private final SenderQueues queues = new SenderQueues();
    private long crowdUntilNs = Long.MIN_VALUE;

    PacketArrivals(int fd, FramePool pool, PacketCounters counters, Arena arena) {
        this.pool = pool;
        this.counters = counters;
        receiver = new PacketReceiver(fd, pool, counters, arena);
    }

    /** Whether nothing that was received is still to be handed on. */
    boolean isEmpty() {
        return queues.count() == 0;
    }

    /** Whether there is a slot to receive into. */
    boolean hasRoom() {
        return receiver.hasRoom();
    }

    /** Receives what there is, and hands some on; the handler may close this. @return frames */
    int turn(long nowNs, FrameHandler handler) {
        receive(nowNs);
        int count = 0;
        Frame frame = queues.poll();
        while (frame != null) {
            count++;
            pool.deliver(frame, handler);
            frame = count < HAND_COUNT_MAX ? queues.poll() : null;
        }
        return count;
    }

    private void receive(long nowNs) {
        int calls = 0;
        boolean more = true;
        while (more && mayReceive(nowNs < crowdUntilNs)) {
            more = receiver.receive(queues) == PacketReceiver.FRAME_COUNT_MAX;
            if (queues.senderCount() > 1) {
                crowdUntilNs = nowNs + CROWD_NS;
            }
            more &= nowNs < crowdUntilNs && ++calls < RECEIVE_CALL_COUNT_MAX;
        }
    }

    private boolean mayReceive(boolean crowded) {
        if (queues.count() == 0 || pool.freeCount() > SPARE_COUNT) {
            return true;
        }
        int madeCount = 0;
        while (crowded && madeCount < PacketReceiver.FRAME_COUNT_MAX) {
            Frame excess = queues.pollExcess();
            if (excess == null) {
                break;
            }
            counters.droppedExcess.increment();
            pool.giveBack(excess);
            madeCount++;
        }
        return madeCount > 0;
    }

    /** Nothing is received or handed on any more; with the last frame goes the memory of all. */
    void close() {
        receiver.close();
        Frame frame = queues.poll();
        while (frame != null) {
            counters.droppedClosed.increment();
            pool.giveBack(frame);
            frame = queues.poll();
        }
    }
}
