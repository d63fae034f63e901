// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.Counter;
import etherbay.base.Counters;

/** What an initiator counts, over all its disks. Written by its loop. */
final class InitiatorCounters {
    private final Counter sent;
    private final Counter sentAgain;
    private final Counter late;
    private final Counter malformed;
    private final Counter pathLost;
    private final Counter refused;
    private final Counter gaveUp;
    private final Counter reported;
    private final Counter awayIgnored;

    InitiatorCounters(Counters counters) {
        sent = counters.counter("initiator.sent");
        sentAgain = counters.counter("initiator.sent-again");
        late = counters.counter("initiator.answers.late");
        malformed = counters.counter("initiator.dropped.malformed");
        pathLost = counters.counter("initiator.paths.lost");
        refused = counters.counter("initiator.identify.refused");
        gaveUp = counters.counter("initiator.gave-up");
        reported = counters.counter("initiator.reported");
        awayIgnored = counters.counter("initiator.away.ignored");
    }

    /** A frame with a part of a request went out. */
    void sent(int transmissionCount) {
        sent.increment();
        if (transmissionCount > 1) {
            sentAgain.increment();
        }
    }

    /** An answer to what is done, or was never asked. */
    void late() {
        late.increment();
    }

    void malformed() {
        malformed.increment();
    }

    void pathLost() {
        pathLost.increment();
    }

    void identifyRefused() {
        refused.increment();
    }

    void gaveUp() {
        gaveUp.increment();
    }

    /** Somebody whose word counts for nothing said that a disk would be back. */
    void awayIgnored() {
        awayIgnored.increment();
    }

    void reported() {
        reported.increment();
    }
}
