// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Held against what {@code pvs} and {@code pvdisplay} of lvm2 2.03.16 print for the same sizes. */
class SizeTextTest {
    @ParameterizedTest
    @CsvSource({
        "'0 ', '0   ', 0",
        "512b, 512 B, 1",
        "1.00k, 1.00 KiB, 2",
        "<1.50m, <1.50 MiB, 3071",
        "60.00m, 60.00 MiB, 122880",
        "<6.09g, <6.09 GiB, 12771328",
        "6.08g, 6.08 GiB, 12754944",
        "<5.99g, <5.99 GiB, 12558336",
        "1.00t, 1.00 TiB, 2147483648",
        "<1024.00g, <1024.00 GiB, 2147483647",
        "8.00e, 8.00 EiB, 18014398509481983",
    })
    void sizesAreRoundedAsLvm2Does(String table, String text, long sectors) {
        assertThat(SizeText.R.inTable(sectors)).isEqualTo(table);
        assertThat(SizeText.R.inText(sectors)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0B, '0 B ', 0", "104857600B, '104857600 B ', 204800"})
    void bytesAreExact(String table, String text, long sectors) {
        assertThat(SizeText.B.inTable(sectors)).isEqualTo(table);
        assertThat(SizeText.B.inText(sectors)).isEqualTo(text);
    }
}
