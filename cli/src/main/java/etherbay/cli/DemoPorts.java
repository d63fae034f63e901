// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** TCP ports of 127.0.0.1 at which nobody listened when they were looked for, all different. */
record DemoPorts(List<Integer> ports) {
    static DemoPorts free(int count) {
        List<ServerSocket> open = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                open.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return new DemoPorts(open.stream().map(ServerSocket::getLocalPort).toList());
        } catch (IOException none) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "no free port for the nodes' API",
                    none.toString(),
                    "see that 127.0.0.1 is there: ip address show lo");
        } finally {
            open.forEach(DemoPorts::close);
        }
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException held) {
            // It is not free then, and whoever is given it says so.
        }
    }

    int port(int index) {
        return ports.get(index);
    }
}
