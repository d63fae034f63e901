// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a service manager hears of this process, by datagrams to the socket that it named in the
 * environment: sd_notify(3), sd_watchdog_enabled(3). Where nobody asked, nothing is said. Java's
 * channels have no Unix datagrams. Any platform threads; closed when none uses it any more.
 */
public final class Notify implements AutoCloseable {
    private static final String SOCKET = "NOTIFY_SOCKET";
    private static final String WATCHDOG_USEC = "WATCHDOG_USEC";
    private static final String WATCHDOG_PID = "WATCHDOG_PID";

    /** A manager that does not take a message within it takes none. */
    private static final int SEND_TIMEOUT_SECONDS = 5;

    private static final int PATH_BYTES_MAX = 107;
    private static final int NOBODY = -1;
    private static final long NS_PER_USEC = 1_000;

    /** CMSG_SPACE of one descriptor. */
    private static final long RIGHTS_BYTES = Layouts.CMSGHDR.byteSize() + Long.BYTES;

    private static final byte[] ALIVE = "WATCHDOG=1".getBytes(StandardCharsets.US_ASCII);

    private final Clock clock;
    private final OptionalLong watchdogNs;
    private final Arena arena = Arena.ofShared();
    private final long alive = arena.allocate(ALIVE.length).address();
    private int fd = NOBODY;

    private Notify(Clock clock, OptionalLong watchdogNs) {
        this.clock = clock;
        this.watchdogNs = watchdogNs;
        Memory.putBytes(alive, ALIVE);
    }

    /**
     * Connected to whom the environment names.
     *
     * @param environment that of the process
     * @throws EtherbayException ENVIRONMENT when there is an address at which nobody listens: who
     *     waits for a message would in the end take this process for one that hangs
     */
    public static Notify of(Map<String, String> environment, Clock clock) {
        Notify notify = new Notify(clock, watchdogNs(environment));
        String address = environment.getOrDefault(SOCKET, "");
        if (!address.isEmpty()) {
            boolean connected = false;
            try {
                notify.connect(address);
                connected = true;
            } finally {
                if (!connected) {
                    notify.close();
                }
            }
        }
        return notify;
    }

    private static OptionalLong watchdogNs(Map<String, String> environment) {
        String pid = environment.getOrDefault(WATCHDOG_PID, "");
        String usec = environment.getOrDefault(WATCHDOG_USEC, "");
        boolean ours = pid.isEmpty()
                || pid.equals(Long.toString(ProcessHandle.current().pid()));
        return ours && usec.matches("[1-9][0-9]{0,14}")
                ? OptionalLong.of(Long.parseLong(usec) * NS_PER_USEC)
                : OptionalLong.empty();
    }

    private void connect(String address) {
        byte[] name = address.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = name[0] == '@';
        if ((!isAbstract && name[0] != '/') || name.length > PATH_BYTES_MAX) {
            throw unreachable(address, "it is neither a path nor an abstract name of a socket");
        }
        if (isAbstract) {
            name[0] = 0; // unix(7); its name then ends where the address does
        }
        int type = Constants.SOCK_DGRAM | Constants.SOCK_CLOEXEC;
        fd = Linux.expect(Libc.socket(Constants.AF_UNIX, type, 0), "a unix socket");
        long sockaddr = arena.allocate(Layouts.SOCKADDR_UN).address();
        Memory.putShort(sockaddr, (short) Constants.AF_UNIX);
        Memory.putBytes(sockaddr + Short.BYTES, name);
        int result = Libc.connect(fd, sockaddr, Short.BYTES + name.length + (isAbstract ? 0 : 1));
        if (result < 0) {
            throw unreachable(address, Errno.name(-result));
        }
        limit();
    }

    private void limit() {
        int bytes = (int) Layouts.TIMEVAL.byteSize();
        long timeval = arena.allocate(Layouts.TIMEVAL).address();
        Memory.putLong(timeval + Layouts.at(Layouts.TIMEVAL, "tv_sec"), SEND_TIMEOUT_SECONDS);
        Linux.expect(
                Libc.setsockopt(fd, Constants.SOL_SOCKET, Constants.SO_SNDTIMEO, timeval, bytes),
                "a time-out of a socket");
    }

    private static EtherbayException unreachable(String address, String why) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "cannot tell the service manager at " + address + " how it goes",
                why,
                "start it by systemd, or without " + SOCKET + " in the environment");
    }

    /** Within which {@link #alive} is expected again and again; empty when nobody watches. */
    public OptionalLong watchdogNs() {
        return watchdogNs;
    }

    /**
     * All that was asked for is served, at the start or after {@link #reloading}.
     *
     * @param status one line for a person
     */
    public void ready(String status) {
        send("READY=1\nSTATUS=" + status.replace('\n', ' '));
    }

    /** The settings are being read again; {@link #ready} ends it. */
    public void reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=" + clock.nanoTime() / NS_PER_USEC);
    }

    /** The end has begun, and is wanted. */
    public void stopping() {
        send("STOPPING=1");
    }

    /** Whether anybody listens. */
    boolean isHeard() {
        return fd != NOBODY;
    }

    /**
     * Keeps a socket for the next process, until {@link #forget}; never waits.
     *
     * @param name that nothing else has, of letters, digits, {@code .} and {@code -}
     * @return whether it was told; whether it can keep one is not said
     */
    boolean keep(String name, int socket) {
        byte[] text = ("FDSTORE=1\nFDNAME=" + name).getBytes(StandardCharsets.UTF_8);
        try (Arena call = Arena.ofConfined()) {
            long bytes = call.allocate(text.length).address();
            Memory.putBytes(bytes, text);
            long vector = call.allocate(Layouts.IOVEC).address();
            Memory.putLong(vector, bytes);
            Memory.putLong(vector + Layouts.at(Layouts.IOVEC, "iov_len"), text.length);
            long message = call.allocate(Layouts.MMSGHDR).address();
            Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_iov"), vector);
            Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_iovlen"), 1);
            Memory.putLong(
                    message + Layouts.at(Layouts.MSGHDR, "msg_control"), rights(call, socket));
            Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_controllen"), RIGHTS_BYTES);
            int flags = Constants.MSG_NOSIGNAL | Constants.MSG_DONTWAIT;
            return fd != NOBODY && Libc.sendmmsg(fd, message, 1, flags) == 1;
        }
    }

    /** A control message with one descriptor: cmsg(3). */
    private static long rights(Arena call, int descriptor) {
        long control = call.allocate(RIGHTS_BYTES, Long.BYTES).address();
        long header = Layouts.CMSGHDR.byteSize();
        Memory.putLong(control, header + Integer.BYTES);
        Memory.putInt(control + Layouts.at(Layouts.CMSGHDR, "cmsg_level"), Constants.SOL_SOCKET);
        Memory.putInt(control + Layouts.at(Layouts.CMSGHDR, "cmsg_type"), Constants.SCM_RIGHTS);
        Memory.putInt(control + header, descriptor);
        return control;
    }

    /** Keeps the socket of that name no longer; never waits. */
    void forget(String name) {
        send("FDSTOREREMOVE=1\nFDNAME=" + name, Constants.MSG_DONTWAIT);
    }

    /** The loop turns; for its own thread: never waits, allocates nothing. */
    public void alive() {
        if (fd != NOBODY) {
            // One that does not fit is lost; the next comes before the watchdog bites.
            Libc.send(fd, alive, ALIVE.length, Constants.MSG_NOSIGNAL | Constants.MSG_DONTWAIT);
        }
    }

    /** A manager that is gone or deaf is no reason to serve less. */
    private void send(String text) {
        send(text, 0);
    }

    private void send(String text, int flags) {
        if (fd == NOBODY) {
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (Arena call = Arena.ofConfined()) {
            long memory = call.allocate(bytes.length).address();
            Memory.putBytes(memory, bytes);
            Libc.send(fd, memory, bytes.length, Constants.MSG_NOSIGNAL | flags);
        }
    }

    @Override
    public void close() {
        if (fd != NOBODY) {
            Libc.close(fd);
            fd = NOBODY;
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
