// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.node.device.NbdHandshake.Export;

import org.junit.jupiter.api.Test;

/** With which servers a device can go on: the flags are those of qemu-nbd 7.2, 0xd6d. */
final class DeviceTermsTest {
    private static final int QEMU = 0xd6d;
    private static final int FLUSH = 4;
    private static final int SIZE = 64 << 20;

    private final DeviceTerms made = DeviceTerms.of(new Export(SIZE, QEMU, 512));

    private String unmet(int flags, int blockBytes) {
        return made.unmetBy(new Export(SIZE, flags, blockBytes)).orElse("");
    }

    @Test
    void theSameServerAndALargerDiskFit() {
        assertThat(unmet(QEMU, 512)).isEmpty();
        assertThat(made.unmetBy(new Export(2 * SIZE, QEMU, 512))).isEmpty();
    }

    @Test
    void whatTheKernelDoesNotAskForMayComeAndGo() {
        assertThat(unmet(QEMU | 0x10, 512)).as("rotational").isEmpty();
        assertThat(unmet(QEMU & ~0x400, 512)).as("CACHE").isEmpty();
        DeviceTerms plain = new DeviceTerms(FLUSH | 1, 4096);
        assertThat(plain.unmetBy(new Export(SIZE, QEMU, 512)))
                .as("more than there was")
                .isEmpty();
    }

    @Test
    void whatTheKernelGoesByMustBeThere() {
        assertThat(unmet(QEMU & ~0x8, 512)).isEqualTo("it has no FUA any more");
        assertThat(unmet(QEMU & ~0x20, 512)).isEqualTo("it has no TRIM any more");
        assertThat(unmet(QEMU & ~0x40, 512)).isEqualTo("it has no WRITE_ZEROES any more");
        assertThat(unmet(QEMU & ~0x100, 512)).contains("several connections");
        assertThat(unmet(QEMU & ~0x28, 512)).contains("no FUA", "; ", "no TRIM");
    }

    /** A server whose writes need a FLUSH behind a device that sends none loses them unsaid. */
    @Test
    void aFlushNeitherGoesNorComes() {
        assertThat(unmet(QEMU & ~FLUSH, 512)).isEqualTo("it has no FLUSH any more");
        assertThat(new DeviceTerms(QEMU & ~FLUSH, 512).unmetBy(new Export(SIZE, QEMU, 512)))
                .contains("it wants FLUSH now");
    }

    @Test
    void aDiskStaysWritableOrReadOnly() {
        assertThat(unmet(QEMU | 2, 512)).isEqualTo("it is read-only now");
        assertThat(new DeviceTerms(QEMU | 2, 512).unmetBy(new Export(SIZE, QEMU, 512)))
                .contains("it is not read-only any more");
    }

    @Test
    void blocksDoNotGrow() {
        assertThat(unmet(QEMU, 4096)).contains("4096 bytes", "has 512");
    }
}
