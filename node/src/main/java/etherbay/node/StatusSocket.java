// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.PortAddress;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Where a running process tells how it is: a socket {@code run/PID.sock} in its state folder that
 * gives one document to whoever connects, and closes. Virtual threads; nothing is read from the
 * other side, so there is nothing to get wrong.
 */
public final class StatusSocket implements AutoCloseable {
    private static final Logger LOG = System.getLogger(StatusSocket.class.getName());
    private static final String SUFFIX = ".sock";

    /** Others that lie beside wait for a question. */
    private static final String OURS = "[0-9]*" + SUFFIX;

    /** Who asks waits for its turn; a slow reader holds one place, not the process. */
    private static final int READER_COUNT_MAX = 16;

    private final Path file;
    private final ServerSocketChannel server;
    private final Supplier<String> document;
    private final Semaphore readers = new Semaphore(READER_COUNT_MAX);

    private StatusSocket(Path file, ServerSocketChannel server, Supplier<String> document) {
        this.file = file;
        this.server = server;
        this.document = document;
    }

    /**
     * Begins to answer, and clears away what killed processes left.
     *
     * @param document made anew for each reader, on a thread of its own
     * @throws EtherbayException ENVIRONMENT or DENIED when the folder cannot hold a socket
     */
    static StatusSocket open(Path stateFolder, Supplier<String> document) {
        Path folder = folderOf(stateFolder);
        Path file = folder.resolve(ProcessHandle.current().pid() + SUFFIX);
        try {
            Files.createDirectories(folder);
            for (Path stale : sockets(stateFolder)) {
                if (stale.equals(file) || !isAlive(stale)) {
                    Files.deleteIfExists(stale);
                }
            }
            PortAddress.parseUnix(PortAddress.UNIX_PREFIX + file); // its length is bounded
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(file));
            StatusSocket socket = new StatusSocket(file, server, document);
            Thread.ofVirtual().name("etherbay-status").start(socket::serve);
            return socket;
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "this process cannot be asked how it is: no socket in " + folder,
                    String.valueOf(failure.getMessage()),
                    "see that the state folder can be written to and is not full");
        }
    }

    private static Path folderOf(Path stateFolder) {
        return stateFolder.resolve("run");
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                SocketChannel reader = server.accept();
                readers.acquireUninterruptibly();
                Thread.ofVirtual().start(() -> answer(reader));
            } catch (AsynchronousCloseException closed) {
                return;
            } catch (IOException failure) {
                LOG.log(Level.WARNING, "the status socket is closed: {0}", failure.getMessage());
                return;
            }
        }
    }

    private void answer(SocketChannel reader) {
        try (reader) {
            ByteBuffer text = ByteBuffer.wrap(document.get().getBytes(StandardCharsets.UTF_8));
            while (text.hasRemaining()) {
                reader.write(text);
            }
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "a reader of the status left: {0}", gone.getMessage());
        } finally {
            readers.release();
        }
    }

    /** The documents of all processes that run with that state folder; empty when none does. */
    public static List<String> readAll(Path stateFolder) {
        try {
            List<String> documents = new ArrayList<>();
            for (Path socket : sockets(stateFolder)) {
                String document = read(socket);
                if (!document.isEmpty()) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.DENIED,
                    "the processes of " + stateFolder + " cannot be asked",
                    String.valueOf(failure.getMessage()),
                    "ask as the user that runs them, or name their folder with --state");
        }
    }

    private static List<Path> sockets(Path stateFolder) throws IOException {
        List<Path> sockets = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folderOf(stateFolder), OURS)) {
            found.forEach(sockets::add);
        } catch (NoSuchFileException none) {
            return List.of();
        }
        sockets.sort(null);
        return sockets;
    }

    private static boolean isAlive(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** What the process behind a socket says; nothing when there is none any more. */
    private static String read(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            byte[] bytes = Channels.newInputStream(channel).readAllBytes();
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException refused) {
            return "";
        }
    }

    /** Answers nobody any more. */
    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(file);
        } catch (ClosedChannelException closed) {
            LOG.log(Level.DEBUG, "closed already");
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "{0} is left behind: {1}", file, failure.getMessage());
        }
    }
}
