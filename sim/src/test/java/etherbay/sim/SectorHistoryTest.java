// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class SectorHistoryTest {
    private final SectorHistory cached = new SectorHistory(false);
    private final SectorHistory through = new SectorHistory(true);

    @Test
    void anAcknowledgedWriteIsRead() {
        long first = ackedWrite(cached, 0, 2);
        check(cached, 1, first);
        assertFailsFor(cached, 1, SectorPattern.NOBODY);
        check(cached, 2, SectorPattern.NOBODY);
    }

    @Test
    void aWriteInFlightIsThereOrNot() {
        long first = ackedWrite(cached, 0, 1);
        long second = cached.writeBegins(0, 1);
        check(cached, 0, first);
        check(cached, 0, second);
        cached.writeAcked(second);
        check(cached, 0, second);
        assertFailsFor(cached, 0, first);
    }

    @Test
    void overlappingWritesInFlightEndInEitherOrder() {
        long first = cached.writeBegins(0, 1);
        long second = cached.writeBegins(0, 1);
        cached.writeAcked(second);
        cached.writeAcked(first);
        check(cached, 0, first);
        check(cached, 0, second);
        assertFailsFor(cached, 0, SectorPattern.NOBODY);
    }

    @Test
    void withoutCacheACrashLosesNothingAcknowledged() {
        long first = ackedWrite(through, 0, 1);
        through.crashed();
        check(through, 0, first);
        assertFailsFor(through, 0, SectorPattern.NOBODY);
    }

    @Test
    void withCacheACrashLosesWhatNoFlushCovered() {
        long first = ackedWrite(cached, 0, 1);
        flush(cached);
        long second = ackedWrite(cached, 0, 1);
        cached.crashed();
        check(cached, 0, first);
        check(cached, 0, second);
        assertFailsFor(cached, 0, SectorPattern.NOBODY);
    }

    @Test
    void aFlushCoversOnlyWhatWasAcknowledgedBeforeItBegan() {
        long write = cached.writeBegins(0, 1);
        long flush = cached.flushBegins();
        cached.writeAcked(write);
        cached.flushAcked(flush);
        cached.crashed();
        check(cached, 0, SectorPattern.NOBODY);
    }

    @Test
    void aFlushAcrossACrashPromisesNothing() {
        long first = ackedWrite(cached, 0, 1);
        long flush = cached.flushBegins();
        cached.crashed();
        cached.flushAcked(flush);
        check(cached, 0, SectorPattern.NOBODY);
        check(cached, 0, first);
    }

    @Test
    void anAnswerFromBeforeACrashPromisesNothingAfterIt() {
        long first = cached.writeBegins(0, 1);
        cached.crashed();
        cached.writeAcked(first);
        flush(cached);
        check(cached, 0, SectorPattern.NOBODY);
        long second = through.writeBegins(0, 1);
        through.crashed();
        through.writeAcked(second);
        assertFailsFor(through, 0, SectorPattern.NOBODY);
    }

    @Test
    void aWriteDurableByItselfNeedsNoFlush() {
        long first = cached.writeBegins(0, 1);
        cached.writeAckedDurable(first);
        cached.crashed();
        assertFailsFor(cached, 0, SectorPattern.NOBODY);
    }

    @Test
    void damagedForeignAndUnknownSectorsAreNeverRight() {
        long first = ackedWrite(cached, 4, 1);
        assertFailsFor(cached, 4, SectorPattern.DAMAGED);
        assertFailsFor(cached, 5, first);
        assertFailsFor(cached, 4, 99);
    }

    private static long ackedWrite(SectorHistory history, long lba, int sectors) {
        long number = history.writeBegins(lba, sectors);
        history.writeAcked(number);
        return number;
    }

    private static void flush(SectorHistory history) {
        history.flushAcked(history.flushBegins());
    }

    private static void check(SectorHistory history, long lba, long number) {
        long before = history.readCount();
        history.checkRead(history.readBegins(), lba, number);
        assertThat(history.readCount()).isEqualTo(before + 1);
    }

    private static void assertFailsFor(SectorHistory history, long lba, long number) {
        assertThatThrownBy(() -> check(history, lba, number)).isInstanceOf(AssertionError.class);
    }
}
