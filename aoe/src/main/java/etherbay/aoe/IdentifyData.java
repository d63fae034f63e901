// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.Wire.U8;

import etherbay.base.Check;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What IDENTIFY DEVICE says of a disk: 256 little-endian words. ACS-2 clause 7, IDENTIFY DEVICE,
 * and {@code docs/protocols/aoe.md} section 4 for each word that we fill in and why. Immutable.
 *
 * <p>Methods take the offset of the <em>block</em>, not of a frame: a target keeps its block ready.
 *
 * @param serial at most 20 characters of printable ASCII
 * @param firmware at most 8
 * @param model at most 40
 * @param sectors of 512 bytes, at most 2^48
 * @param physicalBlockExponent a physical block has 2^this sectors, 0..15 (word 106)
 * @param vendor ours, absent in the blocks of others
 */
public record IdentifyData(
        String serial,
        String firmware,
        String model,
        long sectors,
        int physicalBlockExponent,
        Set<Capability> capabilities,
        Optional<Vendor> vendor) {

    public static final int BYTES = AtaHeader.SECTOR_BYTES;
    public static final int SERIAL_CHARS = 20;
    public static final int FIRMWARE_CHARS = 8;
    public static final int MODEL_CHARS = 40;
    public static final long SECTORS_MAX = 1L << 48;

    private static final int SERIAL_WORD = 10;
    private static final int FIRMWARE_WORD = 23;
    private static final int MODEL_WORD = 27;
    private static final int SECTORS_28_WORD = 60;
    private static final int SECTORS_48_WORD = 100;
    private static final int PHYSICAL_BLOCK_WORD = 106;
    private static final int INTEGRITY_WORD = 255;

    /**
     * Of words 48, 50, 83, 84, 87, 106 and 209: bit 15 clear and bit 14 set mark them as filled in.
     */
    private static final int WORD_VALID = 0x4000;

    private static final int WORD_VALID_MASK = 0xc000;
    private static final int PHYSICAL_BLOCK_PRESENT = 0x2000;
    private static final int INTEGRITY_SIGNATURE = 0xa5;

    // The geometry that every disk above 8 GB reports (ACS-2 Annex, CHS translation).
    private static final int CYLINDERS_MAX = 16383;
    private static final int HEADS = 16;
    private static final int SECTORS_PER_TRACK = 63;

    /** What a disk can do; each is one or two bits of the block. */
    public enum Capability {
        /** There is a volatile write cache. */
        WRITE_CACHE(bit(82, 5)),
        /** It is in use now: acknowledged writes are durable only after a flush. */
        WRITE_CACHE_ENABLED(bit(85, 5)),
        FLUSH(bit(83, 12), bit(86, 12)),
        FLUSH_EXT(bit(83, 13), bit(86, 13)),
        LBA48(bit(83, 10), bit(86, 10)),
        /** WRITE DMA FUA EXT. */
        FUA(bit(84, 6), bit(87, 6)),
        TRIM(bit(169, 0)),
        /** A trimmed sector reads the same each time. */
        TRIM_DETERMINISTIC(bit(69, 14)),
        /** A trimmed sector reads as zeros. */
        TRIM_ZEROES(bit(69, 5)),
        /** Word 217 has the value 1; every other value, "not reported" too, lacks this. */
        NON_ROTATING(bit(217, 0));

        private final int first;
        private final int second;

        Capability(int only) {
            this(only, only);
        }

        Capability(int first, int second) {
            this.first = first;
            this.second = second;
        }

        private static int bit(int word, int bit) {
            return word << 4 | bit;
        }

        void write(MemorySegment block, long blockAt) {
            set(block, blockAt, first);
            set(block, blockAt, second);
        }

        private static void set(MemorySegment block, long blockAt, int bit) {
            int index = bit >>> 4;
            word(block, blockAt, index, word(block, blockAt, index) | 1 << (bit & 0xf));
        }

        private static boolean isSet(MemorySegment block, long blockAt, int bit) {
            return (word(block, blockAt, bit >>> 4) >>> (bit & 0xf) & 1) != 0;
        }

        /** As the Linux driver does: supported or enabled, either word will do. */
        boolean read(MemorySegment block, long blockAt) {
            return this == NON_ROTATING
                    ? word(block, blockAt, 217) == 1
                    : isSet(block, blockAt, first) || isSet(block, blockAt, second);
        }
    }

    /**
     * Words 129-143, ours. {@code docs/protocols/etherbay-vendor.md} section 4.
     *
     * @param fence the target answers {@link FenceHeader}
     * @param floor the target answers {@link FloorHeader}
     * @param incarnation changes whenever acknowledged writes may have been lost
     * @param epoch of the fence in force, unsigned
     */
    public record Vendor(boolean fence, boolean floor, long incarnation, long epoch) {
        static final int SIGNATURE_WORD = 129;
        static final String SIGNATURE = "ETHERBAY";
        static final int VERSION_WORD = 133;
        static final int VERSION = 1;
        static final int CAPABILITY_WORD = 134;
        static final int FENCE_BIT = 1;
        static final int FLOOR_BIT = 2;
        static final int INCARNATION_WORD = 136;
        static final int EPOCH_WORD = 140;

        private static final int MARK_MAX = 0xffff;

        /**
         * What stands for that incarnation in a READ that is bound to one: its low 16 bits, FFFFh
         * where they are zero; never 0.
         */
        public static int mark(long incarnation) {
            int low = (int) incarnation & MARK_MAX;
            return low == 0 ? MARK_MAX : low;
        }

        /**
         * An incarnation to come after that one: its mark is the next, so that no initiator takes
         * it for one of the last 65,000 that it may have missed.
         *
         * @param random the bits that are not the mark's
         */
        public static long incarnationAfter(long former, long random) {
            long next = mark(former) % (MARK_MAX - 1L) + 1;
            return (random & ~(long) MARK_MAX) | next;
        }

        void write(MemorySegment block, long blockAt) {
            text(block, blockAt, SIGNATURE_WORD, SIGNATURE, SIGNATURE.length());
            word(block, blockAt, VERSION_WORD, VERSION);
            word(
                    block,
                    blockAt,
                    CAPABILITY_WORD,
                    (fence ? FENCE_BIT : 0) | (floor ? FLOOR_BIT : 0));
            quad(block, blockAt, INCARNATION_WORD, incarnation);
            quad(block, blockAt, EPOCH_WORD, epoch);
        }

        /**
         * Empty unless signature and version are ours: vendor words of others may hold anything.
         */
        static Optional<Vendor> read(MemorySegment block, long blockAt) {
            boolean ours =
                    text(block, blockAt, SIGNATURE_WORD, SIGNATURE.length()).equals(SIGNATURE)
                            && word(block, blockAt, VERSION_WORD) == VERSION;
            if (!ours) {
                return Optional.empty();
            }
            int capabilities = word(block, blockAt, CAPABILITY_WORD);
            return Optional.of(new Vendor(
                    (capabilities & FENCE_BIT) != 0,
                    (capabilities & FLOOR_BIT) != 0,
                    quad(block, blockAt, INCARNATION_WORD),
                    quad(block, blockAt, EPOCH_WORD)));
        }
    }

    /** What word 255 says of the block. */
    public enum Integrity {
        /** Signature A5h and a sum of zero. */
        VALID,
        /** No signature; most AoE targets leave the word empty. */
        ABSENT,
        /** Signature, but the sum is wrong: the block was damaged on its way. */
        WRONG
    }

    public IdentifyData {
        Check.that(
                isText(serial, SERIAL_CHARS), "a serial is at most 20 printable ASCII characters");
        Check.that(
                isText(firmware, FIRMWARE_CHARS),
                "a firmware is at most 8 printable ASCII characters");
        Check.that(isText(model, MODEL_CHARS), "a model is at most 40 printable ASCII characters");
        Check.that(sectors >= 0 && sectors <= SECTORS_MAX, "a disk has 0..2^48 sectors");
        Check.that(
                physicalBlockExponent >= 0 && physicalBlockExponent <= 15,
                "the exponent has 4 bits");
        capabilities = Set.copyOf(capabilities);
    }

    /** Whether a setting or a stored value can stand in a block: printable ASCII that fits. */
    public static boolean isText(String text, int charsMax) {
        return text.length() <= charsMax && text.chars().allMatch(IdentifyData::isPrintable);
    }

    public boolean has(Capability capability) {
        return capabilities.contains(capability);
    }

    /** Writes the block of 512 bytes, word 255 included. */
    public void write(MemorySegment block, long blockAt) {
        block.asSlice(blockAt, BYTES).fill((byte) 0);
        text(block, blockAt, SERIAL_WORD, serial, SERIAL_CHARS);
        text(block, blockAt, FIRMWARE_WORD, firmware, FIRMWARE_CHARS);
        text(block, blockAt, MODEL_WORD, model, MODEL_CHARS);
        writeConstants(block, blockAt);
        writeSize(block, blockAt);
        for (Capability capability : capabilities) {
            capability.write(block, blockAt);
        }
        if (has(Capability.TRIM)) {
            word(block, blockAt, 105, 1); // most sectors of TRIM data per command
        }
        if (physicalBlockExponent > 0) {
            word(
                    block,
                    blockAt,
                    PHYSICAL_BLOCK_WORD,
                    WORD_VALID | PHYSICAL_BLOCK_PRESENT | physicalBlockExponent);
        }
        vendor.ifPresent(ours -> ours.write(block, blockAt));
        writeIntegrity(block, blockAt);
    }

    private static void writeConstants(MemorySegment block, long blockAt) {
        word(block, blockAt, 0, 0x0040); // an ATA device whose medium stays
        word(block, blockAt, 2, 0xc837); // complete, needs no SET FEATURES to start
        word(block, blockAt, 47, 0x8000); // no READ MULTIPLE
        word(block, blockAt, 48, WORD_VALID);
        word(block, blockAt, 49, 0x0200); // LBA
        word(block, blockAt, 50, WORD_VALID);
        word(block, blockAt, 53, 0x0003); // words 54-58 and 64-70 are filled in
        word(
                block, blockAt, 64,
                0x0003); // PIO modes 3 and 4 at 120 ns, the least that the words 65-68
        for (int index = 65; index <= 68; index++) { // may say
            word(block, blockAt, index, 120);
        }
        word(block, blockAt, 80, 0x03f0); // ATA/ATAPI-4 to ACS-2
        word(block, blockAt, 83, WORD_VALID);
        word(block, blockAt, 84, WORD_VALID);
        word(block, blockAt, 87, WORD_VALID);
        word(block, blockAt, PHYSICAL_BLOCK_WORD, WORD_VALID);
        word(block, blockAt, 209, WORD_VALID); // the first sector begins a physical block
    }

    private void writeSize(MemorySegment block, long blockAt) {
        int cylinders = (int) Math.min(sectors / (HEADS * SECTORS_PER_TRACK), CYLINDERS_MAX);
        for (int index : new int[] {1, 54}) {
            word(block, blockAt, index, cylinders);
        }
        word(block, blockAt, 3, HEADS);
        word(block, blockAt, 6, SECTORS_PER_TRACK);
        word(block, blockAt, 55, HEADS);
        word(block, blockAt, 56, SECTORS_PER_TRACK);
        pair(block, blockAt, 57, cylinders * HEADS * SECTORS_PER_TRACK);
        pair(block, blockAt, SECTORS_28_WORD, (int) Math.min(sectors, AtaHeader.LBA28_MASK));
        if (has(Capability.LBA48)) {
            quad(block, blockAt, SECTORS_48_WORD, sectors);
        }
    }

    private static void writeIntegrity(MemorySegment block, long blockAt) {
        word(block, blockAt, INTEGRITY_WORD, INTEGRITY_SIGNATURE);
        word(
                block,
                blockAt,
                INTEGRITY_WORD,
                INTEGRITY_SIGNATURE | (-sum(block, blockAt) & 0xff) << 8);
    }

    /**
     * Reads the block of any target; needs {@link #BYTES} at {@code blockAt}, and never throws
     * then, whatever they are. What does not print becomes '?'; the size comes from words 100-103
     * when 48-bit addresses are claimed, else from 60-61, as in the Linux driver.
     */
    public static IdentifyData read(MemorySegment block, long blockAt) {
        EnumSet<Capability> capabilities = EnumSet.noneOf(Capability.class);
        for (Capability capability : Capability.values()) {
            if (capability.read(block, blockAt)) {
                capabilities.add(capability);
            }
        }
        long sectors = capabilities.contains(Capability.LBA48)
                ? Math.clamp(quad(block, blockAt, SECTORS_48_WORD), 0, SECTORS_MAX)
                : pair(block, blockAt, SECTORS_28_WORD) & 0xffff_ffffL;
        return new IdentifyData(
                text(block, blockAt, SERIAL_WORD, SERIAL_CHARS),
                text(block, blockAt, FIRMWARE_WORD, FIRMWARE_CHARS),
                text(block, blockAt, MODEL_WORD, MODEL_CHARS),
                sectors,
                readPhysicalBlockExponent(block, blockAt),
                capabilities,
                Vendor.read(block, blockAt));
    }

    private static int readPhysicalBlockExponent(MemorySegment block, long blockAt) {
        int physicalBlock = word(block, blockAt, PHYSICAL_BLOCK_WORD);
        boolean present = (physicalBlock & WORD_VALID_MASK) == WORD_VALID
                && (physicalBlock & PHYSICAL_BLOCK_PRESENT) != 0;
        return present ? physicalBlock & 0xf : 0;
    }

    /** Judges word 255 of a block. */
    public static Integrity integrity(MemorySegment block, long blockAt) {
        if ((word(block, blockAt, INTEGRITY_WORD) & 0xff) != INTEGRITY_SIGNATURE) {
            return Integrity.ABSENT;
        }
        return (sum(block, blockAt) & 0xff) == 0 ? Integrity.VALID : Integrity.WRONG;
    }

    private static int sum(MemorySegment block, long blockAt) {
        int sum = 0;
        for (int i = 0; i < BYTES; i++) {
            sum += block.get(U8, blockAt + i);
        }
        return sum;
    }

    /** One word of a block, 0..65535. */
    public static int word(MemorySegment block, long blockAt, int index) {
        return block.get(Wire.U16_LE, blockAt + 2L * index) & 0xffff;
    }

    private static void word(MemorySegment block, long blockAt, int index, int value) {
        block.set(Wire.U16_LE, blockAt + 2L * index, (short) value);
    }

    private static int pair(MemorySegment block, long blockAt, int index) {
        return block.get(Wire.U32_LE, blockAt + 2L * index);
    }

    private static void pair(MemorySegment block, long blockAt, int index, int value) {
        block.set(Wire.U32_LE, blockAt + 2L * index, value);
    }

    private static long quad(MemorySegment block, long blockAt, int index) {
        return block.get(Wire.U64_LE, blockAt + 2L * index);
    }

    private static void quad(MemorySegment block, long blockAt, int index, long value) {
        block.set(Wire.U64_LE, blockAt + 2L * index, value);
    }

    /**
     * ATA strings hold the first of two characters in the high byte of a word, padded by blanks.
     */
    private static String text(MemorySegment block, long blockAt, int index, int chars) {
        StringBuilder text = new StringBuilder(chars);
        for (int i = 0; i < chars; i++) {
            int character = block.get(U8, blockAt + 2L * index + (i ^ 1)) & 0xff;
            text.append(isPrintable(character) ? (char) character : character == 0 ? ' ' : '?');
        }
        return text.toString().strip();
    }

    private static void text(MemorySegment block, long blockAt, int index, String text, int chars) {
        for (int i = 0; i < chars; i++) {
            char character = i < text.length() ? text.charAt(i) : ' ';
            block.set(U8, blockAt + 2L * index + (i ^ 1), (byte) character);
        }
    }

    private static boolean isPrintable(int character) {
        return character >= 0x20 && character <= 0x7e;
    }
}
