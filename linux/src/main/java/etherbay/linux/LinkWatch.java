// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.lang.foreign.Arena;

/**
 * Hears from the kernel that some interface has changed: a netlink socket in the group of links,
 * rtnetlink(7). What has changed is not read from the messages, some of which may be lost when many
 * come at once, but asked for anew. Owned by the loop of the port.
 */
final class LinkWatch {
    private static final int BUFFER_BYTES = 32 * 1024;

    private final int fd;
    private final long buffer;

    LinkWatch(Arena arena) {
        fd = Linux.expect(
                Libc.socket(
                        Constants.AF_NETLINK,
                        Constants.SOCK_RAW | Constants.SOCK_CLOEXEC,
                        Constants.NETLINK_ROUTE),
                "a netlink socket");
        buffer = arena.allocate(BUFFER_BYTES, Long.BYTES).address();
        long sockaddr = arena.allocate(Layouts.SOCKADDR_NL).address();
        Memory.putShort(sockaddr, (short) Constants.AF_NETLINK);
        Memory.putInt(
                sockaddr + Layouts.at(Layouts.SOCKADDR_NL, "nl_groups"), Constants.RTMGRP_LINK);
        Linux.expect(
                Libc.bind(fd, sockaddr, (int) Layouts.SOCKADDR_NL.byteSize()),
                "news of network interfaces");
    }

    int fd() {
        return fd;
    }

    /** Whether something may have changed since the last call. */
    boolean changed() {
        boolean changed = false;
        long received = 0;
        while (received != -Errno.EAGAIN) {
            received = Libc.recv(fd, buffer, BUFFER_BYTES, Constants.MSG_DONTWAIT);
            // ENOBUFS says that messages were lost: a change as well.
            changed |= received != -Errno.EAGAIN;
            if (received < 0 && received != -Errno.ENOBUFS) {
                break;
            }
        }
        return changed;
    }

    void close() {
        Libc.close(fd);
    }
}
