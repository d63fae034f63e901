// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/**
 * The kernel's structures that we share memory in: each under its C name, its fields under theirs,
 * so that a test can compare sizes and offsets with what the C compiler says. Pointers are {@code
 * long}s. Unions are laid out as the one member that we use.
 */
final class Layouts {
    /** struct iovec; sys/uio.h. */
    static final StructLayout IOVEC = structLayout(
                    JAVA_LONG.withName("iov_base"), JAVA_LONG.withName("iov_len"))
            .withName("iovec");

    /** struct msghdr; sys/socket.h. */
    static final StructLayout MSGHDR = structLayout(
                    JAVA_LONG.withName("msg_name"),
                    JAVA_INT.withName("msg_namelen"),
                    paddingLayout(4),
                    JAVA_LONG.withName("msg_iov"),
                    JAVA_LONG.withName("msg_iovlen"),
                    JAVA_LONG.withName("msg_control"),
                    JAVA_LONG.withName("msg_controllen"),
                    JAVA_INT.withName("msg_flags"),
                    paddingLayout(4))
            .withName("msghdr");

    /** struct mmsghdr; sys/socket.h. */
    static final StructLayout MMSGHDR = structLayout(
                    MSGHDR.withName("msg_hdr"), JAVA_INT.withName("msg_len"), paddingLayout(4))
            .withName("mmsghdr");

    /** struct cmsghdr; sys/socket.h. */
    static final StructLayout CMSGHDR = structLayout(
                    JAVA_LONG.withName("cmsg_len"),
                    JAVA_INT.withName("cmsg_level"),
                    JAVA_INT.withName("cmsg_type"))
            .withName("cmsghdr");

    /** struct timespec; time.h. */
    static final StructLayout TIMESPEC = structLayout(
                    JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_nsec"))
            .withName("timespec");

    /** struct timeval; sys/time.h. */
    static final StructLayout TIMEVAL = structLayout(
                    JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_usec"))
            .withName("timeval");

    /** struct pollfd; poll.h. */
    static final StructLayout POLLFD = structLayout(
                    JAVA_INT.withName("fd"),
                    JAVA_SHORT.withName("events"),
                    JAVA_SHORT.withName("revents"))
            .withName("pollfd");

    /** struct sockaddr_ll; linux/if_packet.h. */
    static final StructLayout SOCKADDR_LL = structLayout(
                    JAVA_SHORT.withName("sll_family"),
                    JAVA_SHORT.withName("sll_protocol"),
                    JAVA_INT.withName("sll_ifindex"),
                    JAVA_SHORT.withName("sll_hatype"),
                    JAVA_BYTE.withName("sll_pkttype"),
                    JAVA_BYTE.withName("sll_halen"),
                    sequenceLayout(8, JAVA_BYTE).withName("sll_addr"))
            .withName("sockaddr_ll");

    /** struct packet_mreq; linux/if_packet.h. */
    static final StructLayout PACKET_MREQ = structLayout(
                    JAVA_INT.withName("mr_ifindex"),
                    JAVA_SHORT.withName("mr_type"),
                    JAVA_SHORT.withName("mr_alen"),
                    sequenceLayout(8, JAVA_BYTE).withName("mr_address"))
            .withName("packet_mreq");

    /** struct tpacket_stats; linux/if_packet.h. */
    static final StructLayout TPACKET_STATS = structLayout(
                    JAVA_INT.withName("tp_packets"), JAVA_INT.withName("tp_drops"))
            .withName("tpacket_stats");

    /** struct sockaddr_nl; linux/netlink.h. */
    static final StructLayout SOCKADDR_NL = structLayout(
                    JAVA_SHORT.withName("nl_family"),
                    JAVA_SHORT.withName("nl_pad"),
                    JAVA_INT.withName("nl_pid"),
                    JAVA_INT.withName("nl_groups"))
            .withName("sockaddr_nl");

    /** struct nlmsghdr; linux/netlink.h. */
    static final StructLayout NLMSGHDR = structLayout(
                    JAVA_INT.withName("nlmsg_len"),
                    JAVA_SHORT.withName("nlmsg_type"),
                    JAVA_SHORT.withName("nlmsg_flags"),
                    JAVA_INT.withName("nlmsg_seq"),
                    JAVA_INT.withName("nlmsg_pid"))
            .withName("nlmsghdr");

    /** struct nlmsgerr; linux/netlink.h. */
    static final StructLayout NLMSGERR =
            structLayout(JAVA_INT.withName("error"), NLMSGHDR.withName("msg")).withName("nlmsgerr");

    /** struct nlattr; linux/netlink.h. */
    static final StructLayout NLATTR = structLayout(
                    JAVA_SHORT.withName("nla_len"), JAVA_SHORT.withName("nla_type"))
            .withName("nlattr");

    /** struct genlmsghdr; linux/genetlink.h. */
    static final StructLayout GENLMSGHDR = structLayout(
                    JAVA_BYTE.withName("cmd"),
                    JAVA_BYTE.withName("version"),
                    JAVA_SHORT.withName("reserved"))
            .withName("genlmsghdr");

    /** struct ifinfomsg; linux/rtnetlink.h. */
    static final StructLayout IFINFOMSG = structLayout(
                    JAVA_BYTE.withName("ifi_family"),
                    paddingLayout(1),
                    JAVA_SHORT.withName("ifi_type"),
                    JAVA_INT.withName("ifi_index"),
                    JAVA_INT.withName("ifi_flags"),
                    JAVA_INT.withName("ifi_change"))
            .withName("ifinfomsg");

    /** struct rtattr; linux/rtnetlink.h. */
    static final StructLayout RTATTR = structLayout(
                    JAVA_SHORT.withName("rta_len"), JAVA_SHORT.withName("rta_type"))
            .withName("rtattr");

    /** struct sockaddr_un; sys/un.h. */
    static final StructLayout SOCKADDR_UN = structLayout(
                    JAVA_SHORT.withName("sun_family"),
                    sequenceLayout(108, JAVA_BYTE).withName("sun_path"))
            .withName("sockaddr_un");

    /** struct ucred; sys/socket.h. */
    static final StructLayout UCRED = structLayout(
                    JAVA_INT.withName("pid"), JAVA_INT.withName("uid"), JAVA_INT.withName("gid"))
            .withName("ucred");

    /** struct ifreq; linux/if.h. The union stands as its address: family, then the octets. */
    static final StructLayout IFREQ = structLayout(
                    sequenceLayout(16, JAVA_BYTE).withName("ifr_name"),
                    sequenceLayout(24, JAVA_BYTE).withName("ifr_hwaddr"))
            .withName("ifreq");

    /** struct sock_filter; linux/filter.h. */
    static final StructLayout SOCK_FILTER = structLayout(
                    JAVA_SHORT.withName("code"),
                    JAVA_BYTE.withName("jt"),
                    JAVA_BYTE.withName("jf"),
                    JAVA_INT.withName("k"))
            .withName("sock_filter");

    /** struct sock_fprog; linux/filter.h. */
    static final StructLayout SOCK_FPROG = structLayout(
                    JAVA_SHORT.withName("len"), paddingLayout(6), JAVA_LONG.withName("filter"))
            .withName("sock_fprog");

    /** struct statx; linux/stat.h. What we do not read is padding. */
    static final StructLayout STATX = structLayout(
                    JAVA_INT.withName("stx_mask"),
                    JAVA_INT.withName("stx_blksize"),
                    paddingLayout(20),
                    JAVA_SHORT.withName("stx_mode"),
                    paddingLayout(2),
                    JAVA_LONG.withName("stx_ino"),
                    JAVA_LONG.withName("stx_size"),
                    paddingLayout(80),
                    JAVA_INT.withName("stx_rdev_major"),
                    JAVA_INT.withName("stx_rdev_minor"),
                    JAVA_INT.withName("stx_dev_major"),
                    JAVA_INT.withName("stx_dev_minor"),
                    paddingLayout(8),
                    // Since Linux 6.1; older headers know these eight bytes as spare.
                    JAVA_INT.withName("stx_dio_mem_align"),
                    JAVA_INT.withName("stx_dio_offset_align"),
                    paddingLayout(96))
            .withName("statx");

    /** struct io_sqring_offsets; linux/io_uring.h. */
    static final StructLayout IO_SQRING_OFFSETS = structLayout(
                    JAVA_INT.withName("head"),
                    JAVA_INT.withName("tail"),
                    JAVA_INT.withName("ring_mask"),
                    JAVA_INT.withName("ring_entries"),
                    JAVA_INT.withName("flags"),
                    JAVA_INT.withName("dropped"),
                    JAVA_INT.withName("array"),
                    paddingLayout(12))
            .withName("io_sqring_offsets");

    /** struct io_cqring_offsets; linux/io_uring.h. */
    static final StructLayout IO_CQRING_OFFSETS = structLayout(
                    JAVA_INT.withName("head"),
                    JAVA_INT.withName("tail"),
                    JAVA_INT.withName("ring_mask"),
                    JAVA_INT.withName("ring_entries"),
                    JAVA_INT.withName("overflow"),
                    JAVA_INT.withName("cqes"),
                    paddingLayout(16))
            .withName("io_cqring_offsets");

    /** struct io_uring_params; linux/io_uring.h. */
    static final StructLayout IO_URING_PARAMS = structLayout(
                    JAVA_INT.withName("sq_entries"),
                    JAVA_INT.withName("cq_entries"),
                    JAVA_INT.withName("flags"),
                    JAVA_INT.withName("sq_thread_cpu"),
                    JAVA_INT.withName("sq_thread_idle"),
                    JAVA_INT.withName("features"),
                    paddingLayout(16),
                    IO_SQRING_OFFSETS.withName("sq_off"),
                    IO_CQRING_OFFSETS.withName("cq_off"))
            .withName("io_uring_params");

    /** struct io_uring_sqe; linux/io_uring.h. */
    static final StructLayout IO_URING_SQE = structLayout(
                    JAVA_BYTE.withName("opcode"),
                    JAVA_BYTE.withName("flags"),
                    JAVA_SHORT.withName("ioprio"),
                    JAVA_INT.withName("fd"),
                    JAVA_LONG.withName("off"),
                    JAVA_LONG.withName("addr"),
                    JAVA_INT.withName("len"),
                    JAVA_INT.withName("rw_flags"),
                    JAVA_LONG.withName("user_data"),
                    paddingLayout(24))
            .withName("io_uring_sqe");

    /** struct io_uring_cqe; linux/io_uring.h. */
    static final StructLayout IO_URING_CQE = structLayout(
                    JAVA_LONG.withName("user_data"),
                    JAVA_INT.withName("res"),
                    JAVA_INT.withName("flags"))
            .withName("io_uring_cqe");

    private Layouts() {}

    /** Offset in bytes of a field, which may lie in a nested structure. */
    static long at(StructLayout layout, String... path) {
        MemoryLayout.PathElement[] elements = new MemoryLayout.PathElement[path.length];
        for (int index = 0; index < path.length; index++) {
            elements[index] = groupElement(path[index]);
        }
        return layout.byteOffset(elements);
    }
}
