// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeFrames;
import etherbay.base.Check;
import etherbay.initiator.AoeClient;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * Round trips to one disk, one after the other. An answer that comes after its own wait counts as
 * lost. On the client's thread.
 */
public final class Ping {
    /** Round trips kept of one run: a day, one a second. */
    public static final int COUNT_MAX = 100_000;

    /** So often a wait looks whether it shall stop. */
    private static final long LOOK_NS = 100_000_000L;

    /**
     * How it is done.
     *
     * @param count of requests, 1..{@link #COUNT_MAX}
     * @param intervalNs from one request to the next
     * @param replyNs for an answer
     * @param deadlineNs for all of it, from the start
     * @param identify sends IDENTIFY DEVICE instead of config queries: goes to where disks are
     *     asked
     */
    public record Plan(
            int count, long intervalNs, long replyNs, long deadlineNs, boolean identify) {
        public Plan {
            Check.that(count > 0 && count <= COUNT_MAX, "a bounded number of requests");
            Check.that(intervalNs >= 0 && replyNs > 0 && deadlineNs > 0, "time goes forward");
        }
    }

    /** Hears of each request how it went: its number from 1 on, and its answer if one came. */
    @FunctionalInterface
    public interface Listener {
        void done(int number, Optional<Reply> reply, long rttNs);
    }

    /**
     * What came of it.
     *
     * @param sentCount requests, one at least
     * @param rttsNs of those answered, ascending
     */
    public record Result(int sentCount, List<Long> rttsNs) {
        public int lostCount() {
            return sentCount - rttsNs.size();
        }

        public OptionalLong rttNsMin() {
            return rttsNs.stream().mapToLong(Long::longValue).min();
        }

        public OptionalLong rttNsMax() {
            return rttsNs.stream().mapToLong(Long::longValue).max();
        }

        public OptionalLong rttNsAverage() {
            return rttsNs.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(
                            rttsNs.stream().mapToLong(Long::longValue).sum() / rttsNs.size());
        }

        /** The least that 99 of 100 did not exceed (nearest rank). */
        public OptionalLong rttNs99() {
            int rank = (int) Math.ceil(rttsNs.size() * 0.99);
            return rank == 0 ? OptionalLong.empty() : OptionalLong.of(rttsNs.get(rank - 1));
        }
    }

    private final FoundPath path;
    private final AoeClient client;
    private final Plan plan;
    private final Request request;

    public Ping(FoundPath path, Plan plan) {
        this.path = path;
        client = path.port().client();
        this.plan = plan;
        request = plan.identify() ? AoeFrames::identify : AoeFrames::configQuery;
    }

    /** Sends all of them, or until it shall stop, the first in any case. */
    public Result run(Listener listener, BooleanSupplier stopped) {
        long startNs = client.nowNs();
        long[] rttsNs = new long[plan.count()];
        int answeredCount = 0;
        int sentCount = 0;
        do {
            long sentNs = client.nowNs();
            sentCount++;
            Optional<Reply> reply = once(Math.min(plan.replyNs(), leftNs(startNs)));
            long rttNs = reply.map(Reply::arrivedNs).orElseGet(client::nowNs) - sentNs;
            if (reply.isPresent()) {
                rttsNs[answeredCount++] = rttNs;
            }
            listener.done(sentCount, reply, rttNs);
            if (sentCount < plan.count()) {
                waitUntil(sentNs + plan.intervalNs(), startNs, stopped);
            }
        } while (sentCount < plan.count() && leftNs(startNs) > 0 && !stopped.getAsBoolean());
        long[] answered = Arrays.copyOf(rttsNs, answeredCount);
        Arrays.sort(answered);
        return new Result(sentCount, Arrays.stream(answered).boxed().toList());
    }

    private Optional<Reply> once(long waitNs) {
        MemorySegment frame = client.build(client.mac(), path.station(), request);
        return client.exchange(List.of(frame), Math.max(1, waitNs), 1).stream()
                .filter(Reply::response)
                .findFirst();
    }

    private long leftNs(long startNs) {
        return startNs + plan.deadlineNs() - client.nowNs();
    }

    private void waitUntil(long nextNs, long startNs, BooleanSupplier stopped) {
        long leftNs = Math.min(nextNs - client.nowNs(), leftNs(startNs));
        while (leftNs > 0 && !stopped.getAsBoolean()) {
            client.exchange(List.of(), Math.min(leftNs, LOOK_NS), 1);
            leftNs = Math.min(nextNs - client.nowNs(), leftNs(startNs));
        }
    }
}
