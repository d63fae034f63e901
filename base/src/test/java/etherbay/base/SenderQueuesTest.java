// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

class SenderQueuesTest {
    private static final int FRAME_COUNT = 1024;

    private final EthernetPort port = new Segment(new HandClock(), 1500, new Counters())
            .port("p", new MacAddress(2), () -> {});
    private final Arena arena = Arena.ofConfined();
    private final FramePool pool = new FramePool(arena, port, FRAME_COUNT);
    private final SenderQueues queues = new SenderQueues();

    @AfterEach
    void free() {
        arena.close();
        port.close();
    }

    /** So many frames of that sender without data, numbered. */
    private void add(int sender, int from, int count) {
        add(sender, from, count, Frame.BYTES_MIN);
    }

    private void add(int sender, int from, int count, int bytes) {
        for (int number = from; number < from + count; number++) {
            Frame frame = Objects.requireNonNull(pool.take());
            for (int at = 0; at < 2 * MacAddress.BYTES; at++) {
                frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + at, (byte) 0);
            }
            frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + 10, (byte) (sender >> 8));
            frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + 11, (byte) sender);
            frame.memory().set(ValueLayout.JAVA_INT_UNALIGNED, frame.at() + 20, number);
            frame.bytes(bytes);
            queues.add(frame);
        }
    }

    private String taken(Frame frame) {
        int high = frame.memory().get(ValueLayout.JAVA_BYTE, frame.at() + 10) & 0xff;
        int low = frame.memory().get(ValueLayout.JAVA_BYTE, frame.at() + 11) & 0xff;
        String name = (high << 8 | low)
                + ":"
                + frame.memory().get(ValueLayout.JAVA_INT_UNALIGNED, frame.at() + 20);
        pool.giveBack(frame);
        return name;
    }

    private List<String> polled(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(taken(Objects.requireNonNull(queues.poll())));
        }
        return names;
    }

    private static List<String> names(int sender, int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(number -> sender + ":" + number)
                .toList();
    }

    @Test
    void oneSenderIsServedInItsOrder() {
        add(1, 1, 3);
        assertThat(polled(2)).containsExactly("1:1", "1:2");
        add(1, 4, 1);
        assertThat(polled(2)).containsExactly("1:3", "1:4");
        assertThat(queues.poll()).isNull();
        assertThat(queues.count() + queues.senderCount()).isZero();
    }

    @Test
    void manyFramesOfOneWaitBehindTheFewOfOthers() {
        int turn = SenderQueues.TURN_COUNT_MAX;
        add(9, 1, 100);
        add(1, 1, turn + 2);
        add(2, 1, 1);
        assertThat(queues.senderCount()).isEqualTo(3);
        assertThat(polled(turn - 1)).containsExactlyElementsOf(names(9, 1, turn - 1));
        add(3, 1, 1);
        assertThat(polled(1)).containsExactlyElementsOf(names(9, turn, turn));
        assertThat(polled(turn)).containsExactlyElementsOf(names(1, 1, turn));
        assertThat(polled(2)).containsExactly("2:1", "3:1");
        assertThat(polled(turn)).containsExactlyElementsOf(names(9, turn + 1, 2 * turn));
        assertThat(polled(3))
                .containsExactly("1:" + (turn + 1), "1:" + (turn + 2), "9:" + (2 * turn + 1));
    }

    @Test
    void nobodyIsPassedOverWhenQueuesComeAndGo() {
        Prng random = new Prng(5);
        Map<String, Integer> added = new HashMap<>();
        Map<String, Integer> served = new HashMap<>();
        int waitedMax = 0;
        int lastOfFive = 0;
        add(5, 1, 900);
        for (int step = 1; step <= 800; step++) {
            int sender = 10 + random.below(20);
            if (queues.count() < FRAME_COUNT - 100) {
                add(sender, added.merge(sender + "", 1, Integer::sum), 1);
            }
            String[] name = polled(1).getFirst().split(":", -1);
            if (name[0].equals("5")) {
                waitedMax = Math.max(waitedMax, step - lastOfFive);
                lastOfFive = step;
            } else {
                int number = served.merge(name[0], 1, Integer::sum);
                assertThat(name[1]).as("order of " + name[0]).isEqualTo(number + "");
            }
        }
        assertThat(waitedMax).isBetween(2, 20 * SenderQueues.TURN_COUNT_MAX + 1);
    }

    @Test
    void roomIsMadeAtTheCostOfWhoHasMoreThanAllOthers() {
        add(1, 0, 1);
        assertThat(queues.pollExcess()).as("the only one").isNull();
        add(1, 1, 10);
        assertThat(taken(Objects.requireNonNull(queues.pollExcess()))).isEqualTo("1:0");
        add(2, 1, 8);
        assertThat(taken(Objects.requireNonNull(queues.pollExcess()))).isEqualTo("1:1");
        assertThat(taken(Objects.requireNonNull(queues.pollExcess()))).isEqualTo("1:2");
        assertThat(queues.pollExcess()).as("8 of 16").isNull();
        assertThat(polled(8)).containsExactlyElementsOf(names(1, 3, 10));
        assertThat(polled(8)).containsExactlyElementsOf(names(2, 1, 8));
    }

    @Test
    void moreSendersThanAreToldApartShareAQueueInTheirOrder() {
        int own = SenderQueues.SENDER_COUNT_MAX - 1;
        for (int sender = 0; sender < own + 3; sender++) {
            add(sender, 1, 1);
        }
        add(own + 1, 2, 1);
        assertThat(queues.senderCount()).isEqualTo(SenderQueues.SENDER_COUNT_MAX);
        polled(own);
        add(own + 2, 2, 1);
        assertThat(queues.senderCount()).isEqualTo(1);
        assertThat(polled(5))
                .containsExactly(
                        own + ":1",
                        (own + 1) + ":1",
                        (own + 2) + ":1",
                        (own + 1) + ":2",
                        (own + 2) + ":2");
        assertThat(pool.freeCount()).isEqualTo(FRAME_COUNT);
    }

    @Test
    void framesWithDataStayInTheOrderOfArrivalWhoeverSentThem() {
        int data = Frame.BYTES_MIN + 1;
        add(1, 1, 1, data);
        add(1, 2, 2);
        add(1, 4, 1, data);
        add(2, 1, 1, data);
        add(3, 1, 1);
        add(3, 2, 1, data);
        add(4, 1, 2);
        assertThat(polled(9))
                .as("2 waits for 1:4, 3:2 for 2:1")
                .containsExactly("1:1", "1:2", "1:3", "1:4", "2:1", "3:1", "3:2", "4:1", "4:2");
        add(1, 1, 9);
        add(1, 10, 1, data);
        add(2, 1, 1, data);
        add(3, 1, 1);
        assertThat(polled(8)).containsExactlyElementsOf(names(1, 1, 8));
        assertThat(polled(4)).containsExactly("3:1", "1:9", "1:10", "2:1");
        assertThat(queues.poll()).isNull();
    }

    @Test
    void dataThatIsDroppedIsWaitedForByNobody() {
        int data = Frame.BYTES_MIN + 1;
        add(1, 1, 6, data);
        add(2, 1, 1, data);
        for (int number = 1; number <= 5; number++) {
            assertThat(taken(Objects.requireNonNull(queues.pollExcess()))).isEqualTo("1:" + number);
        }
        assertThat(queues.pollExcess()).isNull();
        assertThat(polled(2)).containsExactly("1:6", "2:1");
    }
}
