// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.AuditLog;
import etherbay.admin.Caller;
import etherbay.admin.Role;
import etherbay.admin.Task;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** {@code events}, {@code task} and {@code audit}. */
final class HistoryVerbsTest extends ApiVerbCase {

    private void happens(String text) {
        parts.events().add(MadeUpNode.NOW_MS, "warning", "LEG_FAILED", "mirror vm1", text);
    }

    @Test
    void aDamagedLineOfTheAuditLogIsShownAmongTheOthersAndVerifiedAsBroken() throws IOException {
        parts.audit()
                .add(
                        new Caller("eva", Role.ADMIN, "unix", ""),
                        new AuditLog.Change("PUT settings", "settings", "", "", "done"));
        Files.writeString(folder.resolve("audit.jsonl"), "garbage\n", StandardOpenOption.APPEND);
        assertThat(run("audit")).isZero();
        assertThat(lines()).hasSize(2);
        assertThat(lines().getFirst()).contains("damaged audit.jsonl: a line of 7 letters");
        assertThat(lines().getLast()).contains("eva", "PUT settings");
        assertThat(run("audit", "--verify")).isEqualTo(DEVIATES);
    }

    @Test
    void eventsAreLinesOldestFirst() {
        happens("leg e2.0 failed");
        happens("leg e2.0 \u001b[2Jis back");
        assertThat(run("events")).as(err.toString()).isZero();
        String time = Quantity.time(MadeUpNode.NOW_MS);
        assertThat(lines())
                .containsExactly(
                        "     1  " + time + "  warning  mirror vm1: leg e2.0 failed [LEG_FAILED]",
                        "     2  " + time
                                + "  warning  mirror vm1: leg e2.0 ?[2Jis back [LEG_FAILED]");
    }

    @Test
    void eventsSinceOneAreThoseAfterIt() {
        happens("first");
        happens("second");
        happens("third");
        assertThat(run("events", "--since", "1", "--limit", "1", "--json")).isZero();
        assertThat(lines()).hasSize(1);
        assertThat(document().get("text")).isEqualTo("second");
        assertThat(run("events", "--limit", "0")).isEqualTo(3);
    }

    @Test
    void whoeverFollowsMissesNothingAndSeesNothingTwice() throws Exception {
        happens("before");
        LinkedBlockingQueue<String> printed = new LinkedBlockingQueue<>();
        Thread follower = Thread.ofPlatform()
                .start(() -> Main.commandLine()
                        .setOut(new PrintWriter(new LineQueue(printed)))
                        .execute("events", "--follow", "--state", folder.toString()));
        assertThat(printed.poll(20, TimeUnit.SECONDS)).contains("before");
        happens("between");
        assertThat(printed.poll(20, TimeUnit.SECONDS)).contains("between");
        happens("after");
        assertThat(printed.poll(20, TimeUnit.SECONDS)).contains("after");
        follower.interrupt();
        assertThat(follower.join(java.time.Duration.ofSeconds(20))).isTrue();
        assertThat(printed).isEmpty();
    }

    /** Each line that is printed, when it is. */
    private static final class LineQueue extends Writer {
        private final LinkedBlockingQueue<String> lines;
        private final StringBuilder line = new StringBuilder();

        LineQueue(LinkedBlockingQueue<String> lines) {
            this.lines = lines;
        }

        @Override
        public void write(char[] letters, int at, int count) {
            for (char letter : new String(letters, at, count).toCharArray()) {
                if (letter == '\n') {
                    lines.add(line.toString());
                    line.setLength(0);
                } else {
                    line.append(letter);
                }
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void tasksAreATable() {
        assertThat(run("task", "list")).isZero();
        assertThat(lines()).containsExactly("no task has been begun");
        parts.tasks().begin("copy", "volume vg/a", Map.of(), "somebody");
        out.getBuffer().setLength(0);
        assertThat(run("task", "list")).isZero();
        assertThat(lines().getFirst()).startsWith("ID  KIND  OBJECT");
        assertThat(lines().get(1)).matches("t1  copy  volume vg/a  running .*somebody");
        out.getBuffer().setLength(0);
        assertThat(run("task", "list", "--json")).isZero();
        assertThat(list()).hasSize(1);
    }

    @Test
    void aTaskThatFailedIsItsErrorForWhoeverWatches() {
        Task task = parts.tasks().begin("copy", "volume vg/a", Map.of(), "somebody");
        taskMayEnd.countDown();
        assertThat(run("task", "watch", task.id())).isEqualTo(4);
        assertThat(lines().getLast()).isEqualTo("t1 copy of volume vg/a: failed");
        assertThat(err.toString().lines())
                .containsExactly(
                        "etherbay: the copy failed",
                        "  why: the disk is gone",
                        "  do: bring it back");
    }

    @Test
    void aTaskThatIsCancelledEndsAndWasNotDone() {
        parts.tasks().begin("copy", "volume vg/a", Map.of(), "somebody");
        assertThat(run("task", "cancel", "t1", "--reason", "not now")).isZero();
        assertThat(run("task", "watch", "t1")).isEqualTo(DEVIATES);
        assertThat(lines().getLast()).isEqualTo("t1 copy of volume vg/a: cancelled");
        assertThat(run("task", "watch", "t9")).isEqualTo(4);
    }

    @Test
    void theAuditLogSaysWhoAndWhyAndThatItIsWhole() {
        assertThat(run("trace", "e0.0", "--on", "--reason", "to see")).isZero();
        assertThat(run("trace", "e0.0", "--off")).isZero();
        out.getBuffer().setLength(0);
        assertThat(run("audit")).as(err.toString()).isZero();
        assertThat(lines()).hasSize(2);
        assertThat(lines().get(1))
                .startsWith("     1  ")
                .contains("unix)")
                .contains("e0.0: done; was on: false, to be on: true; because: to see");
        out.getBuffer().setLength(0);
        assertThat(run("audit", "--verify")).as(err.toString()).isZero();
        assertThat(lines())
                .containsExactly("2 entries, 1 to 2, follow each other as they were written");
    }
}
