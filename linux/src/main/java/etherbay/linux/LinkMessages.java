// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.MacAddress;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the kernel's answer to RTM_GETLINK, rtnetlink(7): several buffers of several messages, each
 * a header, a struct ifinfomsg and attributes. Lengths that do not fit end a buffer; they do not
 * occur. Owned by whoever asked.
 */
final class LinkMessages {
    private static final long TYPE_AT = Layouts.at(Layouts.NLMSGHDR, "nlmsg_type");
    private static final long FLAGS_AT = Layouts.at(Layouts.NLMSGHDR, "nlmsg_flags");
    private static final long SEQ_AT = Layouts.at(Layouts.NLMSGHDR, "nlmsg_seq");
    private static final long KIND_AT = Layouts.at(Layouts.IFINFOMSG, "ifi_type");
    private static final long INDEX_AT = Layouts.at(Layouts.IFINFOMSG, "ifi_index");
    private static final long IFF_AT = Layouts.at(Layouts.IFINFOMSG, "ifi_flags");
    private static final long ATTRIBUTE_TYPE_AT = Layouts.at(Layouts.RTATTR, "rta_type");
    private static final long MESSAGE_BYTES = Layouts.NLMSGHDR.byteSize();
    private static final long INFO_BYTES = Layouts.IFINFOMSG.byteSize();
    private static final long ATTRIBUTE_BYTES = Layouts.RTATTR.byteSize();

    /** Messages and attributes begin at multiples of it: NLMSG_ALIGNTO, RTA_ALIGNTO. */
    private static final long ALIGN_BYTES = 4;

    private static final MacAddress NO_MAC = new MacAddress(0);

    /** By index: in an answer that was interrupted one may stand twice. */
    private final Map<Integer, InterfaceState> interfaces = new LinkedHashMap<>();

    private boolean done;
    private boolean interrupted;
    private int errno;

    /** Takes what was received; messages that answer another question are passed over. */
    void read(long buffer, long bytes, int sequence) {
        long end = buffer + bytes;
        long at = buffer;
        while (at + MESSAGE_BYTES <= end) {
            long messageBytes = Integer.toUnsignedLong(Memory.getInt(at));
            if (messageBytes < MESSAGE_BYTES || at + messageBytes > end) {
                return;
            }
            if (Memory.getInt(at + SEQ_AT) == sequence) {
                readMessage(at, messageBytes);
            }
            at += aligned(messageBytes);
        }
    }

    private void readMessage(long at, long bytes) {
        int flags = Memory.getShort(at + FLAGS_AT);
        interrupted |= (flags & Constants.NLM_F_DUMP_INTR) != 0;
        long body = at + MESSAGE_BYTES;
        int type = Memory.getShort(at + TYPE_AT);
        if (type == Constants.NLMSG_DONE || type == Constants.NLMSG_ERROR) {
            done = true;
            errno = bytes >= MESSAGE_BYTES + Integer.BYTES ? -Memory.getInt(body) : 0;
        } else if (type == Constants.RTM_NEWLINK && bytes >= MESSAGE_BYTES + INFO_BYTES) {
            readLink(body, at + bytes);
        }
    }

    private void readLink(long info, long end) {
        int kind = Memory.getShort(info + KIND_AT) & 0xffff;
        int index = Memory.getInt(info + INDEX_AT);
        int flags = Memory.getInt(info + IFF_AT);
        String name = "";
        MacAddress mac = NO_MAC;
        int mtu = 0;
        long at = info + INFO_BYTES;
        while (at + ATTRIBUTE_BYTES <= end) {
            long bytes = Memory.getShort(at) & 0xffff;
            if (bytes < ATTRIBUTE_BYTES || at + bytes > end) {
                break;
            }
            long value = at + ATTRIBUTE_BYTES;
            int valueBytes = (int) (bytes - ATTRIBUTE_BYTES);
            switch (Memory.getShort(at + ATTRIBUTE_TYPE_AT)) {
                case Constants.IFLA_IFNAME -> name = text(value, valueBytes);
                case Constants.IFLA_MTU -> mtu = valueBytes >= 4 ? Memory.getInt(value) : 0;
                case Constants.IFLA_ADDRESS -> mac = mac(kind, value, valueBytes);
                default -> {} // statistics, queues, addresses of protocols
            }
            at += aligned(bytes);
        }
        if (!name.isEmpty()) {
            boolean up = (flags & Constants.IFF_UP) != 0;
            boolean running = up && (flags & Constants.IFF_RUNNING) != 0;
            interfaces.put(index, new InterfaceState(name, index, mac, mtu, up, running, kind));
        }
    }

    /** Empty for octets that are no text: nobody can write such a name into settings. */
    private static String text(long address, int bytes) {
        byte[] octets = Memory.getBytes(address, bytes);
        int length = bytes > 0 && octets[bytes - 1] == 0 ? bytes - 1 : bytes;
        octets = Arrays.copyOf(octets, length);
        String text = new String(octets, StandardCharsets.UTF_8);
        return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), octets) ? text : "";
    }

    private static MacAddress mac(int kind, long address, int bytes) {
        if (kind != Constants.ARPHRD_ETHER || bytes != MacAddress.BYTES) {
            return NO_MAC;
        }
        long bits = 0;
        for (int octet = 0; octet < MacAddress.BYTES; octet++) {
            bits = bits << 8 | (Memory.getByte(address + octet) & 0xff);
        }
        return new MacAddress(bits);
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGN_BYTES - 1) & -ALIGN_BYTES;
    }

    /** Whether the answer is complete. */
    boolean done() {
        return done;
    }

    /** Whether something changed while the kernel wrote it. */
    boolean interrupted() {
        return interrupted;
    }

    /** Why the kernel refused; 0 when it did not. */
    int errno() {
        return errno;
    }

    List<InterfaceState> interfaces() {
        return List.copyOf(interfaces.values());
    }
}
