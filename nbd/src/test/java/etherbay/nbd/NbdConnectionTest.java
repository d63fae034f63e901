// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ChannelWatcher;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A connection whose input is full, over something that gives whole records or nothing. */
final class NbdConnectionTest {
    private static final int RECORD_BYTES = 16 * 1024;
    private static final int TURN_COUNT_MAX = 10_000;

    @TempDir
    private Path folder;

    private final TestDisk disk = new TestDisk(2048, TestDisk.ALL, 1);

    /** As TLS: there is more for as long as it was not all taken. */
    private static final class Records implements Transport {
        private final ByteBuffer left;
        private int writtenBytes;

        Records(ByteBuffer all) {
            left = all;
        }

        @Override
        public int read(ByteBuffer into) {
            if (!hasRoom(into) || !left.hasRemaining()) {
                return 0;
            }
            int bytes = Math.min(RECORD_BYTES, left.remaining());
            into.put(left.slice(left.position(), bytes));
            left.position(left.position() + bytes);
            return bytes;
        }

        @Override
        public boolean hasRoom(ByteBuffer into) {
            return into.remaining() >= RECORD_BYTES;
        }

        @Override
        public boolean buffered() {
            return left.hasRemaining();
        }

        @Override
        public boolean write(ByteBuffer[] from, int count) {
            for (int index = 0; index < count; index++) {
                writtenBytes += from[index].remaining();
                from[index].position(from[index].limit());
            }
            return true;
        }
    }

    private static ByteBuffer option(int option, int dataBytes) {
        return ByteBuffer.allocate(NbdWire.OPTION_HEADER_BYTES + dataBytes)
                .putLong(NbdWire.IHAVEOPT)
                .putInt(option)
                .putInt(dataBytes)
                .clear();
    }

    /** GO for the default export, and so many flushes. */
    private static ByteBuffer conversation(int flushCount) {
        ByteBuffer go = option(NbdWire.OPT_GO, Integer.BYTES + Short.BYTES);
        ByteBuffer all = ByteBuffer.allocate(go.remaining() + flushCount * NbdWire.REQUEST_BYTES)
                .put(go);
        for (int cookie = 0; cookie < flushCount; cookie++) {
            all.putInt(NbdWire.REQUEST_MAGIC)
                    .putShort((short) 0)
                    .putShort((short) NbdWire.CMD_FLUSH)
                    .putLong(cookie)
                    .putLong(0)
                    .putInt(0);
        }
        return all.flip();
    }

    /** Turns until a turn has nothing to do. */
    private static void settle(NbdConnection connection) {
        int turns = 0;
        int work = 1;
        while (work > 0 && turns++ < TURN_COUNT_MAX) {
            work = connection.poll(0);
            connection.flush();
        }
        assertThat(turns).isLessThan(TURN_COUNT_MAX);
    }

    @Test
    void withoutRoomForARecordTheLoopSleepsUntilTheDiskHasAnswered() throws IOException {
        int flushCount = 4 * Limits.INPUT_BYTES / NbdWire.REQUEST_BYTES;
        Records records = new Records(conversation(flushCount));
        UnixDomainSocketAddress at = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (SessionRig rig = SessionRig.over(disk);
                ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                ChannelWatcher watcher = new ChannelWatcher("test", () -> {})) {
            door.bind(at);
            try (SocketChannel client = SocketChannel.open(at);
                    SocketChannel served = door.accept()) {
                served.configureBlocking(false);
                client.write(ByteBuffer.allocate(Integer.BYTES).putInt(3).flip());
                client.write(option(NbdWire.OPT_STARTTLS, 0));
                NbdConnection connection = new NbdConnection(
                        watcher.watch(served),
                        served,
                        rig.connect(TlsMode.REQUIRE).session,
                        ByteBuffer.allocate(Limits.INPUT_BYTES),
                        new NbdConnection.Terms(1, (_, _) -> records));
                settle(connection);
                assertThat(disk.waiting).hasSize(Limits.REQUEST_COUNT_MAX);
                assertThat(records.buffered()).isTrue();
                assertThat(connection.readyToIdle()).isTrue();
                int repliesFrom = records.writtenBytes;
                while (!disk.waiting.isEmpty()) {
                    disk.finishOne();
                    settle(connection);
                }
                assertThat(records.buffered()).isFalse();
                assertThat(records.writtenBytes - repliesFrom).isEqualTo(flushCount * 16);
                assertThat(connection.readyToIdle()).isTrue();
                connection.close();
                assertThat(connection.isGone()).isTrue();
            }
        }
    }
}
