// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;

class QemuCommandTest {
    @Test
    void aCommaInAPathIsDoubled() {
        Nic nic = Nic.segment(Path.of("/tmp/a,b"), 9000);
        assertThat(nic.netdevArgument("net0"))
                .isEqualTo("stream,id=net0,server=off,addr.type=unix,addr.path=/tmp/a,,b");
        assertThat(new Drive(Path.of("/tmp/a,b"), true).driveArgument("disk0"))
                .endsWith("file=/tmp/a,,b,readonly=on");
    }

    @Test
    void onlyAVirtioCardIsToldItsMtu() {
        Nic nic = Nic.tap("t0", 9000).withMac("52:54:00:00:00:01");
        assertThat(nic.deviceArgument("net0"))
                .contains("virtio-net-pci,")
                .endsWith("host_mtu=9000");
        assertThat(nic.withModel("e1000").deviceArgument("net0"))
                .isEqualTo("e1000,netdev=net0,mac=52:54:00:00:00:01,romfile=");
    }

    @Test
    void twoCardsHaveTwoAddresses() {
        assertThat(Nic.tap("t0", 1500).mac()).isNotEqualTo(Nic.tap("t0", 1500).mac());
    }
}
