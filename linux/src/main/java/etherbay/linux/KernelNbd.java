// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.GenericNetlink.Answer;
import etherbay.linux.GenericNetlink.Family;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's NBD driver, told by generic netlink (linux/nbd-netlink.h): it makes a block device
 * of connected sockets on which an NBD server has ended the handshake, and speaks the rest itself.
 * The device outlives whoever made it. Needs root (CAP_SYS_ADMIN). Any platform thread; blocks.
 * What waits for news is one thread, and has ended before {@link #close}.
 *
 * <p>Facts about the driver, Linux 5.14 and later, which this stands on:
 *
 * <ul>
 *   <li>A request without an answer for {@link Options#timeoutSeconds} ends its connection and is
 *       sent again on another one. What was under way when a connection ended waits as long.
 *   <li>Without a connection requests wait {@link Options#deadSeconds}; then all fail.
 *   <li>A device with an identifier takes new sockets only from who names the same one.
 *   <li>New sockets replace dead ones only; others are not used, and nothing is said of it.
 * </ul>
 */
public final class KernelNbd implements AutoCloseable {
    private static final String FAMILY = "nbd";
    private static final String GROUP = "nbd_mc_group";
    private static final long MODPROBE_SECONDS = 30;
    private static final int IDENTIFIER_BYTES_MAX = 512;
    private static final List<String> MODPROBES =
            List.of("/usr/sbin/modprobe", "/sbin/modprobe", "/bin/modprobe");

    /**
     * What a new device is like.
     *
     * @param sizeBytes a multiple of {@code blockBytes}
     * @param blockBytes logical block: a power of two from 512 to the page size
     * @param flags the transmission flags that the server sent
     * @param timeoutSeconds for one request; 0: none, and then nothing survives a lost connection
     * @param deadSeconds for which requests wait for a new connection when there is none; 0: they
     *     fail
     * @param backend names who may give it new sockets, at most 512 bytes; empty: anybody may
     * @param index of the device; empty: the first free one
     */
    public record Options(
            long sizeBytes,
            int blockBytes,
            int flags,
            int timeoutSeconds,
            int deadSeconds,
            String backend,
            OptionalInt index) {
        /** @throws EtherbayException INVALID for what the driver would misunderstand */
        public Options {
            require(sizeBytes > 0, "its size is " + sizeBytes + " bytes");
            require(
                    Integer.bitCount(blockBytes) == 1 && blockBytes >= 512 && blockBytes <= 4096,
                    "its blocks have " + blockBytes + " bytes, not 512 to 4096");
            require(
                    sizeBytes % blockBytes == 0,
                    "its size, %d bytes, is no multiple of its blocks of %d"
                            .formatted(sizeBytes, blockBytes));
            require(timeoutSeconds >= 0 && deadSeconds >= 0, "a time-out is negative");
            require(
                    backend.getBytes(StandardCharsets.UTF_8).length <= IDENTIFIER_BYTES_MAX,
                    "its identifier is longer than " + IDENTIFIER_BYTES_MAX + " bytes");
        }

        private static void require(boolean allowed, String why) {
            if (!allowed) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "the kernel can make no device of this disk",
                        why,
                        "serve a disk with whole sectors");
            }
        }
    }

    private final GenericNetlink netlink;
    private final Family family;
    private final NbdLinks links;

    private KernelNbd(GenericNetlink netlink, Family family) {
        this.netlink = netlink;
        this.family = family;
        links = NbdLinks.join(
                Optional.ofNullable(family.groups().get(GROUP)).orElseThrow(() -> missing("")));
    }

    /** Whether the driver is there now; loads nothing. */
    public static boolean available() {
        try (GenericNetlink netlink = new GenericNetlink()) {
            return netlink.family(FAMILY).isPresent();
        }
    }

    /**
     * Finds the driver; where it is missing, loads it with modprobe(8).
     *
     * @throws EtherbayException ENVIRONMENT when the kernel has none such
     */
    public static KernelNbd open() {
        GenericNetlink netlink = new GenericNetlink();
        boolean opened = false;
        try {
            Optional<Family> present = netlink.family(FAMILY);
            String refusal = present.isPresent() ? "" : modprobe();
            KernelNbd kernel = new KernelNbd(
                    netlink,
                    present.or(() -> netlink.family(FAMILY)).orElseThrow(() -> missing(refusal)));
            opened = true;
            return kernel;
        } finally {
            if (!opened) {
                netlink.close();
            }
        }
    }

    private static EtherbayException missing(String refusal) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "this kernel makes no block devices of NBD connections",
                refusal.isEmpty()
                        ? "its module nbd was loaded, and does not speak netlink: it is too old"
                        : "its module nbd is not loaded, and cannot be: " + refusal,
                "as root: modprobe nbd (Debian's kernels have it; in a container the host must"
                        + " load it)");
    }

    /** @return why it could not be loaded; empty when it was */
    private static String modprobe() {
        Optional<String> program = MODPROBES.stream()
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
        if (program.isEmpty()) {
            return "there is no modprobe here (package kmod)";
        }
        try {
            Process process = new ProcessBuilder(program.get(), FAMILY)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .start();
            if (!process.waitFor(MODPROBE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return program.get() + " does not end";
            }
            String said =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.exitValue() == 0 ? "" : said.strip() + " (modprobe)";
        } catch (IOException unusable) {
            return unusable.toString();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            return "the thread was interrupted";
        }
    }

    /**
     * Makes a device. The sockets may be closed afterwards.
     *
     * @param sockets on which the handshake has ended; several only with the flag
     *     NBD_FLAG_CAN_MULTI_CONN
     * @return its index N, as in {@code /dev/nbdN}
     * @throws EtherbayException CONFLICT when that index is in use, DENIED without the rights
     */
    public synchronized int connect(Options options, List<UnixStream> sockets) {
        sockets.forEach(UnixStream::release);
        Answer answer = netlink.ask(connectRequest(
                family.id(), options, sockets.stream().map(UnixStream::fd).toList()));
        OptionalInt index = answer.messages().stream()
                .map(message -> message.number(Constants.NBD_ATTR_INDEX))
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(options.index());
        if (answer.errno() != 0 || index.isEmpty()) {
            throw refused("make a block device", options.index(), answer.errno());
        }
        return index.getAsInt();
    }

    static NetlinkMessage connectRequest(int family, Options options, List<Integer> fds) {
        NetlinkMessage message = request(family, Constants.NBD_CMD_CONNECT);
        options.index().ifPresent(index -> message.putInt(Constants.NBD_ATTR_INDEX, index));
        message.putLong(Constants.NBD_ATTR_SIZE_BYTES, options.sizeBytes())
                .putLong(Constants.NBD_ATTR_BLOCK_SIZE_BYTES, options.blockBytes())
                .putLong(Constants.NBD_ATTR_SERVER_FLAGS, options.flags());
        if (options.timeoutSeconds() > 0) {
            message.putLong(Constants.NBD_ATTR_TIMEOUT, options.timeoutSeconds());
        }
        if (options.deadSeconds() > 0) {
            message.putLong(Constants.NBD_ATTR_DEAD_CONN_TIMEOUT, options.deadSeconds());
        }
        putBackend(message, options.backend());
        return putSockets(message, fds);
    }

    /**
     * Offers a socket in place of a dead one.
     *
     * @param backend the device's identifier
     * @param socket on which the handshake has ended; may be closed afterwards
     * @return whether the device uses it: false when none of its connections is dead
     * @throws EtherbayException CONFLICT when the device has another identifier, or is none now
     */
    public synchronized boolean reconnect(int index, String backend, UnixStream socket) {
        socket.release();
        reconfigure(reconnectRequest(family.id(), index, backend, socket.fd()), index);
        return socket.isTaken();
    }

    static NetlinkMessage reconnectRequest(int family, int index, String backend, int fd) {
        NetlinkMessage message = request(family, Constants.NBD_CMD_RECONFIGURE)
                .putInt(Constants.NBD_ATTR_INDEX, index);
        putBackend(message, backend);
        return putSockets(message, List.of(fd));
    }

    /**
     * Gives the device another size, as when its disk has grown; otherwise as {@link #reconnect}.
     */
    public synchronized void resize(int index, String backend, long sizeBytes) {
        NetlinkMessage message = request(family.id(), Constants.NBD_CMD_RECONFIGURE)
                .putInt(Constants.NBD_ATTR_INDEX, index)
                .putLong(Constants.NBD_ATTR_SIZE_BYTES, sizeBytes);
        putBackend(message, backend);
        reconfigure(message, index);
    }

    private void reconfigure(NetlinkMessage message, int index) {
        int errno = netlink.ask(message).errno();
        if (errno != 0) {
            throw refused("change the block device", OptionalInt.of(index), errno);
        }
    }

    /**
     * Ends a device, whoever made it, and whoever uses it: what is under way fails. One that is not
     * connected stays as it is.
     */
    public synchronized void disconnect(int index) {
        int errno = netlink.ask(disconnectRequest(family.id(), index)).errno();
        if (errno != 0) {
            throw refused("end the block device", OptionalInt.of(index), errno);
        }
    }

    static NetlinkMessage disconnectRequest(int family, int index) {
        return request(family, Constants.NBD_CMD_DISCONNECT)
                .putInt(Constants.NBD_ATTR_INDEX, index);
    }

    /**
     * Waits for news of connections that ended, since {@link #open} and without a gap. One thread.
     *
     * @param timeoutNs at most so long; {@code Long.MAX_VALUE} for no bound
     * @return whether a connection of that device may have ended since the last call; false also
     *     after {@link #wakeUp}
     */
    public boolean awaitEndedLink(int index, long timeoutNs) {
        return links.await(index, timeoutNs);
    }

    /** Ends a wait; any thread. */
    public void wakeUp() {
        links.wakeUp();
    }

    /**
     * Ends a device unless somebody has it for himself: a mounted file system, swap, md, LVM; and
     * nobody can begin to meanwhile. Who only reads and writes it is not seen.
     *
     * @return whether it was ended
     * @throws EtherbayException DENIED or ENVIRONMENT when it cannot be told; it goes on then
     */
    public boolean disconnectUnused(int index) {
        OptionalInt fd = openExclusively(NbdDevice.pathOf(index));
        if (fd.isEmpty()) {
            return false;
        }
        try {
            disconnect(index);
            return true;
        } finally {
            Libc.close(fd.getAsInt());
        }
    }

    /** @return its descriptor; empty when somebody else has it for himself */
    static OptionalInt openExclusively(Path device) {
        try (Arena arena = Arena.ofConfined()) {
            long path = arena.allocateFrom(device.toString()).address();
            int fd =
                    Libc.open(path, Constants.O_RDONLY | Constants.O_EXCL | Constants.O_CLOEXEC, 0);
            if (fd < 0 && fd != -Errno.EBUSY) {
                throw useUnknown(device, -fd);
            }
            return fd < 0 ? OptionalInt.empty() : OptionalInt.of(fd);
        }
    }

    private static EtherbayException useUnknown(Path device, int errno) {
        boolean denied = errno == Errno.EPERM || errno == Errno.EACCES;
        return new EtherbayException(
                denied ? ErrorCode.DENIED : ErrorCode.ENVIRONMENT,
                "it is not known whether " + device + " is in use, and so it goes on",
                "it cannot be opened: " + Errno.name(errno),
                (denied ? "run it as root" : "see that " + device + " is there and files are left")
                        + "; or end it even if it is mounted: etherbay nbd disconnect NAME"
                        + " --force");
    }

    private static NetlinkMessage request(int family, int command) {
        return NetlinkMessage.request(family, command, Constants.NBD_GENL_VERSION);
    }

    private static void putBackend(NetlinkMessage message, String backend) {
        if (!backend.isEmpty()) {
            message.putText(Constants.NBD_ATTR_BACKEND_IDENTIFIER, backend);
        }
    }

    private static NetlinkMessage putSockets(NetlinkMessage message, List<Integer> fds) {
        int sockets = message.begin(Constants.NBD_ATTR_SOCKETS);
        for (int fd : fds) {
            int item = message.begin(Constants.NBD_SOCK_ITEM);
            message.putInt(Constants.NBD_SOCK_FD, fd).end(item);
        }
        return message.end(sockets);
    }

    private static EtherbayException refused(String what, OptionalInt index, int errno) {
        String name = index.isPresent() ? " " + NbdDevice.pathOf(index.getAsInt()) : "";
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                new EtherbayException(
                        ErrorCode.DENIED,
                        "cannot " + what + name,
                        Errno.name(errno),
                        "run it as root, outside of containers that keep CAP_SYS_ADMIN away");
            case Errno.EBUSY, Errno.EINVAL ->
                new EtherbayException(
                        ErrorCode.CONFLICT,
                        "cannot " + what + name,
                        Errno.name(errno) + ": it is somebody else's, or ended meanwhile",
                        "see whose it is (etherbay nbd list) and what the kernel says (dmesg)");
            default ->
                new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        "cannot " + what + name,
                        errno == 0 ? "the kernel did not say which one" : Errno.name(errno),
                        "see what the kernel says (dmesg)");
        };
    }

    /** The devices are not touched. */
    @Override
    public synchronized void close() {
        links.close();
        netlink.close();
    }
}
