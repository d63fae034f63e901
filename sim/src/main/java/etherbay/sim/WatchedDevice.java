// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.Io;
import etherbay.base.IoStatus;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * A decorator that sees to it that every Io below it completes exactly once, and in a later step of
 * a turn unless it was refused. At the end {@link #checkNothingInFlight} finds those that never
 * did.
 */
public final class WatchedDevice extends DeviceDecorator implements Io.Completion {
    private final Set<Io> inFlight = Collections.newSetFromMap(new IdentityHashMap<>());
    private long completedCount;
    private boolean submitting;

    public WatchedDevice(BlockDevice below) {
        super(below);
    }

    @Override
    public void submit(Io io) {
        if (!inFlight.add(io)) {
            throw new AssertionError("submitted while in flight: " + io);
        }
        boolean outer = submitting;
        submitting = true;
        below().submit(io.then(this));
        submitting = outer;
    }

    @Override
    public void completed(Io io) {
        if (!inFlight.remove(io)) {
            throw new AssertionError("completed twice: " + io);
        }
        if (submitting && !isRefusal(io.status())) {
            throw new AssertionError("completed within submit without being refused: " + io);
        }
        completedCount++;
        io.complete(io.status());
    }

    @Override
    public void close() {
        super.close();
        checkNothingInFlight();
    }

    /** Ios that completed. */
    public long completedCount() {
        return completedCount;
    }

    /** Demands that all have completed by now. */
    public void checkNothingInFlight() {
        if (!inFlight.isEmpty()) {
            throw new AssertionError(inFlight.size() + " never completed, as " + first());
        }
    }

    private Io first() {
        return inFlight.iterator().next();
    }

    private static boolean isRefusal(IoStatus status) {
        return switch (status) {
            case RANGE, READ_ONLY, UNSUPPORTED, OFFLINE, FENCED, FAILED -> true;
            case OK, UNKNOWN, NO_SPACE -> false;
        };
    }
}
