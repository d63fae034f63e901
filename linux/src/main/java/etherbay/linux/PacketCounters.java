// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Counter;
import etherbay.base.Counters;

/** The counters of a packet port, {@code port.NAME.frames...}; written by its loop. */
final class PacketCounters {
    final Counter received;
    final Counter sent;

    /** No room in the queue of the interface for a few milliseconds. */
    final Counter droppedFull;

    /** To be sent while the link was down, the interface gone or the port closed. */
    final Counter droppedLink;

    /** To be sent, and longer than the interface's MTU or the limit set for it. */
    final Counter droppedTooLong;

    /** To be sent, and refused by the kernel for another reason, as a firewall or no memory. */
    final Counter droppedRefused;

    /** Received, and not handed on because the port was closed. */
    final Counter droppedClosed;

    /** Received from who sent more than all others together, when there was no room for more. */
    final Counter droppedExcess;

    /** Received by the kernel while our queue in it was full. */
    final Counter droppedKernel;

    /** Received longer than any frame can be. */
    final Counter truncated;

    PacketCounters(String portName, Counters counters) {
        String prefix = "port." + portName + ".frames.";
        received = counters.counter(prefix + "received");
        sent = counters.counter(prefix + "sent");
        droppedFull = counters.counter(prefix + "dropped.full");
        droppedLink = counters.counter(prefix + "dropped.link");
        droppedTooLong = counters.counter(prefix + "dropped.toolong");
        droppedRefused = counters.counter(prefix + "dropped.refused");
        droppedClosed = counters.counter(prefix + "dropped.closed");
        droppedExcess = counters.counter(prefix + "dropped.excess");
        droppedKernel = counters.counter(prefix + "dropped.kernel");
        truncated = counters.counter(prefix + "dropped.truncated");
    }
}
