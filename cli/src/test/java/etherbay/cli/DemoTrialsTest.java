// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;
import etherbay.cli.DemoConsole.Written;

import org.junit.jupiter.api.Test;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** What the records of the guest's writer say of what was done to it. */
class DemoTrialsTest {
    private static final String SUM = "0123456789abcdef0123456789abcdef";

    private static Written written(long number, long guestMs, long seenMs) {
        return new Written(number, SUM, guestMs, seenMs * 1_000_000);
    }

    private static List<Written> upTo(long last) {
        return LongStream.rangeClosed(1, last).mapToObj(n -> written(n, n, n)).toList();
    }

    private static Map<Long, String> found(long first, long last) {
        Map<Long, String> found = new HashMap<>();
        LongStream.rangeClosed(first, last).forEach(n -> found.put(n, SUM));
        return found;
    }

    @Test
    void theGapIsTheLongestTimeByEachClock() {
        List<Written> records =
                List.of(written(7, 100, 1000), written(8, 350, 1200), written(9, 400, 2000));
        assertThat(DemoGap.of(records)).isEqualTo(new DemoGap(250, 800));
        assertThat(DemoGap.of(records.subList(0, 1))).isEqualTo(new DemoGap(0, 0));
    }

    @Test
    void aNumberThatIsMissingIsAnError() {
        assertThatThrownBy(() -> DemoGap.of(List.of(written(7, 0, 0), written(9, 0, 0))))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("missing")
                .extracting(failure -> ((EtherbayException) failure).why())
                .isEqualTo("record 9 follows record 7");
    }

    @Test
    void aRecoveredGuestHasAllThatWasAcknowledged() {
        assertThat(DemoTrials.requireAll(upTo(20), found(1, 20), 21)).isEqualTo(20);
        assertThat(DemoTrials.requireAll(upTo(20), found(1, 21), 22)).isEqualTo(20);
    }

    @Test
    void whatNewerRecordsHaveTakenTheSlotsOfNeedNotBeThere() {
        long last = DemoWriter.SLOTS + 10;
        assertThat(DemoTrials.requireAll(upTo(last), found(12, last + 1), last + 2))
                .isEqualTo(DemoWriter.SLOTS - 1);
        assertThatThrownBy(() -> DemoTrials.requireAll(upTo(last), found(13, last + 1), last + 2))
                .hasMessage("record 12 is lost or changed");
    }

    @Test
    void aRecordThatIsLostOrChangedIsAnError() {
        Map<Long, String> changed = new HashMap<>(found(1, 20));
        changed.put(20L, "f".repeat(32));
        assertThatThrownBy(() -> DemoTrials.requireAll(upTo(20), changed, 21))
                .hasMessage("record 20 is lost or changed");
        assertThatThrownBy(() -> DemoTrials.requireAll(upTo(20), found(1, 18), 19))
                .hasMessageContaining("does not go on where it was");
    }

    @Test
    void linesOfTheConsoleAreTakenFromPiecesOfText() {
        try (DemoConsole console = new DemoConsole(List.of())) {
            console.take("Booting\r\nV 3 " + SUM + "\r\nW 4 " + SUM, 5);
            console.take(" 1230\r\nmaiden login: W 5 " + SUM + " 1310\r\nW 6 ", 6);
            assertThat(console.written())
                    .containsExactly(new Written(4, SUM, 1230, 6), new Written(5, SUM, 1310, 6));
            assertThat(console.found()).containsExactly(Map.entry(3L, SUM));
            assertThat(console.errors()).isEmpty();
            console.begin();
            console.take("W 7 " + SUM + " 10\n", 7);
            assertThat(console.written()).hasSize(3);
            assertThat(console.found()).isEmpty();
            assertThat(console.last()).startsWith("Booting").hasSize(5);
        }
    }

    @Test
    void whatTheGuestCallsWrongIsAnError() {
        try (DemoConsole console = new DemoConsole(List.of())) {
            console.take("[ 3.1] I/O error, dev vda, sector 8\nFAILED 9: it differs\nfine\n", 1);
            assertThat(console.errors()).hasSize(2);
            assertThatThrownBy(() -> DemoRun.requireNoErrors(console))
                    .hasMessage("the guest saw an error")
                    .extracting(failure -> ((EtherbayException) failure).why())
                    .asString()
                    .contains("sector 8; FAILED 9");
        }
    }
}
