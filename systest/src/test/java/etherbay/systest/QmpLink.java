// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A connection to a QEMU's machine protocol with nothing between. One thread. */
final class QmpLink implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader answers;

    private QmpLink(SocketChannel channel) {
        this.channel = channel;
        answers = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    static QmpLink open(Path socket) {
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            QmpLink link = new QmpLink(channel);
            link.execute("qmp_capabilities", "{}");
            return link;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the line of its answer */
    String execute(String command, String arguments) {
        try {
            String order = "{\"execute\":\"" + command + "\",\"arguments\":" + arguments + "}\n";
            channel.write(ByteBuffer.wrap(order.getBytes(StandardCharsets.UTF_8)));
            String line = answers.readLine();
            while (line != null && !line.startsWith("{\"return\"")) {
                if (line.startsWith("{\"error\"")) {
                    throw new AssertionError(order + line);
                }
                line = answers.readLine();
            }
            if (line == null) {
                throw new AssertionError("QEMU has ended at " + order);
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
