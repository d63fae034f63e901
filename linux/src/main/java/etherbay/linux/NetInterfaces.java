// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.util.List;

/**
 * The interfaces of a network namespace, right now, from the kernel itself: rtnetlink(7). /sys is
 * not asked, it may show those of another namespace. The namespace is that of the thread which
 * opened it, whichever thread asks; platform threads only.
 *
 * <p>The kernel answers under a lock of its own that whoever makes or removes interfaces holds too:
 * while a hundred are removed at once, an answer may take some tens of milliseconds.
 */
public final class NetInterfaces implements AutoCloseable {
    /** How often an answer is asked for anew into which a change fell. */
    private static final int ATTEMPT_COUNT_MAX = 4;

    /** As much as the kernel puts into one message of a dump. */
    private static final int BUFFER_BYTES = 32 * 1024;

    private static final long SEQ_AT = Layouts.at(Layouts.NLMSGHDR, "nlmsg_seq");
    private static final long MESSAGE_BYTES = Layouts.NLMSGHDR.byteSize();
    private static final long INFO_BYTES = Layouts.IFINFOMSG.byteSize();
    private static final long ATTRIBUTE_BYTES = Layouts.RTATTR.byteSize();
    private static final long REQUEST_BYTES =
            MESSAGE_BYTES + INFO_BYTES + ATTRIBUTE_BYTES + Integer.BYTES;

    private final Arena arena = Arena.ofShared();
    private final int fd;
    private final long request = arena.allocate(REQUEST_BYTES, Integer.BYTES).address();
    private final long buffer = arena.allocate(BUFFER_BYTES, Integer.BYTES).address();
    private final MessageVector vector = new MessageVector(arena, 1);
    private int sequence;

    /** Takes one file descriptor until {@link #close}. */
    public NetInterfaces() {
        fd = Linux.expect(
                Libc.socket(
                        Constants.AF_NETLINK,
                        Constants.SOCK_RAW | Constants.SOCK_CLOEXEC,
                        Constants.NETLINK_ROUTE),
                "a netlink socket");
        writeRequest();
        vector.put(0, request, REQUEST_BYTES);
    }

    private void writeRequest() {
        Memory.putInt(request, (int) REQUEST_BYTES);
        Memory.putShort(request + Layouts.at(Layouts.NLMSGHDR, "nlmsg_type"), (short)
                Constants.RTM_GETLINK);
        Memory.putShort(request + Layouts.at(Layouts.NLMSGHDR, "nlmsg_flags"), (short)
                (Constants.NLM_F_REQUEST | Constants.NLM_F_DUMP));
        Memory.putByte(request + MESSAGE_BYTES, (byte) Constants.AF_UNSPEC);
        long mask = request + MESSAGE_BYTES + INFO_BYTES;
        Memory.putShort(mask, (short) (ATTRIBUTE_BYTES + Integer.BYTES));
        Memory.putShort(
                mask + Layouts.at(Layouts.RTATTR, "rta_type"), (short) Constants.IFLA_EXT_MASK);
        Memory.putInt(mask + ATTRIBUTE_BYTES, Constants.RTEXT_FILTER_SKIP_STATS);
    }

    /** The Ethernet interfaces, in the order of their making. */
    public List<InterfaceState> ethernet() {
        return all().stream().filter(InterfaceState::isEthernet).toList();
    }

    /**
     * All interfaces, loopback and those that are not Ethernet too, in the order of their making.
     * What appears or goes in this moment may be missing, or there.
     *
     * @throws EtherbayException ENVIRONMENT when the kernel does not answer
     */
    public synchronized List<InterfaceState> all() {
        LinkMessages links = new LinkMessages();
        for (int attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
            links = new LinkMessages();
            dump(links);
            if (!links.interrupted()) {
                break;
            }
        }
        return links.interfaces();
    }

    private void dump(LinkMessages links) {
        Memory.putInt(request + SEQ_AT, ++sequence);
        Linux.expect(Libc.sendmmsg(fd, vector.address(), 1, 0), "a question for interfaces");
        while (!links.done()) {
            // With MSG_TRUNC the length is that of the message, not of what was copied.
            long bytes = Libc.recv(fd, buffer, BUFFER_BYTES, Constants.MSG_TRUNC);
            Linux.expect((int) Math.min(bytes, Integer.MAX_VALUE), "an answer about interfaces");
            if (bytes == 0 || bytes > BUFFER_BYTES) {
                throw new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "cannot list the network interfaces",
                        "a netlink message of " + bytes + " bytes came; we expect 1 to "
                                + BUFFER_BYTES,
                        "tell us which kernel this is (uname -r)");
            }
            links.read(buffer, bytes, sequence);
        }
        Linux.expect(-links.errno(), "a list of interfaces");
    }

    @Override
    public synchronized void close() {
        Libc.close(fd);
        arena.close();
    }
}
