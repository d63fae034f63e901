// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static etherbay.systest.GuestLab.GUEST;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a guest's former node sent late never takes effect: not while the guest is elsewhere, and
 * not when it has come back. Judged by what stands on the legs, and by the targets' own logs of the
 * writes that they executed.
 */
@Timeout(600)
@ExtendWith(ReasonInTrace.class)
class GuestHostileSysTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int RECORDS = 5;
    private static final int SECTOR_BYTES = 512;

    /** A line of a target's log. */
    private record Executed(long epoch, String mac, long lba) {
        static Executed parse(String line) {
            String[] words = line.split(" ", -1);
            return new Executed(
                    Long.parseUnsignedLong(words[0]), words[1], Long.parseLong(words[2]));
        }
    }

    private static List<Executed> executed(GuestLab lab, int target) {
        try {
            // The last line may be half written.
            String text = Files.readString(lab.writeLog(target));
            return text.substring(0, text.lastIndexOf('\n'))
                    .lines()
                    .map(Executed::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The addresses of whoever owns the disk now. */
    private static Set<String> owners(GuestLab lab) {
        return IntStream.range(0, 2)
                .mapToObj(target -> executed(lab, target).getLast().mac())
                .collect(Collectors.toSet());
    }

    private static boolean isOnDisk(GuestLab lab, AoeWrite write) {
        byte[] there = new byte[write.data().length];
        Path leg = lab.leg(write.shelf());
        try (RandomAccessFile file = new RandomAccessFile(leg.toFile(), "r")) {
            file.seek(write.lba() * SECTOR_BYTES);
            file.readFully(there);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Arrays.equals(there, write.data());
    }

    /** How a write comes late. */
    enum Way {
        HELD,
        DOUBLED
    }

    @ParameterizedTest
    @Cases(
            share = 1,
            value = {"HELD", "DOUBLED"})
    void whatAFormerNodeSentLateNeverTakesEffect(Way way) {
        switch (way) {
            case HELD -> whatAStoppedSourceHadOnItsWayNeverLands();
            case DOUBLED -> whatIsDoubledOverARoundTripIsExecutedOnce();
        }
    }

    /**
     * Stopped while it sends the guest, with writes on their way; and let go when it is too late.
     */
    private void whatAStoppedSourceHadOnItsWayNeverLands() {
        try (GuestLab lab = new GuestLab(new GuestLab.Wiring(false, false, true));
                ConsoleTail console = new ConsoleTail(lab.consoles())) {
            HoldingSwitch network = lab.holdingSwitch();
            lab.boot("a");
            RunningMove move =
                    RunningMove.start(lab.client("a"), "b", Map.of("mib-per-second", "8"));
            assertThat(move.reaches("sending")).isTrue();
            Set<String> former = owners(lab);
            network.hold(former);
            Tool.await(
                    "writes to both targets are held",
                    TIMEOUT,
                    () -> held(network, 0) > 0 && held(network, 1) > 0);
            lab.signalNode("a", "STOP");
            List<AoeWrite> late = network.kept().stream()
                    .filter(write -> !isOnDisk(lab, write))
                    .toList();
            assertThat(late).isNotEmpty();

            lab.guest("b", "recover", GUEST);
            console.awaitMore(RECORDS, TIMEOUT);
            assertThat(console.lives()).isEqualTo(2);
            assertNoneLands(lab, console, late);

            network.pass(); // what it sends by itself now meets the new owner
            lab.signalNode("a", "CONT");
            Tool.await(
                    "a lets it go",
                    TIMEOUT,
                    () -> lab.hypervisor("a").isEmpty()
                            && lab.report("a").orElseThrow().state().equals("elsewhere"));
            console.awaitMore(RECORDS, TIMEOUT);

            lab.guest("b", "migrate", GUEST, "a");
            console.awaitMore(RECORDS, TIMEOUT);
            System.out.println("addresses of a: " + former + ", after the round trip: "
                    + owners(lab) + "; " + late.size() + " writes held");
            assertNoneLands(lab, console, late);
            assertThat(console.faults()).isEmpty();
            assertThat(console.lives()).isEqualTo(2);
            assertOneOwnerForEachEpoch(lab);
        }
    }

    private static long held(HoldingSwitch network, int shelf) {
        return network.kept().stream().filter(write -> write.shelf() == shelf).count();
    }

    /** All are delivered, each is refused by its target, and the guest writes on. */
    private static void assertNoneLands(GuestLab lab, ConsoleTail console, List<AoeWrite> late) {
        HoldingSwitch network = lab.holdingSwitch();
        network.deliver(late);
        Tool.await(
                "each is refused: " + network.refusedCount(late) + " of " + late.size(),
                TIMEOUT,
                () -> network.refusedCount(late) == late.size());
        assertThat(late).noneMatch(write -> isOnDisk(lab, write));
        console.awaitMore(RECORDS, TIMEOUT);
    }

    /** A switch that doubles frames, and delivers the second ones after a move, or after two. */
    private void whatIsDoubledOverARoundTripIsExecutedOnce() {
        try (GuestLab lab = new GuestLab(new GuestLab.Wiring(false, false, true));
                ConsoleTail console = new ConsoleTail(lab.consoles())) {
            HoldingSwitch network = lab.holdingSwitch();
            lab.boot("a");
            network.copy(owners(lab));
            console.awaitMore(RECORDS, TIMEOUT);
            network.pass();
            List<AoeWrite> doubled = network.kept();
            assertThat(doubled).hasSizeGreaterThan(RECORDS);

            lab.guest("a", "migrate", GUEST, "b");
            console.awaitMore(RECORDS, TIMEOUT);
            assertNoneIsExecuted(lab, console, doubled);
            lab.guest("b", "migrate", GUEST, "a");
            console.awaitMore(RECORDS, TIMEOUT);
            assertNoneIsExecuted(lab, console, doubled);
            assertThat(console.faults()).isEmpty();
            assertThat(console.lives()).isEqualTo(1);
            assertOneOwnerForEachEpoch(lab);
        }
    }

    /** Of records that the guest does not write again. */
    private static void assertNoneIsExecuted(
            GuestLab lab, ConsoleTail console, List<AoeWrite> doubled) {
        HoldingSwitch network = lab.holdingSwitch();
        List<AoeWrite> records = doubled.stream()
                .filter(write -> write.data().length == RecordGuest.RECORD_BYTES
                        && new String(write.data(), 0, 7, StandardCharsets.US_ASCII)
                                .equals("record "))
                .toList();
        assertThat(records).isNotEmpty();
        Map<Long, Long> before = executions(lab, records);
        network.deliver(doubled);
        Tool.await(
                "each is refused: " + network.refusedCount(doubled) + " of " + doubled.size(),
                TIMEOUT,
                () -> network.refusedCount(doubled) == doubled.size());
        console.awaitMore(RECORDS, TIMEOUT);
        assertThat(executions(lab, records)).isEqualTo(before);
    }

    /** How often each of them was executed. */
    private static Map<Long, Long> executions(GuestLab lab, List<AoeWrite> records) {
        Map<Long, Long> counts = new HashMap<>();
        for (AoeWrite record : records) {
            counts.put(
                    record.lba() << 1 | record.shelf(),
                    executed(lab, record.shelf()).stream()
                            .filter(write -> write.lba() == record.lba())
                            .count());
        }
        assertThat(counts.values()).allMatch(count -> count > 0);
        return counts;
    }

    private static void assertOneOwnerForEachEpoch(GuestLab lab) {
        for (int target = 0; target < 2; target++) {
            Map<Long, String> owners = new HashMap<>();
            long epoch = 0;
            for (Executed write : executed(lab, target)) {
                assertThat(write.epoch()).as("epochs never fall").isGreaterThanOrEqualTo(epoch);
                epoch = write.epoch();
                String first = owners.putIfAbsent(epoch, write.mac());
                if (first != null) {
                    assertThat(write.mac()).as("writer of epoch " + epoch).isEqualTo(first);
                }
            }
            assertThat(owners).hasSizeGreaterThan(2);
        }
    }
}
