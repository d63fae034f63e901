// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.Prng;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a server sends: the first byte says whether to a client that negotiates or to one with three
 * READs, a WRITE and a FLUSH under way, the second one how the bytes are cut into pieces; the rest
 * is what it sends. The client goes on or gives the connection up; each command ends once at most,
 * a READ that succeeds had all its bytes, and nothing outside of its memory is written.
 */
public final class ClientFuzz {
    /** Enough for whatever has to be there as a whole: the longest reply to an option. */
    private static final int INPUT_BYTES = 40 * 1024;

    private static final int READ_SECTORS = 4;
    private static final int READ_BYTES = READ_SECTORS * 512;
    private static final byte GUARD = (byte) 0x5a;
    private static final MemorySegment WALL =
            MemorySegment.ofArray(new byte[READ_BYTES]).fill(GUARD);
    private static final NbdUri URI =
            new NbdUri(new NbdAddress.Unix(Path.of("/nowhere/nbd.sock")), "x");

    private ClientFuzz() {}

    /** One connection, from the greeting or with commands under way. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        if (input[0] % 2 == 0) {
            negotiate(input);
        } else {
            reply(input);
        }
    }

    /** Gives the bytes behind the first two to {@code taker} in pieces. */
    private static void inPieces(byte[] input, Taker taker) throws ClientReplies.MalformedReply {
        Prng prng = new Prng(input[1]);
        ByteBuffer buffer = ByteBuffer.allocate(INPUT_BYTES);
        int at = 2;
        while (at < input.length) {
            int count = Math.min(input.length - at, prng.between(1, 1 + (input[1] & 0xff)));
            count = Math.min(count, buffer.remaining());
            assertThat(count).as("room for what the server says next").isPositive();
            buffer.put(input, at, count).flip();
            at += count;
            boolean moved = true;
            while (moved) {
                moved = taker.advance(buffer);
            }
            buffer.compact();
        }
    }

    private interface Taker {
        boolean advance(ByteBuffer in) throws ClientReplies.MalformedReply;
    }

    private static void negotiate(byte[] input) {
        ClientNegotiation negotiation = new ClientNegotiation(URI);
        try {
            inPieces(input, negotiation::advance);
        } catch (EtherbayException refused) {
            assertThat(refused.why()).isNotBlank();
            assertThat(refused.why().lines()).hasSize(1);
            assertThat(refused.correction()).isNotBlank();
            assertThat(negotiation.terms()).isNull();
        } catch (ClientReplies.MalformedReply none) {
            throw new AssertionError("a negotiation has no replies to commands", none);
        }
        ClientNegotiation.Terms terms = negotiation.terms();
        if (terms != null) {
            assertThat(NbdClient.capabilities(terms).logicalBlockBytes()).isBetween(512, 65536);
            assertThat(NbdClient.sectorsOf(terms)).isBetween(0L, Long.MAX_VALUE / 512);
            assertThat(NbdClient.commandBytesMax(terms)).isBetween(512L, 1L << 25);
        }
    }

    private static void reply(byte[] input) {
        try (Arena arena = Arena.ofConfined()) {
            new Replies(arena).run(input);
        }
    }

    /** Commands under way, and what became of them. */
    private static final class Replies {
        private final Map<Long, ClientCommand> commands = new LinkedHashMap<>();
        private final List<ClientCommand> ended = new ArrayList<>();
        private final List<MemorySegment> memories = new ArrayList<>();

        Replies(Arena arena) {
            for (int cookie = 1; cookie <= 3; cookie++) {
                MemorySegment memory = arena.allocate(3L * READ_BYTES);
                memory.fill(GUARD);
                memories.add(memory);
                Io io = new Io(2).prepare(IoOperation.READ, 8L * cookie, READ_SECTORS);
                io.segment(memory, READ_BYTES, 512);
                io.segment(memory, READ_BYTES + 512, READ_BYTES - 512);
                add(io, cookie, NbdWire.CMD_READ);
            }
            add(new Io(1).prepare(IoOperation.WRITE, 100, 1), 4, NbdWire.CMD_WRITE);
            add(new Io(1).prepare(IoOperation.FLUSH, 0, 0), 5, NbdWire.CMD_FLUSH);
        }

        private void add(Io io, long cookie, int type) {
            ClientCommand.Job job = new ClientCommand.Job(io, 0, Long.MAX_VALUE, 0);
            long bytes = io.sectors() * BlockDevice.SECTOR_BYTES;
            commands.put(cookie, new ClientCommand(job, cookie, type, 0, bytes));
        }

        void run(byte[] input) {
            ClientReplies replies = new ClientReplies(commands, ended::add);
            try {
                inPieces(input, replies::advance);
            } catch (ClientReplies.MalformedReply lost) {
                assertThat(lost.getMessage()).isNotBlank();
            }
            assertThat(ended).doesNotHaveDuplicates();
            assertThat(ended.size() + commands.size()).isEqualTo(5);
            for (ClientCommand command : ended) {
                assertThat(commands).doesNotContainKey(command.cookie);
                if (command.isRead() && command.status.isOk()) {
                    assertThat(command.received).isEqualTo(command.bytes);
                }
            }
            for (MemorySegment memory : memories) {
                assertGuarded(memory, 0);
                assertGuarded(memory, 2L * READ_BYTES);
            }
        }

        private static void assertGuarded(MemorySegment memory, long from) {
            long differsAt =
                    MemorySegment.mismatch(memory, from, from + READ_BYTES, WALL, 0, READ_BYTES);
            assertThat(differsAt).isEqualTo(-1);
        }
    }
}
