// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.initiator.DiskAddress;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A target that answers config queries, IDENTIFY and reads by the book, through a wire that loses
 * what the test says; a test may also say every answer itself.
 */
final class FakeTarget {
    /** Gives the whole answer to a request, or nothing for silence. */
    interface Answer {
        Optional<MemorySegment> to(MemorySegment request, AoeFrames frames);
    }

    final List<MemorySegment> seen = new ArrayList<>();
    private final EthernetPort port;
    private final DiskAddress disk;
    int bufferCount = 16;
    int sectorsMax = 17;
    byte[] string = {};
    IdentifyData identity = identity("SERIAL", "model", 4096);
    Predicate<MemorySegment> loses = _ -> false;
    Predicate<MemorySegment> losesReply = _ -> false;
    Answer answer = this::byTheBook;
    UnaryOperator<MemorySegment> last = reply -> reply;

    FakeTarget(EthernetPort port, DiskAddress disk) {
        this.port = port;
        this.disk = disk;
        port.onFrames(this::onFrame);
    }

    static IdentifyData identity(String serial, String model, long sectors) {
        return new IdentifyData(
                serial, "1", model, sectors, 0, Set.of(Capability.LBA48), Optional.empty());
    }

    MacAddress mac() {
        return port.mac();
    }

    private void onFrame(Frame frame) {
        MemorySegment request = MemorySegment.ofArray(new byte[frame.bytes()]);
        MemorySegment.copy(frame.memory(), frame.at(), request, 0, frame.bytes());
        if (!AoeHeader.addresses(request, 0, disk.shelf(), disk.slot()) || loses.test(request)) {
            return;
        }
        seen.add(request);
        answer.to(request, AoeFrames.replyTo(request, mac(), disk.shelf(), disk.slot()))
                .map(last)
                .filter(losesReply.negate())
                .ifPresent(this::send);
    }

    private void send(MemorySegment message) {
        Frame frame = port.claim((int) message.byteSize());
        if (frame == null) {
            throw new AssertionError("a port has frames for a test");
        }
        MemorySegment.copy(message, 0, frame.memory(), frame.at(), message.byteSize());
        port.commit(frame);
    }

    Optional<MemorySegment> byTheBook(MemorySegment request, AoeFrames frames) {
        return switch (AoeHeader.command(request, 0)) {
            case AoeHeader.COMMAND_CONFIG -> Optional.of(config(frames));
            case AoeHeader.COMMAND_ATA -> Optional.of(ata(request, frames));
            default ->
                Optional.of(frames.refused(AoeHeader.ERROR_COMMAND)
                        .frame(AoeHeader.command(request, 0), AoeHeader.END));
        };
    }

    MemorySegment config(AoeFrames frames) {
        return frames.config(
                new ConfigHeader.Fields(bufferCount, 0x4019, sectorsMax, 1, 0, 0), string);
    }

    private MemorySegment ata(MemorySegment request, AoeFrames frames) {
        byte[] data = new byte[AtaHeader.sectorCount(request, 0) * AtaHeader.SECTOR_BYTES];
        if (AtaHeader.command(request, 0) == AtaCommand.IDENTIFY_DEVICE) {
            identity.write(MemorySegment.ofArray(data), 0);
        }
        return frames.ata(new AtaHeader.Fields(0, 0, 0, AtaHeader.STATUS_DRDY, 0), data);
    }

    static boolean isIdentify(MemorySegment request) {
        return isAta(request, AtaCommand.IDENTIFY_DEVICE);
    }

    static boolean isRead(MemorySegment request) {
        return isAta(request, AtaCommand.READ_SECTORS_EXT);
    }

    private static boolean isAta(MemorySegment request, int opcode) {
        return AoeHeader.command(request, 0) == AoeHeader.COMMAND_ATA
                && AtaHeader.command(request, 0) == opcode;
    }
}
