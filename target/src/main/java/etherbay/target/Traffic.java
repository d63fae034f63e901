// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AtaCommand;
import etherbay.base.Frame;
import etherbay.base.IoStatus;
import etherbay.base.Loop;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Who asks how much of one export, and how long it takes. Each request is counted once, for its
 * initiator; the export's sums are made of those when somebody asks. Owned by the export's loop;
 * allocates nothing per request.
 *
 * <p>Whoever had a request executed is an initiator, for frames alone prove nothing. At most {@link
 * Limits#INITIATOR_COUNT_MAX} are told apart: a further one takes the place of whoever was unseen
 * longest, if nothing of that one is recent, so that invented addresses do not push out who is at
 * work; what has no place is counted for the export alone.
 *
 * <p>A request lasts from the kernel's receive time to its answer. When that is, is asked of the
 * clock once a turn: what is answered in one turn goes out together anyway.
 */
final class Traffic {
    /** A power of two, at most half of it in use. */
    private static final int PLACE_COUNT = 2 * Limits.INITIATOR_COUNT_MAX;

    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;
    private static final int HASH_SHIFT = 64 - Integer.numberOfTrailingZeros(PLACE_COUNT);
    private static final Comparator<InitiatorTraffic> BY_MAC =
            Comparator.comparingLong(one -> one.mac);

    private final Loop loop;

    /** By the hash of the address, further places when it is taken; made for the first request. */
    private @Nullable InitiatorTraffic[] places = {};

    private final List<InitiatorTraffic> known = new ArrayList<>();

    /** Those without a place, now or any more. */
    private final InitiatorTraffic others = new InitiatorTraffic();

    private final LatencyCounts readTimes = new LatencyCounts();
    private final LatencyCounts writeTimes = new LatencyCounts();
    private @Nullable InitiatorTraffic latest;
    private @Nullable LatencyPool pool;

    /** Until then all places are taken by those who are at work. */
    private long fullUntilNs = Long.MIN_VALUE;

    private long askedTurnNs = Long.MIN_VALUE;
    private long endNs;

    Traffic(Loop loop) {
        this.loop = loop;
    }

    /** With histograms from there; before the first request. */
    void measure(LatencyPool latencies) {
        pool = latencies;
    }

    /** A request from the disk ended; its frame is still held. */
    void ended(RequestSlot slot, IoStatus status) {
        Frame frame = slot.heldFrame();
        InitiatorTraffic initiator = seen(slot.mac, frame, slot.repeated);
        boolean ok = status.isOk();
        if (slot.command == AtaCommand.READ) {
            initiator.read(slot.sectorCount, ok);
            record(initiator.readLatency, readTimes, frame);
        } else {
            initiator.changed(slot.command, slot.sectorCount, ok);
            if (slot.command == AtaCommand.WRITE || slot.command == AtaCommand.WRITE_FUA) {
                record(initiator.writeLatency, writeTimes, frame);
            }
        }
    }

    /** A read is answered without a request to the disk. */
    void lent(Frame frame, long mac, int sectorCount, boolean repeated) {
        InitiatorTraffic initiator = seen(mac, frame, repeated);
        initiator.read(sectorCount, true);
        record(initiator.readLatency, readTimes, frame);
    }

    private void record(RecentLatency latency, LatencyCounts times, Frame frame) {
        LatencyPool from = pool;
        if (from == null) {
            return;
        }
        long turnNs = loop.nowNs();
        if (turnNs != askedTurnNs) {
            askedTurnNs = turnNs;
            endNs = loop.clock().nanoTime();
        }
        long tookNs = endNs - frame.receivedNs();
        latency.record(tookNs, turnNs, from);
        times.record(tookNs);
    }

    private InitiatorTraffic seen(long mac, Frame frame, boolean repeated) {
        InitiatorTraffic initiator = latest;
        if (initiator == null || initiator.mac != mac) {
            initiator = find(mac);
        }
        initiator.lastNs = loop.nowNs();
        initiator.heardBy(frame.port());
        if (repeated) {
            initiator.repeated();
        }
        return initiator;
    }

    private InitiatorTraffic find(long mac) {
        if (places.length == 0) {
            places = new InitiatorTraffic[PLACE_COUNT];
        }
        InitiatorTraffic found = places[place(mac)];
        if (found == null) {
            found = newcomer(mac);
        }
        if (found == null) {
            return others;
        }
        latest = found;
        return found;
    }

    /** Where that one is, or would be. */
    private int place(long mac) {
        int place = (int) ((mac * GOLDEN) >>> HASH_SHIFT);
        InitiatorTraffic there = places[place];
        while (there != null && there.mac != mac) {
            place = place + 1 & PLACE_COUNT - 1;
            there = places[place];
        }
        return place;
    }

    private @Nullable InitiatorTraffic newcomer(long mac) {
        InitiatorTraffic initiator;
        if (known.size() < Limits.INITIATOR_COUNT_MAX) {
            initiator = new InitiatorTraffic();
            known.add(initiator);
            initiator.begin(mac, loop.clock().wallMillis());
            places[place(mac)] = initiator;
        } else {
            initiator = unseenLongest();
            if (initiator != null) {
                others.add(initiator);
                initiator.begin(mac, loop.clock().wallMillis());
                placeAll();
            }
        }
        return initiator;
    }

    /** Who makes room; null when all are at work. */
    private @Nullable InitiatorTraffic unseenLongest() {
        long nowNs = loop.nowNs();
        if (nowNs < fullUntilNs) {
            return null;
        }
        InitiatorTraffic oldest = known.getFirst();
        for (int index = 1; index < known.size(); index++) {
            InitiatorTraffic one = known.get(index);
            oldest = one.lastNs < oldest.lastNs ? one : oldest;
        }
        fullUntilNs = oldest.lastNs + LatencyHistogram.RECENT_NS;
        return nowNs < fullUntilNs ? null : oldest;
    }

    private void placeAll() {
        Arrays.fill(places, null);
        for (int index = 0; index < known.size(); index++) {
            InitiatorTraffic one = known.get(index);
            places[place(one.mac)] = one;
        }
    }

    /** Initiators that are told apart now. */
    int initiatorCount() {
        return known.size();
    }

    /** What is known now, a value. */
    TrafficView view() {
        LatencyPool sums = pool;
        if (sums == null || known.isEmpty()) {
            return TrafficView.NONE;
        }
        long nowNs = loop.nowNs();
        long nowMs = loop.clock().wallMillis();
        InitiatorTraffic all = new InitiatorTraffic();
        LatencySum reads = sums.reads;
        LatencySum writes = sums.writes;
        reads.clear();
        writes.clear();
        all.add(others);
        others.readLatency.addTo(reads, nowNs);
        others.writeLatency.addTo(writes, nowNs);
        List<TrafficView.Initiator> initiators = new ArrayList<>();
        known.stream().sorted(BY_MAC).forEach(one -> {
            all.add(one);
            one.readLatency.addTo(reads, nowNs);
            one.writeLatency.addTo(writes, nowNs);
            initiators.add(one.told(nowNs, nowMs, sums.single));
        });
        return new TrafficView(
                all.sums(),
                reads.told(),
                writes.told(),
                readTimes.told(),
                writeTimes.told(),
                initiators);
    }
}
