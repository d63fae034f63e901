// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.List;

/**
 * What joins the nodes of the demo: one Ethernet for the frames of disks, and the addresses at
 * which nodes ask each other. Nodes are numbered from 1. Its end leaves nothing of it behind. One
 * thread.
 */
interface DemoNetwork extends AutoCloseable {
    int MTU_BYTES = 9000;

    /** How the settings of every node name the Ethernet: {@code eth0}, {@code unix:PATH}. */
    String interfaceName();

    /** What a command line begins with that is to run as that node; may be nothing. */
    List<String> prefix(int node);

    /** Where the API of a node listens, for other nodes: a numeric IPv4 address. */
    String host(int node);

    /** The port of that. */
    int port(int node);

    /**
     * Makes the API of a node reachable from where browsers run.
     *
     * @return {@code https://127.0.0.1:PORT}
     */
    String page(int node);

    /** What it is, for the table. */
    DemoSeen seen();

    @Override
    void close();
}
