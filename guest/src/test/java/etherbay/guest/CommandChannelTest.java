// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The host's half of the protocol, with the guest's half written by hand. */
class CommandChannelTest {
    private static final byte[] BINARY = {0, 1, '\n', (byte) 0xff};

    private Path folder = Path.of("");
    private ServerSocketChannel server;
    private SocketChannel guest;
    private CommandChannel channel;

    @BeforeEach
    void connect() throws IOException {
        folder = Files.createTempDirectory("etherbay-test-");
        Path path = folder.resolve("agent");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        channel = CommandChannel.connect(path);
        guest = server.accept();
    }

    @AfterEach
    void disconnect() throws IOException {
        channel.close();
        guest.close();
        server.close();
        GuestCache.deleteTree(folder);
    }

    private void guestSays(byte[] bytes) throws IOException {
        guest.write(ByteBuffer.wrap(bytes));
    }

    private void guestSays(String text) throws IOException {
        guestSays(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void bytesOfAnyValueArriveBothWays() throws IOException {
        guestSays("1 7 4\n");
        guestSays(BINARY);
        GuestRun run = channel.run("cat", BINARY);
        assertThat(run.exitCode()).isEqualTo(7);
        assertThat(run.output()).isEqualTo(BINARY);

        ByteBuffer sent = ByteBuffer.allocate(100);
        guest.read(sent);
        String expected = "1 3 4\ncat" + new String(BINARY, StandardCharsets.ISO_8859_1);
        assertThat(new String(sent.array(), 0, sent.position(), StandardCharsets.ISO_8859_1))
                .isEqualTo(expected);
    }

    @Test
    void aGuestThatEndsWithinAnAnswerIsAnError() throws IOException {
        guestSays("1 0 100\nonly this");
        guest.shutdownOutput();
        assertThatThrownBy(() -> channel.run("true", new byte[0]))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("within an answer");
    }

    @Test
    void anAnswerToAnotherCommandIsAnError() throws IOException {
        guestSays("9 0 0\n");
        assertThatThrownBy(() -> channel.run("true", new byte[0]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unexpected answer");
    }

    @Test
    void anythingButTheGreetingIsNotReady() throws IOException {
        guestSays("Segmentation fault\n");
        assertThatThrownBy(channel::awaitReady)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Segmentation fault");
    }
}
