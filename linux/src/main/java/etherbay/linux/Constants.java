// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

/**
 * Numbers of the kernel's interface, spelt as in its headers, so that the test which asks the C
 * compiler finds each of them by its name. All but {@link #O_DIRECT} are the same on x86-64 and
 * aarch64.
 */
final class Constants {
    private static final boolean AARCH64 = "aarch64".equals(System.getProperty("os.arch"));

    // fcntl.h
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int O_DIRECT = AARCH64 ? 0x10000 : 0x4000;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int FALLOC_FL_ZERO_RANGE = 0x10;

    // sys/file.h
    static final int LOCK_SH = 1;
    static final int LOCK_EX = 2;
    static final int LOCK_NB = 4;

    // sys/stat.h, linux/stat.h
    static final int S_IFMT = 0xf000;
    static final int S_IFREG = 0x8000;
    static final int S_IFBLK = 0x6000;
    static final int S_IFDIR = 0x4000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_DIOALIGN = 0x2000;

    // linux/fs.h
    static final int BLKGETSIZE64 = 0x80081272;
    static final int BLKSSZGET = 0x1268;
    static final int BLKPBSZGET = 0x127b;
    static final int BLKROTATIONAL = 0x127e;
    static final int BLKROGET = 0x125e;
    static final int RWF_DSYNC = 2;

    // sys/mman.h
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_POPULATE = 0x8000;

    // sched.h
    static final int CLONE_NEWNET = 0x40000000;

    // sys/resource.h
    static final int PRIO_PROCESS = 0;

    // sys/eventfd.h, poll.h, time.h
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;
    static final int POLLIN = 1;
    static final int CLOCK_REALTIME = 0;
    static final int CLOCK_MONOTONIC = 1;

    // sys/socket.h
    static final int AF_UNSPEC = 0;
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOL_SOCKET = 1;
    static final int SCM_RIGHTS = 1;
    static final int SO_TYPE = 3;
    static final int SO_SNDBUF = 7;
    static final int SO_RCVBUF = 8;
    static final int SO_PEERCRED = 17;
    static final int SO_RCVTIMEO = 20;
    static final int SO_SNDTIMEO = 21;
    static final int SO_ATTACH_FILTER = 26;
    static final int SO_ACCEPTCONN = 30;
    static final int SO_SNDBUFFORCE = 32;
    static final int SO_RCVBUFFORCE = 33;
    static final int SO_TIMESTAMPNS = 35;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int SOL_NETLINK = 270;

    // linux/if_packet.h
    static final int SOL_PACKET = 263;
    static final int PACKET_ADD_MEMBERSHIP = 1;
    static final int PACKET_DROP_MEMBERSHIP = 2;
    static final int PACKET_STATISTICS = 6;
    static final int PACKET_IGNORE_OUTGOING = 23;
    static final int PACKET_MR_UNICAST = 3;
    static final int PACKET_OTHERHOST = 3;

    // linux/filter.h, linux/bpf_common.h
    static final int BPF_LD = 0x00;
    static final int BPF_JMP = 0x05;
    static final int BPF_RET = 0x06;
    static final int BPF_W = 0x00;
    static final int BPF_H = 0x08;
    static final int BPF_B = 0x10;
    static final int BPF_ABS = 0x20;
    static final int BPF_JA = 0x00;
    static final int BPF_JEQ = 0x10;
    static final int BPF_JGT = 0x20;
    static final int BPF_JSET = 0x40;
    static final int BPF_K = 0x00;
    static final int SKF_AD_OFF = -0x1000;
    static final int SKF_AD_PKTTYPE = 4;

    // net/if.h, linux/sockios.h, linux/if_arp.h
    static final int IFNAMSIZ = 16;
    static final int IFF_UP = 1;
    static final int IFF_RUNNING = 0x40;
    static final int SIOCGIFFLAGS = 0x8913;
    static final int SIOCGIFMTU = 0x8921;
    static final int SIOCGIFHWADDR = 0x8927;
    static final int SIOCGIFINDEX = 0x8933;
    static final int ARPHRD_ETHER = 1;

    // linux/netlink.h, linux/rtnetlink.h
    static final int NETLINK_ROUTE = 0;
    static final int NETLINK_GENERIC = 16;
    static final int NETLINK_ADD_MEMBERSHIP = 1;
    static final int RTMGRP_LINK = 1;
    static final int NLM_F_REQUEST = 1;
    static final int NLM_F_ACK = 4;
    static final int NLM_F_DUMP_INTR = 0x10;
    static final int NLM_F_DUMP = 0x300;
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;
    static final int NLA_F_NESTED = 0x8000;
    static final int RTM_NEWLINK = 16;
    static final int RTM_GETLINK = 18;
    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_EXT_MASK = 29;
    static final int RTEXT_FILTER_SKIP_STATS = 8;

    // linux/genetlink.h
    static final int GENL_ID_CTRL = 16;
    static final int CTRL_CMD_GETFAMILY = 3;
    static final int CTRL_ATTR_FAMILY_ID = 1;
    static final int CTRL_ATTR_FAMILY_NAME = 2;
    static final int CTRL_ATTR_MCAST_GROUPS = 7;
    static final int CTRL_ATTR_MCAST_GRP_NAME = 1;
    static final int CTRL_ATTR_MCAST_GRP_ID = 2;

    // linux/nbd-netlink.h
    static final int NBD_GENL_VERSION = 1;
    static final int NBD_CMD_CONNECT = 1;
    static final int NBD_CMD_DISCONNECT = 2;
    static final int NBD_CMD_RECONFIGURE = 3;
    static final int NBD_CMD_LINK_DEAD = 4;
    static final int NBD_ATTR_INDEX = 1;
    static final int NBD_ATTR_SIZE_BYTES = 2;
    static final int NBD_ATTR_BLOCK_SIZE_BYTES = 3;
    static final int NBD_ATTR_TIMEOUT = 4;
    static final int NBD_ATTR_SERVER_FLAGS = 5;
    static final int NBD_ATTR_SOCKETS = 7;
    static final int NBD_ATTR_DEAD_CONN_TIMEOUT = 8;
    static final int NBD_ATTR_BACKEND_IDENTIFIER = 10;
    static final int NBD_SOCK_ITEM = 1;
    static final int NBD_SOCK_FD = 1;

    // linux/io_uring.h, asm/unistd.h
    static final int __NR_io_uring_setup = 425;
    static final int __NR_io_uring_enter = 426;
    static final int IORING_SETUP_CQSIZE = 8;
    static final int IORING_SETUP_CLAMP = 16;
    static final int IORING_SETUP_SUBMIT_ALL = 1 << 7;
    static final int IORING_SETUP_COOP_TASKRUN = 1 << 8;
    static final int IORING_SETUP_TASKRUN_FLAG = 1 << 9;
    static final int IORING_FEAT_SINGLE_MMAP = 1;
    static final int IORING_FEAT_NODROP = 2;
    static final int IORING_FEAT_RW_CUR_POS = 8;
    static final int IORING_ENTER_GETEVENTS = 1;
    static final int IORING_SQ_CQ_OVERFLOW = 2;
    static final int IORING_SQ_TASKRUN = 4;
    static final int IORING_OFF_SQ_RING = 0;
    static final int IORING_OFF_SQES = 0x10000000;
    static final int IORING_FSYNC_DATASYNC = 1;
    static final int IORING_OP_READV = 1;
    static final int IORING_OP_WRITEV = 2;
    static final int IORING_OP_FSYNC = 3;
    static final int IORING_OP_FALLOCATE = 17;
    static final int IORING_OP_READ = 22;
    static final int IORING_OP_WRITE = 23;

    private Constants() {}
}
