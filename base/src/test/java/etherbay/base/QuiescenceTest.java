// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

class QuiescenceTest {
    private final Quiescence quiescence = new Quiescence();
    private final List<String> heard = new ArrayList<>();

    @Test
    void aWaiterRunsAtOnceWhenNothingIsIn() {
        quiescence.whenQuiet(() -> heard.add("quiet"));
        assertThat(heard).containsExactly("quiet");
    }

    @Test
    void workAdmittedLaterDoesNotDelayAWaiter() {
        long before = quiescence.entered();
        quiescence.whenQuiet(() -> heard.add("quiet"));
        long after = quiescence.entered();
        assertThat(heard).isEmpty();
        quiescence.left(before);
        assertThat(heard).containsExactly("quiet");
        assertThat(quiescence.count()).isEqualTo(1);
        quiescence.left(after);
    }

    @Test
    void waitersRunInTheOrderInWhichTheyCame() {
        long first = quiescence.entered();
        quiescence.whenQuiet(() -> heard.add("first"));
        long second = quiescence.entered();
        quiescence.whenQuiet(() -> heard.add("second"));
        quiescence.left(second);
        assertThat(heard).isEmpty();
        quiescence.left(first);
        assertThat(heard).containsExactly("first", "second");
    }

    @Test
    void aWaiterThatLetsWorkInAndWaitsAgainWaitsForThatWork() {
        long before = quiescence.entered();
        List<Long> inside = new ArrayList<>();
        quiescence.whenQuiet(() -> {
            inside.add(quiescence.entered());
            quiescence.whenQuiet(() -> heard.add("inner"));
        });
        quiescence.left(before);
        assertThat(inside).hasSize(1);
        assertThat(heard).isEmpty();
        quiescence.left(inside.getFirst());
        assertThat(heard).containsExactly("inner");
    }

    @Test
    void endlessWorkDoesNotStarveAWaiterHoweverManyWait() {
        Deque<Long> in = new ArrayDeque<>();
        for (int waiter = 0; waiter < 100; waiter++) {
            in.add(quiescence.entered());
            quiescence.whenQuiet(() -> heard.add("quiet"));
        }
        for (int step = 0; step < 1_000; step++) {
            in.add(quiescence.entered());
            quiescence.left(in.remove());
        }
        assertThat(heard).hasSize(100);
        assertThat(quiescence.count()).isEqualTo(100);
    }

    @Test
    void randomWorkIsNeverReportedQuietTooEarly() {
        Prng prng = new Prng(0x5eed);
        List<Long> generations = new ArrayList<>();
        List<Long> ids = new ArrayList<>();
        long nextId = 0;
        int[] quietCount = {0};
        int waiterCount = 0;
        for (int step = 0; step < 20_000; step++) {
            int what = prng.below(10);
            if (what < 5 && ids.size() < 64) {
                generations.add(quiescence.entered());
                ids.add(nextId++);
            } else if (what < 9 && !ids.isEmpty()) {
                int index = prng.below(ids.size());
                ids.remove(index);
                quiescence.left(generations.remove(index));
            } else {
                long idsBelow = nextId;
                waiterCount++;
                quiescence.whenQuiet(() -> {
                    quietCount[0]++;
                    assertThat(ids).allMatch(id -> id >= idsBelow);
                });
            }
        }
        ids.clear();
        generations.forEach(quiescence::left);
        assertThat(quietCount[0]).as("waiters of %d", waiterCount).isEqualTo(waiterCount);
    }

    @Test
    void workThatLeavesTwiceIsABug() {
        long generation = quiescence.entered();
        quiescence.left(generation);
        assertThatThrownBy(() -> quiescence.left(generation)).isInstanceOf(AssertionError.class);
    }
}
