// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "35, 0",
        "547, 0",
        "548, 1",
        "1500, 2",
        "2034, 3",
        "4200, 8",
        "9000, 17",
        "9216, 17",
        "65536, 127",
        "131072, 255",
        "2147483647, 255"
    })
    void sectorsAreThoseThatTheLinuxDriverComputes(int mtu, int sectors) {
        assertThat(Payload.sectors(mtu)).isEqualTo(sectors);
    }

    @ParameterizedTest
    @CsvSource({"2, 1060", "17, 8740", "127, 65060"})
    void fullFrameFitsItsMtuWithTheEthernetHeaderBesides(int sectors, int frameBytes) {
        assertThat(Payload.frameBytes(sectors)).isEqualTo(frameBytes);
    }
}
