// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

class TimersTest {
    private final Timers timers = new Timers();
    private final List<Integer> fired = new ArrayList<>();

    @Test
    void timersFireByDeadlineAndEqualOnesInTheOrderOfSetting() {
        int[] deadlinesNs = {30, 10, 20, 10, 30};
        for (int index = 0; index < deadlinesNs.length; index++) {
            int name = index;
            timers.timer(() -> fired.add(name)).at(deadlinesNs[index]);
        }
        assertThat(timers.nextDeadlineNs()).isEqualTo(10);
        assertThat(timers.expire(9, 100)).isZero();
        assertThat(timers.expire(30, 100)).isEqualTo(5);
        assertThat(fired).containsExactly(1, 3, 2, 0, 4);
        assertThat(timers.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aCancelledTimerDoesNotFireAndAMovedOneFiresOnce() {
        Timers.Timer cancelled = timers.timer(() -> fired.add(1));
        Timers.Timer moved = timers.timer(() -> fired.add(2));
        cancelled.at(5);
        cancelled.cancel();
        cancelled.cancel();
        moved.at(5);
        moved.at(8);
        assertThat(cancelled.isSet()).isFalse();
        assertThat(moved.deadlineNs()).isEqualTo(8);
        timers.expire(7, 100);
        assertThat(fired).isEmpty();
        timers.expire(8, 100);
        timers.expire(9, 100);
        assertThat(fired).containsExactly(2);
    }

    @Test
    void aTimerThatSetsItselfToNowDoesNotHoldTheTurnUp() {
        Timers.Timer[] self = new Timers.Timer[1];
        self[0] = timers.timer(() -> self[0].at(1));
        self[0].at(1);
        assertThat(timers.expire(1, 64)).isEqualTo(64);
        assertThat(self[0].isSet()).isTrue();
    }

    @Test
    void randomSettingAndCancellingFiresTheSameAsASortedList() {
        Prng prng = new Prng(11);
        record Set(long deadlineNs, int order, int name) {}
        List<Set> model = new ArrayList<>();
        List<Integer> expected = new ArrayList<>();
        List<Timers.Timer> all = new ArrayList<>();
        for (int index = 0; index < 100; index++) {
            int name = index;
            all.add(timers.timer(() -> fired.add(name)));
        }
        long nowNs = 0;
        for (int step = 0; step < 20_000; step++) {
            int name = prng.below(all.size());
            if (prng.chance(0.6)) {
                long deadlineNs = nowNs + prng.below(50);
                all.get(name).at(deadlineNs);
                model.removeIf(set -> set.name() == name);
                model.add(new Set(deadlineNs, step, name));
            } else if (prng.chance(0.3)) {
                all.get(name).cancel();
                model.removeIf(set -> set.name() == name);
            } else {
                nowNs += prng.below(20);
                long atNs = nowNs;
                timers.expire(nowNs, Integer.MAX_VALUE);
                model.stream()
                        .filter(set -> set.deadlineNs() <= atNs)
                        .sorted(Comparator.comparingLong(Set::deadlineNs)
                                .thenComparingInt(Set::order))
                        .forEach(set -> expected.add(set.name()));
                model.removeIf(set -> set.deadlineNs() <= atNs);
            }
        }
        assertThat(fired).hasSizeGreaterThan(1_000).isEqualTo(expected);
    }
}
