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
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/** Tasks that are led by hand: begun, ended, cancelled, and met again after a restart. */
@Timeout(60)
final class TasksTest {
    @TempDir
    private Path folder;

    private final FakeNode clock = new FakeNode();
    private final BlockingQueue<Task> told = new LinkedBlockingQueue<>();

    /** A kind whose tasks do what the test hands them. */
    private static final class Led implements TaskKind {
        private final SynchronousQueue<String> orders = new SynchronousQueue<>();
        private final boolean resumes;

        Led(boolean resumes) {
            this.resumes = resumes;
        }

        @Override
        public String name() {
            return "led";
        }

        @Override
        public boolean resumes() {
            return resumes;
        }

        @Override
        public void run(TaskRun run) throws InterruptedException {
            while (true) {
                run.checkCancelled();
                switch (orders.take()) {
                    case "save" -> run.save(Map.of("at", "5"));
                    case "know how much" -> run.progress(0, 10, "steps");
                    case "progress" -> run.progress(5, 10, "steps");
                    case "tell saved" -> run.log("saved " + run.saved() + run.arguments());
                    case "fail" ->
                        throw new EtherbayException(
                                ErrorCode.NOT_FOUND, "it is gone", "somebody took it", "look");
                    case "bug" -> throw new IllegalStateException("a bug");
                    default -> {
                        return;
                    }
                }
            }
        }

        void order(String order) throws InterruptedException {
            assertThat(orders.offer(order, 20, TimeUnit.SECONDS)).as(order).isTrue();
        }
    }

    private Tasks open(Led kind) {
        Tasks tasks = Tasks.open(folder, clock);
        tasks.register(kind);
        tasks.listen(told::add);
        tasks.resume();
        return tasks;
    }

    private Task begin(Tasks tasks) {
        return tasks.begin("led", "volume vg/lv", Map.of("a", "b"), "eva");
    }

    private Task awaitEnd() throws InterruptedException {
        while (true) {
            Task task = told.poll(20, TimeUnit.SECONDS);
            assertThat(task).as("an end").isNotNull();
            if (task.endedMs() > 0) {
                return task;
            }
        }
    }

    @Test
    void aTaskIsInItsFileBeforeItIsToldAndEnds() throws Exception {
        Led kind = new Led(true);
        try (Tasks tasks = open(kind)) {
            Task begun = begin(tasks);
            assertThat(begun.id()).isEqualTo("t1");
            assertThat(folder.resolve("tasks/t1.json")).exists();
            assertThatThrownBy(() -> begin(tasks)).hasMessageContaining("under way already");
            kind.order("end");
            assertThat(awaitEnd().state()).isEqualTo("done");
            assertThat(Files.readString(folder.resolve("tasks/t1.json"))).contains("\"done\"");
            assertThatThrownBy(() -> tasks.cancel("t1"))
                    .hasMessageContaining("cannot be cancelled");
        }
    }

    @Test
    void itTellsHowFarItIsAndHowLongItWillTake() throws Exception {
        Led kind = new Led(true);
        try (Tasks tasks = open(kind)) {
            begin(tasks);
            clock.nowMs.addAndGet(3000);
            kind.order("progress");
            kind.order("tell saved"); // taken when the former order has been done
            Task task = tasks.find("t1");
            assertThat(List.of(task.done(), task.total(), task.etaSeconds()))
                    .containsExactly(5L, 10L, 3L);
            kind.order("end");
            awaitEnd();
            assertThat(tasks.find("t1").log()).containsExactly("saved {}{a=b}");
        }
    }

    @Test
    void itsBeginIsOneEventHoweverLongItStandsAtNothing() throws Exception {
        Led kind = new Led(true);
        try (Administration parts =
                Administration.open(clock, folder, clock, () -> {}, line -> {})) {
            parts.tasks().register(kind);
            parts.tasks().listen(told::add);
            assertThat(begin(parts.tasks()).id()).isEqualTo("t1");
            clock.nowMs.addAndGet(1000);
            kind.order("know how much");
            kind.order("end");
            awaitEnd();
            assertThat(parts.events().since(0, 9))
                    .extracting(Event::code)
                    .containsExactly("TASK_BEGUN", "TASK_ENDED");
        }
    }

    @Test
    void whatFailsSaysWhy() throws Exception {
        Led kind = new Led(true);
        try (Tasks tasks = open(kind)) {
            begin(tasks);
            kind.order("fail");
            Task failed = awaitEnd();
            assertThat(failed.state()).isEqualTo("failed");
            assertThat(failed.trouble())
                    .isEqualTo(new NodeReport.Trouble(
                            "NOT_FOUND", "it is gone", "somebody took it", "look"));
            begin(tasks);
            kind.order("bug");
            Task bug = awaitEnd();
            assertThat(bug.id()).isEqualTo("t2");
            assertThat(bug.trouble()).isNotNull();
            assertThat(String.valueOf(bug.trouble())).contains("INTERNAL");
        }
    }

    @Test
    void whatIsCancelledEndsSo() throws Exception {
        Led kind = new Led(true);
        try (Tasks tasks = open(kind)) {
            begin(tasks);
            kind.order("progress");
            tasks.cancel("t1");
            assertThat(awaitEnd().state()).isEqualTo("cancelled");
        }
    }

    @Test
    void aRestartGoesOnFromWhatWasSaved() throws Exception {
        Led before = new Led(true);
        try (Tasks tasks = open(before)) {
            begin(tasks);
            before.order("save");
            before.order("progress");
        }
        Led after = new Led(true);
        try (Tasks tasks = open(after)) {
            assertThat(tasks.find("t1").state()).isEqualTo("running");
            after.order("tell saved");
            after.order("end");
            awaitEnd();
            assertThat(tasks.find("t1").log())
                    .containsExactly("goes on after a restart", "saved {at=5}{a=b}");
        }
    }

    @Test
    void aKindThatCannotGoOnFailsAndSaysSo() throws Exception {
        try (Tasks tasks = open(new Led(false))) {
            begin(tasks);
        }
        try (Tasks tasks = open(new Led(false))) {
            assertThat(tasks.find("t1").state()).isEqualTo("failed");
            assertThat(String.valueOf(tasks.find("t1").trouble())).contains("restart");
        }
    }

    @Test
    void aCrashAtAnyByteOfAFileIsTheOldStateOrTheNew() throws Exception {
        Led kind = new Led(false);
        try (Tasks tasks = open(kind)) {
            begin(tasks);
            kind.order("end");
            awaitEnd();
        }
        byte[] next = Files.readAllBytes(folder.resolve("tasks/t1.json"));
        for (int length = 0; length <= next.length; length += 7) {
            Files.write(folder.resolve("tasks/t1.json.new"), Arrays.copyOf(next, length));
            try (Tasks tasks = open(new Led(false))) {
                assertThat(tasks.list()).extracting(Task::state).containsExactly("done");
            }
        }
    }

    @Test
    void aFileThatNobodyCanReadIsPutAside() throws IOException {
        Files.createDirectories(folder.resolve("tasks"));
        Files.writeString(folder.resolve("tasks/t3.json"), "{\"number\":3");
        Files.writeString(folder.resolve("tasks/t4.json"), "{\"number\":5}");
        try (Tasks tasks = open(new Led(false))) {
            assertThat(tasks.list()).isEmpty();
        }
        assertThat(folder.resolve("tasks/t3.json.damaged")).exists();
        assertThat(folder.resolve("tasks/t4.json.damaged")).exists();
        Files.writeString(folder.resolve("tasks/t3.json"), "again");
        try (Tasks tasks = open(new Led(false))) {
            assertThat(tasks.list()).isEmpty();
        }
        assertThat(folder.resolve("tasks/t3.json.damaged")).hasContent("again");
    }

    @Test
    void oldOnesAreForgottenButNotTheirNumbers() throws Exception {
        Led kind = new Led(true);
        try (Tasks tasks = open(kind)) {
            for (int count = 0; count < 3; count++) {
                begin(tasks);
                kind.order("end");
                awaitEnd();
            }
            clock.nowMs.addAndGet(Tasks.KEPT_MS + 1);
        }
        try (Tasks tasks = open(kind)) {
            assertThat(tasks.list()).extracting(Task::id).containsExactly("t3");
            assertThat(begin(tasks).id()).isEqualTo("t4");
        }
    }

    @Test
    void passesOverMirrorsAreSeenThroughToTheirEnds() {
        try (Tasks tasks = open(new Led(true))) {
            MirrorPasses passes = new MirrorPasses(tasks, clock);
            passes.seen(null, report("recover", "recovering"));
            assertThat(tasks.list()).extracting(Task::state).containsExactly("running");
            passes.seen(null, report("recover", "recovering"));
            passes.seen(null, report("", "in sync"));
            assertThat(tasks.find("t1").state()).isEqualTo("done");
            passes.seen(null, report("recover", "recovering"));
            passes.seen(null, report("", "missing"));
            assertThat(tasks.find("t2").state()).isEqualTo("failed");
            passes.seen(null, report("check", "in sync"));
            tasks.cancel("t3");
            assertThat(clock.asked).containsExactly("mirror vm1 cancel {}");
            passes.seen(null, report("", "in sync"));
            assertThat(tasks.find("t3").state()).isEqualTo("cancelled");
        }
    }

    /** A disk that takes nothing holds up no other pass; this one is shown as soon as it can be. */
    @Test
    void aPassThatCannotBeWrittenIsShownWhenItCan() throws IOException {
        Reports.Parts both = Reports.healthy()
                .mirrors(mirror("vm1", "", "in sync"), mirror("vm2", "check", "in sync"));
        try (Tasks tasks = open(new Led(true))) {
            MirrorPasses passes = new MirrorPasses(tasks, clock);
            passes.seen(null, report("recover", "recovering"));
            Path inTheWay = Files.createDirectories(folder.resolve("tasks/t2.json.new/full"));
            assertThatThrownBy(() -> passes.seen(null, both.at(Reports.NOW_MS, 1)))
                    .hasMessageContaining("cannot be read or written");
            assertThat(tasks.list()).extracting(Task::state).containsExactly("done");
            Files.delete(inTheWay);
            passes.seen(null, both.at(Reports.NOW_MS, 1));
            assertThat(tasks.list()).extracting(Task::state).containsExactly("running", "done");
        }
    }

    @Test
    void aPassWhoseMirrorIsGoneForAMinuteHasFailed() {
        try (Tasks tasks = open(new Led(true))) {
            MirrorPasses passes = new MirrorPasses(tasks, clock);
            passes.seen(null, report("resync", "recovering"));
            Reports.Parts none = Reports.healthy().mirrors(new NodeReport.Mirror[0]);
            passes.seen(null, none.at(Reports.NOW_MS, 1));
            assertThat(tasks.find("t1").state()).isEqualTo("running");
            passes.seen(null, none.at(Reports.NOW_MS + 61_000, 1));
            assertThat(tasks.find("t1").state()).isEqualTo("failed");
        }
    }

    private static NodeReport report(String pass, String second) {
        return Reports.healthy().mirrors(mirror("vm1", pass, second)).at(Reports.NOW_MS, 1);
    }

    private static NodeReport.Mirror mirror(String name, String pass, String second) {
        return Reports.mirror(
                name,
                pass.isEmpty() ? null : Reports.progress(pass, 10, 1_000_000),
                Reports.leg("e1.0", "in sync", "a"),
                Reports.leg("e2.0", second, "b"));
    }
}
