// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

final class UnixStreamTest {
    private static final int TIMEOUT_SECONDS = 30;

    @TempDir
    Path folder;

    private ServerSocketChannel listen(Path path) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(path));
    }

    @Test
    void bytesGoBothWaysUntilThePeerHangsUp() throws IOException {
        Path path = folder.resolve("s");
        try (ServerSocketChannel server = listen(path);
                UnixStream stream = UnixStream.connect(path, TIMEOUT_SECONDS)) {
            try (SocketChannel peer = server.accept()) {
                stream.write(new byte[] {1, 2, 3});
                ByteBuffer heard = ByteBuffer.allocate(3);
                while (heard.hasRemaining()) {
                    peer.read(heard);
                }
                assertThat(heard.array()).containsExactly(1, 2, 3);
                peer.write(ByteBuffer.wrap(new byte[] {4, 5}));
                peer.write(ByteBuffer.wrap(new byte[] {6}));
                assertThat(stream.read(3)).containsExactly(4, 5, 6);
                peer.write(ByteBuffer.wrap(new byte[] {7}));
            }
            assertCode(ErrorCode.UNAVAILABLE, () -> stream.read(2));
            assertCode(ErrorCode.UNAVAILABLE, () -> stream.write(new byte[1]));
        }
    }

    @Test
    void whoCannotBeReachedIsNamedWithTheReason() throws IOException {
        assertCode(
                ErrorCode.NOT_FOUND,
                () -> UnixStream.connect(folder.resolve("none"), TIMEOUT_SECONDS));
        Path path = folder.resolve("dead");
        listen(path).close(); // the file stays
        assertThat(Files.exists(path)).isTrue();
        assertCode(ErrorCode.UNAVAILABLE, () -> UnixStream.connect(path, TIMEOUT_SECONDS));
        assertCode(
                ErrorCode.INVALID,
                () -> UnixStream.connect(folder.resolve("x".repeat(108)), TIMEOUT_SECONDS));
    }

    /** The driver's mark: a time-out for sending that we did not set. */
    @Test
    void aReleasedSocketIsNotTakenAndOneWithATimeOutIs() throws IOException {
        Path path = folder.resolve("s");
        try (ServerSocketChannel server = listen(path);
                UnixStream stream = UnixStream.connect(path, TIMEOUT_SECONDS)) {
            assertThat(server.isOpen()).isTrue();
            assertThat(stream.isTaken()).isTrue();
            stream.release();
            assertThat(stream.isTaken()).isFalse();
        }
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }
}
