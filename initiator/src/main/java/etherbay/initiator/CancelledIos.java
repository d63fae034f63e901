// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.Io;
import etherbay.base.IoQueue;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.Timers;

import java.util.function.BiConsumer;

/**
 * Requests that were cancelled and are still to be told so, in a later step of the turn: whoever
 * cancels is not called back from there. Owned by the disk's loop.
 */
final class CancelledIos {
    private final BiConsumer<Io, IoStatus> ended;
    private final Loop loop;
    private final Timers.Timer timer;
    private final IoQueue unknown = new IoQueue();
    private final IoQueue offline = new IoQueue();

    /**
     * @param ended hears of each, once
     */
    CancelledIos(Loop loop, BiConsumer<Io, IoStatus> ended) {
        this.loop = loop;
        this.ended = ended;
        timer = loop.timers().timer(this::tellAll);
    }

    /** Nothing touches its memory any more; it ends in a moment. */
    void add(Io io, boolean mayHaveHappened) {
        (mayHaveHappened ? unknown : offline).add(io);
        timer.at(loop.nowNs());
    }

    /** Tells those that are there: what a continuation cancels is for the next time. */
    void tellAll() {
        timer.cancel();
        tell(unknown, IoStatus.UNKNOWN);
        tell(offline, IoStatus.OFFLINE);
    }

    private void tell(IoQueue queue, IoStatus outcome) {
        for (int left = queue.count(); left > 0; left--) {
            Io io = queue.poll();
            if (io != null) {
                ended.accept(io, outcome);
            }
        }
    }
}
