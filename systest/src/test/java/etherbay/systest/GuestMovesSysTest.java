// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static etherbay.systest.GuestLab.GUEST;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A guest that writes and checks moves there and back, many times: nothing is lost, nothing is done
 * twice, nothing is copied. And how long it stands still for somebody outside, beside the same
 * guest under plain QEMUs that share one qemu-nbd.
 */
@Timeout(1800)
@ExtendWith(ReasonInTrace.class)
class GuestMovesSysTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int RECORDS = 5; // before and after each move
    private static final long GAP_NS_MAX = 30_000_000_000L;
    private static final Pattern EVENTS = Pattern.compile("Events : (\\d+)");

    private final int moves = Share.of(4, 20, "moves", GuestMovesSysTest.class);

    /** Gaps of one kind of move, and what lies between two records while nothing is moved. */
    private record Gaps(List<Long> gapsNs, long intervalNs) {
        double medianMs() {
            List<Long> sorted = gapsNs.stream().sorted().toList();
            int count = sorted.size();
            return (sorted.get(count / 2) + sorted.get((count - 1) / 2)) / 2e6;
        }

        @Override
        public String toString() {
            return "median %.0f ms, shortest %.0f ms, longest %.0f ms; a record each %.0f ms"
                    .formatted(
                            medianMs(),
                            Collections.min(gapsNs) / 1e6,
                            Collections.max(gapsNs) / 1e6,
                            intervalNs / 1e6);
        }
    }

    /** They take turns: what else this machine does meanwhile meets both alike. */
    @Test
    void aGuestMovesThereAndBackAndLosesNothing() throws IOException {
        List<Long> plainNs = new ArrayList<>();
        List<Long> oursNs = new ArrayList<>();
        try (PlainMoves plain = new PlainMoves();
                ConsoleTail plainConsole = new ConsoleTail(plain.consoles());
                GuestLab lab = new GuestLab();
                ConsoleTail console = new ConsoleTail(lab.consoles())) {
            lab.boot("a");
            lab.guest("a", "pause", GUEST);
            plain.boot();
            String at = "a";
            for (int move = 0; move < moves; move++) {
                plainNs.add(gapNs(plainConsole, plain::move));
                plain.pause();
                lab.guest(at, "start", GUEST);
                String from = at;
                String to = GuestLab.other(at);
                oursNs.add(gapNs(console, () -> lab.guest(from, "migrate", GUEST, to)));
                assertIsAt(lab, to);
                lab.guest(to, "pause", GUEST);
                plain.resume();
                at = to;
            }
            lab.guest(at, "start", GUEST);
            console.awaitMore(RECORDS, TIMEOUT);
            lab.guest(at, "stop", GUEST);
            assertThat(console.faults()).isEmpty();
            assertLegsEqual(lab);
            print(
                    new Gaps(oursNs, console.medianIntervalNs()),
                    new Gaps(plainNs, plainConsole.medianIntervalNs()));
        }
    }

    private void print(Gaps ours, Gaps plain) {
        System.out.printf(
                "gap seen from outside, %d moves each:%n  etherbay %s%n  plain    %s%n"
                        + "  difference of the medians %.0f ms (to be at most 100)%n",
                moves, ours, plain, ours.medianMs() - plain.medianMs());
    }

    private static long gapNs(ConsoleTail console, Runnable move) {
        console.awaitMore(RECORDS, TIMEOUT);
        long sinceNs = System.nanoTime();
        move.run();
        console.awaitMore(RECORDS, TIMEOUT);
        long gapNs = console.longestGapNs(sinceNs);
        assertThat(console.faults()).isEmpty();
        assertThat(console.lives()).isEqualTo(1);
        assertThat(gapNs).isBetween(1L, GAP_NS_MAX);
        return gapNs;
    }

    private static void assertIsAt(GuestLab lab, String node) {
        String other = GuestLab.other(node);
        assertThat(lab.state(node, GUEST)).contains("running");
        assertThat(lab.state(other, GUEST)).contains("elsewhere").contains(node);
        assertWholeAndNothingCopied(lab.mirror(node, "--json"));
    }

    /** Of the mirror since it is here. */
    private static void assertWholeAndNothingCopied(String detail) {
        assertThat(detail).contains("\"good_copies\":2,", "\"copied_bytes\":0,");
        assertThat(detail).contains("\"state\":\"active\"");
        assertThat(detail.split("\"state\":\"in sync\"", -1)).as(detail).hasSize(3);
    }

    private static void assertLegsEqual(GuestLab lab) throws IOException {
        assertThat(MirrorLegs.firstDifference(lab.leg(0), lab.leg(1))).isNegative();
        List<String> events = new ArrayList<>();
        for (int leg = 0; leg < 2; leg++) {
            String said = Tool.run(List.of(
                            Tool.require("mdadm", "mdadm").toString(),
                            "--examine",
                            lab.leg(leg).toString()))
                    .text();
            assertThat(said).contains("State : clean", "Checksum", " - correct");
            assertThat(said).contains("Array State : AA");
            Matcher found = EVENTS.matcher(said);
            assertThat(found.find()).as(said).isTrue();
            events.add(found.group(1));
        }
        assertThat(events.getFirst()).isEqualTo(events.getLast());
    }
}
