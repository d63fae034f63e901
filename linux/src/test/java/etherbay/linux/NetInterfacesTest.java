// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Whatever interfaces this machine has; those of a laboratory are listed in the system tests. */
final class NetInterfacesTest {
    /** Java knows those with an address only. */
    @Test
    void whatJavaKnowsIsListedAlike() throws SocketException {
        Map<Integer, InterfaceState> listed;
        try (NetInterfaces interfaces = new NetInterfaces()) {
            listed = interfaces.all().stream()
                    .collect(Collectors.toMap(InterfaceState::index, state -> state));
        }
        List<NetworkInterface> known = NetworkInterface.networkInterfaces().toList();
        assertThat(known).isNotEmpty();
        for (NetworkInterface java : known) {
            InterfaceState state = listed.get(java.getIndex());
            assertThat(state).as("%s", java).isNotNull();
            assertThat(state.name()).isEqualTo(java.getName());
            assertThat(state.mtu()).isEqualTo(java.getMTU());
            assertThat(state.running()).isEqualTo(java.isUp());
            assertThat(state.hardwareType() == 772).isEqualTo(java.isLoopback());
        }
    }

    @Test
    void loopbackIsMarkedAndIsNoEthernet() {
        try (NetInterfaces interfaces = new NetInterfaces()) {
            assertThat(interfaces.all()).anyMatch(state -> state.name().equals("lo"));
            assertThat(interfaces.ethernet()).noneMatch(state -> state.name().equals("lo"));
        }
    }
}
