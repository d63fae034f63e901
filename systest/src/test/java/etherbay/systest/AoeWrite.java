// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A frame that writes to an AoE disk, as it passes a switch (AoEr11, 2 and 3.1). Read without our
 * own code for it.
 */
final class AoeWrite {
    private static final int ETHER_TYPE = 0x88a2;
    private static final int TYPE_AT = 12;
    private static final int FLAGS_AT = 14;
    private static final int RESPONSE = 0x08;
    private static final int ERROR = 0x04;
    private static final int SHELF_AT = 16;
    private static final int COMMAND_AT = 19;
    private static final int TAG_AT = 20;
    private static final int ATA_FLAGS_AT = 24;
    private static final int WRITE = 0x01;
    private static final int LBA_AT = 28;
    private static final int LBA_BYTES = 6;
    private static final int DATA_AT = 36;

    private final byte[] frame;
    private final long tag;

    private AoeWrite(byte[] frame, long tag) {
        this.frame = frame;
        this.tag = tag;
    }

    /** An answer: to which request, and whether it says no. */
    record Answer(long tag, boolean isError) {}

    private static boolean isAoe(ByteBuffer frame) {
        return frame.limit() >= DATA_AT && (frame.getShort(TYPE_AT) & 0xffff) == ETHER_TYPE;
    }

    /** The address at that place of a frame, as a target's log has it. */
    static String station(ByteBuffer frame, int at) {
        byte[] address = new byte[6];
        frame.get(at, address);
        return HexFormat.of().formatHex(address);
    }

    static Optional<AoeWrite> of(ByteBuffer frame) {
        boolean writes = isAoe(frame)
                && (frame.get(FLAGS_AT) & RESPONSE) == 0
                && frame.get(COMMAND_AT) == 0
                && (frame.get(ATA_FLAGS_AT) & WRITE) != 0
                && frame.limit() > DATA_AT;
        if (!writes) {
            return Optional.empty();
        }
        byte[] copy = new byte[frame.limit()];
        frame.get(0, copy);
        return Optional.of(new AoeWrite(copy, tag(frame)));
    }

    private static long tag(ByteBuffer frame) {
        return frame.getInt(TAG_AT) & 0xffff_ffffL;
    }

    static Optional<Answer> answer(ByteBuffer frame) {
        if (!isAoe(frame) || (frame.get(FLAGS_AT) & RESPONSE) == 0) {
            return Optional.empty();
        }
        return Optional.of(new Answer(tag(frame), (frame.get(FLAGS_AT) & ERROR) != 0));
    }

    /** All of it. */
    byte[] frame() {
        return frame;
    }

    /** By which its answer is known, with {@link #target}. */
    long tag() {
        return tag;
    }

    String target() {
        return station(ByteBuffer.wrap(frame), 0);
    }

    int shelf() {
        return ByteBuffer.wrap(frame).getShort(SHELF_AT) & 0xffff;
    }

    /** Sector of the disk. */
    long lba() {
        long lba = 0;
        for (int at = LBA_BYTES - 1; at >= 0; at--) {
            lba = (lba << 8) | (frame[LBA_AT + at] & 0xff);
        }
        return lba;
    }

    byte[] data() {
        return Arrays.copyOfRange(frame, DATA_AT, frame.length);
    }
}
