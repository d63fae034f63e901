// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/** What a {@link SegmentSwitch} counts. Written by its thread, read by anyone. */
final class SwitchCounters {
    final Counter clientsJoined;
    final Counter clientsLeft;
    final Counter clientsRefused;
    final Counter framesReceived;
    final Counter framesSent;

    /** Its sender was disconnected. */
    final Counter framesMalformed;

    final Counter framesRunt;
    final Counter framesOversize;

    /** What the impairment did; of what passed the tests above each frame is in one of these. */
    private final Counter framesLost;

    private final Counter framesOnce;
    private final Counter framesDoubled;

    /** A client's queue was full. */
    final Counter framesDroppedFull;

    /** Too many frames were held back. */
    final Counter framesDroppedDelay;

    SwitchCounters(Counters counters) {
        clientsJoined = counters.counter("segment.clients.joined");
        clientsLeft = counters.counter("segment.clients.left");
        clientsRefused = counters.counter("segment.clients.refused");
        framesReceived = counters.counter("segment.frames.received");
        framesSent = counters.counter("segment.frames.sent");
        framesMalformed = counters.counter("segment.frames.malformed");
        framesRunt = counters.counter("segment.frames.dropped.runt");
        framesOversize = counters.counter("segment.frames.dropped.oversize");
        framesLost = counters.counter("segment.frames.impaired.lost");
        framesOnce = counters.counter("segment.frames.impaired.none");
        framesDoubled = counters.counter("segment.frames.impaired.doubled");
        framesDroppedFull = counters.counter("segment.frames.dropped.full");
        framesDroppedDelay = counters.counter("segment.frames.dropped.delay");
    }

    /** The impairment made that many copies of a frame. */
    void impaired(int copies) {
        switch (copies) {
            case 0 -> framesLost.increment();
            case 1 -> framesOnce.increment();
            default -> framesDoubled.increment();
        }
    }
}
