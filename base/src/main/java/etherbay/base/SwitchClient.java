// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** Who is plugged into one port of a {@link SegmentSwitch}. Owned by the switch's thread. */
final class SwitchClient {
    /**
     * Longest that QEMU sends (its NET_BUFSIZE): too long for the MTU is dropped, not an offence.
     */
    private static final int FRAME_BYTES_MAX = 4096 + 65536;

    private static final int IN_BYTES = 2 * FRAME_BYTES_MAX;

    /** 56 jumbo frames wait for a client that does not read; more are dropped, as by any switch. */
    private static final int OUT_BYTES = 512 * 1024;

    final int port;
    final FrameStream stream;
    final SelectionKey key;
    private final SocketChannel channel;
    private final Arena arena = Arena.ofConfined();

    SwitchClient(int port, SocketChannel channel, SelectionKey key) {
        this.port = port;
        this.channel = channel;
        this.key = key;
        stream = new FrameStream(arena, FRAME_BYTES_MAX, IN_BYTES, OUT_BYTES);
        stream.attach(channel);
        key.attach(this);
    }

    /** Writes what is queued, and asks to be told when the rest can go. */
    void flush() throws IOException {
        int wanted = SelectionKey.OP_READ | (stream.flush() ? 0 : SelectionKey.OP_WRITE);
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    void close() {
        try {
            channel.close();
        } catch (IOException nothingLeftToDo) {
            // The descriptor is gone all the same: close(2).
        } finally {
            arena.close();
        }
    }
}
