// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.DiskAddress;
import etherbay.linux.Linux;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** When something that is held is opened, and when it rests. */
@Timeout(30)
final class HeldTest {
    private static final long QUIET_MS = 1_500;

    /** Open until it is told why not. */
    private static final class FakeUse implements Held.Use {
        final CompletableFuture<Held.End> end = new CompletableFuture<>();
        final CountDownLatch closing = new CountDownLatch(1);
        final CountDownLatch mayClose;

        FakeUse() {
            this(new CountDownLatch(0));
        }

        FakeUse(CountDownLatch mayClose) {
            this.mayClose = mayClose;
        }

        @Override
        public CompletableFuture<Held.End> ended() {
            return end;
        }

        @Override
        public void close() {
            closing.countDown();
            awaited(mayClose);
        }
    }

    /** Says when it is to be opened, and waits for what comes of that. */
    private static final class FakeHeld extends Held<FakeUse> {
        final LinkedBlockingQueue<String> asked = new LinkedBlockingQueue<>();
        final LinkedBlockingQueue<Supplier<FakeUse>> answers = new LinkedBlockingQueue<>();
        final LinkedBlockingQueue<String> opened;

        FakeHeld(LinkedBlockingQueue<String> opened) {
            this(new HeldSpec.Volume("vg/lv", Optional.empty(), Optional.empty(), true), opened);
        }

        FakeHeld(HeldSpec spec, LinkedBlockingQueue<String> opened) {
            this(spec, line -> {}, opened);
        }

        FakeHeld(HeldSpec spec, Consumer<String> say, LinkedBlockingQueue<String> opened) {
            super(spec, say, () -> opened.add("opened"));
            this.opened = opened;
        }

        @Override
        Optional<FakeUse> open(CompletableFuture<Void> given) {
            asked.add("open");
            try {
                return Optional.of(answers.take().get());
            } catch (InterruptedException nobodyDoes) {
                throw new IllegalStateException(nobodyDoes);
            }
        }
    }

    private static Held.End end(Held.Standing standing) {
        return new Held.End(
                standing, new EtherbayException(ErrorCode.CONFLICT, "it ended", "so", "nothing"));
    }

    @Test
    void whatWasAskedForWhileItWasOpenedIsNotDoneWhenAPersonStopsIt() throws InterruptedException {
        FakeUse first = new FakeUse();
        FakeUse second = new FakeUse();
        try (FakeHeld held = new FakeHeld(new LinkedBlockingQueue<>())) {
            held.begin(CompletableFuture.completedFuture(null));
            held.asked.take();
            held.answers.add(() -> first);
            held.opened.take();
            first.end.complete(end(Held.Standing.FENCED));
            while (held.standing() != Held.Standing.FENCED) {
                Thread.onSpinWait();
            }
            held.beginAgain();
            held.asked.take();
            held.beginAgain();
            held.answers.add(() -> second);
            held.opened.take();
            second.end.complete(end(Held.Standing.STOPPED));
            assertThat(held.asked.poll(QUIET_MS, TimeUnit.MILLISECONDS)).isNull();
            assertThat(held.standing()).isEqualTo(Held.Standing.STOPPED);
        }
    }

    @Test
    void aBugEndsNoThreadAndIsSaid() throws InterruptedException {
        try (FakeHeld held = new FakeHeld(new LinkedBlockingQueue<>())) {
            held.begin(CompletableFuture.completedFuture(null));
            held.asked.take();
            held.answers.add(() -> {
                throw new AssertionError("planted");
            });
            while (held.standing() != Held.Standing.TROUBLED) {
                Thread.onSpinWait();
            }
            assertThat(held.trouble())
                    .hasValueSatisfying(
                            why -> assertThat(why.code()).isEqualTo(ErrorCode.INTERNAL));
            held.nudge();
            held.asked.take();
            FakeUse use = new FakeUse();
            held.answers.add(() -> use);
            held.opened.take();
            assertThat(held.standing()).isEqualTo(Held.Standing.OPEN);
        }
    }

    @Test
    void whoeverHearsWhatBecameOfItSeesThatToo() throws InterruptedException {
        CompletableFuture<Held<FakeUse>> made = new CompletableFuture<>();
        LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();
        HeldSpec spec = new HeldSpec.Volume("vg/lv", Optional.empty(), Optional.empty(), true);
        FakeHeld held = new FakeHeld(
                spec,
                line -> {
                    Held<FakeUse> it = made.join();
                    seen.add(it.standing() + " "
                            + it.trouble().map(why -> why.why()).orElse("without trouble"));
                },
                new LinkedBlockingQueue<>());
        made.complete(held);
        try (held) {
            held.answers.add(() -> {
                throw new EtherbayException(ErrorCode.UNAVAILABLE, "no", "it is away", "wait");
            });
            held.begin(CompletableFuture.completedFuture(null));
            assertThat(seen.take()).isEqualTo("TROUBLED it is away");
            held.answers.add(FakeUse::new);
            held.nudge();
            assertThat(seen.take()).isEqualTo("OPEN without trouble");
        }
    }

    /** Else nobody could open it again: its legs are this process's still. */
    @Test
    void whatWasOpenWhenABugEndedItsTurnIsClosed() throws InterruptedException {
        FakeUse first = new FakeUse();
        try (FakeHeld held = new FakeHeld(new LinkedBlockingQueue<>())) {
            held.begin(CompletableFuture.completedFuture(null));
            held.answers.add(() -> first);
            held.opened.take();
            held.answers.add(FakeUse::new);
            first.end.completeExceptionally(new AssertionError("planted"));
            held.opened.take();
            assertThat(first.closing.getCount()).as("open").isZero();
            assertThat(held.standing()).isEqualTo(Held.Standing.OPEN);
        }
    }

    @Test
    void aReportWaitsNotForOneThatIsClosedAsSoonAsACommandHasItsAnswer() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        FakeUse use = new FakeUse();
        try (FakeHeld held = new FakeHeld(new LinkedBlockingQueue<>())) {
            held.begin(CompletableFuture.completedFuture(null));
            held.answers.add(() -> use);
            held.opened.take();
            Thread command = Thread.ofPlatform()
                    .start(() -> held.ask(open -> {
                        asked.countDown();
                        return awaited(answered);
                    }));
            asked.await();
            assertThat(held.glance(open -> 7)).hasValue(7);
            use.end.complete(end(Held.Standing.STOPPED));
            awaitWriter();
            CompletableFuture<Optional<Integer>> report = CompletableFuture.supplyAsync(
                            () -> held.glance(open -> 7))
                    .completeOnTimeout(null, QUIET_MS, TimeUnit.MILLISECONDS);
            Optional<Integer> reported = report.join();
            answered.countDown();
            command.join();
            assertThat(reported).isEmpty();
        }
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            latch.await();
            return true;
        } catch (InterruptedException nobodyDoes) {
            throw new IllegalStateException(nobodyDoes);
        }
    }

    /** Until the thread that holds it waits for those who ask. */
    private static void awaitWriter() {
        while (Thread.getAllStackTraces().values().stream()
                .noneMatch(frames -> Arrays.stream(frames)
                        .anyMatch(frame -> frame.getClassName().endsWith("$WriteLock")))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatDoesNotEndIsLeftBehindAndTheRestIsEndedInTime() throws InterruptedException {
        HeldSpec.Disk disk = new HeldSpec.Disk(
                new DiskAddress(7, 0), List.of("eth0"), 0, Optional.empty(), false);
        CountDownLatch late = new CountDownLatch(1);
        FakeUse hangs = new FakeUse(late);
        FakeUse ends = new FakeUse();
        try (FakeHeld volume = new FakeHeld(new LinkedBlockingQueue<>());
                FakeHeld below = new FakeHeld(disk, new LinkedBlockingQueue<>())) {
            open(volume, hangs);
            open(below, ends);
            CompletableFuture<Void> end = CompletableFuture.runAsync(() -> HeldThings.end(
                    List.of(volume, below), Linux.clock().nanoTime() + 2_000_000_000L));
            hangs.closing.await();
            assertThat(ends.closing.getCount()).isOne();
            end.orTimeout(10, TimeUnit.SECONDS).join();
            assertThat(ends.closing.getCount()).isZero();
            late.countDown();
        }
    }

    private static void open(FakeHeld held, FakeUse use) throws InterruptedException {
        held.begin(CompletableFuture.completedFuture(null));
        held.answers.add(() -> use);
        held.opened.take();
    }
}
