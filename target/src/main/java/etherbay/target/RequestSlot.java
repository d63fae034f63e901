// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AtaCommand;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoStatus;

import org.jspecify.annotations.Nullable;

/**
 * One ATA request on its way to the disk and back. Made once, used again and again; owned by the
 * export's loop. The frame that brought the request is kept until it has become the answer.
 */
final class RequestSlot {
    /** One piece of memory: the data part of the frame. */
    final Io io = new Io(1);

    @Nullable
    Frame frame;

    AtaCommand command = AtaCommand.UNSUPPORTED;
    long lba;
    int sectorCount;
    long mac;

    /** The term of ownership in force when it was admitted. */
    long epoch;

    /** Of {@link etherbay.base.Quiescence}; for what {@link #changes}. */
    long generation;

    /** Changes data or settings: what fences, floors and drains are about. */
    boolean changes;

    /** It had been asked before, as {@link Repeats} saw. */
    boolean repeated;

    /** Ranges of a trim that have not completed. */
    int rangesLeft;

    /** The first failure among the ranges of a trim. */
    IoStatus worst = IoStatus.OK;

    /** The frame of a request in flight. */
    Frame heldFrame() {
        Frame held = frame;
        if (held == null) {
            throw new AssertionError("a request in flight holds its frame");
        }
        return held;
    }
}
