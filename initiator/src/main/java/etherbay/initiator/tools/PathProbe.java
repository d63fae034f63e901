// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Payload;
import etherbay.base.Check;
import etherbay.initiator.AoeClient;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Measures what really passes a path. To the target: IDENTIFY DEVICE with ever more padding, which
 * every target ignores (as aoe-sancheck does it). From the target: reads of ever more sectors from
 * the beginning of the disk. Nothing is written. Then losses at the sizes that pass, and a burst of
 * as many frames as the target has buffers for. On the client's thread.
 */
public final class PathProbe {
    /** A size passes when one of so many probes is answered. */
    private static final int TRY_COUNT = 3;

    /**
     * For the first probe of a size, twice as long for each further one: answers take microseconds,
     * but a host may be busy and a disk asleep.
     */
    private static final long TRY_NS = 250_000_000L;

    /** For a round trip that counts: what is later than this is as good as lost. */
    private static final long ROUND_NS = 1_000_000_000L;

    /** Behind a burst, for all of its answers. */
    private static final long BURST_NS = 2_000_000_000L;

    /** Round trips in each direction: one loss in a hundred shows, as closewait of Linux does. */
    public static final int ROUND_COUNT = 100;

    /** A direction that has lost so many is judged. */
    private static final int LOST_COUNT_ENOUGH = 10;

    /** More than targets advertise but by mistake; the frames of one burst. */
    private static final int BURST_COUNT_MAX = 128;

    /**
     * Where the room on our side is not known: what vblade has buffers for, if nobody says else.
     */
    private static final int BURST_COUNT_SMALL = 16;

    /**
     * What was measured.
     *
     * @param outSectors most data that reaches the target in one frame; 0 when it answers no
     *     IDENTIFY DEVICE at all
     * @param inSectors most data that comes back in one frame; 0 when nothing could be read
     * @param inRefusal why nothing could be read; empty when something could, or for silence
     * @param roundCount frames of the largest size that each await an answer, both directions
     * @param lostCount of these
     * @param burstCount frames of the largest size sent at once
     * @param burstLostCount of these, in the better of two bursts
     */
    public record Result(
            int outSectors,
            int inSectors,
            String inRefusal,
            int roundCount,
            int lostCount,
            int burstCount,
            int burstLostCount) {
        static final Result SILENT = new Result(0, 0, "", 0, 0, 0, 0);
    }

    private final FoundPath path;
    private final AoeClient client;
    private final long diskSectors;
    private String inRefusal = "";
    private int roundCount;
    private int lostCount;

    /**
     * @param diskSectors size of the disk; 0 when it is not known, then nothing is read
     */
    public PathProbe(FoundPath path, long diskSectors) {
        this.path = path;
        client = path.port().client();
        this.diskSectors = diskSectors;
    }

    /** Most sectors that could come back in one frame. */
    int inSectorsExpected() {
        int both = Math.min(path.localSectors(), path.statedSectors());
        return (int) Math.min(both, diskSectors);
    }

    /** Takes a second on a good path; some seconds on one that loses or swallows frames. */
    public Result run() {
        int outSectors = outSectors();
        if (outSectors == 0) {
            return Result.SILENT;
        }
        int inSectors = inSectors();
        rounds(padded(outSectors), PathProbe::identified);
        if (inSectors > 0) {
            rounds(frames -> frames.read(0, inSectors), reply -> carries(reply, inSectors));
        }
        int most = path.port().receiveBytes() == 0 ? BURST_COUNT_SMALL : BURST_COUNT_MAX;
        int burst = Math.clamp(path.config().bufferCount(), 1, most);
        int burstLost = burstLost(outSectors, burst);
        if (burstLost > 0) {
            burstLost = Math.min(burstLost, burstLost(outSectors, burst));
        }
        return new Result(
                outSectors, inSectors, inRefusal, roundCount, lostCount, burst, burstLost);
    }

    private int outSectors() {
        int most = path.localSectors();
        int passed = 0;
        while (passed < most && passes(padded(passed + 1), PathProbe::identified)) {
            passed++;
        }
        return passed;
    }

    private int inSectors() {
        int most = inSectorsExpected();
        int passed = 0;
        while (passed < most) {
            int next = passed + 1;
            if (!passes(frames -> frames.read(0, next), reply -> carries(reply, next))) {
                break;
            }
            passed = next;
        }
        return passed;
    }

    /** IDENTIFY DEVICE behind which stands nothing, as long as a write of that many sectors. */
    private static Request padded(int sectorCount) {
        Check.that(sectorCount <= Payload.SECTORS_MAX, "no frame has more sectors");
        return frames -> {
            MemorySegment identify = frames.identify();
            byte[] bytes = new byte[Payload.frameBytes(sectorCount)];
            MemorySegment frame = MemorySegment.ofArray(bytes);
            MemorySegment.copy(identify, 0, frame, 0, identify.byteSize());
            return frame;
        };
    }

    private static boolean identified(Reply reply) {
        return IdentityBlock.of(reply).isPresent();
    }

    private boolean carries(Reply reply, int sectorCount) {
        boolean good = reply.refusal().isEmpty()
                && reply.ata()
                        .filter(registers ->
                                (registers.commandStatus() & AtaHeader.STATUS_FAILED_MASK) == 0)
                        .isPresent();
        if (!good) {
            inRefusal = reply.refusal()
                            .filter(code -> code == AoeHeader.ERROR_RESERVED)
                            .isPresent()
                    ? "it is reserved by others"
                    : "it refused a read: " + reply;
        }
        return good && AtaHeader.carriesData(reply.bytes(), sectorCount);
    }

    private boolean passes(Request request, Predicate<Reply> good) {
        for (int attempt = 0; attempt < TRY_COUNT; attempt++) {
            if (answered(request, good, TRY_NS << attempt)) {
                return true;
            }
            if (!inRefusal.isEmpty()) {
                return false; // it was heard, and says no
            }
        }
        return false;
    }

    private boolean answered(Request request, Predicate<Reply> good, long waitNs) {
        MemorySegment frame = client.build(client.mac(), path.station(), request);
        return client.exchange(List.of(frame), waitNs, 1).stream()
                .anyMatch(reply -> reply.response() && good.test(reply));
    }

    private void rounds(Request request, Predicate<Reply> good) {
        int lostMax = lostCount + LOST_COUNT_ENOUGH;
        for (int round = 0; round < ROUND_COUNT && lostCount < lostMax; round++) {
            roundCount++;
            lostCount += answered(request, good, ROUND_NS) ? 0 : 1;
        }
    }

    private int burstLost(int outSectors, int burstCount) {
        List<MemorySegment> frames = new ArrayList<>();
        for (int i = 0; i < burstCount; i++) {
            frames.add(client.build(client.mac(), path.station(), padded(outSectors)));
        }
        long answered = client.exchange(frames, BURST_NS, burstCount).stream()
                .filter(PathProbe::identified)
                .map(reply -> reply.aoe().tag())
                .distinct()
                .count();
        return burstCount - (int) answered;
    }
}
