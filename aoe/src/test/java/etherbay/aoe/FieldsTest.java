// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.MacAddress;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** What is written is read back, at any offset, and no field touches its neighbours. */
class FieldsTest {
    private static final int ROUNDS = 500;
    private final Prng prng = new Prng(20261123);
    private final MemorySegment frame = MemorySegment.ofArray(new byte[4096]);
    private long at;

    @Test
    void ethernetFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            Ethernet.Fields fields = new Ethernet.Fields(mac(), mac(), u16());
            fields.write(frame, at);
            assertThat(Ethernet.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void aoeFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            AoeHeader.Fields fields = new AoeHeader.Fields(
                    u4(), u4(), u8(), u16(), u8(), u8(), (int) prng.nextLong());
            fields.write(frame, at);
            assertThat(AoeHeader.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void ataFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            AtaHeader.Fields fields = new AtaHeader.Fields(
                    u8(), u8(), u8(), u8(), prng.nextLong() & AtaHeader.LBA48_MASK);
            fields.write(frame, at);
            assertThat(AtaHeader.Fields.read(frame, at)).isEqualTo(fields);
            assertThat(AtaHeader.lba28(frame, at)).isEqualTo(fields.lba() & AtaHeader.LBA28_MASK);
            assertThat(AtaHeader.error(frame, at)).isEqualTo(fields.featureError());
            assertThat(AtaHeader.status(frame, at)).isEqualTo(fields.commandStatus());
        }
    }

    @Test
    void configFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            ConfigHeader.Fields fields =
                    new ConfigHeader.Fields(u16(), u16(), u8(), u4(), u4(), u16());
            fields.write(frame, at);
            assertThat(ConfigHeader.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void maskFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            List<MaskHeader.Directive> directives = new ArrayList<>();
            for (int i = prng.below(256); i > 0; i--) {
                directives.add(new MaskHeader.Directive(u8(), mac()));
            }
            MaskHeader.Fields fields = MaskHeader.Fields.of(MaskHeader.EDIT, directives);
            AoeHeader.versionFlags(frame, at, AoeHeader.VERSION, 0);
            fields.write(frame, at);
            assertThat(MaskHeader.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void reserveFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            ReserveHeader.Fields fields = ReserveHeader.Fields.of(1 + prng.below(255), macs(255));
            fields.write(frame, at);
            assertThat(ReserveHeader.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void fenceFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            FenceHeader.Fields fields = FenceHeader.Fields.of(
                    1 + prng.below(255), u8(), prng.nextLong(), macs(FenceHeader.MAC_COUNT_MAX));
            fields.write(frame, at);
            assertThat(FenceHeader.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void floorFieldsAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            FloorHeader.Fields fields = new FloorHeader.Fields(u8(), (int) prng.nextLong());
            fields.write(frame, at);
            assertThat(FloorHeader.Fields.read(frame, at)).isEqualTo(fields);
        }
    }

    @Test
    void trimRangesAreReadAsWritten() {
        for (int round = 0; round < ROUNDS; round++) {
            scramble();
            int index = prng.below(TrimRange.PER_SECTOR);
            long lba = prng.nextLong() & AtaHeader.LBA48_MASK;
            int sectors = u16();
            TrimRange.set(frame, at, index, lba, sectors);
            assertThat(TrimRange.lba(frame, at, index)).isEqualTo(lba);
            assertThat(TrimRange.sectors(frame, at, index)).isEqualTo(sectors);
        }
    }

    @Test
    void headersOfAllLayersShareOneAddressAndDoNotOverlap() {
        scramble();
        new Ethernet.Fields(mac(), MacAddress.BROADCAST, Ethernet.TYPE_AOE).write(frame, at);
        AoeHeader.Fields aoe =
                AoeHeader.Fields.request(0x0102, 3, AoeHeader.COMMAND_ATA, 0x0405_0607);
        aoe.write(frame, at);
        new AtaHeader.Fields(
                        AtaHeader.AFLAG_EXTENDED,
                        0,
                        2,
                        AtaCommand.READ_SECTORS_EXT,
                        0x0605_0403_0201L)
                .write(frame, at);

        byte[] bytes = frame.asSlice(at, AtaHeader.END).toArray(ValueLayout.JAVA_BYTE);

        assertThat(Hex.of(bytes, 6, 30))
                .isEqualTo("ffffffffffff88a210000102030004050607400002240102030405060000");
        assertThat(AtaHeader.lba(frame, at)).isEqualTo(0x0605_0403_0201L);
    }

    @Test
    void frameEndsAreThoseOfTheProtocol() {
        assertThat(Ethernet.BYTES).isEqualTo(14);
        assertThat(AoeHeader.END).isEqualTo(24);
        assertThat(AtaHeader.END).isEqualTo(36);
        assertThat(ConfigHeader.END).isEqualTo(32);
        assertThat(MaskHeader.END).isEqualTo(28);
        assertThat(ReserveHeader.END).isEqualTo(26);
        assertThat(FenceHeader.END).isEqualTo(36);
        assertThat(FloorHeader.END).isEqualTo(32);
    }

    private void scramble() {
        at = prng.below(64);
        for (long offset = 0; offset < frame.byteSize(); offset += Long.BYTES) {
            frame.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, prng.nextLong());
        }
    }

    private MacAddress mac() {
        return new MacAddress(prng.nextLong() & MacAddress.BITS_MASK);
    }

    private List<MacAddress> macs(int countMax) {
        List<MacAddress> macs = new ArrayList<>();
        for (int i = prng.below(countMax + 1); i > 0; i--) {
            macs.add(mac());
        }
        return macs;
    }

    private int u4() {
        return prng.below(16);
    }

    private int u8() {
        return prng.below(256);
    }

    private int u16() {
        return prng.below(65536);
    }
}
