// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Prng;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;

import java.util.function.Consumer;

/**
 * A user of a disk: random writes, reads and FLUSHes through a {@link SimInitiator}, with a {@link
 * SectorHistory} that judges every read. It keeps what an initiator without floors has to keep: a
 * sector is written again only while its former writes are all unanswered, or a frame-life after
 * the last transmission of those that were answered.
 */
final class Workload {
    private static final long NOTHING_FREE_NS = 500_000;

    private final Simulation simulation;
    private final SimNode node;
    private final SimInitiator initiator;
    private final SectorHistory history;
    private final Prng prng;
    private final long sectorCount;
    private final int sectorsMax;
    private final long frameLifeNs;
    private final long[] freeAtNs;
    private Consumer<SimRequest> observer = request -> {};
    private int toIssueCount;
    private int inFlightMax = 8;
    private int inFlightCount;
    private boolean stopped;

    Workload(
            SimNode node,
            SimInitiator initiator,
            SectorHistory history,
            long sectorCount,
            int sectorsMax,
            long frameLifeNs) {
        simulation = node.simulation();
        this.node = node;
        this.initiator = initiator;
        this.history = history;
        this.sectorCount = sectorCount;
        this.sectorsMax = sectorsMax;
        this.frameLifeNs = frameLifeNs;
        prng = simulation.prng().fork();
        freeAtNs = new long[Math.toIntExact(sectorCount)];
    }

    /** Hears of every request that was answered. */
    Workload observe(Consumer<SimRequest> whenDone) {
        observer = whenDone;
        return this;
    }

    Workload inFlight(int count) {
        inFlightMax = count;
        return this;
    }

    /** Issues that many more requests. */
    void issue(int count) {
        toIssueCount += count;
        node.tell(this::step);
    }

    /** Issues nothing more. */
    void stop() {
        stopped = true;
        initiator.stop();
    }

    boolean finished() {
        return toIssueCount == 0 && inFlightCount == 0;
    }

    /** Reads every sector once and judges it; the caller runs until {@link #finished}. */
    void readAll() {
        for (long lba = 0; lba < sectorCount; lba += sectorsMax) {
            read(lba, (int) Math.min(sectorsMax, sectorCount - lba));
        }
    }

    private void step() {
        while (toIssueCount > 0 && inFlightCount < inFlightMax && !stopped) {
            int kind = prng.below(100);
            int sectors = 1 + prng.below(sectorsMax);
            long lba = prng.below(sectorCount - sectors + 1);
            if (kind < 30) {
                read(lba, sectors);
            } else if (kind < 40) {
                flush();
            } else if (isFree(lba, sectors)) {
                write(lba, sectors, kind < 48);
            } else {
                simulation.after(NOTHING_FREE_NS, () -> node.tell(this::step));
                return;
            }
            toIssueCount--;
        }
    }

    private boolean isFree(long lba, int sectors) {
        for (long sector = lba; sector < lba + sectors; sector++) {
            if (simulation.nowNs() < freeAtNs[(int) sector]) {
                return false;
            }
        }
        return true;
    }

    private void write(long lba, int sectors, boolean fua) {
        long number = history.writeBegins(lba, sectors);
        SimRequest write = fua
                ? SimRequest.writeFua(lba, sectors, number)
                : SimRequest.write(lba, sectors, number);
        submit(write.then(answered -> {
            if (answered.isOk()) {
                if (fua) {
                    history.writeAckedDurable(number);
                } else {
                    history.writeAcked(number);
                }
                for (long sector = lba; sector < lba + sectors; sector++) {
                    int index = (int) sector;
                    long deadNs = answered.lastSentNs + frameLifeNs;
                    freeAtNs[index] = Math.max(freeAtNs[index], deadNs);
                }
            }
        }));
    }

    private void read(long lba, int sectors) {
        long begunAt = history.readBegins();
        submit(SimRequest.read(lba, sectors).then(answered -> {
            for (int sector = 0; sector < answered.found.length; sector++) {
                history.checkRead(begunAt, lba + sector, answered.found[sector]);
            }
        }));
    }

    private void flush() {
        long begunAt = history.flushBegins();
        submit(SimRequest.flush().then(answered -> {
            if (answered.isOk()) {
                history.flushAcked(begunAt);
            }
        }));
    }

    private void submit(SimRequest request) {
        Consumer<SimRequest> judged = request.done == null ? ended -> {} : request.done;
        inFlightCount++;
        initiator.submit(request.then(answered -> {
            inFlightCount--;
            judged.accept(answered);
            observer.accept(answered);
            step();
        }));
    }
}
