// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.sim.Property;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

final class MetadataAreaTest {
    private static final int AT = 4096;
    private static final int AREA_BYTES = 8192;
    private static final int RING_BYTES = AREA_BYTES - 512;

    private final CrashMedium medium = CrashMedium.of(1 << 20);
    private final MetadataArea area = area(AREA_BYTES);

    private MetadataArea area(long bytes) {
        MetadataArea made = new MetadataArea(medium, new PvLabel.Range(AT, bytes));
        made.format();
        return made;
    }

    /** A header whose checksum is right. */
    private void putHeader(long offset, long size, int crc, int flags) {
        byte[] header = medium.get(AT, 512);
        ByteBuffer.wrap(header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(40, offset)
                .putLong(48, size)
                .putInt(56, crc)
                .putInt(60, flags);
        putSealed(header);
    }

    private void putSealed(byte[] header) {
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putInt(0, LvmCrc.of(header, 4, 508));
        medium.put(AT, header);
    }

    private static String why(Runnable act) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(act::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal).hasMessage("the metadata area at byte 4096 of disk cannot be used");
        assertThat(refusal.correction()).contains("nothing was written");
        return refusal.why();
    }

    /** The beginning of a group, so that history looks at it; of so many bytes. */
    private static String text(int number, int bytes) {
        String head = "vg {\nid = \"%032d\"\nseqno = %d\n".formatted(number, number);
        return head + "#".repeat(bytes - head.length());
    }

    @Test
    void aNewAreaHasNoText() {
        assertThat(area.read()).isEmpty();
        assertThat(area.place().isNone()).isTrue();
        assertThat(area.history()).isEmpty();
    }

    @Test
    void aTextIsInForceWhenItIsCommitted() {
        MetadataArea.Place staged = area.stage("one");
        assertThat(area.read()).isEmpty();
        area.commit(staged);
        assertThat(area.read()).contains("one");
        staged = area.stage("two");
        assertThat(area.read()).contains("one");
        area.commit(staged);
        assertThat(area.read()).contains("two");
    }

    @Test
    void whatWasStagedIsForgottenWhenItIsReverted() {
        MetadataArea.Place former = area.stage("one");
        area.commit(former);
        byte[] before = medium.get(AT, 512);
        area.stage("two");
        assertThat(medium.get(AT, 512)).isNotEqualTo(before);
        area.revert(former);
        assertThat(area.read()).contains("one");
        assertThat(medium.get(AT, 512)).isEqualTo(before);
    }

    @Test
    void aCommitThatIsTakenBackLeavesTheFormerText() {
        MetadataArea.Place former = area.stage("one");
        area.commit(former);
        area.commit(area.stage("two"));
        area.revert(former);
        assertThat(area.read()).contains("one");
    }

    @Test
    void anyBytesOfATextComeBackAsTheyWere() {
        StringBuilder text = new StringBuilder();
        for (char letter = 1; letter < 256; letter++) {
            text.append(letter);
        }
        area.commit(area.stage(text.toString()));
        assertThat(area.read()).contains(text.toString());
    }

    @Test
    void textsGoRoundTheRingAndOverItsEnd() {
        for (int number = 1; number <= 200; number++) {
            String text = text(number, 1100 + number * 7 % 900);
            assertThat(area.refusal(text)).isEmpty();
            String before = area.read().orElse("");
            MetadataArea.Place staged = area.stage(text);
            assertThat(area.read().orElse("")).isEqualTo(before);
            area.commit(staged);
            assertThat(area.read()).contains(text);
            assertThat(area.history()).contains(text);
            assertThat(before.isEmpty() || area.history().contains(before)).isTrue();
            assertThat(staged.offsetBytes() % 512).isZero();
        }
    }

    @Test
    void nothingButTheAreaIsWritten() {
        medium.put(AT - 512, new byte[] {7}).put(AT + AREA_BYTES, new byte[] {8});
        for (int number = 1; number <= 50; number++) {
            area.commit(area.stage(text(number, 1536 + number)));
        }
        assertThat(medium.get(AT - 512, 512)).startsWith(7).contains(0);
        assertThat(medium.get(AT + AREA_BYTES, 512)).startsWith(8).contains(0);
    }

    @Test
    void onlyWholeSectorsAreWritten() {
        medium.put(AT + 512, new byte[] {1}).put(AT + 1023, new byte[] {2});
        area.commit(area.stage("x"));
        assertThat(medium.get(AT + 513, 511)).containsOnly(0);
    }

    @Test
    void oldAndNewTextHaveToFitTogether() {
        String half = text(1, RING_BYTES / 2 - 513);
        assertThat(area.refusal(text(1, RING_BYTES - 513))).isEmpty();
        assertThat(area.refusal(text(1, RING_BYTES - 512 + 1)))
                .contains("old and new text need 8192 bytes of the 7680 of its metadata area");
        area.commit(area.stage(half));
        assertThat(area.refusal(half)).isEmpty();
        assertThat(area.refusal(text(1, RING_BYTES / 2 + 512))).isPresent();
    }

    /** Whatever fits by {@link MetadataArea#refusal} never touches the text in force. */
    @Test
    void aTextThatIsNotRefusedNeverTouchesTheOneInForce() {
        Property.check("staging", 300, (prng, size) -> prng.fork(), prng -> {
            CrashMedium other = CrashMedium.of(1 << 20);
            MetadataArea ring = new MetadataArea(other, new PvLabel.Range(AT, AREA_BYTES));
            ring.format();
            for (int round = 0; round < 20; round++) {
                String text = text(round, prng.between(60, RING_BYTES));
                String former = ring.read().orElse("");
                if (ring.refusal(text).isEmpty()) {
                    MetadataArea.Place staged = ring.stage(text);
                    assertThat(ring.read().orElse("")).isEqualTo(former);
                    ring.commit(staged);
                    assertThat(ring.read()).contains(text);
                }
            }
        });
    }

    @Test
    void aTextOfOthersMayBeginWithinASector() {
        byte[] text = "vg { a = 1 }\0".getBytes(StandardCharsets.ISO_8859_1);
        medium.put(AT + 777, text);
        putHeader(777, text.length, LvmCrc.of(text, 0, text.length), 0);
        assertThat(area.read()).contains("vg { a = 1 }");
        area.commit(area.stage("next"));
        assertThat(area.read()).contains("next");
    }

    @Test
    void aTextThatWrapsIsRead() {
        String text = text(3, 2000);
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.ISO_8859_1);
        int offset = AREA_BYTES - 1024;
        medium.put(AT + offset, java.util.Arrays.copyOf(bytes, 1024));
        medium.put(AT + 512, java.util.Arrays.copyOfRange(bytes, 1024, bytes.length));
        putHeader(offset, bytes.length, LvmCrc.of(bytes, 0, bytes.length), 0);
        assertThat(area.read()).contains(text);
        assertThat(area.history()).containsExactly(text);
    }

    @Test
    void anAreaThatIsIgnoredHasNoText() {
        area.commit(area.stage("one"));
        MetadataArea.Place place = area.place();
        putHeader(place.offsetBytes(), place.sizeBytes(), place.crc(), 1);
        assertThat(area.read()).isEmpty();
        assertThat(area.place().isIgnored()).isTrue();
    }

    @Test
    void aTextWithAnotherChecksumIsRefused() {
        area.commit(area.stage("one"));
        medium.put(AT + 512, new byte[] {'O'});
        assertThat(why(area::read)).isEqualTo("the checksum of its text is wrong");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 100",
        "511, 100",
        "-1, 100",
        "8192, 1",
        "9223372036854775807, 1",
        "512, 0",
        "512, -1",
        "512, 7681",
        "512, 9223372036854775807",
        "-9223372036854775808, -9223372036854775808",
    })
    void aPlaceOutsideTheRingIsRefused(long offset, long size) {
        putHeader(offset, size, 0, 0);
        assertThat(why(area::read)).isEqualTo("its text would lie outside");
    }

    @Test
    void aHeaderWithAnotherChecksumIsRefused() {
        for (int bit = 0; bit < 512 * 8; bit++) {
            byte[] header = medium.get(AT, 512);
            header[bit / 8] ^= (byte) (1 << bit % 8);
            medium.put(AT, header);
            assertThat(why(area::place)).isEqualTo("the checksum of its header is wrong");
            header[bit / 8] ^= (byte) (1 << bit % 8);
            medium.put(AT, header);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 19, 20, 24, 31, 32, 39})
    void aHeaderOfAnotherKindPlaceOrSizeIsRefused(int at) {
        byte[] header = medium.get(AT, 512);
        header[at]++;
        putSealed(header);
        assertThat(why(area::place)).contains("was copied from elsewhere");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 512, 1023, 1025, 8193, Integer.MAX_VALUE + 1L, Long.MAX_VALUE})
    void anAreaOfAnImpossibleSizeIsRefused(long bytes) {
        PvLabel.Range range = new PvLabel.Range(AT, bytes);
        assertThat(why(() -> new MetadataArea(medium, range)))
                .isEqualTo("its size cannot be " + bytes);
    }

    /** 2 GiB of ring, most of which nobody wrote: neither is taken into memory as a whole. */
    @Test
    void aHugeAreaCostsNoMoreThanItsTexts() {
        long bytes = (1L << 31) - 512;
        CrashMedium large = CrashMedium.of(4L << 30);
        MetadataArea ring = new MetadataArea(large, new PvLabel.Range(AT, bytes));
        ring.format();
        ring.commit(ring.stage(text(1, 5000)));
        assertThat(ring.read()).contains(text(1, 5000));
        assertThat(ring.history()).containsExactly(text(1, 5000));
        byte[] header = large.get(AT, 512);
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(48, bytes - 512);
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putInt(0, LvmCrc.of(header, 4, 508));
        large.put(AT, header);
        assertThat(why(ring::read)).contains("longer than");
    }

    /** Each sector looks like the beginning of a text that goes on to the end of the ring. */
    @Test
    void aRingOfNothingButBeginningsIsLookedThroughQuickly() {
        int bytes = 8 << 20;
        CrashMedium large = CrashMedium.of(16 << 20);
        MetadataArea ring = new MetadataArea(large, new PvLabel.Range(AT, bytes));
        ring.format();
        String begin = "vg {\nid = \"%032d\"\nseqno = 1\n#".formatted(1);
        String sector = begin + "x".repeat(512 - begin.length());
        large.put(AT + 512, sector.repeat(bytes / 512 - 1).getBytes(StandardCharsets.ISO_8859_1));
        long letters = ring.history().stream().mapToLong(String::length).sum();
        assertThat(letters).isLessThan(5L * bytes);
    }

    @Test
    void historyTellsOldTextsThatAreWhole() {
        List<String> all = new ArrayList<>();
        Prng prng = new Prng(7);
        for (int number = 1; number <= 5; number++) {
            String text = text(number, prng.between(600, 1000));
            all.add(text);
            area.commit(area.stage(text));
        }
        assertThat(area.history()).containsExactlyInAnyOrderElementsOf(all);
    }
}
