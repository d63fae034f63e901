// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import jdk.net.ExtendedSocketOptions;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;

/**
 * What both ends ask of a TCP connection: no waiting for more to send, and news of a peer that is
 * gone without a word, after two minutes. A Unix socket needs none of it.
 */
final class TcpOptions {
    private static final int KEEPALIVE_IDLE_S = 60;
    private static final int KEEPALIVE_INTERVAL_S = 10;
    private static final int KEEPALIVE_COUNT = 6;

    private TcpOptions() {}

    /** Sets them, where the channel is TCP. */
    static void set(SocketChannel channel) throws IOException {
        if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_INTERVAL_S);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_COUNT);
        }
    }
}
