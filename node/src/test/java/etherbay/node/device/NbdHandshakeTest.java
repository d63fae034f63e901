// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.linux.UnixStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Against what {@code qemu-nbd -t -e 4 -f raw -k SOCKET -x e1.0 DISK} (7.2, a disk of 64 MiB) was
 * seen to send, and shorter servers written by hand. All that a server says is in the socket before
 * it is asked, so no test waits.
 */
final class NbdHandshakeTest {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    private static final String GREETING = "4e 42 44 4d 41 47 49 43 49 48 41 56 45 4f 50 54 00 03 ";
    private static final String GO_REPLY = "00 03 e8 89 04 55 65 a9 00 00 00 07 ";
    private static final String BLOCK_SIZE_INFO =
            GO_REPLY + "00 00 00 03 00 00 00 0e 00 03 00 00 00 01 00 00 10 00 02 00 00 00 ";
    private static final String EXPORT_INFO =
            GO_REPLY + "00 00 00 03 00 00 00 0c 00 00 00 00 00 00 04 00 00 00 0d 6d ";
    private static final String ACK = GO_REPLY + "00 00 00 01 00 00 00 00 ";
    private static final String NO_SUCH_EXPORT = GO_REPLY + "80 00 00 06 00 00 00 19"
            + " 65 78 70 6f 72 74 20 27 6e 6f 70 65 27 20 6e 6f 74 20 70 72 65 73 65 6e 74";
    private static final String UNSUPPORTED = GO_REPLY + "80 00 00 01 00 00 00 00 ";

    /** As a client written for this capture asked that server. */
    private static final String GO = "00 00 00 03 49 48 41 56 45 4f 50 54 00 00 00 07 00 00 00 0c"
            + " 00 00 00 04 65 31 2e 30 00 01 00 03";

    private static final String EXPORT_NAME =
            "49 48 41 56 45 4f 50 54 00 00 00 01 00 00 00 04" + " 65 31 2e 30";
    private static final String EXPORT_OLD = "00 00 00 00 04 00 00 00 00 05 ";

    @TempDir
    Path folder;

    private String heard = "";
    private int socketCount;

    /** Agrees with a server that says this, whatever it hears, and hangs up. */
    private NbdHandshake.Export agree(String says, String export) throws IOException {
        Path path = folder.resolve("s" + socketCount++);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(path));
                UnixStream stream = UnixStream.connect(path, 30);
                SocketChannel peer = server.accept()) {
            peer.write(ByteBuffer.wrap(HEX.parseHex(says.strip())));
            peer.shutdownOutput();
            try {
                return NbdHandshake.agree(stream, export);
            } finally {
                peer.configureBlocking(false); // what was sent is there
                ByteBuffer bytes = ByteBuffer.allocate(4096);
                while (peer.read(bytes) > 0) {
                    // all of it
                }
                heard = HEX.formatHex(bytes.array(), 0, bytes.position());
            }
        }
    }

    @Test
    void qemuNbdAgreesByGo() throws IOException {
        assertThat(agree(GREETING + BLOCK_SIZE_INFO + EXPORT_INFO + ACK, "e1.0"))
                .isEqualTo(new NbdHandshake.Export(64 << 20, 0xd6d, 512));
        assertThat(heard).isEqualTo(GO);
    }

    @Test
    void aServerThatWantsLargerBlocksGetsThem() throws IOException {
        String large = BLOCK_SIZE_INFO.replace("00 03 00 00 00 01", "00 03 00 00 10 00");
        assertThat(agree(GREETING + large + EXPORT_INFO + ACK, "e1.0").blockBytes())
                .isEqualTo(4096);
    }

    @Test
    void whetherSeveralConnectionsAreAllowedIsTheServersWord() {
        assertThat(new NbdHandshake.Export(1, 0xd6d, 512).multiConn()).isTrue();
        assertThat(new NbdHandshake.Export(1, 0xc6d, 512).multiConn()).isFalse();
    }

    @Test
    void aServerWithoutGoIsAskedTheOldWay() throws IOException {
        assertThat(agree(GREETING + UNSUPPORTED + EXPORT_OLD, "e1.0"))
                .isEqualTo(new NbdHandshake.Export(64 << 20, 5, 512));
        assertThat(heard).isEqualTo(GO + " " + EXPORT_NAME);
    }

    @Test
    void aServerWithoutOptionsSendsZeroesBehindItsAnswer() throws IOException {
        String plain = GREETING.replace("00 03 ", "00 00 ") + EXPORT_OLD;
        assertThat(agree(plain + "00 ".repeat(124), "e1.0").sizeBytes()).isEqualTo(64 << 20);
        assertThat(heard).isEqualTo("00 00 00 00 " + EXPORT_NAME);
        assertRefused(ErrorCode.UNAVAILABLE, "handshake", plain + "00 ".repeat(123));
    }

    @Test
    void anExportThatIsNotThereIsToldWithTheServersWords() {
        assertRefused(ErrorCode.NOT_FOUND, "export 'nope' not present", GREETING + NO_SUCH_EXPORT);
    }

    @Test
    void theServersWordsMoveNoCursor() {
        String bent = NO_SUCH_EXPORT.replace("65 78 70 6f", "1b 5b 32 4a");
        assertRefused(ErrorCode.NOT_FOUND, "it says: ?[2Jrt 'nope'", GREETING + bent);
    }

    @Test
    void whatIsNotNbdIsSaidToBeNone() {
        assertRefused(
                ErrorCode.UNAVAILABLE, "not greet", GREETING.replace("4e 42 44 4d", "53 53 48 2d"));
        assertRefused(
                ErrorCode.UNAVAILABLE,
                "before 2011",
                GREETING.replace("49 48 41 56", "00 00 42 02"));
        assertRefused(
                ErrorCode.UNAVAILABLE, "bytes", GREETING + GO_REPLY + "00 00 00 03 7f ff ff ff ");
        assertRefused(ErrorCode.UNAVAILABLE, "how large", GREETING + BLOCK_SIZE_INFO + ACK);
        assertRefused(
                ErrorCode.UNAVAILABLE, "to an end", GREETING + BLOCK_SIZE_INFO.repeat(64) + ACK);
    }

    /** Wherever a server hangs up, it is an error and not a wait. */
    @Test
    void aServerThatHangsUpAnywhereIsUnavailable() {
        String whole = GREETING + BLOCK_SIZE_INFO + EXPORT_INFO + ACK;
        int bytes = HEX.parseHex(whole.strip()).length;
        for (int count = 1; count < bytes; count++) {
            assertRefused(ErrorCode.UNAVAILABLE, "", whole.substring(0, count * 3));
        }
    }

    private void assertRefused(ErrorCode code, String why, String says) {
        assertThatThrownBy(() -> agree(says, "nope"))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).as(refused.toText()).isEqualTo(code);
                    assertThat(refused.why() + refused.correction()).contains(why);
                });
    }
}
