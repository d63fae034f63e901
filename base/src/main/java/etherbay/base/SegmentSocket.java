// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The file of a listening unix socket: replaces what a dead process left behind, refuses what a
 * living one serves, and removes its own at the end. Owned by whoever listens.
 */
final class SegmentSocket implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel channel;
    private final Object fileKey;

    private SegmentSocket(Path path, ServerSocketChannel channel, Object fileKey) {
        this.path = path;
        this.channel = channel;
        this.fileKey = fileKey;
    }

    /**
     * Listens, not blocking.
     *
     * @throws EtherbayException CONFLICT when somebody listens there or the file is something else,
     *     NOT_FOUND without the folder, DENIED without the rights
     */
    static SegmentSocket listen(PortAddress.UnixSocket address) {
        Path path = address.path();
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no segment at " + address,
                    "there is no folder " + folder,
                    "mkdir -p " + folder);
        }
        try {
            removeStale(address);
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            channel.configureBlocking(false);
            channel.bind(UnixDomainSocketAddress.of(path), 64);
            return new SegmentSocket(path, channel, attributes(path).fileKey());
        } catch (AccessDeniedException cause) {
            throw denied(address, String.valueOf(cause.getMessage()));
        } catch (IOException cause) {
            throw denied(address, String.valueOf(cause.getMessage()));
        }
    }

    private static EtherbayException denied(PortAddress address, String why) {
        return new EtherbayException(
                ErrorCode.DENIED,
                "cannot listen at " + address,
                why,
                "name a socket in a folder that you may write to, as unix:/tmp/segment.sock");
    }

    private static void removeStale(PortAddress.UnixSocket address) throws IOException {
        Path path = address.path();
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!attributes(path).isOther()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no segment at " + address,
                    path + " exists and is no socket",
                    "name another path, or move that file away");
        }
        if (isServed(path)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no second segment at " + address,
                    "somebody listens there already",
                    "join that segment, stop it first, or name another path");
        }
        Files.delete(path);
    }

    /** Whether somebody accepts connections, or would if there were not so many. */
    private static boolean isServed(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException nobody) {
            return false;
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /** Listens no more, and removes the file unless another one is in its place by now. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && fileKey.equals(attributes(path).fileKey())) {
            Files.delete(path);
        }
    }
}
