// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counter;
import etherbay.base.DelayDevice;
import etherbay.base.IoTrace;
import etherbay.node.trace.IoTracer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A disk below what a person decorated it with, and what that needs besides the devices. Made and
 * closed by control threads; the device belongs to the loop.
 */
final class DecoratedDisk {
    private final BlockDevice device;
    private final List<DelayDevice> delays;
    private final List<IoTracer> tracers;

    private DecoratedDisk(BlockDevice device, List<DelayDevice> delays, List<IoTracer> tracers) {
        this.device = device;
        this.delays = delays;
        this.tracers = tracers;
    }

    /**
     * What was wished for over {@code disk}.
     *
     * @param called the disk without decorations, as its counters call it: {@code
     *     disk.PATH.failed-on-purpose}
     */
    static DecoratedDisk over(
            BlockDevice disk, Backing.Wish wish, String called, Backing.Opener opener) {
        List<DelayDevice> delays = new ArrayList<>();
        List<IoTracer> tracers = new ArrayList<>();
        BlockDevice device = disk;
        if (wish.name() instanceof BackingName.Decorated(List<Decoration> all, BackingName _)) {
            Counter failed = opener.counters().counter("disk." + called + ".failed-on-purpose");
            Supplier<IoTrace> trace = () -> {
                IoTracer tracer = opener.traces().ioTracer(wish.owner());
                tracers.add(tracer);
                return tracer;
            };
            Decoration.Parts parts = new Decoration.Parts(opener.loop(), failed, trace);
            for (Decoration decoration : all.reversed()) {
                device = decoration.over(device, parts);
                if (device instanceof DelayDevice delay) {
                    delays.add(delay);
                }
            }
        }
        return new DecoratedDisk(device, delays.reversed(), tracers);
    }

    BlockDevice device() {
        return device;
    }

    /** Nothing is delayed any more, the outermost delay first. On the loop. */
    void hurry() {
        delays.forEach(DelayDevice::hurry);
    }

    /** After its device was closed; blocks until what was traced is written. */
    void close() {
        tracers.forEach(IoTracer::close);
    }
}
