// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import etherbay.base.MacAddress;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Builds whole messages, each in fresh memory and padded to {@link Ethernet#FRAME_BYTES_MIN}: for
 * tools, tests and benches. The data path writes its headers in place instead. Immutable.
 */
public final class AoeFrames {
    private static final byte[] NOTHING = {};

    private final Ethernet.Fields ethernet;
    private final AoeHeader.Fields aoe;

    private AoeFrames(Ethernet.Fields ethernet, AoeHeader.Fields aoe) {
        this.ethernet = ethernet;
        this.aoe = aoe;
    }

    /** Requests from {@code src} to the disk at {@code shelf}.{@code slot}. */
    public static AoeFrames request(MacAddress dst, MacAddress src, int shelf, int slot, int tag) {
        return new AoeFrames(
                new Ethernet.Fields(dst, src, Ethernet.TYPE_AOE),
                AoeHeader.Fields.request(shelf, slot, 0, tag));
    }

    /**
     * Replies that the disk at {@code shelf}.{@code slot} behind {@code src} gives to a request.
     */
    public static AoeFrames replyTo(MemorySegment request, MacAddress src, int shelf, int slot) {
        return new AoeFrames(
                new Ethernet.Fields(Ethernet.Fields.read(request, 0).src(), src, Ethernet.TYPE_AOE),
                AoeHeader.Fields.reply(shelf, slot, 0, AoeHeader.tag(request, 0)));
    }

    /** The same messages, with the error flag and an {@code AoeHeader.ERROR_} code. */
    public AoeFrames refused(int errorCode) {
        return new AoeFrames(ethernet, aoe.refused(errorCode));
    }

    /** The same messages under another tag. */
    public AoeFrames tagged(int tag) {
        return new AoeFrames(
                ethernet,
                new AoeHeader.Fields(
                        aoe.version(),
                        aoe.flags(),
                        aoe.errorCode(),
                        aoe.shelf(),
                        aoe.slot(),
                        aoe.command(),
                        tag));
    }

    /** The config query that discovery sends: read, without a string. */
    public MemorySegment configQuery() {
        return config(ConfigHeader.Fields.request(ConfigHeader.READ, 0), NOTHING);
    }

    /** A config message; the length of {@code string} overrides that of {@code fields}. */
    public MemorySegment config(ConfigHeader.Fields fields, byte[] string) {
        MemorySegment frame = frame(AoeHeader.COMMAND_CONFIG, ConfigHeader.END + string.length);
        fields.write(frame, 0);
        ConfigHeader.string(frame, 0, string);
        return frame;
    }

    /** An ATA message with data behind the registers, perhaps none. */
    public MemorySegment ata(AtaHeader.Fields fields, byte[] data) {
        MemorySegment frame = frame(AoeHeader.COMMAND_ATA, AtaHeader.END + data.length);
        fields.write(frame, 0);
        MemorySegment.copy(data, 0, frame, ValueLayout.JAVA_BYTE, AtaHeader.END, data.length);
        return frame;
    }

    public MemorySegment identify() {
        return ata(new AtaHeader.Fields(0, 0, 1, AtaCommand.IDENTIFY_DEVICE, 0), NOTHING);
    }

    /** READ SECTORS EXT. */
    public MemorySegment read(long lba, int sectorCount) {
        return ata(
                new AtaHeader.Fields(
                        AtaHeader.AFLAG_EXTENDED, 0, sectorCount, AtaCommand.READ_SECTORS_EXT, lba),
                NOTHING);
    }

    /** WRITE SECTORS EXT of whole sectors. */
    public MemorySegment write(long lba, byte[] data) {
        return write(AtaCommand.WRITE_SECTORS_EXT, lba, data);
    }

    /** WRITE DMA FUA EXT of whole sectors. */
    public MemorySegment writeFua(long lba, byte[] data) {
        return write(AtaCommand.WRITE_DMA_FUA_EXT, lba, data);
    }

    private MemorySegment write(int opcode, long lba, byte[] data) {
        int aflags = AtaHeader.AFLAG_EXTENDED | AtaHeader.AFLAG_WRITE;
        return ata(
                new AtaHeader.Fields(aflags, 0, data.length / AtaHeader.SECTOR_BYTES, opcode, lba),
                data);
    }

    /** FLUSH CACHE EXT. */
    public MemorySegment flush() {
        return ata(
                new AtaHeader.Fields(AtaHeader.AFLAG_EXTENDED, 0, 0, AtaCommand.FLUSH_CACHE_EXT, 0),
                NOTHING);
    }

    /**
     * DATA SET MANAGEMENT with one range to trim; longer lists by {@link TrimRange} on the result.
     */
    public MemorySegment trim(long lba, int sectors) {
        int aflags = AtaHeader.AFLAG_EXTENDED | AtaHeader.AFLAG_WRITE;
        MemorySegment frame = ata(
                new AtaHeader.Fields(
                        aflags, AtaCommand.DSM_TRIM, 1, AtaCommand.DATA_SET_MANAGEMENT, 0),
                new byte[AtaHeader.SECTOR_BYTES]);
        TrimRange.set(frame, 0, 0, lba, sectors);
        return frame;
    }

    public MemorySegment mask(MaskHeader.Fields fields) {
        MemorySegment frame = frame(
                AoeHeader.COMMAND_MASK,
                MaskHeader.frameBytes(fields.directives().size()));
        fields.write(frame, 0);
        return frame;
    }

    public MemorySegment reserve(ReserveHeader.Fields fields) {
        MemorySegment frame = frame(
                AoeHeader.COMMAND_RESERVE,
                ReserveHeader.frameBytes(fields.macs().size()));
        fields.write(frame, 0);
        return frame;
    }

    public MemorySegment fence(FenceHeader.Fields fields) {
        MemorySegment frame = frame(
                AoeHeader.COMMAND_FENCE, FenceHeader.frameBytes(fields.macs().size()));
        fields.write(frame, 0);
        return frame;
    }

    public MemorySegment floor(FloorHeader.Fields fields) {
        MemorySegment frame = frame(AoeHeader.COMMAND_FLOOR, FloorHeader.END);
        fields.write(frame, 0);
        return frame;
    }

    /** A message of any command whose argument is all zeros. */
    public MemorySegment frame(int command, int messageBytes) {
        MemorySegment frame = MemorySegment.ofArray(new byte[Ethernet.paddedBytes(messageBytes)]);
        ethernet.write(frame, 0);
        aoe.write(frame, 0);
        AoeHeader.command(frame, 0, command);
        return frame;
    }
}
