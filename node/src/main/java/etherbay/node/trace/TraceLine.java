// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FrameText;

import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The line of the log for one frame, for example {@code e1.0 12:44:14.000123 sent
 * 02:00:00:00:00:01 > 02:00:00:00:00:02 e1.0 tag 80000001 reply ata status 40 error 00 sectors left
 * 0, 1060 bytes, 144 us after its request}. Owned by the writer's thread.
 */
final class TraceLine {
    private static final long NS_PER_S = 1_000_000_000L;

    private final DateTimeFormatter time;
    private final RequestTimes requests = new RequestTimes();

    /**
     * @param zone in whose time people read the log
     */
    TraceLine(ZoneId zone) {
        time = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT).withZone(zone);
    }

    /**
     * Every record passes here once, in the order of the ring.
     *
     * @param wallNs when, in nanoseconds since 1970
     */
    String of(String exportName, MemorySegment ring, long at, long wallNs) {
        long frameAt = at + TraceRecord.FRAME_AT;
        boolean sent = TraceRecord.sent(ring, at);
        StringBuilder line = begun(exportName, wallNs).append(sent ? " sent " : " received ");
        line.append(FrameText.of(ring, frameAt, TraceRecord.frameBytes(ring, at)));
        long requestNs = requestNs(ring, at, sent);
        if (requestNs != RequestTimes.UNKNOWN) {
            line.append(", ").append((TraceRecord.timeNs(ring, at) - requestNs) / 1000);
            line.append(" us after its request");
        }
        return line.toString();
    }

    /** Of a request at the disk: {@code e1.0 12:44:14.000123 disk READ lba 8 ...}. */
    String ofRequest(String exportName, MemorySegment ring, long at, long wallNs) {
        return begun(exportName, wallNs)
                .append(" disk ")
                .append(IoRecord.text(ring, at + TraceRecord.FRAME_AT))
                .toString();
    }

    private StringBuilder begun(String exportName, long wallNs) {
        Instant when = Instant.ofEpochSecond(Math.floorDiv(wallNs, NS_PER_S), wallNs % NS_PER_S);
        return new StringBuilder(exportName).append(' ').append(time.format(when));
    }

    private long requestNs(MemorySegment ring, long at, boolean sent) {
        long frameAt = at + TraceRecord.FRAME_AT;
        int tracer = TraceRecord.tracer(ring, at);
        int tag = AoeHeader.tag(ring, frameAt);
        if (sent) {
            return requests.take(tracer, Ethernet.dst(ring, frameAt), tag);
        }
        requests.came(tracer, Ethernet.src(ring, frameAt), tag, TraceRecord.timeNs(ring, at));
        return RequestTimes.UNKNOWN;
    }
}
