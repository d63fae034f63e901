// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.time.Duration;
import java.util.Locale;

/**
 * A target dies under a writer and comes back: the writer waits, and sees no error. A second writer
 * on the other disk shows whom it concerns. One thread.
 */
final class DemoOutage {
    private static final int VICTIM = 0;
    private static final int OTHER = 1;
    private static final Duration AWAY = Duration.ofSeconds(3);
    private static final Duration POLL = Duration.ofMillis(300);

    /** For {@link #RECORDS_EACH_PHASE}; a guest that retransmits waits a few seconds more. */
    private static final Duration PHASE_TIMEOUT = Duration.ofMinutes(2);

    private static final int RECORDS_EACH_PHASE = 12;

    private final DemoLab lab;

    DemoOutage(DemoLab lab) {
        this.lab = lab;
    }

    DemoSeen run() {
        lab.sh("start writers", DemoScripts.WRITER + DemoScripts.START_WRITERS);
        awaitRecords(RECORDS_EACH_PHASE);
        long killedNs = System.nanoTime();
        lab.killTarget(VICTIM);
        DemoLab.pause(AWAY);
        lab.startTarget(VICTIM);
        long awayMs = Duration.ofNanos(System.nanoTime() - killedNs).toMillis();
        awaitRecords(status(VICTIM).number("records") + RECORDS_EACH_PHASE);
        lab.sh("end its writers", DemoScripts.STOP_WRITERS);
        return judge(awayMs, status(VICTIM), status(OTHER));
    }

    static DemoSeen judge(long awayMs, DemoFacts victim, DemoFacts other) {
        long errors = victim.number("errors") + other.number("errors");
        long stallMs = victim.number("longest");
        if (errors > 0) {
            throw DemoRun.wrong(
                    "a writer saw an error while a target was restarted",
                    "%d of its writes failed, the longest took %d ms".formatted(errors, stallMs));
        }
        if (stallMs < AWAY.toMillis() / 2) {
            throw DemoRun.wrong(
                    "the outage of the target was not felt",
                    "it was away for %d ms, but no write took longer than %d ms"
                            .formatted(awayMs, stallMs));
        }
        long bytes =
                (victim.number("records") + other.number("records")) * DemoScripts.RECORD_BYTES;
        return DemoSeen.of(String.format(
                        Locale.ROOT,
                        "away %.1f s: a write of e0.0 took %.1f s, of e0.1 at most %.1f s;"
                                + " %d MiB, %d errors",
                        awayMs / 1000.0,
                        stallMs / 1000.0,
                        other.number("longest") / 1000.0,
                        bytes >> 20,
                        errors))
                .with("targetAwayMs", awayMs)
                .with("longestStallMs", stallMs)
                .with("longestStallOtherMs", other.number("longest"))
                .with("writtenBytes", bytes)
                .with("errorCount", errors);
    }

    DemoSeen verify() {
        DemoFacts facts = DemoFacts.parse(lab.sh("find all that it wrote", DemoScripts.VERIFY));
        long errors = facts.number("errors");
        if (errors > 0) {
            throw DemoRun.wrong(
                    "the guest's kernel reported errors of the disks",
                    errors + " lines of its log (`dmesg`)");
        }
        long records = facts.number("records");
        return DemoSeen.of("%d records and all files right, e2fsck clean".formatted(records))
                .with("recordCount", records)
                .with("kernelErrorCount", errors);
    }

    private DemoFacts status(int slot) {
        return DemoFacts.parse(
                lab.sh("tell how far its writer is", DemoScripts.STATUS.formatted(slot)));
    }

    /** Waits until the writer of the victim has made {@code count} records. */
    private void awaitRecords(long count) {
        long deadlineNs = System.nanoTime() + PHASE_TIMEOUT.toNanos();
        while (status(VICTIM).numbers().getOrDefault("records", 0L) < count) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "the writer on " + DemoLab.diskName(VICTIM) + " stands still",
                        "no %d records within %d s".formatted(count, PHASE_TIMEOUT.toSeconds()),
                        "the logs stand above; on a busy machine try again when it is idle");
            }
            DemoLab.pause(POLL);
        }
    }
}
