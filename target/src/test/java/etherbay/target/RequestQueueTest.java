// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/** Numbers of requests stand in their slots' {@code lba}. */
class RequestQueueTest {
    private static final int LENGTH = 4;

    private final RequestQueue queue = new RequestQueue(LENGTH);
    private final Deque<RequestSlot> atDisk = new ArrayDeque<>();
    private long number;

    private void add(long mac) {
        assertThat(queue.hasRoomFor(mac)).isTrue();
        RequestSlot evicted = queue.evict(mac);
        if (evicted != null) {
            queue.giveBack(evicted);
        }
        RequestSlot slot = queue.take(mac);
        slot.lba = number++;
        queue.enqueue(slot);
    }

    private void add(long mac, int count) {
        for (int i = 0; i < count; i++) {
            add(mac);
        }
    }

    private void start() {
        RequestSlot slot = queue.startable();
        while (slot != null) {
            queue.started();
            atDisk.add(slot);
            slot = queue.startable();
        }
    }

    /** The oldest at the disk has ended. @return whose it was, and its number */
    private String finish() {
        RequestSlot slot = Objects.requireNonNull(atDisk.poll());
        String name = slot.mac + ":" + slot.lba;
        queue.finished(slot);
        start();
        return name;
    }

    private List<String> finishAll() {
        List<String> names = new ArrayList<>();
        while (!atDisk.isEmpty()) {
            names.add(finish());
        }
        return names;
    }

    @Test
    void oneSenderMayHaveAllAndIsServedInItsOrder() {
        add(1, 2 * LENGTH);
        start();
        assertThat(queue.isFull()).isTrue();
        assertThat(queue.hasRoomFor(1)).isFalse();
        assertThat(queue.evict(1)).isNull();
        assertThat(queue.activeCount()).isEqualTo(LENGTH);
        assertThat(queue.waitingCount()).isEqualTo(LENGTH);
        assertThat(finish()).isEqualTo("1:0");
        add(1);
        assertThat(finishAll())
                .containsExactly("1:1", "1:2", "1:3", "1:4", "1:5", "1:6", "1:7", "1:8");
        assertThat(queue.isFull()).isFalse();
    }

    @Test
    void whoHasFewerTakesTheNewestOfWhoHasMost() {
        add(1, 2 * LENGTH);
        start();
        add(2, 4);
        assertThat(queue.hasRoomFor(2)).as("4 of 8 already").isFalse();
        assertThat(queue.hasRoomFor(1)).isFalse();
        add(3, 2);
        assertThat(queue.hasRoomFor(3))
                .as("4, 2 and 2, and those of 4 at the disk")
                .isFalse();
        assertThat(finishAll())
                .containsExactly("1:0", "1:1", "1:2", "1:3", "2:8", "2:9", "3:12", "3:13");
    }

    @Test
    void nothingIsTakenFromTheDisk() {
        add(1, LENGTH);
        start();
        add(2, 2);
        add(3, 2);
        assertThat(queue.hasRoomFor(4))
                .as("2 and 2 wait, one more would be as many")
                .isTrue();
        add(4);
        assertThat(queue.hasRoomFor(4)).isFalse();
        assertThat(finishAll()).hasSize(2 * LENGTH).contains("1:3", "2:4", "3:6", "4:8");
    }

    @Test
    void whoFloodsGetsNoMoreThanTheOthers() {
        RequestQueue longer = new RequestQueue(32);
        int[] served = new int[4];
        for (int step = 0; step < 4000; step++) {
            for (int i = 0; i < 20; i++) {
                offer(longer, 0);
            }
            for (int other = 1; other < 4; other++) {
                offer(longer, other);
            }
            RequestSlot started = longer.startable();
            while (started != null) {
                longer.started();
                atDisk.add(started);
                started = longer.startable();
            }
            RequestSlot ended = atDisk.remove();
            served[(int) ended.mac]++;
            longer.finished(ended);
        }
        assertThat(served[0]).as("of 4000").isBetween(900, 1200);
    }

    private static void offer(RequestQueue queue, long mac) {
        if (queue.hasRoomFor(mac)) {
            RequestSlot evicted = queue.evict(mac);
            if (evicted != null) {
                queue.giveBack(evicted);
            }
            queue.enqueue(queue.take(mac));
        }
    }
}
