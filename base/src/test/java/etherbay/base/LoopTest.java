// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicInteger;

class LoopTest {
    private final HandClock clock = new HandClock();
    private final Loop loop = new Loop("test", clock, new ParkIdler(), 0);
    private final List<String> heard = new ArrayList<>();
    private volatile @Nullable Throwable death;

    private void died(Thread thread, Throwable bug) {
        death = bug;
    }

    private final class Part implements LoopPart {
        @Override
        public int poll(long nowNs) {
            heard.add("poll");
            return 0;
        }

        @Override
        public void flush(long nowNs) {
            heard.add("flush");
        }

        @Override
        public long nextDeadlineNs() {
            return 77;
        }
    }

    @Test
    void aTurnIsMessagesThenArrivalsThenTimersThenOneFlush() {
        loop.add(new Part());
        loop.timers().timer(() -> heard.add("timer")).at(5);
        loop.mailbox().offer(() -> heard.add("message"));
        assertThat(loop.turn(5)).isEqualTo(2);
        assertThat(heard).containsExactly("message", "poll", "timer", "flush");
    }

    @Test
    void whatRunsInATurnCanAskWhenItBegan() {
        loop.mailbox().offer(() -> heard.add("at " + loop.nowNs()));
        loop.turn(5);
        assertThat(heard).containsExactly("at 5");
    }

    @Test
    void theNextDeadlineIsTheEarliestOfTimersAndParts() {
        assertThat(loop.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        loop.add(new Part());
        assertThat(loop.nextDeadlineNs()).isEqualTo(77);
        loop.timers().timer(() -> {}).at(5);
        assertThat(loop.nextDeadlineNs()).isEqualTo(5);
    }

    @Test
    void aPartThatWasTakenOutGetsNoTurn() {
        Part part = new Part();
        loop.add(part);
        loop.remove(part);
        loop.turn(1);
        assertThat(heard).isEmpty();
    }

    @Test
    void aFullMailboxRefusesAndCountsAndKeepsTheOrder() {
        for (int message = 0; message < Mailbox.MESSAGE_COUNT_MAX; message++) {
            int number = message;
            assertThat(loop.mailbox().offer(() -> heard.add("" + number))).isTrue();
        }
        assertThat(loop.mailbox().offer(() -> heard.add("too many"))).isFalse();
        assertThat(loop.mailbox().refusedCount()).isEqualTo(1);
        int turns = 0;
        while (loop.turn(1) > 0) {
            turns++;
        }
        assertThat(turns).isEqualTo(Mailbox.MESSAGE_COUNT_MAX / 64);
        assertThat(heard).hasSize(Mailbox.MESSAGE_COUNT_MAX);
        assertThat(heard.getFirst()).isEqualTo("0");
        assertThat(heard.getLast()).isEqualTo("" + (Mailbox.MESSAGE_COUNT_MAX - 1));
        assertThat(loop.mailbox().offer(() -> {})).isTrue();
    }

    @Test
    @Timeout(60)
    void aMessageToALoopThatIsAboutToSleepIsNeverLeftLying() throws InterruptedException {
        Thread thread = loop.start(this::died);
        SynchronousQueue<Integer> answers = new SynchronousQueue<>();
        for (int message = 0; message < 20_000; message++) {
            int number = message;
            assertThat(loop.mailbox().offer(() -> put(answers, number))).isTrue();
            assertThat(answers.take()).isEqualTo(number);
        }
        loop.stop();
        thread.join();
        assertThat(death).isNull();
    }

    private static void put(SynchronousQueue<Integer> answers, int number) {
        try {
            answers.put(number);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @Timeout(60)
    void aLoopThatWasJustStartedHearsStopAtWhateverMomentItComes() throws InterruptedException {
        for (int round = 0; round < 500; round++) {
            Loop fresh = new Loop("fresh", clock, new ParkIdler(), 0);
            Thread thread = fresh.start(this::died);
            fresh.stop();
            thread.join();
        }
    }

    @Test
    @Timeout(60)
    void aWakeUpBeforeTheSleepOfAnotherThreadEndsThatSleep() throws InterruptedException {
        ParkIdler idler = new ParkIdler();
        idler.wakeUp();
        Thread thread = Thread.ofPlatform().start(() -> idler.idle(Long.MAX_VALUE));
        thread.join();
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    @Timeout(60)
    void whoeverStartedALoopHearsOfItsDeath() throws InterruptedException {
        Thread thread = loop.start(this::died);
        loop.mailbox().offer(() -> Check.that(false, "a bug"));
        thread.join();
        assertThat(death).isInstanceOf(AssertionError.class).hasMessage("a bug");
    }

    @Test
    void whatALoopOwnsIsNotForOtherThreads() throws InterruptedException {
        AtomicInteger refused = new AtomicInteger();
        Thread other = Thread.ofPlatform().start(() -> {
            assertThatThrownBy(loop::checkOwner).isInstanceOf(AssertionError.class);
            refused.incrementAndGet();
        });
        other.join();
        assertThat(refused).hasValue(1);
    }

    /** Sleeping takes as long as it is allowed to. */
    private final class Sleeper implements Idler {
        @Override
        public void idle(long timeoutNs) {
            heard.add("slept " + timeoutNs);
            clock.nowNs += timeoutNs;
        }

        @Override
        public void wakeUp() {}
    }

    @Test
    void aToolTurnsUntilWhatItWaitsForOrItsDeadline() {
        Loop tool = new Loop("tool", clock, new Sleeper(), 0);
        long startNs = clock.nowNs;
        tool.timers().timer(() -> heard.add("timer")).at(startNs + 30);
        assertThat(tool.runUntil(startNs + 100, () -> heard.contains("timer"))).isTrue();
        assertThat(tool.runUntil(startNs + 100, () -> false)).isFalse();
        assertThat(clock.nowNs).isEqualTo(startNs + 100);
        assertThat(heard).containsExactly("slept 30", "timer", "slept 70");
    }
}
