// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.Payload;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Answers and does nothing else: each read with whatever lies in the frame, each write with yes.
 * Against it the generator shows how much it and the wire can carry; no target can be measured
 * beyond that. Allocation-free. Lives on the loop of its port.
 */
final class Responder implements FrameHandler {
    /** Where IDENTIFY DEVICE says the sectors, words 100-103; ACS-2 7.16. */
    private static final int IDENTIFY_SECTORS_AT = 200;

    private static final ValueLayout.OfLong IDENTIFY_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BUFFER_COUNT = 1024;

    private final EthernetPort port;
    private final Address address;
    private final long sectors;

    /** Answers for {@code address} on {@code port} as a disk of {@code sectors}. */
    Responder(EthernetPort port, Address address, long sectors) {
        this.port = port;
        this.address = address;
        this.sectors = sectors;
        port.onFrames(this);
    }

    @Override
    public void onFrame(Frame frame) {
        MemorySegment memory = frame.memory();
        long at = frame.at();
        if (AoeHeader.malformedMessage(memory, at, frame.bytes())
                || AoeHeader.response(memory, at)
                || !AoeHeader.addresses(memory, at, address.shelf(), address.slot())) {
            return;
        }
        int bytes = answer(memory, at, frame.bytes());
        if (bytes == 0) {
            return;
        }
        frame.retain();
        Ethernet.dst(memory, at, Ethernet.src(memory, at));
        Ethernet.src(memory, at, port.mac().bits());
        AoeHeader.versionFlags(memory, at, AoeHeader.VERSION, AoeHeader.FLAG_RESPONSE);
        AoeHeader.shelf(memory, at, address.shelf());
        AoeHeader.slot(memory, at, address.slot());
        frame.bytes(Ethernet.paddedBytes(bytes));
        port.commit(frame);
    }

    /** @return bytes of the answer, which replaces the request; 0 for none */
    private int answer(MemorySegment memory, long at, int bytes) {
        return switch (AoeHeader.command(memory, at)) {
            case AoeHeader.COMMAND_ATA -> ata(memory, at, bytes);
            case AoeHeader.COMMAND_CONFIG -> {
                ConfigHeader.bufferCount(memory, at, BUFFER_COUNT);
                ConfigHeader.sectorsMax(memory, at, Payload.sectors(port.mtu()));
                ConfigHeader.versionCommand(memory, at, AoeHeader.VERSION, ConfigHeader.READ);
                ConfigHeader.stringBytes(memory, at, 0);
                yield ConfigHeader.END;
            }
            default -> 0;
        };
    }

    private int ata(MemorySegment memory, long at, int bytes) {
        int wanted = AtaHeader.sectorCount(memory, at);
        AtaCommand command = AtaCommand.of(AtaHeader.command(memory, at));
        AtaHeader.error(memory, at, 0);
        AtaHeader.sectorCount(memory, at, 0);
        AtaHeader.status(memory, at, AtaHeader.STATUS_DRDY);
        return switch (command) {
            case READ -> Payload.frameBytes(Math.min(wanted, Payload.sectors(port.mtu())));
            case WRITE -> AtaHeader.carriesData(bytes, wanted) ? AtaHeader.END : 0;
            case IDENTIFY -> {
                long dataAt = at + AtaHeader.END;
                memory.asSlice(dataAt, AtaHeader.SECTOR_BYTES).fill((byte) 0);
                memory.set(IDENTIFY_LONG, dataAt + IDENTIFY_SECTORS_AT, sectors);
                yield Payload.frameBytes(1);
            }
            case WRITE_FUA, FLUSH, CHECK_POWER_MODE, SET_FEATURES, TRIM, UNSUPPORTED -> 0;
        };
    }
}
