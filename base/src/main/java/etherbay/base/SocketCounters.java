// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The counters of a {@link SocketPort}, {@code port.unix:PATH...}; written by its loop. Reasons
 * have the names that they have at a NIC.
 */
final class SocketCounters {
    final Counter received;

    /** Wholly written to the socket. */
    final Counter sent;

    /** To be sent, or not wholly written yet, while not connected or when the connection ended. */
    final Counter droppedLink;

    /** To be sent, and longer than the MTU. */
    final Counter droppedTooLong;

    /** To be sent, and the other end had not read for so long that there was no room. */
    final Counter droppedFull;

    /** Received, and no ATA over Ethernet. */
    final Counter droppedEtherType;

    /** Received, and for another station: a switch that does not know it sends to all. */
    final Counter droppedStation;

    /** Received, and not handed on because the connection or the port had ended. */
    final Counter droppedClosed;

    /** A length that is none; the connection is given up. */
    final Counter malformed;

    /** Connections that ended. */
    final Counter disconnected;

    SocketCounters(PortAddress.UnixSocket address, Counters counters) {
        String port = "port." + address;
        String prefix = port + ".frames.";
        received = counters.counter(prefix + "received");
        sent = counters.counter(prefix + "sent");
        droppedLink = counters.counter(prefix + "dropped.link");
        droppedTooLong = counters.counter(prefix + "dropped.toolong");
        droppedFull = counters.counter(prefix + "dropped.full");
        droppedEtherType = counters.counter(prefix + "dropped.ethertype");
        droppedStation = counters.counter(prefix + "dropped.station");
        droppedClosed = counters.counter(prefix + "dropped.closed");
        malformed = counters.counter(prefix + "malformed");
        disconnected = counters.counter(port + ".disconnected");
    }
}
