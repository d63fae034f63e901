// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The second seam: an array of 512-byte sectors. A file, a slice, a volume, a mirror and a remote
 * AoE disk are all one of these, and stack.
 *
 * <p><b>Contract.</b> A device belongs to one loop; every method is called on its thread and every
 * continuation runs there. Nothing here blocks, but for {@link #close}.
 *
 * <ul>
 *   <li>There is no order among Ios in flight. Whoever needs one waits for a completion.
 *   <li>A completed FLUSH means that all that had <i>completed</i> before the FLUSH was submitted
 *       is durable. Of what was in flight then it says nothing. A FLUSH that fails says that any of
 *       it may be lost, and so does every later FLUSH until the device is opened again.
 *   <li>FUA on a write means that this write, and only this, is durable when it completes with OK.
 *   <li>A write that did not complete, or was torn by a power cut, leaves a mix of old and new at
 *       the granularity of whole sectors (512 bytes; logical blocks where they are larger).
 *   <li>Overlapping writes in flight may land in either order, <b>but a device with several copies
 *       lands them in the same order on all of them</b>. {@link OrderedDevice} makes them land in
 *       the order of submission.
 *   <li>OK: it happened. FAILED: it will not happen any more. UNKNOWN: it may have happened, and
 *       until the device is fenced it may still happen, also after a later write to the same range.
 *       FENCED: somebody else owns the disk; no leg, path or medium is at fault.
 *   <li>RANGE, READ_ONLY, UNSUPPORTED and OFFLINE are answered before anything was done.
 *   <li>An Io completes exactly once. Refusals may complete within {@link #submit}; everything else
 *       completes in a later step of a turn, so that a caller may submit from a continuation
 *       without end.
 *   <li>A device takes any number of Ios; what it cannot start yet it queues, through the Ios
 *       themselves. The bound is the slots that its callers made.
 *   <li>What the memory of a READ holds after anything but OK is undefined.
 * </ul>
 */
public interface BlockDevice extends AutoCloseable {
    int SECTOR_BYTES = 512;

    /** Whether requests make sense right now. */
    enum State {
        ONLINE,
        /** Not reachable; Ios wait or end with OFFLINE as the device says. */
        OFFLINE,
        /** Someone else owns it; Ios end with FENCED. */
        FENCED
    }

    /** Hears what changes by itself. Called on the device's loop. */
    interface Listener {
        /** {@link #sectors} changed; it was {@code sectorsBefore}. */
        default void resized(BlockDevice device, long sectorsBefore) {}

        /** Also with the state that it had, when what was not flushed may be gone. */
        default void stateChanged(BlockDevice device, State state) {}
    }

    BlockCapabilities capabilities();

    /** Size in 512-byte sectors; may grow, see {@link Listener}. */
    long sectors();

    /** Adds a listener. */
    void listen(Listener listener);

    /** Takes the request; its continuation will run. */
    void submit(Io io);

    /**
     * Where the data of a range lie in the address space of this process, when they are at hand
     * without waiting: at least as new as every write that had completed. For a system call of this
     * turn to read, such as one that sends them; never for the program itself, which a file that
     * has become shorter would kill.
     *
     * @return an address; 0 when a READ has to be submitted, as always where a device cannot
     */
    default long lend(long lba, int sectorCount) {
        return 0;
    }

    /**
     * Ends a submitted Io early where the device can: it completes, in a later step of a turn, with
     * UNKNOWN when it may have happened or may still happen, else with OFFLINE; and from this call
     * on its memory is not touched any more. A caller that has no more use for the outcome gets its
     * memory back that way.
     *
     * @return false when the device cannot, or has no such Io: it completes as it would have
     */
    default boolean cancel(Io io) {
        return false;
    }

    /**
     * Runs {@code finished} once every Io submitted before this call has completed. Later Ios are
     * taken and do not delay it for ever: only those that were there count.
     */
    void quiesce(Runnable finished);

    /**
     * Waits until nothing is in flight and lets go of what lies below. Nothing is submitted any
     * more.
     */
    @Override
    void close();

    /**
     * Why {@code io} cannot be done on a device of that size and those capabilities, or OK. The
     * check that every device makes first.
     */
    static IoStatus refusal(Io io, long sectorCount, BlockCapabilities capabilities) {
        IoOperation operation = io.operation();
        if (operation == IoOperation.FLUSH) {
            return capabilities.flush() ? IoStatus.OK : IoStatus.UNSUPPORTED;
        }
        if (capabilities.readOnly() && operation.changesData()) {
            return IoStatus.READ_ONLY;
        }
        if (operation == IoOperation.TRIM && !capabilities.trim()) {
            return IoStatus.UNSUPPORTED;
        }
        if (io.fua() && !capabilities.fua()) {
            return IoStatus.UNSUPPORTED;
        }
        long mask = capabilities.logicalBlockBytes() / SECTOR_BYTES - 1L;
        boolean aligned = ((io.lba() | io.sectors()) & mask) == 0;
        boolean within = io.lba() >= 0
                && io.sectors() > 0
                && io.sectors() <= sectorCount
                && io.lba() <= sectorCount - io.sectors();
        return aligned && within ? IoStatus.OK : IoStatus.RANGE;
    }
}
