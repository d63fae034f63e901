// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.MacAddress;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * What the kernel says of the interface of a name: by ioctl, netdevice(7), because /sys shows the
 * interfaces of another network namespace after a plain setns(2). Owned by the loop of the port.
 */
final class NetInterface {
    private static final MacAddress NO_MAC = new MacAddress(0);

    /** linux/if.h: the octets of an address behind its family. */
    private static final long VALUE_AT = Layouts.at(Layouts.IFREQ, "ifr_hwaddr");

    private final byte[] name;
    private final int fd;
    private final long ifreq;
    private int index;
    private int kind;
    private int flags;
    private int mtu;
    private MacAddress mac = NO_MAC;

    /**
     * @param fd any socket, of the right network namespace
     */
    NetInterface(String name, int fd, Arena arena) {
        this.name = name.getBytes(StandardCharsets.UTF_8);
        this.fd = fd;
        ifreq = arena.allocate(Layouts.IFREQ).address();
    }

    /** Asks again; an interface that goes in the middle of it is gone. */
    void refresh() {
        boolean there = ask(Constants.SIOCGIFINDEX);
        index = there ? Memory.getInt(ifreq + VALUE_AT) : 0;
        there = there && ask(Constants.SIOCGIFHWADDR);
        kind = there ? Memory.getShort(ifreq + VALUE_AT) & 0xffff : 0;
        mac = there && kind == Constants.ARPHRD_ETHER ? macFromIfreq() : NO_MAC;
        there = there && ask(Constants.SIOCGIFMTU);
        mtu = there ? Memory.getInt(ifreq + VALUE_AT) : 0;
        there = there && ask(Constants.SIOCGIFFLAGS);
        flags = there ? Memory.getShort(ifreq + VALUE_AT) : 0;
        if (!there) {
            index = 0;
        }
    }

    private boolean ask(int request) {
        Memory.zero(ifreq, Layouts.IFREQ.byteSize());
        Memory.putBytes(ifreq, name);
        return QuietLibc.ioctl(fd, request, ifreq) >= 0;
    }

    private MacAddress macFromIfreq() {
        long bits = 0;
        for (int octet = 0; octet < MacAddress.BYTES; octet++) {
            bits = bits << 8 | (Memory.getByte(ifreq + VALUE_AT + Short.BYTES + octet) & 0xff);
        }
        return new MacAddress(bits);
    }

    boolean exists() {
        return index != 0;
    }

    boolean isEthernet() {
        return kind == Constants.ARPHRD_ETHER;
    }

    /** The ARPHRD_ number of what it is instead. */
    int kind() {
        return kind;
    }

    /** The kernel's number of the interface; another one when it was made anew. 0 for none. */
    int index() {
        return index;
    }

    boolean linkUp() {
        int needed = Constants.IFF_UP | Constants.IFF_RUNNING;
        return (flags & needed) == needed;
    }

    int mtu() {
        return mtu;
    }

    /** All zeroes while there is none. */
    MacAddress mac() {
        return mac;
    }
}
