// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Doorkeeper;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Listening sockets that the service manager keeps while this process is away: it gets each as soon
 * as it listens ({@code FDSTORE=1}, sd_pid_notify_with_fds(3)) and gives all back to the next
 * process (sd_listen_fds(3)). Connections that come meanwhile wait in their backlog, also after a
 * process that was killed.
 *
 * <p>The name of a kept socket says which file it was bound to. It is taken again only when its
 * path leads to that file still; every other one that bears such a name is given up, and what bears
 * another name was never ours. Any platform threads; nothing waits.
 */
public final class KeptSockets implements Doorkeeper, AutoCloseable {
    private static final Logger LOG = System.getLogger(KeptSockets.class.getName());

    private static final String PID = "LISTEN_PID";
    private static final String COUNT = "LISTEN_FDS";
    private static final String NAMES = "LISTEN_FDNAMES";

    /** SD_LISTEN_FDS_START. */
    private static final int FD_FIRST = 3;

    /** Before what tells the file, {@link ListeningSocket#fileAt}. */
    private static final String NAME_PREFIX = "etherbay-listen-";

    private static final KeptSockets NONE = new KeptSockets(Notify.of(Map.of(), Linux.clock()));

    private final Notify notify;
    private final Map<Path, Kept> byPath = new TreeMap<>();

    /** @param name for the manager */
    private record Kept(ListeningSocket socket, String name) {
        /** Whether the path leads to it still. */
        boolean isThere() {
            return name.equals(nameAt(socket.path()));
        }
    }

    private KeptSockets(Notify notify) {
        this.notify = notify;
    }

    /** Keeps none. */
    public static KeptSockets none() {
        return NONE;
    }

    /**
     * With those that were handed to this process. Once in a process, before it opens other files.
     *
     * @param environment that of the process
     * @param notify closed after this
     */
    public static KeptSockets of(Map<String, String> environment, Notify notify) {
        KeptSockets sockets = new KeptSockets(notify);
        String pid = Long.toString(ProcessHandle.current().pid());
        String count = environment.getOrDefault(COUNT, "");
        if (environment.getOrDefault(PID, "").equals(pid) && count.matches("[1-9][0-9]{0,4}")) {
            List<String> names = List.of(environment.getOrDefault(NAMES, "").split(":", -1));
            for (int index = 0; index < Integer.parseInt(count); index++) {
                sockets.inherit(FD_FIRST + index, index < names.size() ? names.get(index) : "");
            }
        }
        return sockets;
    }

    /** One that the manager kept, under its name; not of the caller any more. */
    void inherit(int fd, String name) {
        boolean ours = name.startsWith(NAME_PREFIX);
        Optional<Kept> kept = ours
                ? ListeningSocket.of(fd).map(socket -> new Kept(socket, name)).filter(Kept::isThere)
                : Optional.empty();
        kept.ifPresentOrElse(one -> byPath.put(one.socket().path(), one), () -> {
            Libc.close(fd);
            if (ours) {
                notify.forget(name);
            }
        });
    }

    private static String nameAt(Path path) {
        return NAME_PREFIX + ListeningSocket.fileAt(path);
    }

    @Override
    public synchronized Optional<ServerSocketChannel> kept(Path path) {
        Kept kept = byPath.get(path);
        if (kept == null) {
            return Optional.empty();
        }
        Optional<ServerSocketChannel> channel =
                kept.isThere() ? accepting(kept.socket()) : Optional.empty();
        if (channel.isEmpty()) {
            drop(path);
        }
        return channel;
    }

    @Override
    public synchronized Optional<ServerSocketChannel> listen(Path path, int backlogCount) {
        if (!notify.isHeard()) {
            return Optional.empty();
        }
        drop(path);
        Kept kept = made(path, backlogCount);
        byPath.put(path, kept);
        Optional<ServerSocketChannel> channel = accepting(kept.socket());
        if (channel.isPresent() && notify.keep(kept.name(), kept.socket().fd())) {
            return channel;
        }
        channel.ifPresent(KeptSockets::closeQuietly);
        drop(path);
        return Optional.empty();
    }

    private static Kept made(Path path, int backlogCount) {
        ListeningSocket socket = ListeningSocket.listen(path, backlogCount);
        return new Kept(socket, nameAt(path));
    }

    private static Optional<ServerSocketChannel> accepting(ListeningSocket socket) {
        try {
            return Optional.of(socket.channel());
        } catch (IOException | EtherbayException cause) {
            LOG.log(
                    Level.WARNING,
                    "the socket {0} does not outlive this process: {1}",
                    socket.path(),
                    cause.getMessage());
            return Optional.empty();
        }
    }

    private static void closeQuietly(ServerSocketChannel channel) {
        try {
            channel.close();
        } catch (IOException nothingLeftToDo) {
            // The descriptor is gone all the same: close(2).
            return;
        }
    }

    /** Gives up the socket at a path: who waits there or comes is refused, and its file is gone. */
    public synchronized void drop(Path path) {
        Kept kept = byPath.remove(path);
        if (kept == null) {
            return;
        }
        notify.forget(kept.name());
        if (kept.isThere()) {
            delete(path);
        }
        kept.socket().close();
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException cause) {
            LOG.log(Level.WARNING, "the socket {0} cannot be removed: {1}", path, cause);
        }
    }

    /** Gives up all sockets at other paths. */
    public synchronized void dropAllBut(Set<Path> wanted) {
        List.copyOf(byPath.keySet()).stream()
                .filter(path -> !wanted.contains(path))
                .forEach(this::drop);
    }

    /** Leaves all to the manager. */
    @Override
    public synchronized void close() {
        byPath.values().forEach(kept -> kept.socket().close());
        byPath.clear();
    }
}
