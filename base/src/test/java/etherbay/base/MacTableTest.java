// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MacTableTest {
    private final MacTable table = new MacTable();

    @Test
    void aStationIsWhereItWasHeardOfLastUntilThatIsTooLongAgo() {
        table.learn(0x02_0000_0000_01L, 3, 100);
        assertThat(table.port(0x02_0000_0000_01L, 200)).isEqualTo(3);
        assertThat(table.port(0x02_0000_0000_02L, 200)).isEqualTo(MacTable.UNKNOWN);
        table.learn(0x02_0000_0000_01L, 4, 300);
        assertThat(table.port(0x02_0000_0000_01L, 300 + MacTable.AGE_NS_MAX)).isEqualTo(4);
        assertThat(table.port(0x02_0000_0000_01L, 301 + MacTable.AGE_NS_MAX))
                .isEqualTo(MacTable.UNKNOWN);
    }

    @Test
    void groupsAreNotLearned() {
        table.learn(MacAddress.BROADCAST.bits(), 1, 1);
        table.learn(0x0100_5e00_0001L, 1, 1);
        assertThat(table.port(MacAddress.BROADCAST.bits(), 1)).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.port(0x0100_5e00_0001L, 1)).isEqualTo(MacTable.UNKNOWN);
    }

    @Test
    void aPortThatIsLeftIsForgotten() {
        table.learn(2, 1, 1);
        table.learn(4, 2, 1);
        table.forget(1);
        assertThat(table.port(2, 1)).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.port(4, 1)).isEqualTo(2);
    }

    @Test
    void aFloodOfInventedAddressesKeepsTheNewest() {
        Prng prng = new Prng(9);
        long last = 0;
        for (int nowNs = 1; nowNs <= 100_000; nowNs++) {
            last = MacAddress.locallyAdministered(prng).bits();
            table.learn(last, 5, nowNs);
        }
        assertThat(table.port(last, 100_001)).isEqualTo(5);
    }
}
