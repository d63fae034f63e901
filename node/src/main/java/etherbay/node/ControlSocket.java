// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.PortAddress;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * How commands reach the process that holds a mirror: a Unix socket {@code run/mirror-NAME.sock} in
 * the state folder, for its own user only. One question a connection: words on one line, parted by
 * tabs; the answer is a line {@code ok} and a text, or a line with an error in its four parts.
 * After {@code stop} the text is the number of the process, and the connection stays until the
 * mirror is let go: whoever waits for its end can assemble it at once.
 */
public final class ControlSocket implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ControlSocket.class.getName());
    private static final String PREFIX = "mirror-";
    private static final String SUFFIX = ".sock";
    private static final String OK = "ok";
    private static final String STOP = "stop";

    /** For the end of what was asked to end. */
    private static final long END_MS = 10_000;

    private static final int LINE_LETTERS_MAX = 4096;
    private static final int ASKER_COUNT_MAX = 8;

    private final Path file;
    private final ServerSocketChannel server;
    private final Function<List<String>, String> handler;
    private final Semaphore askers = new Semaphore(ASKER_COUNT_MAX);
    private final CountDownLatch closed = new CountDownLatch(1);

    private ControlSocket(
            Path file, ServerSocketChannel server, Function<List<String>, String> handler) {
        this.file = file;
        this.server = server;
        this.handler = handler;
    }

    /**
     * Listens.
     *
     * @param handler of the words of a question, on a thread of its own; an {@link
     *     EtherbayException} becomes the answer
     * @throws EtherbayException CONFLICT when another process holds that mirror
     */
    public static ControlSocket open(
            Path stateFolder, String name, Function<List<String>, String> handler) {
        Path file = file(stateFolder, name);
        if (isAlive(file)) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the mirror " + name + " is not assembled again",
                    "another process of this machine holds it (" + file + ")",
                    "see `etherbay mirror detail " + name + "`; `etherbay mirror stop " + name
                            + "` ends that");
        }
        try {
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            PortAddress.parseUnix(PortAddress.UNIX_PREFIX + file); // its length is bounded
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(file));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            ControlSocket socket = new ControlSocket(file, server, handler);
            Thread.ofVirtual().name("etherbay-control").start(socket::serve);
            return socket;
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "commands cannot reach this process: no socket " + file,
                    String.valueOf(failure.getMessage()),
                    "see that the folder can be written to, or name another with --state");
        }
    }

    private static Path file(Path stateFolder, String name) {
        return stateFolder
                .resolve("run")
                .resolve(PREFIX + URLEncoder.encode(name, StandardCharsets.UTF_8) + SUFFIX);
    }

    private static boolean isAlive(Path file) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            return channel.isConnected();
        } catch (IOException nobody) {
            return false;
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                SocketChannel asker = server.accept();
                askers.acquireUninterruptibly();
                Thread.ofVirtual().start(() -> answer(asker));
            } catch (AsynchronousCloseException closed) {
                return;
            } catch (IOException failure) {
                LOG.log(Level.WARNING, "the control socket is closed: {0}", failure.getMessage());
                return;
            }
        }
    }

    private void answer(SocketChannel asker) {
        try (asker;
                BufferedReader in =
                        new BufferedReader(Channels.newReader(asker, StandardCharsets.UTF_8));
                Writer out = Channels.newWriter(asker, StandardCharsets.UTF_8)) {
            String question = line(in);
            String answer = answerTo(question);
            out.write(answer);
            out.flush();
            if (question.equals(STOP) && answer.startsWith(OK)) {
                closed.await();
            }
        } catch (ClosedChannelException gone) {
            LOG.log(Level.DEBUG, "a question was not waited for");
        } catch (IOException failure) {
            LOG.log(Level.DEBUG, "a question was not answered: {0}", failure.getMessage());
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        } finally {
            askers.release();
        }
    }

    private static String line(BufferedReader in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int letter = in.read(); letter >= 0 && letter != '\n'; letter = in.read()) {
            if (line.length() == LINE_LETTERS_MAX) {
                throw new IOException("a question is too long");
            }
            line.append((char) letter);
        }
        return line.toString();
    }

    private String answerTo(String line) {
        try {
            String text = handler.apply(List.of(line.split("\t", -1)));
            String process = line.equals(STOP) ? ProcessHandle.current().pid() + "\n" : "";
            return OK + "\n" + process + text;
        } catch (EtherbayException refused) {
            return String.join(
                            "\t",
                            "error",
                            refused.code().name(),
                            flat(refused.getMessage()),
                            flat(refused.why()),
                            flat(refused.correction()))
                    + "\n";
        }
    }

    private static String flat(String text) {
        return text.replaceAll("[\t\n\r]+", " ");
    }

    /**
     * Asks the process that holds a mirror; {@code stop} returns when it has let it go.
     *
     * @return its answer; empty when no process of this machine holds that mirror
     * @throws EtherbayException what the other one threw, or UNAVAILABLE when it ended meanwhile,
     *     or was asked to end and has not within {@value #END_MS} ms
     */
    public static Optional<String> ask(Path stateFolder, String name, List<String> words) {
        return ask(stateFolder, name, words, END_MS);
    }

    /**
     * @param endMs that it waits for the end of what was asked to end
     */
    static Optional<String> ask(Path stateFolder, String name, List<String> words, long endMs) {
        Path file = file(stateFolder, name);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(file));
                Writer out = Channels.newWriter(channel, StandardCharsets.UTF_8);
                BufferedReader in =
                        new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            out.write(flatWords(words) + "\n");
            out.flush();
            String status = line(in);
            if (status.startsWith("error\t")) {
                throw received(status.split("\t", -1));
            }
            if (!status.equals(OK)) {
                throw new IOException("it ended without an answer");
            }
            if (words.equals(List.of(STOP))) {
                awaitEnd(channel, name, line(in), endMs);
                return Optional.of("");
            }
            StringBuilder text = new StringBuilder();
            char[] piece = new char[4096];
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                text.append(piece, 0, count);
            }
            return Optional.of(text.toString());
        } catch (NoSuchFileException | java.net.ConnectException nobody) {
            return Optional.empty();
        } catch (IOException failure) {
            if (!isAlive(file)) {
                return Optional.empty();
            }
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the process that holds the mirror " + name + " did not answer",
                    String.valueOf(failure.getMessage()),
                    "see whether it is well, and try again");
        }
    }

    /** The other side ends the connection, or the kernel does that with its process. */
    private static void awaitEnd(SocketChannel channel, String name, String process, long endMs)
            throws IOException {
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            if (selector.select(endMs) == 0) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "the mirror " + name + " is not let go yet",
                        "the process " + process + " still holds it, " + endMs
                                + " ms after it was asked to end: it waits for its legs, or for"
                                + " whoever uses the mirror",
                        "wait for the end of that process before you assemble the mirror again;"
                                + " see what it says");
            }
        }
    }

    private static String flatWords(List<String> words) {
        return String.join("\t", words.stream().map(ControlSocket::flat).toList());
    }

    private static EtherbayException received(String[] parts) {
        ErrorCode code = ErrorCode.INTERNAL;
        for (ErrorCode known : ErrorCode.values()) {
            if (parts.length > 1 && known.name().equals(parts[1])) {
                code = known;
            }
        }
        return new EtherbayException(
                code,
                parts.length > 2 ? parts[2] : "the other process refused",
                parts.length > 3 ? parts[3] : "it did not say why",
                parts.length > 4 ? parts[4] : "see its log");
    }

    /** Names of the mirrors that processes of this machine hold. */
    public static List<String> held(Path stateFolder) {
        List<String> names = new ArrayList<>();
        Path folder = stateFolder.resolve("run");
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
            for (Path file : files) {
                if (isAlive(file)) {
                    String name = file.getFileName().toString();
                    names.add(java.net.URLDecoder.decode(
                            name.substring(PREFIX.length(), name.length() - SUFFIX.length()),
                            StandardCharsets.UTF_8));
                }
            }
        } catch (IOException none) {
            return names;
        }
        names.sort(String::compareTo);
        return names;
    }

    /** After the mirror is let go: whoever has asked for that is told by it. */
    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "{0} is left behind: {1}", file, failure.getMessage());
        } finally {
            closed.countDown();
        }
    }
}
