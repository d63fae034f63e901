// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.MacAddress;

/**
 * A network interface as the kernel described it at one moment.
 *
 * @param index the kernel's number of it; another one when an interface is made anew
 * @param mac all zeroes when it is not Ethernet
 * @param mtu its own, in bytes; ports may make use of less
 * @param up switched on (IFF_UP)
 * @param running frames pass: it is up and has a carrier (IFF_RUNNING)
 * @param hardwareType ARPHRD_ number of if_arp.h; 1 is Ethernet, 772 loopback
 */
public record InterfaceState(
        String name,
        int index,
        MacAddress mac,
        int mtu,
        boolean up,
        boolean running,
        int hardwareType) {
    /** Whether a packet port can be opened on it; loopback and tunnels of IP packets are not. */
    public boolean isEthernet() {
        return hardwareType == Constants.ARPHRD_ETHER;
    }
}
