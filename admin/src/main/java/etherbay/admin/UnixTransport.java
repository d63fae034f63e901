// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** HTTP/1.1 over a Unix socket, as far as a node's server speaks it: one request a connection. */
final class UnixTransport implements ApiTransport {
    private static final int HEAD_BYTES_MAX = 32 << 10;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    /** A change may wait for disks of other nodes. */
    private static final long TIMEOUT_MS = 120_000;

    private final Path socket;

    UnixTransport(Path socket) {
        this.socket = socket;
    }

    @Override
    public Response send(Request request, boolean bounded) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Answer answer = new Answer(channel, bounded);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer bytes = ByteBuffer.wrap(text(request).getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            answer.readHead();
            return answer;
        } catch (IOException failure) {
            answer.close();
            throw failure;
        }
    }

    private static String text(Request request) {
        StringBuilder text = new StringBuilder();
        line(text, request.method() + " " + request.path() + " HTTP/1.1");
        line(text, "Host: localhost");
        line(text, "Connection: close");
        request.headers().forEach((name, value) -> line(text, name + ": " + value));
        if (!request.contentType().isEmpty()) {
            line(text, "Content-Type: " + request.contentType());
            int length = request.body().getBytes(StandardCharsets.UTF_8).length;
            line(text, "Content-Length: " + length);
        }
        line(text, "");
        return text.append(request.body()).toString();
    }

    private static void line(StringBuilder text, String line) {
        if (line.indexOf('\r') >= 0 || line.indexOf('\n') >= 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "a name cannot hold the end of a line",
                    EtherbayException.shown(line),
                    "write it on one line");
        }
        text.append(line).append("\r\n");
    }

    @Override
    public EtherbayException unavailable(IOException cause) {
        String why = String.valueOf(cause.getMessage());
        if (why.contains("Permission denied")) {
            return new EtherbayException(
                    ErrorCode.DENIED,
                    "the daemon's socket %s cannot be opened".formatted(socket),
                    why,
                    "join the group of the daemon, or use sudo");
        }
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "no daemon answers at " + socket,
                why,
                "start it: systemctl start etherbay, or etherbay node run -c FILE; one with"
                        + " another state folder is named with --state DIR");
    }

    /** An answer that is being read. */
    private static final class Answer implements Response {
        private final SocketChannel channel;
        private final InputStream in;
        private final CountDownLatch ended = new CountDownLatch(1);
        private List<String> head = List.of();
        private InputStream body = InputStream.nullInputStream();

        Answer(SocketChannel channel, boolean bounded) {
            this.channel = channel;
            in = new BufferedInputStream(Channels.newInputStream(channel), 64 << 10);
            if (bounded) {
                Thread.ofVirtual().name("api-timeout").start(this::endInTime);
            }
        }

        /** A Unix socket has no timeouts of its own: closing it ends the read. */
        private void endInTime() {
            try {
                if (!ended.await(TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                    channel.close();
                }
            } catch (InterruptedException | IOException stop) {
                Thread.currentThread().interrupt();
            }
        }

        void readHead() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            int endedCount = 0; // of the four bytes that end a head
            while (endedCount < END.length) {
                int next = in.read();
                if (next < 0) {
                    throw new EOFException("the daemon closed the connection");
                }
                if (bytes.size() == HEAD_BYTES_MAX) {
                    throw new IOException("the head of the answer does not end");
                }
                bytes.write(next);
                endedCount = next == END[endedCount] ? endedCount + 1 : next == '\r' ? 1 : 0;
            }
            head = List.of(bytes.toString(StandardCharsets.ISO_8859_1).split("\r\n"));
            boolean isChunked =
                    header("Transfer-Encoding").toLowerCase(Locale.ROOT).equals("chunked");
            body = isChunked ? new ChunkedInput(in) : new BoundedInput(in, contentLength());
        }

        private long contentLength() throws IOException {
            String text = header("Content-Length");
            if (text.isEmpty()) {
                return Long.MAX_VALUE;
            }
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException wrong) {
                throw new IOException("the length of the answer is " + text, wrong);
            }
        }

        @Override
        public int status() {
            String[] words = head.getFirst().split(" ", 3);
            try {
                return words.length > 1 ? Integer.parseInt(words[1]) : 500;
            } catch (NumberFormatException noHttp) {
                return 500;
            }
        }

        @Override
        public String header(String name) {
            return head.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        @Override
        public InputStream body() {
            return body;
        }

        @Override
        public void close() throws IOException {
            ended.countDown();
            channel.close();
        }
    }
}
