// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

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

/**
 * One virtio-serial port of a guest, on which {@code guest-init.sh} serves one command at a time.
 * Binary-safe: lengths frame everything. One thread at a time; blocks; closing it from another
 * thread ends a blocked call with an {@link IOException}.
 *
 * <pre>
 *   guest:  etherbay-guest-ready LF          once
 *   us:     ID COMMAND_BYTES INPUT_BYTES LF  command input
 *   guest:  ID EXIT_CODE OUTPUT_BYTES LF     output
 * </pre>
 */
final class CommandChannel implements AutoCloseable {
    private static final int LINE_BYTES_MAX = 80;

    private final SocketChannel socket;
    private final InputStream in;
    private int id;

    private CommandChannel(SocketChannel socket) {
        this.socket = socket;
        this.in = new BufferedInputStream(Channels.newInputStream(socket), 1 << 16);
    }

    static CommandChannel connect(Path path) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            return new CommandChannel(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    void awaitReady() throws IOException {
        String line = readLine();
        if (!line.equals("etherbay-guest-ready")) {
            throw new IOException("unexpected first line from the guest: " + line);
        }
    }

    GuestRun run(String command, byte[] input) throws IOException {
        byte[] script = command.getBytes(StandardCharsets.UTF_8);
        id++;
        String head = id + " " + script.length + " " + input.length + "\n";
        write(head.getBytes(StandardCharsets.US_ASCII));
        write(script);
        write(input);
        String line = readLine();
        String[] words = line.split(" ", -1);
        if (words.length != 3 || !words[0].equals(Integer.toString(id))) {
            throw new IOException("unexpected answer from the guest: " + line);
        }
        int outputBytes = Integer.parseInt(words[2]);
        byte[] output = in.readNBytes(outputBytes);
        if (output.length != outputBytes) {
            throw new EOFException("the guest ended within an answer");
        }
        return new GuestRun(Integer.parseInt(words[1]), output);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // The descriptor is gone either way (close(2)), and nothing of it is wanted any more.
        }
    }

    private void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            socket.write(buffer);
        }
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the guest ended");
            }
            line.write(b);
            if (line.size() > LINE_BYTES_MAX) {
                throw new IOException("a line without end from the guest: " + line);
            }
        }
        return line.toString(StandardCharsets.US_ASCII);
    }
}
