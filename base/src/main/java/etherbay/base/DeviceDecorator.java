// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.util.ArrayList;
import java.util.List;

/**
 * What all decorators have in common: everything is passed to the device below, which the decorator
 * owns from then on, and listeners hear of the decorator instead of it. A decorator overrides what
 * it changes. One that holds Ios back or has its own overrides {@link #quiesce} too. On the
 * device's loop.
 */
public abstract class DeviceDecorator implements BlockDevice {
    private final BlockDevice below;
    private final List<Listener> listeners = new ArrayList<>();

    protected DeviceDecorator(BlockDevice below) {
        this.below = below;
    }

    /** The device that is decorated. */
    protected final BlockDevice below() {
        return below;
    }

    /** How large this device is when the one below has {@code sectorsBelow}. */
    protected long sectorsOf(long sectorsBelow) {
        return sectorsBelow;
    }

    @Override
    public BlockCapabilities capabilities() {
        return below.capabilities();
    }

    @Override
    public final long sectors() {
        return sectorsOf(below.sectors());
    }

    @Override
    public final void listen(Listener listener) {
        if (listeners.isEmpty()) {
            below.listen(new Relay());
        }
        listeners.add(listener);
    }

    /** What was passed on as the same Io, the device below can cancel; it knows no others. */
    @Override
    public boolean cancel(Io io) {
        return below.cancel(io);
    }

    @Override
    public void quiesce(Runnable finished) {
        below.quiesce(finished);
    }

    @Override
    public void close() {
        below.close();
    }

    private final class Relay implements Listener {
        @Override
        public void resized(BlockDevice device, long sectorsBefore) {
            long before = sectorsOf(sectorsBefore);
            if (before != sectors()) {
                listeners.forEach(listener -> listener.resized(DeviceDecorator.this, before));
            }
        }

        @Override
        public void stateChanged(BlockDevice device, State state) {
            listeners.forEach(listener -> listener.stateChanged(DeviceDecorator.this, state));
        }
    }
}
