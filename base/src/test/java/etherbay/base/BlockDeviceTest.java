// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlockDeviceTest {
    private static final BlockCapabilities ALL =
            new BlockCapabilities(true, true, true, true, 512, 4096, false, false);
    private static final BlockCapabilities BARE =
            new BlockCapabilities(false, false, false, false, 512, 512, false, false);
    private static final BlockCapabilities LARGE =
            new BlockCapabilities(true, true, true, true, 4096, 4096, false, false);

    private static IoStatus refusal(
            BlockCapabilities capabilities, IoOperation operation, long lba, long sectors) {
        return BlockDevice.refusal(new Io(1).prepare(operation, lba, sectors), 64, capabilities);
    }

    @Test
    void rangesWithinTheDeviceAreTakenAndAllOthersAreNot() {
        assertThat(refusal(ALL, IoOperation.READ, 0, 64)).isEqualTo(IoStatus.OK);
        assertThat(refusal(ALL, IoOperation.READ, 63, 1)).isEqualTo(IoStatus.OK);
        assertThat(refusal(ALL, IoOperation.READ, 63, 2)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, 64, 1)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, 0, 0)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, 0, -1)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, -1, 1)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, Long.MAX_VALUE, 1)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, 1, Long.MAX_VALUE)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(ALL, IoOperation.READ, Long.MIN_VALUE, Long.MIN_VALUE))
                .isEqualTo(IoStatus.RANGE);
    }

    @Test
    void whatADeviceCannotDoIsUnsupported() {
        assertThat(refusal(BARE, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.UNSUPPORTED);
        assertThat(refusal(BARE, IoOperation.TRIM, 0, 1)).isEqualTo(IoStatus.UNSUPPORTED);
        assertThat(refusal(BARE, IoOperation.WRITE_ZEROES, 0, 1)).isEqualTo(IoStatus.OK);
        Io fua = new Io(1).prepare(IoOperation.WRITE, 0, 1).fua(true);
        assertThat(BlockDevice.refusal(fua, 64, BARE)).isEqualTo(IoStatus.UNSUPPORTED);
        assertThat(BlockDevice.refusal(fua, 64, ALL)).isEqualTo(IoStatus.OK);
        assertThat(refusal(ALL, IoOperation.FLUSH, 999, 0)).isEqualTo(IoStatus.OK);
    }

    @Test
    void aReadOnlyDeviceTakesReadsAndFlushesOnly() {
        BlockCapabilities readOnly = ALL.asReadOnly();
        assertThat(refusal(readOnly, IoOperation.READ, 0, 1)).isEqualTo(IoStatus.OK);
        assertThat(refusal(readOnly, IoOperation.FLUSH, 0, 0)).isEqualTo(IoStatus.OK);
        assertThat(refusal(readOnly, IoOperation.WRITE, 0, 1)).isEqualTo(IoStatus.READ_ONLY);
        assertThat(refusal(readOnly, IoOperation.TRIM, 0, 1)).isEqualTo(IoStatus.READ_ONLY);
        assertThat(refusal(readOnly, IoOperation.WRITE_ZEROES, 0, 1)).isEqualTo(IoStatus.READ_ONLY);
    }

    @Test
    void partsOfALargeBlockAreOutOfRangeUnlessAdapted() {
        assertThat(refusal(LARGE, IoOperation.READ, 8, 8)).isEqualTo(IoStatus.OK);
        assertThat(refusal(LARGE, IoOperation.READ, 1, 8)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(LARGE, IoOperation.WRITE, 8, 7)).isEqualTo(IoStatus.RANGE);
        assertThat(refusal(LARGE.withSectorBlocks(), IoOperation.WRITE, 8, 7))
                .isEqualTo(IoStatus.OK);
    }
}
