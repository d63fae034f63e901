// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Events and the audit log over restarts, and after a crash at any byte of what was written. */
@Timeout(60)
final class StateFilesTest {
    private static final Caller CALLER = new Caller("eva", Role.ADMIN, "unix", "night shift");

    @TempDir
    private Path folder;

    private final FakeNode clock = new FakeNode();

    private static AuditLog.Change change(String object) {
        return new AuditLog.Change("POST check", object, "active", "", "done");
    }

    @Test
    void eventsComeBackAndIdsGrowOn() {
        try (EventLog log = EventLog.open(folder)) {
            log.add(1, "info", "A", "node", "one");
            log.add(2, "error", "B", "mirror vm1", "two\n\"quoted\"");
        }
        try (EventLog log = EventLog.open(folder)) {
            assertThat(log.since(0, 10)).extracting(Event::id).containsExactly(1L, 2L);
            assertThat(log.since(1, 10).getFirst())
                    .isEqualTo(new Event(2, 2, "error", "B", "mirror vm1", "two\n\"quoted\""));
            assertThat(log.add(3, "info", "C", "node", "three").id()).isEqualTo(3);
            assertThat(log.since(0, 2)).extracting(Event::id).containsExactly(1L, 2L);
        }
    }

    @Test
    void aCrashAtAnyByteOfAnEventLeavesThoseBefore() throws IOException {
        try (EventLog log = EventLog.open(folder)) {
            log.add(1, "info", "A", "node", "one");
            log.add(2, "info", "B", "node", "two");
        }
        Path file = folder.resolve("events.jsonl");
        byte[] whole = Files.readAllBytes(file);
        int first = new String(whole, StandardCharsets.UTF_8).indexOf('\n') + 1;
        for (int length = 0; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            int expected = length == whole.length ? 2 : length >= first ? 1 : 0;
            try (EventLog log = EventLog.open(folder)) {
                assertThat(log.since(0, 10)).as("cut at %d", length).hasSize(expected);
                assertThat(log.add(3, "info", "C", "node", "next").id()).isEqualTo(expected + 1);
            }
            try (EventLog log = EventLog.open(folder)) {
                assertThat(log.since(0, 10)).hasSize(expected + 1);
                assertThat(log.unwrittenCount()).isZero();
            }
        }
    }

    /** A line that is longer than what is read back would be gone after the next start. */
    @Test
    void aTextOfAnyLengthComesBack() throws IOException {
        try (EventLog log = EventLog.open(folder)) {
            log.add(1, "info", "A", "node", "\u0001".repeat(200_000));
            log.add(2, "info", "B", "o".repeat(200_000), "é".repeat(200_000));
            log.add(3, "info", "C", "node", "short");
        }
        try (EventLog log = EventLog.open(folder)) {
            assertThat(log.unwrittenCount()).isZero();
            assertThat(log.since(0, 10)).extracting(Event::code).containsExactly("A", "B", "C");
            assertThat(log.since(0, 10).getFirst().text())
                    .startsWith("\u0001\u0001")
                    .endsWith("... (cut)");
        }
    }

    @Test
    void aDamagedLineOfTheAuditLogIsNamedAmongTheOthers() throws IOException {
        Caller eva = new Caller("eva", Role.ADMIN, "unix", "");
        try (AuditLog log = AuditLog.open(folder, new FakeNode())) {
            for (String verb : List.of("one", "two", "three", "four")) {
                log.add(eva, new AuditLog.Change(verb, "x", "", "", "done"));
            }
            Path file = folder.resolve("audit.jsonl");
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            lines.set(1, lines.get(1).replace("\"two\"", "\"tw"));
            lines.set(2, "{}");
            Files.write(file, lines);
            assertThat(log.latest(10))
                    .extracting(AuditLog.Entry::verb)
                    .containsExactly("four", "damaged", "damaged", "one");
            assertThat(log.latest(10))
                    .extracting(AuditLog.Entry::isUnreadable)
                    .containsExactly(false, true, true, false);
            assertThat(log.latest(10).get(2).result())
                    .startsWith("a line of ")
                    .contains("that begins with {\"id\":2,");
            assertThatThrownBy(() -> AuditLog.verify(log.latest(10)))
                    .hasMessage("the audit log is not as it was written");
            assertThatThrownBy(() -> AuditLog.verify(List.of(log.latest(10).get(1))))
                    .hasMessage("the audit log is not as it was written");
            assertThatThrownBy(log::verify).isInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void onlyTheLatestEventsAreKeptAndFilesAreMovedAside() throws IOException {
        String text = "x".repeat(1200);
        try (EventLog log = EventLog.open(folder)) {
            for (int count = 0; count < EventLog.EVENTS_MAX + 5; count++) {
                log.add(count, "info", "A", "node", text);
            }
            assertThat(log.since(0, 100_000)).hasSize(EventLog.EVENTS_MAX);
            assertThat(log.since(0, 1).getFirst().id()).isEqualTo(6);
        }
        assertThat(Files.size(folder.resolve("events.jsonl"))).isLessThanOrEqualTo(8 << 20);
        assertThat(folder.resolve("events.jsonl.1")).exists();
        try (EventLog log = EventLog.open(folder)) {
            assertThat(log.lastId()).isEqualTo(EventLog.EVENTS_MAX + 5);
        }
    }

    /** A person's folder stands where the full file should go. */
    @Test
    void aFileThatCannotBeMovedAsideGrowsUntilItCan() throws IOException {
        Path inTheWay = Files.createDirectories(folder.resolve("events.jsonl.1/in the way"));
        String text = "x".repeat(20_000);
        try (EventLog log = EventLog.open(folder)) {
            for (int count = 0; count < 600; count++) {
                log.add(count, "info", "A", "node", text);
            }
            assertThat(log.unwrittenCount()).isZero();
            Files.delete(inTheWay);
            Files.delete(folder.resolve("events.jsonl.1"));
            log.add(600, "info", "A", "node", text);
            assertThat(log.unwrittenCount()).isZero();
        }
        assertThat(Files.size(folder.resolve("events.jsonl"))).isLessThan(30_000);
        try (EventLog log = EventLog.open(folder)) {
            assertThat(log.since(0, 10_000)).hasSize(601);
        }
    }

    @Test
    void afterAFileThatCouldNotGrowAnyMoreItGoesOn() throws IOException {
        Path inTheWay = Files.createDirectories(folder.resolve("events.jsonl.1/in the way"));
        String text = "x".repeat(20_000);
        try (EventLog log = EventLog.open(folder)) {
            for (int count = 0; count < 900; count++) {
                log.add(count, "info", "A", "node", text);
            }
            assertThat(log.unwrittenCount()).isBetween(10L, 100L);
            long lost = log.unwrittenCount();
            Files.delete(inTheWay);
            Files.delete(folder.resolve("events.jsonl.1"));
            log.add(900, "info", "A", "node", text);
            assertThat(log.unwrittenCount()).isEqualTo(lost);
        }
        try (EventLog log = EventLog.open(folder)) {
            assertThat(log.lastId()).isEqualTo(901);
        }
    }

    @Test
    void anInterruptEndsNoLog() {
        try (AuditLog audit = AuditLog.open(folder, clock);
                EventLog events = EventLog.open(folder)) {
            Thread.currentThread().interrupt();
            audit.add(CALLER, change("mirror vm1"));
            events.add(1, "info", "A", "node", "one");
            assertThat(Thread.interrupted()).isTrue();
            audit.add(CALLER, change("mirror vm2"));
            events.add(2, "info", "A", "node", "two");
            assertThat(audit.verify()).isEqualTo(2);
            assertThat(events.unwrittenCount()).isZero();
        }
    }

    @Test
    void aByteThatIsNoTextHoldsUpNoStart() throws IOException {
        try (AuditLog audit = AuditLog.open(folder, clock);
                EventLog events = EventLog.open(folder)) {
            audit.add(CALLER, change("mirror vm1"));
            audit.add(CALLER, change("mirror vm2"));
            events.add(1, "info", "A", "node", "one");
            events.add(2, "info", "A", "node", "two");
        }
        spoil("audit.jsonl", "mirror vm1");
        spoil("events.jsonl", "\"one\"");
        try (AuditLog audit = AuditLog.open(folder, clock);
                EventLog events = EventLog.open(folder)) {
            assertThat(events.since(0, 9)).extracting(Event::id).contains(2L);
            assertThat(audit.add(CALLER, change("mirror vm3")).id()).isEqualTo(3);
            assertDamaged(audit);
        }
    }

    private void spoil(String name, String what) throws IOException {
        Path file = folder.resolve(name);
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Files.writeString(file, text.replace(what, "\u00ff" + what), StandardCharsets.ISO_8859_1);
    }

    @Test
    void whatIsReadOfTheAuditLogAtATimeHasABound() {
        Caller hostile = new Caller("eva", Role.VIEWER, "x", "r".repeat(1000));
        try (AuditLog log = AuditLog.open(folder, clock)) {
            for (int count = 0; count < 1200; count++) {
                log.add(
                        hostile,
                        new AuditLog.Change(
                                "v".repeat(1000), "o".repeat(1000), "", "", "r".repeat(1000)));
            }
            List<AuditLog.Entry> latest = log.latest(10_000);
            assertThat(latest).hasSizeBetween(900, 1100);
            assertThat(latest.getFirst().id()).isEqualTo(1200);
            AuditLog.verify(latest);
            assertThat(log.verify()).isEqualTo(1200);
        }
    }

    @Test
    void theAuditLogIsAChainOverRestarts() {
        try (AuditLog log = AuditLog.open(folder, clock)) {
            log.add(CALLER, change("mirror vm1"));
            log.add(CALLER, change("mirror vm2"));
        }
        try (AuditLog log = AuditLog.open(folder, clock)) {
            log.add(CALLER, change("mirror vm3"));
            assertThat(log.verify()).isEqualTo(3);
            AuditLog.Entry latest = log.latest(1).getFirst();
            assertThat(latest.id()).isEqualTo(3);
            assertThat(List.of(latest.who(), latest.reason(), latest.object()))
                    .containsExactly("eva", "night shift", "mirror vm3");
        }
    }

    @Test
    void aLineThatIsChangedOrTakenOutIsFound() throws IOException {
        Path file = folder.resolve("audit.jsonl");
        try (AuditLog log = AuditLog.open(folder, clock)) {
            for (int count = 0; count < 4; count++) {
                log.add(CALLER, change("mirror vm" + count));
            }
            List<String> lines = Files.readAllLines(file);
            Files.writeString(file, Files.readString(file).replace("vm1", "vm9"));
            assertDamaged(log);
            Files.write(file, List.of(lines.get(0), lines.get(1), lines.get(3)));
            assertDamaged(log);
            Files.write(file, lines.subList(0, 3));
            assertDamaged(log);
            Files.write(file, lines);
            assertThat(log.verify()).isEqualTo(4);
        }
    }

    private static void assertDamaged(AuditLog log) {
        assertThatThrownBy(log::verify)
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.DEVIATES));
    }

    @Test
    void aCrashAtAnyByteOfAnAuditLineLeavesAChain() throws IOException {
        try (AuditLog log = AuditLog.open(folder, clock)) {
            log.add(CALLER, change("mirror vm1"));
            log.add(CALLER, change("mirror vm2"));
        }
        Path file = folder.resolve("audit.jsonl");
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try (AuditLog log = AuditLog.open(folder, clock)) {
                log.add(CALLER, change("mirror vm3"));
                assertThat(log.verify()).as("cut at %d", length).isBetween(1, 3);
            }
        }
    }

    @Test
    void anEntryIsOneLineHoweverHostileItsTexts() throws IOException {
        Caller hostile = new Caller("a\nb", Role.VIEWER, "x", "r\u001b[2J".repeat(1000));
        try (AuditLog log = AuditLog.open(folder, clock)) {
            log.add(hostile, change("\r\n{}"));
            assertThat(log.verify()).isEqualTo(1);
        }
        assertThat(Files.readAllLines(folder.resolve("audit.jsonl"))).hasSize(1);
    }
}
