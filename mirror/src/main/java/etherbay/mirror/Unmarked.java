// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Io;
import etherbay.base.IoStatus;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Writes that wait until the legs know that the array is written to, and where: the superblocks say
 * "dirty" and the bitmaps have the bit, durably. On the loop of the mirror.
 */
final class Unmarked {
    private final Intent intent;
    private final Metadata metadata;
    private final Consumer<Io> begin;
    private final Deque<Io> waiting = new ArrayDeque<>();
    private boolean admitting;

    /**
     * @param begin takes a write that waits for nothing any more
     */
    Unmarked(Intent intent, Metadata metadata, Consumer<Io> begin) {
        this.intent = intent;
        this.metadata = metadata;
        this.begin = begin;
    }

    void submit(Io io) {
        intent.enter(io.lba(), io.sectors());
        metadata.setDirty(true);
        if (waiting.isEmpty() && mayBegin(io)) {
            begin.accept(io);
        } else {
            waiting.add(io);
            metadata.start();
        }
    }

    private boolean mayBegin(Io io) {
        return metadata.isDirtyDurable() && intent.isSafe(io.lba(), io.sectors());
    }

    /** A round of the metadata is over. */
    void admit() {
        if (admitting) {
            return;
        }
        admitting = true;
        int count = waiting.size();
        for (int index = 0; index < count; index++) {
            Io io = waiting.remove();
            if (mayBegin(io)) {
                begin.accept(io);
            } else {
                waiting.add(io);
            }
        }
        admitting = false;
        if (!waiting.isEmpty()) {
            metadata.start();
        }
    }

    /** No leg took the metadata: what waits for it cannot be done. */
    void failAll(IoStatus status) {
        while (!waiting.isEmpty()) {
            Io io = waiting.remove();
            intent.leave(io.lba(), io.sectors());
            io.complete(status);
        }
    }
}
