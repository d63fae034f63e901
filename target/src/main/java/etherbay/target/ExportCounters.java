// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.Counter;
import etherbay.base.Counters;

/** What one export counts, under {@code export.eX.Y.}; written by its loop, read by anyone. */
final class ExportCounters {
    private final Counters counters;
    private final String prefix;

    final Counter reads;
    final Counter readSectors;
    final Counter writes;
    final Counter writtenSectors;
    final Counter flushes;
    final Counter trims;

    /** ATA errors answered because the backing failed. */
    final Counter failedIos;

    /** ATA requests refused before they reached the backing: unknown, out of range, read-only. */
    final Counter refused;

    /** Of those {@link #refused}: for want of the right to read or write. */
    final Counter refusedDenied;

    /** Answers with AoE error 6: reserved by, or owned by, someone else. */
    final Counter fencedOut;

    /** READs bound to another incarnation: AoE error 3. */
    final Counter refusedIncarnation;

    /** State changes that could not be stored. */
    final Counter notStored;

    final Counter droppedAge;

    /** By deny, accept, policy or a right of the settings. */
    final Counter droppedDenied;

    final Counter droppedFloor;
    final Counter droppedFull;
    final Counter droppedLate;
    final Counter droppedMalformed;

    /** By the mask list, which is edited over the wire. */
    final Counter droppedMasked;

    final Counter droppedNoFrame;
    final Counter droppedStopped;
    final Counter droppedWildcard;

    /** The backing is smaller than it was. */
    final Counter shrunk;

    ExportCounters(Counters counters, ExportSettings settings) {
        this.counters = counters;
        prefix = "export." + settings.name() + ".";
        reads = counter("reads");
        readSectors = counter("read.sectors");
        writes = counter("writes");
        writtenSectors = counter("written.sectors");
        flushes = counter("flushes");
        trims = counter("trims");
        failedIos = counter("failed.ios");
        refused = counter("refused");
        refusedDenied = counter("refused.denied");
        fencedOut = counter("refused.reserved");
        refusedIncarnation = counter("refused.incarnation");
        notStored = counter("failed.state");
        droppedAge = counter("dropped.age");
        droppedDenied = counter("dropped.denied");
        droppedFloor = counter("dropped.floor");
        droppedFull = counter("dropped.full");
        droppedLate = counter("dropped.late");
        droppedMalformed = counter("dropped.malformed");
        droppedMasked = counter("dropped.masked");
        droppedNoFrame = counter("dropped.noframe");
        droppedStopped = counter("dropped.stopped");
        droppedWildcard = counter("dropped.wildcard");
        shrunk = counter("shrunk");
    }

    private Counter counter(String name) {
        return counters.counter(prefix + name);
    }
}
