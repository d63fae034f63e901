// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;

import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A packet socket, packet(7): opened deaf, told what to receive, bound last, so that no stray frame
 * is ever in its queue. It is opened once: a process that gave its rights up can still follow its
 * interface. Owned by the loop of the port.
 */
final class PacketSocket {
    private static final int ETHER_TYPE_AOE = 0x88a2;

    private static final long DROPS_AT = Layouts.at(Layouts.TPACKET_STATS, "tp_drops");

    private final int fd;
    private final long option;
    private final long sockaddr;
    private final long membership;
    private final PacketFilter filter;

    /**
     * @throws EtherbayException DENIED without the right to raw sockets
     */
    PacketSocket(String interfaceName, int bufferBytes, Arena arena) {
        fd = Libc.socket(Constants.AF_PACKET, Constants.SOCK_RAW | Constants.SOCK_CLOEXEC, 0);
        if (fd == -Errno.EPERM || fd == -Errno.EACCES) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "cannot open a packet socket on " + interfaceName,
                    "raw sockets need the right CAP_NET_RAW, which this process has not got",
                    "run as root, or with systemd: AmbientCapabilities=CAP_NET_RAW; or use a"
                            + " segment, which needs no rights: unix:PATH");
        }
        Linux.expect(fd, "a packet socket");
        option = arena.allocate(Long.BYTES * 2L, Long.BYTES).address();
        sockaddr = arena.allocate(Layouts.SOCKADDR_LL).address();
        membership = arena.allocate(Layouts.PACKET_MREQ).address();
        filter = new PacketFilter(arena);
        buffers(bufferBytes);
        // The filter drops outgoing frames too: not to see them at all only saves time.
        set(Constants.SOL_PACKET, Constants.PACKET_IGNORE_OUTGOING, 1);
        Linux.expect(
                set(Constants.SOL_SOCKET, Constants.SO_TIMESTAMPNS, 1), "time stamps of frames");
        Linux.expect(filter.attachClosed(fd), "a filter on a packet socket");
    }

    /** What the kernel may hold of us in each direction; how much it allows, the next two say. */
    void buffers(int bytes) {
        buffer(Constants.SO_RCVBUFFORCE, Constants.SO_RCVBUF, bytes);
        buffer(Constants.SO_SNDBUFFORCE, Constants.SO_SNDBUF, bytes);
    }

    private void buffer(int forced, int allowed, int bytes) {
        if (set(Constants.SOL_SOCKET, forced, bytes) < 0) {
            set(Constants.SOL_SOCKET, allowed, bytes); // as much as net.core.rmem_max lets us
        }
    }

    int receiveBufferBytes() {
        return bufferBytes(Constants.SO_RCVBUF);
    }

    int sendBufferBytes() {
        return bufferBytes(Constants.SO_SNDBUF);
    }

    /** The kernel doubles what it is asked for, for its own use, and says the double: socket(7). */
    private int bufferBytes(int name) {
        return get(Constants.SOL_SOCKET, name, Integer.BYTES) ? Memory.getInt(option) / 2 : 0;
    }

    private boolean get(int level, int name, int bytes) {
        Memory.putInt(option + Long.BYTES, bytes);
        return QuietLibc.getsockopt(fd, level, name, option, option + Long.BYTES) >= 0;
    }

    private int set(int level, int name, int value) {
        Memory.putInt(option, value);
        return Libc.setsockopt(fd, level, name, option, Integer.BYTES);
    }

    int fd() {
        return fd;
    }

    /** Lets pass what the filter says. @return 0 or {@code -errno} */
    int open(List<MacAddress> furtherMacs, boolean requestsOnly) {
        return filter.attach(fd, furtherMacs, requestsOnly);
    }

    /** Lets nothing pass: the interface of our name is not the one we are bound to any more. */
    void shut() {
        filter.attachClosed(fd);
    }

    /** Receives from, and sends to, another interface. @return 0 or {@code -errno} */
    int bind(int interfaceIndex) {
        Memory.zero(sockaddr, Layouts.SOCKADDR_LL.byteSize());
        Memory.putShort(sockaddr, (short) Constants.AF_PACKET);
        Memory.putShort(
                sockaddr + Layouts.at(Layouts.SOCKADDR_LL, "sll_protocol"),
                networkOrder(ETHER_TYPE_AOE));
        Memory.putInt(sockaddr + Layouts.at(Layouts.SOCKADDR_LL, "sll_ifindex"), interfaceIndex);
        return Libc.bind(fd, sockaddr, (int) Layouts.SOCKADDR_LL.byteSize());
    }

    private static short networkOrder(int value) {
        boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        return little ? Short.reverseBytes((short) value) : (short) value;
    }

    /** The interface takes frames for {@code mac} in, or no longer. @return 0 or {@code -errno} */
    int membership(boolean join, int interfaceIndex, MacAddress mac) {
        Memory.zero(membership, Layouts.PACKET_MREQ.byteSize());
        Memory.putInt(membership, interfaceIndex);
        Memory.putShort(membership + Layouts.at(Layouts.PACKET_MREQ, "mr_type"), (short)
                Constants.PACKET_MR_UNICAST);
        Memory.putShort(
                membership + Layouts.at(Layouts.PACKET_MREQ, "mr_alen"), (short) MacAddress.BYTES);
        long address = membership + Layouts.at(Layouts.PACKET_MREQ, "mr_address");
        for (int octet = 0; octet < MacAddress.BYTES; octet++) {
            Memory.putByte(address + octet, (byte) (mac.bits() >> (40 - 8 * octet)));
        }
        return Libc.setsockopt(
                fd,
                Constants.SOL_PACKET,
                join ? Constants.PACKET_ADD_MEMBERSHIP : Constants.PACKET_DROP_MEMBERSHIP,
                membership,
                (int) Layouts.PACKET_MREQ.byteSize());
    }

    /** Frames that the kernel dropped since the last call because our queue was full. */
    int takeDropCount() {
        int bytes = (int) Layouts.TPACKET_STATS.byteSize();
        boolean known = get(Constants.SOL_PACKET, Constants.PACKET_STATISTICS, bytes);
        return known ? Memory.getInt(option + DROPS_AT) : 0;
    }

    /**
     * Nothing passes any more, and the descriptor goes: on a thread of its own, because the kernel
     * first waits until no processor handles a frame for this socket, 16 ms where it was measured.
     */
    void close(String interfaceName) {
        shut();
        Thread.ofPlatform().daemon().name("close " + interfaceName).start(() -> Libc.close(fd));
    }
}
