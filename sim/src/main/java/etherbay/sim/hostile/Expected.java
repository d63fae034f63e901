// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import static etherbay.sim.hostile.Octets.u16;
import static etherbay.sim.hostile.Octets.u8;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One answer that must come. Made by the model, kept and used again by {@link Replies}. */
final class Expected {
    private static final int LENGTH_UNSAID = -1;
    private static final int IDENTIFY_BYTES = 512;
    private static final long SIGNATURE = 0x4554_4845_5242_4159L; // "ETHERBAY"

    final byte[] bytes = new byte[HostileFrame.BYTES_MAX + 64];

    /** Leading bytes that must be equal. */
    private int comparedBytes;

    private int length;

    /** So many bytes from there on may be anything. */
    private int freeAt;

    private int freeCount;

    /** For whom an IDENTIFY DEVICE was answered; what it must say is copied below. */
    private boolean identify;

    private ExportFacts facts = TargetModel.NO_FACTS;
    private boolean cacheOn;
    private long epoch;
    private long incarnation;

    /** Whose sectors a READ was answered with; null for what is none. */
    private @Nullable ExportModel read;

    private long readLba;
    private int readCount;

    /** What was written there since: the answer may hold it already, sector by sector. */
    private final List<Later> later = new ArrayList<>();

    /** Sectors of a read that may hold that instead. */
    private static final class Later {
        final int at;
        final byte[] sectors;

        Later(int at, byte[] sectors) {
            this.at = at;
            this.sectors = sectors;
        }
    }

    /** The common header of an answer to {@code request}; nothing else is said so far. */
    Expected begin(HostileFrame request, PortFacts port, ExportFacts export) {
        Arrays.fill(bytes, 0, Wire.FRAME_BYTES_MIN, (byte) 0);
        Octets.put(bytes, Wire.DST, 6, request.src());
        Octets.put(bytes, Wire.SRC, 6, port.mac().bits());
        Octets.put(bytes, Wire.TYPE, 2, Wire.ETHER_TYPE_AOE);
        bytes[Wire.VERSION_FLAGS] = 0x10 | Wire.FLAG_RESPONSE;
        Octets.put(bytes, Wire.SHELF, 2, export.shelf());
        bytes[Wire.SLOT] = (byte) export.slot();
        bytes[Wire.COMMAND] = (byte) request.command();
        Octets.put(bytes, Wire.TAG, 4, request.tag());
        comparedBytes = Wire.ARGUMENT;
        length = LENGTH_UNSAID;
        freeCount = 0;
        identify = false;
        read = null;
        later.clear();
        return this;
    }

    /** With the error flag. */
    Expected refuse(int code) {
        bytes[Wire.VERSION_FLAGS] |= Wire.FLAG_ERROR;
        bytes[Wire.ERROR] = (byte) code;
        return this;
    }

    /** The message of that many bytes was written, and only padding follows. */
    void whole(int messageBytes) {
        length = Math.max(messageBytes, Wire.FRAME_BYTES_MIN);
        Arrays.fill(bytes, messageBytes, Math.max(messageBytes, length), (byte) 0);
        comparedBytes = length;
    }

    /** So many bytes matter, and the frame may be longer. */
    void leading(int messageBytes) {
        comparedBytes = messageBytes;
    }

    /** So many bytes from there on are judged by nobody. */
    void free(int at, int count) {
        freeAt = at;
        freeCount = count;
    }

    /** Behind the registers stands the block of that export as it is now. */
    void identify(ExportModel export) {
        identify = true;
        facts = export.facts;
        cacheOn = export.cacheOn;
        epoch = export.epoch;
        incarnation = export.incarnation;
        comparedBytes = Wire.ATA_DATA;
        length = Wire.ATA_DATA + IDENTIFY_BYTES;
    }

    /** Behind the registers stand those sectors of that export as they are now. */
    void sectors(ExportModel export, long lba, int count) {
        read = export;
        readLba = lba;
        readCount = count;
        int from = (int) lba * Wire.SECTOR_BYTES;
        int messageBytes = count * Wire.SECTOR_BYTES;
        System.arraycopy(export.sectors, from, bytes, Wire.ATA_DATA, messageBytes);
        whole(Wire.ATA_DATA + messageBytes);
    }

    /** Sectors of that export were changed while this answer had not come. */
    void changed(ExportModel export, long lba, int count) {
        long from = Math.max(lba, readLba);
        long to = Math.min(lba + count, readLba + readCount);
        if (read == export && from < to) {
            byte[] now = Arrays.copyOfRange(
                    export.sectors, (int) from * Wire.SECTOR_BYTES, (int) to * Wire.SECTOR_BYTES);
            later.add(new Later(Wire.ATA_DATA + (int) (from - readLba) * Wire.SECTOR_BYTES, now));
        }
    }

    int tag() {
        return Octets.u32(bytes, Wire.TAG);
    }

    /** What is wrong with {@code reply} as this answer; null when nothing is. */
    @Nullable
    String mismatch(byte[] reply, int replyBytes) {
        if (length == LENGTH_UNSAID ? replyBytes < Wire.FRAME_BYTES_MIN : replyBytes != length) {
            return replyBytes + " bytes, expected "
                    + (length == LENGTH_UNSAID ? "at least 60" : String.valueOf(length));
        }
        System.arraycopy(reply, freeAt, bytes, freeAt, freeCount);
        later.forEach(each -> allow(each, reply));
        int at = Arrays.mismatch(bytes, 0, comparedBytes, reply, 0, comparedBytes);
        if (at >= 0) {
            return "byte %d is %02x, expected %02x".formatted(at, reply[at], bytes[at]);
        }
        if (!identify) {
            return null;
        }
        String differences = identifyMismatch(reply);
        return differences.isEmpty() ? null : "IDENTIFY DEVICE: " + differences;
    }

    /** Expects of each sector what was written there since, where {@code reply} holds it. */
    private void allow(Later each, byte[] reply) {
        for (int i = 0; i < each.sectors.length; i += Wire.SECTOR_BYTES) {
            int at = each.at + i;
            int to = at + Wire.SECTOR_BYTES;
            if (Arrays.equals(each.sectors, i, i + Wire.SECTOR_BYTES, reply, at, to)) {
                System.arraycopy(reply, at, bytes, at, Wire.SECTOR_BYTES);
            }
        }
    }

    /** aoe.md, section 4, and the vendor words. */
    private String identifyMismatch(byte[] reply) {
        int sum = 0;
        for (int i = 0; i < IDENTIFY_BYTES; i++) {
            sum += reply[Wire.ATA_DATA + i];
        }
        long sectors = facts.sectors();
        boolean cacheOffered = facts.writeCache();
        return differs("the sum of all bytes", sum & 0xff, 0)
                + differs("words 60-61", words(reply, 60, 2), Math.min(sectors, 0xfff_ffff))
                + differs("words 100-103", words(reply, 100, 4), sectors)
                + differs("write cache present", bit5(words(reply, 82, 1)), cacheOffered)
                + differs("write cache in use", bit5(words(reply, 85, 1)), cacheOn)
                + differs("TRIM", words(reply, 169, 1) & 1, facts.trim())
                + differs("vendor signature", signature(reply), SIGNATURE)
                + differs("capabilities", words(reply, 134, 1), 3)
                + differs("incarnation", words(reply, 136, 4), incarnation)
                + differs("epoch", words(reply, 140, 4), epoch);
    }

    private static String differs(String what, long is, boolean expected) {
        return differs(what, is, expected ? 1 : 0);
    }

    private static String differs(String what, long is, long expected) {
        return is == expected ? "" : "%s: %x, expected %x; ".formatted(what, is, expected);
    }

    private static long words(byte[] reply, int index, int count) {
        return Octets.little(reply, Wire.ATA_DATA + 2 * index, 2 * count);
    }

    private static long bit5(long word) {
        return (word >> 5) & 1;
    }

    /** The first of two characters stands in the high byte of its little-endian word. */
    private static long signature(byte[] reply) {
        long value = 0;
        for (int word = 129; word < 133; word++) {
            value = (value << 16) | words(reply, word, 1);
        }
        return value;
    }

    @Override
    public String toString() {
        return "tag %08x command %02x flags %x error %d, to %012x"
                        .formatted(
                                tag(),
                                u8(bytes, Wire.COMMAND),
                                u8(bytes, Wire.VERSION_FLAGS) & 0xf,
                                u8(bytes, Wire.ERROR),
                                Octets.u48(bytes, Wire.DST))
                + (u8(bytes, Wire.COMMAND) == Wire.ATA && comparedBytes > Wire.ATA_DATA
                        ? " status %02x ata error %02x lba %012x"
                                .formatted(
                                        u8(bytes, Wire.ATA_OPCODE),
                                        u8(bytes, Wire.ATA_FEATURE),
                                        Octets.little(bytes, Wire.ATA_LBA, 6))
                        : " shelf " + u16(bytes, Wire.SHELF));
    }
}
