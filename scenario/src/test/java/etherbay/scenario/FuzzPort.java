// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.IdentifyData;
import etherbay.base.Check;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.FramePool;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Optional;

/**
 * The port of an initiator whose requests wait until somebody answers them: as a target with a
 * small disk of zeroes would, or with anything. Owned by the loop that the test turns.
 */
final class FuzzPort implements EthernetPort {
    static final int FRAME_COUNT = 64;
    static final int SECTORS = 64;
    static final MacAddress OURS = new MacAddress(0x0200_0000_0001L);
    static final MacAddress THEIRS = new MacAddress(0x0200_0000_0002L);

    /** Older requests are forgotten: the network may lose them. */
    private static final int ASKED_COUNT_MAX = 256;

    private static final byte[] NOTHING = {};
    private static final int READY = 0x40;

    private final FramePool pool;
    private final Deque<MemorySegment> asked = new ArrayDeque<>();
    private FrameHandler handler = frame -> {};

    FuzzPort(Arena arena) {
        pool = new FramePool(arena, this, FRAME_COUNT);
    }

    void receive(byte[] bytes, long nowNs) {
        Frame frame = pool.take();
        Check.that(frame != null, "every frame was given back");
        int length = Math.min(bytes.length, FramePool.FRAME_BYTES_MAX);
        MemorySegment.copy(bytes, 0, frame.memory(), ValueLayout.JAVA_BYTE, frame.at(), length);
        frame.arrived(length, nowNs);
        pool.deliver(frame, handler);
    }

    int freeCount() {
        return pool.freeCount();
    }

    /** Forgets the request that has waited longest. */
    void lose() {
        asked.poll();
    }

    /** What an honest target answers to the request that has waited longest; empty for none. */
    byte[] answer() {
        MemorySegment request = asked.poll();
        if (request == null) {
            return NOTHING;
        }
        AoeFrames reply = AoeFrames.replyTo(request, THEIRS, 1, 0);
        MemorySegment answer = switch (AoeHeader.command(request, 0)) {
            case AoeHeader.COMMAND_CONFIG ->
                reply.config(new ConfigHeader.Fields(16, 1, 2, 1, ConfigHeader.READ, 0), NOTHING);
            case AoeHeader.COMMAND_ATA -> ata(reply, request);
            case AoeHeader.COMMAND_FLOOR -> reply.floor(FloorHeader.Fields.read(request, 0));
            default -> reply.refused(AoeHeader.ERROR_COMMAND).frame(0, AoeHeader.END);
        };
        return answer.toArray(ValueLayout.JAVA_BYTE);
    }

    private static MemorySegment ata(AoeFrames reply, MemorySegment request) {
        AtaHeader.Fields asked = AtaHeader.Fields.read(request, 0);
        AtaHeader.Fields done = new AtaHeader.Fields(asked.aflags(), 0, 0, READY, asked.lba());
        return switch (asked.commandStatus()) {
            case AtaCommand.IDENTIFY_DEVICE -> reply.ata(done, identify());
            case AtaCommand.READ_SECTORS_EXT ->
                reply.ata(done, new byte[asked.sectorCount() * AtaHeader.SECTOR_BYTES]);
            default -> reply.ata(done, NOTHING);
        };
    }

    private static byte[] identify() {
        byte[] block = new byte[IdentifyData.BYTES];
        new IdentifyData(
                        "7K2MQX4RVB9TNWZ3HCDA",
                        "1",
                        "Etherbay",
                        SECTORS,
                        0,
                        EnumSet.of(
                                IdentifyData.Capability.LBA48,
                                IdentifyData.Capability.FLUSH,
                                IdentifyData.Capability.FLUSH_EXT,
                                IdentifyData.Capability.WRITE_CACHE,
                                IdentifyData.Capability.TRIM),
                        Optional.of(new IdentifyData.Vendor(true, true, 7, 0)))
                .write(MemorySegment.ofArray(block), 0);
        return block;
    }

    @Override
    public void commit(Frame frame) {
        pool.committed(frame);
        MemorySegment sent = frame.memory().asSlice(frame.at(), frame.bytes());
        Check.that(
                !AoeHeader.malformedMessage(sent, 0, sent.byteSize()),
                "what we send is well-formed");
        asked.add(MemorySegment.ofArray(sent.toArray(ValueLayout.JAVA_BYTE)));
        if (asked.size() > ASKED_COUNT_MAX) {
            asked.remove();
        }
        pool.sent(frame);
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return pool.claim(bytes);
    }

    @Override
    public String name() {
        return "fuzz0";
    }

    @Override
    public MacAddress mac() {
        return OURS;
    }

    @Override
    public void addSourceMac(MacAddress mac) {}

    @Override
    public void removeSourceMac(MacAddress mac) {}

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public boolean linkUp() {
        return true;
    }

    @Override
    public void listen(Listener listener) {}

    @Override
    public void onFrames(FrameHandler frameHandler) {
        handler = frameHandler;
    }

    @Override
    public int poll(long nowNs) {
        return 0;
    }

    @Override
    public void close() {}
}
