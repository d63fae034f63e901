// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static etherbay.aoe.IdentifyData.Capability.FLUSH;
import static etherbay.aoe.IdentifyData.Capability.LBA48;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** IDENTIFY DEVICE: ours word by word, and those of others. */
class IdentifyDataTest {
    private static final long TERABYTE_SECTORS = 1L << 31;
    private static final IdentifyData.Vendor VENDOR =
            new IdentifyData.Vendor(true, true, 0x0102_0304_0506_0708L, 0x1112_1314_1516_1718L);
    private static final IdentifyData FULL = new IdentifyData(
            "S1234567890",
            "0.1",
            "Etherbay disk",
            TERABYTE_SECTORS,
            3,
            EnumSet.allOf(IdentifyData.Capability.class),
            Optional.of(VENDOR));

    private final MemorySegment block = MemorySegment.ofArray(new byte[IdentifyData.BYTES]);

    @Test
    void vbladeBlockIsRead() {
        MemorySegment reply = Golden.load("aoeping-identify").frame(3).segment();

        IdentifyData data = IdentifyData.read(reply, AtaHeader.END);

        assertThat(data.serial()).startsWith("1.0:");
        assertThat(data.firmware()).isEqualTo("V25");
        assertThat(data.model()).isEqualTo("Coraid EtherDrive vblade");
        assertThat(data.sectors()).isEqualTo(2048);
        assertThat(data.physicalBlockExponent()).isZero();
        assertThat(data.capabilities()).containsExactlyInAnyOrder(LBA48, FLUSH);
        assertThat(data.vendor()).isEmpty();
        assertThat(IdentifyData.integrity(reply, AtaHeader.END))
                .isEqualTo(IdentifyData.Integrity.ABSENT);
    }

    @Test
    void whatIsWrittenIsReadBackAndItsSumIsValid() {
        Prng prng = new Prng(255);
        for (int round = 0; round < 2_000; round++) {
            IdentifyData data = random(prng);
            data.write(block, 0);
            assertThat(IdentifyData.read(block, 0)).isEqualTo(data);
            assertThat(IdentifyData.integrity(block, 0)).isEqualTo(IdentifyData.Integrity.VALID);
        }
    }

    @Test
    void anyBytesAreReadWithoutComplaint() {
        Prng prng = new Prng(256);
        for (int round = 0; round < 5_000; round++) {
            for (long offset = 0; offset < IdentifyData.BYTES; offset += Long.BYTES) {
                block.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, prng.nextLong());
            }
            IdentifyData data = IdentifyData.read(block, 0);
            assertThat(data.sectors()).isBetween(0L, IdentifyData.SECTORS_MAX);
        }
    }

    @Test
    void everyDamagedByteIsNoticedOnceTheBlockHasASum() {
        FULL.write(block, 0);
        for (int i = 0; i < IdentifyData.BYTES; i++) {
            byte good = block.get(ValueLayout.JAVA_BYTE, i);
            block.set(ValueLayout.JAVA_BYTE, i, (byte) (good + 1));
            assertThat(IdentifyData.integrity(block, 0)).isNotEqualTo(IdentifyData.Integrity.VALID);
            block.set(ValueLayout.JAVA_BYTE, i, good);
        }
    }

    @Test
    void stringsHaveTheFirstCharacterInTheHighByteAndEndInBlanks() {
        FULL.write(block, 0);
        byte[] bytes = block.toArray(ValueLayout.JAVA_BYTE);
        assertThat(new String(bytes, 20, 20, StandardCharsets.US_ASCII))
                .isEqualTo("1S32547698 0        ");
        assertThat(new String(bytes, 46, 8, StandardCharsets.US_ASCII)).isEqualTo(".0 1    ");
    }

    @Test
    void wordsOfTheLinuxDriverAreThoseItLooksAt() {
        FULL.write(block, 0);
        assertThat(word(83) & word(86) & 0x0400)
                .as("LBA48 supported and enabled")
                .isNotZero();
        assertThat(block.get(
                        ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 200))
                .isEqualTo(TERABYTE_SECTORS);
        assertThat(word(60) | word(61) << 16).isEqualTo(0x0fff_ffff);
        assertThat(word(49) & 0x0200).as("LBA").isNotZero();
        assertThat(word(54)).isEqualTo(16383);
        assertThat(word(55)).isEqualTo(16);
        assertThat(word(56)).isEqualTo(63);
    }

    @Test
    void capabilityWordsAreThoseOfAcs2() {
        FULL.write(block, 0);
        assertThat(word(82)).isEqualTo(0x0020);
        assertThat(word(83)).isEqualTo(0x7400);
        assertThat(word(84)).isEqualTo(0x4040);
        assertThat(word(85)).isEqualTo(0x0020);
        assertThat(word(86)).isEqualTo(0x3400);
        assertThat(word(87)).isEqualTo(0x4040);
        assertThat(word(69)).isEqualTo(0x4020);
        assertThat(word(105)).isEqualTo(1);
        assertThat(word(106)).isEqualTo(0x6003);
        assertThat(word(169)).isEqualTo(1);
        assertThat(word(217)).isEqualTo(1);
        assertThat(word(80) & 0x0200).as("ACS-2").isNotZero();
    }

    @Test
    void diskWithoutCapabilitiesClaimsNone() {
        new IdentifyData("", "", "", 2048, 0, Set.of(), Optional.empty()).write(block, 0);
        for (int index : new int[] {69, 82, 85, 86, 100, 101, 102, 103, 105, 169, 217}) {
            assertThat(word(index)).as("word %d", index).isZero();
        }
        for (int index : new int[] {83, 84, 87, 106}) {
            assertThat(word(index)).as("word %d", index).isEqualTo(0x4000);
        }
        for (int index = 129; index < 160; index++) {
            assertThat(word(index)).as("word %d", index).isZero();
        }
        assertThat(word(60)).isEqualTo(2048);
        assertThat(word(54)).as("whole cylinders").isEqualTo(2);
    }

    @Test
    void vendorWordsAreThoseOfTheirDocument() {
        FULL.write(block, 0);
        byte[] bytes = block.toArray(ValueLayout.JAVA_BYTE);
        assertThat(new String(bytes, 258, 8, StandardCharsets.US_ASCII)).isEqualTo("TEEHBRYA");
        assertThat(word(133)).isEqualTo(1);
        assertThat(word(134)).isEqualTo(3);
        assertThat(word(136)).isEqualTo(0x0708);
        assertThat(word(139)).isEqualTo(0x0102);
        assertThat(word(140)).isEqualTo(0x1718);
        assertThat(word(143)).isEqualTo(0x1112);
    }

    @Test
    void vendorWordsOfAnotherVersionAreNotOurs() {
        FULL.write(block, 0);
        block.set(ValueLayout.JAVA_BYTE, 133 * 2, (byte) 2);
        assertThat(IdentifyData.read(block, 0).vendor()).isEmpty();
    }

    @Test
    void theMarkOfAnIncarnationIsNeverThatOfTheOneBefore() {
        assertThat(IdentifyData.Vendor.mark(0x0102_0304_0506_0708L)).isEqualTo(0x0708);
        assertThat(IdentifyData.Vendor.mark(0x0102_0304_0506_0000L)).isEqualTo(0xffff);
        for (long low = 0; low <= 0xffff; low++) {
            long next = IdentifyData.Vendor.incarnationAfter(low, 0x0102_0304_0506_ffffL);
            assertThat(next >>> 16).isEqualTo(0x0102_0304_0506L);
            assertThat(IdentifyData.Vendor.mark(next))
                    .isNotEqualTo(IdentifyData.Vendor.mark(low))
                    .isBetween(1, 0xfffe);
        }
    }

    @Test
    void serialThatDoesNotFitIsABug() {
        assertThat(IdentifyData.isText("x".repeat(21), IdentifyData.SERIAL_CHARS))
                .isFalse();
        assertThat(IdentifyData.isText("tab\t", IdentifyData.SERIAL_CHARS)).isFalse();
        assertThatThrownBy(() ->
                        new IdentifyData("x".repeat(21), "", "", 0, 0, Set.of(), Optional.empty()))
                .isInstanceOf(AssertionError.class);
    }

    private int word(int index) {
        return IdentifyData.word(block, 0, index);
    }

    private static IdentifyData random(Prng prng) {
        EnumSet<IdentifyData.Capability> capabilities =
                EnumSet.noneOf(IdentifyData.Capability.class);
        for (IdentifyData.Capability capability : IdentifyData.Capability.values()) {
            if (prng.chance(0.5)) {
                capabilities.add(capability);
            }
        }
        long sectorsMax =
                capabilities.contains(LBA48) ? IdentifyData.SECTORS_MAX : AtaHeader.LBA28_MASK;
        IdentifyData.Vendor vendor = new IdentifyData.Vendor(
                prng.chance(0.5), prng.chance(0.5), prng.nextLong(), prng.nextLong());
        return new IdentifyData(
                text(prng, IdentifyData.SERIAL_CHARS),
                text(prng, IdentifyData.FIRMWARE_CHARS),
                text(prng, IdentifyData.MODEL_CHARS),
                prng.below(sectorsMax + 1),
                prng.below(16),
                capabilities,
                prng.chance(0.5) ? Optional.of(vendor) : Optional.empty());
    }

    private static String text(Prng prng, int charsMax) {
        StringBuilder text = new StringBuilder();
        for (int i = prng.below(charsMax + 1); i > 0; i--) {
            text.append((char) prng.between('!', '~'));
        }
        return text.toString();
    }
}
