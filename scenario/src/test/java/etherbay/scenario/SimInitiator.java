// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.Payload;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.base.Timers;
import etherbay.sim.SectorPattern;
import etherbay.sim.SimNode;
import etherbay.sim.SimPort;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A plain initiator: a window of requests, each sent again with a new tag, over any of its paths,
 * until it is answered. It has no floor and no frame-life: whoever uses it keeps apart what may not
 * meet. An answer to a tag that it never sent is a failure of the run.
 */
final class SimInitiator {
    /** One way to the target: a port of ours and the address of the port behind it. */
    record Path(SimPort port, MacAddress target) {}

    private static final long RETRY_NS_MIN = 2_000_000;
    private static final long RETRY_NS_MAX = 40_000_000;

    private final SimNode node;
    private final MacAddress source;
    private final int shelf;
    private final int slot;
    private final int windowCount;
    private final Prng prng;
    private final List<Path> paths = new ArrayList<>();
    private final Deque<SimRequest> waiting = new ArrayDeque<>();
    private final List<SimRequest> open = new ArrayList<>();
    private final Map<Integer, SimRequest> byTag = new HashMap<>();
    private int nextTag;
    private boolean onEveryPath;
    private boolean stopped;

    /**
     * @param source the address that requests come from; that of the port or a further one
     */
    SimInitiator(SimNode node, MacAddress source, int shelf, int slot, int windowCount) {
        this.node = node;
        this.source = source;
        this.shelf = shelf;
        this.slot = slot;
        this.windowCount = windowCount;
        prng = node.simulation().prng().fork();
        nextTag = AoeHeader.TAG_USER_SPACE | prng.between(0, 1 << 20);
    }

    SimInitiator path(SimPort port, MacAddress target) {
        paths.add(new Path(port, target));
        if (!port.mac().equals(source)) {
            port.addSourceMac(source);
        }
        return this;
    }

    /** Each transmission goes out on every path at once: duplicates on purpose. */
    void sendOnEveryPath() {
        onEveryPath = true;
    }

    MacAddress source() {
        return source;
    }

    /** Requests that are not answered yet. */
    int openCount() {
        return open.size() + waiting.size();
    }

    void submit(SimRequest request) {
        request.askedNs = node.simulation().nowNs();
        waiting.add(request);
        startWaiting();
    }

    /** Sends nothing more: its user is gone, though frames of it may still be on their way. */
    void stop() {
        stopped = true;
        waiting.clear();
    }

    /** Takes what arrives for this initiator; several can share a port. */
    void onFrame(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (Ethernet.dst(memory, at) != source.bits()) {
            return;
        }
        if (AoeHeader.malformedMessage(memory, at, frame.bytes())) {
            throw new AssertionError("the target sent a malformed frame");
        }
        if (!AoeHeader.response(memory, at) || AoeHeader.tag(memory, at) == 0) {
            return; // a beacon, or a request to us
        }
        SimRequest request = byTag.get(AoeHeader.tag(memory, at));
        if (request == null) {
            throw new AssertionError(
                    "answer to an unknown tag " + Integer.toHexString(AoeHeader.tag(memory, at)));
        }
        if (request.isOpen()) {
            finish(request, memory, at, frame.bytes());
        }
    }

    private void startWaiting() {
        while (open.size() < windowCount && !waiting.isEmpty() && !stopped) {
            SimRequest request = waiting.remove();
            open.add(request);
            Timers.Timer[] retry = new Timers.Timer[1];
            retry[0] = node.loop().timers().timer(() -> {
                if (request.isOpen() && !stopped) {
                    transmit(request);
                    retry[0].at(node.simulation().nowNs() + retryNs(request));
                }
            });
            transmit(request);
            retry[0].at(node.simulation().nowNs() + retryNs(request));
            node.wake();
        }
    }

    private long retryNs(SimRequest request) {
        long backedOffNs = RETRY_NS_MIN << Math.min(request.transmissionCount, 5);
        return Math.min(backedOffNs, RETRY_NS_MAX) + prng.below(RETRY_NS_MIN);
    }

    private void transmit(SimRequest request) {
        if (onEveryPath) {
            paths.forEach(path -> transmit(request, path));
        } else {
            transmit(request, paths.get(prng.below(paths.size())));
        }
    }

    private void transmit(SimRequest request, Path path) {
        Frame frame = path.port.claim(frameBytes(request));
        if (frame == null) {
            return; // the send ring is full: the timer tries again
        }
        int tag = nextTag++;
        byTag.put(tag, request);
        request.transmissionCount++;
        request.lastSentNs = node.simulation().nowNs();
        fill(request, tag, path.target, frame);
        path.port.commit(frame);
    }

    private static int frameBytes(SimRequest request) {
        int bytes = request.isAta()
                ? Payload.frameBytes(request.isWrite() ? request.sectors : 0)
                : FenceHeader.frameBytes(request.owners.size());
        return Ethernet.paddedBytes(bytes);
    }

    private void fill(SimRequest request, int tag, MacAddress target, Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        memory.asSlice(at, Math.min(frame.bytes(), Ethernet.FRAME_BYTES_MIN)).fill((byte) 0);
        new Ethernet.Fields(target, source, Ethernet.TYPE_AOE).write(memory, at);
        AoeHeader.Fields.request(shelf, slot, request.command, tag).write(memory, at);
        if (!request.isAta()) {
            new FenceHeader.Fields(
                            FenceHeader.SET,
                            0,
                            request.owners.size(),
                            request.epoch,
                            request.owners)
                    .write(memory, at);
            return;
        }
        int aflags = AtaHeader.AFLAG_EXTENDED | (request.isWrite() ? AtaHeader.AFLAG_WRITE : 0);
        new AtaHeader.Fields(aflags, 0, request.sectors, request.opcode, request.lba)
                .write(memory, at);
        if (request.isWrite()) {
            long dataAt = at + AtaHeader.END;
            SectorPattern.fill(memory, dataAt, request.lba, request.sectors, request.write);
        }
    }

    private void finish(SimRequest request, MemorySegment memory, long at, int frameBytes) {
        open.remove(request);
        if (AoeHeader.error(memory, at)) {
            request.outcome = SimRequest.Outcome.REFUSED;
            request.error = AoeHeader.errorCode(memory, at);
        } else if (request.isAta()) {
            finishAta(request, memory, at, frameBytes);
        } else {
            finishFence(request, memory, at);
        }
        node.simulation().trace("answer", request.lba, request.outcome.name().hashCode());
        if (request.done != null) {
            request.done.accept(request);
        }
        startWaiting();
    }

    private static void finishAta(
            SimRequest request, MemorySegment memory, long at, int frameBytes) {
        if ((AtaHeader.status(memory, at) & AtaHeader.STATUS_FAILED_MASK) != 0) {
            request.outcome = SimRequest.Outcome.ATA_ERROR;
            request.error = AtaHeader.error(memory, at);
            return;
        }
        request.outcome = SimRequest.Outcome.OK;
        if (!request.isRead()) {
            return;
        }
        if (!AtaHeader.carriesData(frameBytes, request.sectors)) {
            throw new AssertionError("a good answer to a read without its data: " + request);
        }
        request.found = new long[request.sectors];
        for (int sector = 0; sector < request.sectors; sector++) {
            long sectorAt = at + AtaHeader.END + (long) sector * AtaHeader.SECTOR_BYTES;
            request.found[sector] = SectorPattern.writeOf(memory, sectorAt, request.lba + sector);
        }
    }

    private static void finishFence(SimRequest request, MemorySegment memory, long at) {
        FenceHeader.Fields fence = FenceHeader.Fields.read(memory, at);
        request.outcome = fence.error() == FenceHeader.ERROR_NONE
                ? SimRequest.Outcome.OK
                : SimRequest.Outcome.REFUSED;
        request.error = fence.error();
        request.epochInForce = fence.epoch();
        request.ownersInForce = fence.macs().stream().map(MacAddress::bits).toList();
    }
}
