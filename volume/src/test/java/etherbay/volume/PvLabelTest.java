// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.volume.PvLabel.Range;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;

final class PvLabelTest {
    private static final long BYTES = 64 << 20;
    private static final LvmId ID = new LvmId("a".repeat(32));
    private static final PvLabel LABEL = PvLabel.create(ID, BYTES);

    private final CrashMedium medium = CrashMedium.of(BYTES);

    /** A sector with its checksum put right. */
    static byte[] sealed(byte[] sector) {
        ByteBuffer.wrap(sector)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(16, LvmCrc.of(sector, 20, sector.length - 20));
        return sector;
    }

    private byte[] changed(int at, long value) {
        byte[] sector = LABEL.encode();
        ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
        return sealed(sector);
    }

    private static PvLabel with(List<Range> data, List<Range> metadata) {
        return new PvLabel(1, ID, BYTES, data, metadata, 2, 0, List.of());
    }

    private EtherbayException refusal(byte[] sector) {
        medium.put(512, sector);
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(() -> PvLabel.read(medium))
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal).hasMessage("the label of disk cannot be used");
        assertThat(refusal.correction()).contains("etherbay pv create disk --force --yes");
        return refusal;
    }

    @Test
    void whatIsWrittenIsRead() {
        LABEL.write(medium);
        assertThat(PvLabel.read(medium)).contains(LABEL);
        PvLabel used = LABEL.used(true).withDeviceBytes(5);
        used.write(medium);
        assertThat(PvLabel.read(medium)).contains(used);
        assertThat(used.isUsed()).isTrue();
        assertThat(used.used(false).isUsed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void itMayStandInAnyOfTheFirstFourSectors(int sector) {
        PvLabel label = new PvLabel(
                sector, ID, BYTES, LABEL.dataAreas(), LABEL.metadataAreas(), 2, 0, List.of());
        label.write(medium);
        assertThat(PvLabel.read(medium)).contains(label);
        assertThat(PvLabel.find(medium)).hasValue(sector);
    }

    @Test
    void aMediumWithoutALabelHasNone() {
        assertThat(PvLabel.read(medium)).isEmpty();
        medium.put(4 * 512, LABEL.encode());
        assertThat(PvLabel.read(medium)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 511, 512, 2047})
    void aMediumThatIsShorterThanFourSectorsHasNone(long bytes) {
        assertThat(PvLabel.read(CrashMedium.of(bytes))).isEmpty();
    }

    @Test
    void aLabelWithoutAnExtensionIsRead() {
        byte[] sector = LABEL.encode();
        ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN).putInt(136, 0);
        medium.put(512, sealed(sector));
        PvLabel old = PvLabel.read(medium).orElseThrow();
        assertThat(old.extensionVersion()).isZero();
        assertThat(old.isUsed()).isFalse();
        assertThat(old.used(true)).isEqualTo(LABEL.used(true));
    }

    @Test
    void everyFlippedBitIsFound() {
        for (int bit = 8 * 8; bit < 512 * 8; bit++) {
            byte[] sector = LABEL.encode();
            sector[bit / 8] ^= (byte) (1 << bit % 8);
            refusal(sector);
        }
    }

    @Test
    void aLabelOfAnotherSectorIsRefused() {
        assertThat(refusal(changed(8, 2)).why()).contains("was copied from elsewhere");
        assertThat(refusal(changed(8, 1L << 32 | 1)).why()).contains("was copied from elsewhere");
    }

    @Test
    void aLabelOfAnotherTypeIsRefused() {
        assertThat(refusal(changed(24, 5)).why()).contains("none of LVM2's");
        byte[] sector = LABEL.encode();
        sector[40] = '/';
        assertThat(refusal(sealed(sector)).why()).contains("none of LVM2's");
    }

    @Test
    void areasBeyondTheEndAreRefused() {
        assertThat(refusal(changed(72, BYTES + 512)).why()).contains("beyond its end");
        assertThat(refusal(changed(72, -512)).why()).contains("beyond its end");
        assertThat(refusal(changed(80, -1)).why()).contains("beyond its end");
        assertThat(refusal(changed(104, BYTES - 512)).why()).contains("beyond its end");
        assertThat(refusal(changed(112, Long.MAX_VALUE / 512 * 512)).why())
                .contains("beyond its end");
    }

    @Test
    void aListThatDoesNotEndIsRefused() {
        byte[] sector = LABEL.encode();
        for (int at = 104; at + 16 <= 512; at += 16) {
            ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN).putLong(at, 4096);
            ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN).putLong(at + 8, 4096);
        }
        assertThat(refusal(sealed(sector)).why()).contains("does not end");
    }

    @Test
    void noneOrTwoAreasForDataAreRefused() {
        assertThat(refusal(with(List.of(), LABEL.metadataAreas()).encode()).why())
                .contains("0 areas for data");
        Range area = LABEL.dataAreas().getFirst();
        assertThat(refusal(with(List.of(area, area), LABEL.metadataAreas()).encode())
                        .why())
                .contains("2 areas for data");
    }

    @Test
    void metadataOnTheLabelItselfIsRefused() {
        for (long at : new long[] {512, 1024, 1536}) {
            assertThat(refusal(with(LABEL.dataAreas(), List.of(new Range(at, 4096)))
                                    .encode())
                            .why())
                    .contains("over each other");
        }
    }

    @Test
    void areasThatAreNoWholeSectorsAreRefused() {
        for (Range area : List.of(new Range(4097, 8192), new Range(4096, 8193))) {
            assertThat(refusal(with(LABEL.dataAreas(), List.of(area)).encode()).why())
                    .contains("whole sectors");
        }
        assertThat(refusal(with(List.of(new Range(4097, 0)), List.of()).encode())
                        .why())
                .contains("whole sectors");
    }

    @Test
    void areasThatLieOverEachOtherAreRefused() {
        List<Range> twice = List.of(new Range(4096, 8192), new Range(8192, 8192));
        assertThat(refusal(with(LABEL.dataAreas(), twice).encode()).why())
                .contains("over each other");
        List<Range> inData = List.of(new Range(4096, 8192));
        assertThat(refusal(with(List.of(new Range(8192, 0)), inData).encode()).why())
                .contains("over each other");
        assertThat(refusal(with(List.of(new Range(512, 0)), List.of()).encode()).why())
                .contains("over each other");
    }

    @Test
    void aSecondAreaMayLieBehindTheData() {
        PvLabel two = with(
                LABEL.dataAreas(),
                List.of(new Range(4096, 1_044_480), new Range(BYTES - (1 << 20), 1 << 20)));
        two.write(medium);
        assertThat(PvLabel.read(medium)).contains(two);
    }

    /** As many as fit without an extension; then the extension would find no room. */
    @Test
    void moreAreasThanAnyDiskHasAreRefused() {
        List<Range> many = IntStream.range(0, 23)
                .mapToObj(index -> new Range(4096 + 4096L * index, 4096))
                .toList();
        assertThat(refusal(with(List.of(new Range(1 << 20, 0)), many).encode()).why())
                .contains("areas");
    }
}
