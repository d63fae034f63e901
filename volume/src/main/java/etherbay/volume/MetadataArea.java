// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A metadata area: a header of one sector, and behind it a ring in which versions of the text
 * follow each other, each at a sector of its own. The header:
 *
 * <pre>
 *    0  CRC of 4..511        24  offset of the area on the device, bytes
 *    4  " LVM2 x[5A%r0N*&gt;"   32  size of the area, bytes
 *   20  1                    40  places: offset in the area, size, CRC, flags; the first is the
 *                                version in force, the second one that is about to be
 * </pre>
 *
 * A version comes to be in two steps: {@link #stage} writes the text where the one in force is not,
 * and names it as the second place; {@link #commit} makes it the first. A power cut in between
 * leaves the former version.
 */
final class MetadataArea {
    private static final int HEADER_BYTES = 512;
    private static final byte[] MAGIC = " LVM2 x[5A%r0N*>".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int PLACES_AT = 40;
    private static final int FLAG_IGNORED = 1;

    /** Of one version: ten thousand volumes. What would need more is damaged, or hostile. */
    private static final int TEXT_BYTES_MAX = 4 << 20;

    /** Of the ring, before the version in force, that is looked through for older ones. */
    private static final int HISTORY_BYTES_MAX = 2 * TEXT_BYTES_MAX;

    /** Text of old versions that is taken out of a ring, times the ring: whole ones never meet. */
    private static final long HISTORY_ROUNDS_MAX = 4;

    private static final int BEGIN_BYTES = 256;
    private static final Pattern BEGIN = Pattern.compile(
            "[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]{0,126} \\{\\s*id = \"[^\"\n]*\"\\s*seqno = ");

    /** A version in the ring; offset 0 is none. */
    record Place(long offsetBytes, long sizeBytes, int crc, int flags) {
        static final Place NONE = new Place(0, 0, 0, 0);

        boolean isNone() {
            return offsetBytes == 0;
        }

        /** lvm2 keeps it for later use, and nothing in it counts. */
        boolean isIgnored() {
            return (flags & FLAG_IGNORED) != 0;
        }
    }

    private final Medium medium;
    private final long atByte;
    private final long sizeBytes;

    MetadataArea(Medium medium, PvLabel.Range range) {
        this.medium = medium;
        atByte = range.offsetBytes();
        sizeBytes = range.sizeBytes();
        if (sizeBytes < 2 * HEADER_BYTES
                || sizeBytes > Integer.MAX_VALUE
                || sizeBytes % HEADER_BYTES != 0) {
            throw damaged("its size cannot be " + sizeBytes);
        }
    }

    /** Writes the header of an area without a version, durable. */
    void format() {
        writeHeader(Place.NONE, Place.NONE);
    }

    /**
     * The place in force.
     *
     * @throws EtherbayException INVALID for a damaged header
     */
    Place place() {
        byte[] bytes = new byte[HEADER_BYTES];
        medium.read(atByte, bytes);
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (header.getInt(0) != LvmCrc.of(bytes, 4, HEADER_BYTES - 4)) {
            throw damaged("the checksum of its header is wrong");
        }
        boolean known = Arrays.equals(bytes, 4, 4 + MAGIC.length, MAGIC, 0, MAGIC.length)
                && header.getInt(20) == VERSION
                && header.getLong(24) == atByte
                && header.getLong(32) == sizeBytes;
        if (!known) {
            throw damaged("its header is none of LVM2's, or was copied from elsewhere");
        }
        Place place = new Place(
                header.getLong(PLACES_AT),
                header.getLong(PLACES_AT + 8),
                header.getInt(PLACES_AT + 16),
                header.getInt(PLACES_AT + 20));
        boolean within = place.offsetBytes() >= HEADER_BYTES
                && place.offsetBytes() < sizeBytes
                && place.sizeBytes() > 0
                && place.sizeBytes() <= ringBytes();
        if (!place.isNone() && !within) {
            throw damaged("its text would lie outside");
        }
        return place;
    }

    /**
     * The text in force; empty where the area has none, or is not in use.
     *
     * @throws EtherbayException INVALID for what is damaged
     */
    Optional<String> read() {
        Place place = place();
        if (place.isNone() || place.isIgnored()) {
            return Optional.empty();
        }
        if (place.sizeBytes() > TEXT_BYTES_MAX) {
            throw damaged("its text is longer than " + TEXT_BYTES_MAX + " bytes");
        }
        byte[] text = readRing(place.offsetBytes(), (int) place.sizeBytes());
        if (LvmCrc.of(text, 0, text.length) != place.crc()) {
            throw damaged("the checksum of its text is wrong");
        }
        return Optional.of(decode(text));
    }

    private long ringBytes() {
        return sizeBytes - HEADER_BYTES;
    }

    /** Bytes of the ring from there on; behind its end its beginning follows. */
    private byte[] readRing(long offset, int count) {
        byte[] bytes = new byte[count];
        int first = (int) Math.min(count, sizeBytes - offset);
        byte[] piece = new byte[first];
        medium.read(atByte + offset, piece);
        System.arraycopy(piece, 0, bytes, 0, first);
        if (first < count) {
            byte[] rest = new byte[count - first];
            medium.read(atByte + HEADER_BYTES, rest);
            System.arraycopy(rest, 0, bytes, first, rest.length);
        }
        return bytes;
    }

    /** Text as bytes and back, whatever they are: nothing in it may change. */
    private static String decode(byte[] text) {
        int end = text.length;
        while (end > 0 && text[end - 1] == 0) {
            end--;
        }
        return new String(text, 0, end, StandardCharsets.ISO_8859_1);
    }

    private static byte[] encode(String text) {
        return (text + '\0').getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Why a text of that length cannot be staged; empty if it can. */
    Optional<String> refusal(String text) {
        int bytes = encode(text).length;
        // One sector more: a text of others may begin within one.
        long needed = roundUp(bytes) + roundUp(place().sizeBytes()) + HEADER_BYTES;
        if (bytes > TEXT_BYTES_MAX) {
            return Optional.of(
                    "a text of %d bytes is longer than %d".formatted(bytes, TEXT_BYTES_MAX));
        }
        return needed <= ringBytes()
                ? Optional.empty()
                : Optional.of("old and new text need %d bytes of the %d of its metadata area"
                        .formatted(needed, ringBytes()));
    }

    /**
     * Writes a text beside the one in force, and names it as the next one; durable when this
     * returns. What stood in that part of the ring is older than the version in force.
     */
    Place stage(String text) {
        Place former = place();
        byte[] bytes = encode(text);
        long offset = HEADER_BYTES;
        if (!former.isNone()) {
            offset = roundUp(former.offsetBytes() + former.sizeBytes());
            offset = offset < sizeBytes ? offset : offset - ringBytes();
        }
        writeRing(offset, Arrays.copyOf(bytes, (int) roundUp(bytes.length)));
        medium.sync();
        Place staged = new Place(offset, bytes.length, LvmCrc.of(bytes, 0, bytes.length), 0);
        writeHeader(former, staged);
        return staged;
    }

    /** Whole sectors, so that no medium has to read before it writes. */
    private void writeRing(long offset, byte[] sectors) {
        int first = (int) Math.min(sectors.length, sizeBytes - offset);
        medium.write(atByte + offset, Arrays.copyOf(sectors, first));
        if (first < sectors.length) {
            medium.write(atByte + HEADER_BYTES, Arrays.copyOfRange(sectors, first, sectors.length));
        }
    }

    /** Puts a staged text in force, durable. */
    void commit(Place staged) {
        writeHeader(staged, Place.NONE);
    }

    /**
     * Forgets what was staged, and what was committed without success: it may be what the header
     * says by now.
     *
     * @param former what was in force before
     */
    void revert(Place former) {
        writeHeader(former, Place.NONE);
    }

    private static long roundUp(long bytes) {
        return (bytes + HEADER_BYTES - 1) / HEADER_BYTES * HEADER_BYTES;
    }

    private void writeHeader(Place first, Place second) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0).put(MAGIC).putInt(VERSION).putLong(atByte).putLong(sizeBytes);
        // The list of places ends with the first that is none: before the first version there is
        // no second place, and what is staged is not named.
        for (Place place : first.isNone() ? List.<Place>of() : List.of(first, second)) {
            header.putLong(place.offsetBytes()).putLong(place.sizeBytes());
            header.putInt(place.crc()).putInt(place.flags());
        }
        header.putInt(0, LvmCrc.of(header.array(), 4, HEADER_BYTES - 4));
        medium.write(atByte, header.array());
        medium.sync();
    }

    /**
     * All that looks like the text of a version, the oldest first, the one in force among them. Old
     * ones have no checksum any more: {@link VolumeGroup#parse} judges whether one is whole. What
     * would take more than some rounds of the ring is left out: whole texts never do.
     */
    List<String> history() {
        Place place = place();
        long end = place.isNone()
                ? sizeBytes
                : HEADER_BYTES
                        + roundUp(place.offsetBytes() + place.sizeBytes() - HEADER_BYTES)
                                % ringBytes();
        int count = (int) Math.min(ringBytes(), HISTORY_BYTES_MAX);
        long from = end - count;
        byte[] window = readRing(from < HEADER_BYTES ? from + ringBytes() : from, count);
        List<String> found = new ArrayList<>();
        long left = HISTORY_ROUNDS_MAX * count;
        for (int at = 0; at < count && left > 0; at += HEADER_BYTES) {
            if (begins(window, at)) {
                String text = upToZero(window, at);
                left -= text.length();
                found.add(text);
            }
        }
        return found;
    }

    private static boolean begins(byte[] window, int at) {
        int end = Math.min(window.length, at + BEGIN_BYTES);
        int brace = at;
        while (brace < end && window[brace] > ' ') {
            brace++;
        }
        // Most sectors go on with a text: told apart without making one of them.
        return brace > at
                && brace + 1 < end
                && window[brace + 1] == '{'
                && BEGIN.matcher(new String(window, at, end - at, StandardCharsets.ISO_8859_1))
                        .lookingAt();
    }

    private static String upToZero(byte[] window, int at) {
        int end = at;
        while (end < window.length && window[end] != 0) {
            end++;
        }
        return new String(window, at, end - at, StandardCharsets.ISO_8859_1);
    }

    private EtherbayException damaged(String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "the metadata area at byte " + atByte + " of " + medium.name() + " cannot be used",
                why,
                "nothing was written; other physical volumes of the group may have it whole, and"
                        + " pvck(8) looks for older text");
    }
}
