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
import java.nio.file.Files;
import java.nio.file.Path;
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
        int first = new String(whole, java.nio.charset.StandardCharsets.UTF_8).indexOf('\n') + 1;
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
