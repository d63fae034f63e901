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
        // That messages were lost (ENOBUFS) is told in place of one: the queue was full of others,
        // so there is always one to be read as well, behind at most one such failure.
        boolean changed = false;
        int failureCount = 0;
        while (failureCount < 2) {
            long received = QuietLibc.recv(fd, buffer, BUFFER_BYTES, Constants.MSG_DONTWAIT);
            changed |= received >= 0;
            failureCount += received < 0 ? 1 : 0;
        }
        return changed;
    }

    void close() {
        Libc.close(fd);
    }
}
