// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers that come before what they answer was sent. */
final class ClientRepliesTest {
    private static final int COOKIE = 7;

    private final Arena arena = Arena.ofConfined();
    private final Map<Long, ClientCommand> commands = new LinkedHashMap<>();
    private final List<ClientCommand> ended = new ArrayList<>();
    private final ClientReplies replies = new ClientReplies(commands, ended::add);
    private final ClientCommand write = new ClientCommand(
            new ClientCommand.Job(
                    new Io(1)
                            .prepare(IoOperation.WRITE, 100, 1)
                            .segment(arena.allocate(512), 0, 512),
                    0,
                    Long.MAX_VALUE,
                    0),
            COOKIE,
            NbdWire.CMD_WRITE,
            0,
            512);

    @BeforeEach
    void send() {
        write.encode(OutPiece.NOTHING);
        commands.put(write.cookie, write);
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private static void take(ByteBuffer buffer, int bytes) {
        buffer.position(buffer.position() + bytes);
    }

    private static ByteBuffer simple(int error) {
        return ByteBuffer.allocate(NbdWire.SIMPLE_REPLY_BYTES)
                .putInt(NbdWire.SIMPLE_REPLY_MAGIC)
                .putInt(error)
                .putLong(COOKIE)
                .flip();
    }

    private static ByteBuffer structured() {
        return ByteBuffer.allocate(NbdWire.STRUCTURED_REPLY_BYTES)
                .putInt(NbdWire.STRUCTURED_REPLY_MAGIC)
                .putShort((short) NbdWire.REPLY_FLAG_DONE)
                .putShort((short) NbdWire.REPLY_TYPE_NONE)
                .putLong(COOKIE)
                .putInt(0)
                .flip();
    }

    /** Its memory would be used for something else while the rest of it goes out. */
    @Test
    void aWriteIsNotAnsweredWhileSomeOfItIsUnsent() throws ClientReplies.MalformedReply {
        take(write.unsent().getFirst(), NbdWire.REQUEST_BYTES);
        take(write.unsent().getLast(), 511);
        for (ByteBuffer early : List.of(simple(0), simple(5), structured())) {
            assertThatThrownBy(() -> replies.advance(early))
                    .isInstanceOf(ClientReplies.MalformedReply.class)
                    .hasMessageContaining("not sent");
        }
        assertThat(ended).isEmpty();
        assertThat(commands).hasSize(1);
        take(write.unsent().getLast(), 1);
        assertThat(replies.advance(simple(0))).isTrue();
        assertThat(ended).containsExactly(write);
        assertThat(write.status).isEqualTo(IoStatus.OK);
    }
}
