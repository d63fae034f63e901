// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Payload;
import etherbay.base.Frame;
import etherbay.base.Loop;

import java.lang.foreign.MemorySegment;

/**
 * Whether larger frames pass a path again: a READ of sector 0 on, as long as its answer, so that
 * both ways are tried; as the Linux driver probes a path. Owned by the disk's loop.
 */
final class LadderProbe extends Exchange {
    private static final long PATIENCE_NS = 1_000_000_000;

    private final RemoteDisk disk;
    private final Path path;
    private final Loop loop;

    LadderProbe(RemoteDisk disk, Path path, TagTable tags, Loop loop) {
        super(disk.address(), AoeHeader.COMMAND_ATA, tags, loop.timers());
        this.disk = disk;
        this.path = path;
        this.loop = loop;
    }

    /** Tries the next rung once. */
    void ask() {
        stop();
        int sectors = (int) Math.min(path.rungAbove(), disk.sectors());
        Frame frame =
                path.claim(disk.address(), AoeHeader.COMMAND_ATA, Payload.frameBytes(sectors));
        if (frame == null) {
            return;
        }
        begin();
        MemorySegment memory = frame.memory();
        long at = frame.at();
        memory.asSlice(at + AtaHeader.END, frame.bytes() - AtaHeader.END).fill((byte) 0);
        AoeHeader.tag(memory, at, TagTable.tagOf(transmission(path, 0, sectors, loop.nowNs())));
        AtaHeader.aflags(memory, at, AtaHeader.AFLAG_EXTENDED);
        AtaHeader.sectorCount(memory, at, sectors);
        AtaHeader.command(memory, at, AtaCommand.READ_SECTORS_EXT);
        path.port().commit(frame);
        wakeAt(loop.nowNs() + PATIENCE_NS);
    }

    void stop() {
        if (isOpen()) {
            end();
        }
    }

    @Override
    void answered(Answer answer) {
        Frame frame = answer.frame();
        if (!AoeHeader.error(frame.memory(), frame.at())
                && (AtaHeader.status(frame.memory(), frame.at()) & AtaHeader.STATUS_FAILED_MASK)
                        == 0
                && AtaHeader.carriesData(frame.bytes(), answer.count())) {
            path.passed(answer.count());
        }
        end();
    }

    @Override
    void expired() {
        end(); // they do not; tried again with the next period
    }
}
