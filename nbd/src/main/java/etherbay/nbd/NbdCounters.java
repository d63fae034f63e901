// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Counter;
import etherbay.base.Counters;

import java.util.EnumMap;
import java.util.Map;

/** The counters of the NBD servers of a process, {@code nbd...}; written by the loop. */
final class NbdCounters {
    /** Connections accepted. */
    final Counter accepted;

    /** Connections there now. */
    final Counter connections;

    /** Connections closed as they came: there were as many as allowed. */
    final Counter refused;

    final Counter requests;
    final Counter bytesRead;
    final Counter bytesWritten;

    /** Requests that were answered with an error. */
    final Counter errors;

    /** Options that were answered with an error. */
    final Counter optionErrors;

    /** Chunks of memory that exist. */
    final Counter chunks;

    private final Map<EndReason, Counter> ended = new EnumMap<>(EndReason.class);

    NbdCounters(Counters counters) {
        accepted = counters.counter("nbd.accepted");
        connections = counters.counter("nbd.connections");
        refused = counters.counter("nbd.refused.limit");
        requests = counters.counter("nbd.requests");
        bytesRead = counters.counter("nbd.bytes.read");
        bytesWritten = counters.counter("nbd.bytes.written");
        errors = counters.counter("nbd.errors");
        optionErrors = counters.counter("nbd.options.refused");
        chunks = counters.counter("nbd.chunks");
        for (EndReason reason : EndReason.values()) {
            ended.put(reason, counters.counter("nbd.ended." + reason.word()));
        }
    }

    void ended(EndReason reason) {
        Counter counter = ended.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }
}
