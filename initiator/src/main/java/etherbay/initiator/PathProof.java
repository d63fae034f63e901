// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.Payload;
import etherbay.base.Frame;
import etherbay.base.Loop;

import java.lang.foreign.MemorySegment;

/**
 * Asks on one path who is there, until it is answered: IDENTIFY, which a path must show before it
 * carries data, and with which the incarnation is read. Sent again faster while an outage is young.
 * Owned by the disk's loop.
 */
final class PathProof extends Exchange {
    /** Of an outage: how soon after its end it is noticed at the latest. */
    private static final long PERIOD_NS = 100_000_000;

    /** When the outage is no longer young. */
    private static final long PERIOD_NS_LATER = 1_000_000_000;

    private static final int YOUNG_COUNT = 100;

    private final RemoteDisk disk;
    private final Path path;
    private final Loop loop;

    PathProof(RemoteDisk disk, Path path, TagTable tags, Loop loop) {
        super(disk.address(), AoeHeader.COMMAND_ATA, tags, loop.timers());
        this.disk = disk;
        this.path = path;
        this.loop = loop;
    }

    /** Asks now, whether or not it asks already. */
    void ask() {
        if (!isOpen()) {
            begin();
        }
        send();
    }

    /** Asks now unless it did so a moment ago: something was heard from there. */
    void askSoon() {
        boolean justAsked = isOpen()
                && transmissionCount() > 0
                && loop.nowNs() - lastSentNs() < RttEstimator.RTO_NS_MIN;
        if (!justAsked) {
            ask();
        }
    }

    /** Asks after a second. */
    void askLater() {
        if (!isOpen()) {
            begin();
        }
        wakeAt(loop.nowNs() + PERIOD_NS_LATER);
    }

    void stop() {
        if (isOpen()) {
            end();
        }
    }

    private void send() {
        long nowNs = loop.nowNs();
        if (!path.isUp() && transmissionCount() >= Path.SILENT_EXPIRY_COUNT) {
            path.silent();
        }
        Frame frame = path.claim(disk.address(), AoeHeader.COMMAND_ATA, AtaHeader.END);
        if (frame != null) {
            MemorySegment memory = frame.memory();
            long at = frame.at();
            AoeHeader.tag(memory, at, TagTable.tagOf(transmission(path, 0, 1, nowNs)));
            AtaHeader.sectorCount(memory, at, 1);
            AtaHeader.command(memory, at, AtaCommand.IDENTIFY_DEVICE);
            path.port().commit(frame);
        }
        long periodNs = transmissionCount() > YOUNG_COUNT ? PERIOD_NS_LATER : PERIOD_NS;
        wakeAt(nowNs + Math.min(periodNs, path.rtt().timeoutNs(Math.max(transmissionCount(), 1))));
    }

    @Override
    void expired() {
        send();
    }

    @Override
    void answered(Answer answer) {
        Frame frame = answer.frame();
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean whole = !AoeHeader.error(memory, at)
                && (AtaHeader.status(memory, at) & AtaHeader.STATUS_FAILED_MASK) == 0
                && frame.bytes() >= Payload.frameBytes(1)
                && IdentifyData.integrity(memory, at + AtaHeader.END)
                        != IdentifyData.Integrity.WRONG;
        if (!whole) {
            disk.identifyRefused(path);
            return; // damaged, or refused: asked again when its time is up
        }
        path.rtt().sample(loop.nowNs() - answer.sentNs());
        IdentifyData data = IdentifyData.read(memory, at + AtaHeader.END);
        end();
        if (disk.identified(path, data, answer.number()) == RemoteDisk.Seen.STALE) {
            ask();
        }
    }
}
