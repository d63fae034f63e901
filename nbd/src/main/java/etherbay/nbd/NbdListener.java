// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Doorkeeper;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A socket that listens, not blocking; that of a file is removed at the end, unless somebody keeps
 * it, and one that a dead process left behind is replaced. Owned by the server.
 */
final class NbdListener implements AutoCloseable {
    /** Connections that wait to be accepted. */
    private static final int BACKLOG_COUNT = 128;

    private final NbdAddress address;
    private final ServerSocketChannel channel;
    private final boolean kept;

    private NbdListener(NbdAddress address, ServerSocketChannel channel, boolean kept) {
        this.address = address;
        this.channel = channel;
        this.kept = kept;
    }

    /**
     * Listens, for the life of this object.
     *
     * @throws EtherbayException NOT_FOUND, CONFLICT or DENIED
     */
    static NbdListener listen(NbdAddress address) {
        return listen(address, Doorkeeper.NOBODY);
    }

    /**
     * Listens, or goes on where somebody listened. May ask for the address of a name.
     *
     * @param keeper of sockets of files
     * @throws EtherbayException NOT_FOUND, CONFLICT or DENIED
     */
    static NbdListener listen(NbdAddress address, Doorkeeper keeper) {
        return switch (address) {
            case NbdAddress.Unix unix ->
                keeper.kept(unix.path())
                        .map(channel -> new NbdListener(unix, channel, true))
                        .orElseGet(() -> listenUnix(unix, keeper));
            case NbdAddress.Tcp tcp -> listenTcp(tcp);
        };
    }

    private static NbdListener listenUnix(NbdAddress.Unix address, Doorkeeper keeper) {
        Path path = address.path();
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "cannot listen at " + address,
                    "there is no folder " + folder,
                    "mkdir -p " + folder);
        }
        try {
            removeStale(address);
            Optional<ServerSocketChannel> kept = keeper.listen(path, BACKLOG_COUNT);
            if (kept.isPresent()) {
                return new NbdListener(address, kept.get(), true);
            }
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            return new NbdListener(
                    address, bound(channel, UnixDomainSocketAddress.of(path)), false);
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "cannot listen at " + address,
                    String.valueOf(cause.getMessage()),
                    "name a socket in a folder that you may write to, as unix:/run/disk.sock");
        }
    }

    private static void removeStale(NbdAddress.Unix address) throws IOException {
        Path path = address.path();
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        boolean socket = Files.readAttributes(
                        path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther();
        if (!socket || isServed(path)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "cannot listen at " + address,
                    socket ? "somebody listens there already" : path + " is no socket",
                    "name another path, or see who has it: ss -xlp | grep " + path);
        }
        Files.delete(path);
    }

    private static boolean isServed(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException nobody) {
            return false;
        }
    }

    private static NbdListener listenTcp(NbdAddress.Tcp address) {
        try {
            ServerSocketChannel channel = bound(
                    ServerSocketChannel.open(),
                    new InetSocketAddress(address.host(), address.port()));
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            return new NbdListener(new NbdAddress.Tcp(address.host(), port), channel, false);
        } catch (UnresolvedAddressException unknown) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "cannot listen at " + address,
                    "`" + address.host() + "` is no name that this machine knows",
                    "give an address of this machine: `ip addr` shows them");
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "cannot listen at " + address,
                    String.valueOf(cause.getMessage()),
                    "choose another port, or see who has it: ss -tlp");
        }
    }

    /** Binds it, or closes it. */
    private static ServerSocketChannel bound(ServerSocketChannel channel, SocketAddress to)
            throws IOException {
        boolean bound = false;
        try {
            channel.configureBlocking(false);
            channel.bind(to, BACKLOG_COUNT);
            bound = true;
            return channel;
        } finally {
            if (!bound) {
                channel.close();
            }
        }
    }

    /** Where it listens, with the port that the system chose. */
    NbdAddress address() {
        return address;
    }

    ServerSocketChannel channel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!kept && address instanceof NbdAddress.Unix(Path path)) {
            Files.deleteIfExists(path);
        }
    }
}
