// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class IoTest {
    private final List<String> heard = new ArrayList<>();

    private static Io io() {
        return new Io(1).prepare(IoOperation.READ, 0, 1);
    }

    @Test
    void itsPiecesAreOneRangeToWhoCopies() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(3 * 512);
            Io io = new Io(3).prepare(IoOperation.READ, 0, 2);
            io.segment(memory, 1000, 500).segment(memory, 0, 24).segment(memory, 100, 500);
            byte[] given = new byte[1024];
            for (int at = 0; at < given.length; at++) {
                given[at] = (byte) (at * 7);
            }
            io.copyFrom(0, MemorySegment.ofArray(given), 0, 300);
            io.copyFrom(300, MemorySegment.ofArray(given), 300, 724);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 1000)).isEqualTo(given[0]);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 23)).isEqualTo(given[523]);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 599)).isEqualTo(given[1023]);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 24))
                    .as("behind a piece")
                    .isZero();
            byte[] taken = new byte[600];
            io.copyTo(400, MemorySegment.ofArray(taken), 1, 599);
            assertThat(taken[0]).isZero();
            assertThat(Arrays.copyOfRange(taken, 1, 600))
                    .isEqualTo(Arrays.copyOfRange(given, 400, 999));
        }
    }

    @Test
    void continuationsRunFromTheLastNamedToTheFirstEachWithItsWord() {
        Io io = io();
        io.then(done -> heard.add("caller " + done.word() + " " + done.status()), 1);
        for (int depth = 2; depth <= 4; depth++) {
            io.then(
                    done -> {
                        heard.add("decorator " + done.word());
                        done.complete(done.status());
                    },
                    depth);
        }
        io.complete(IoStatus.NO_SPACE);
        assertThat(heard)
                .containsExactly("decorator 4", "decorator 3", "decorator 2", "caller 1 NO_SPACE");
        assertThat(io.inFlight()).isFalse();
    }

    @Test
    void aContinuationMayPrepareAndSubmitTheSlotAgain() {
        Io io = io();
        io.then(done -> done.prepare(IoOperation.WRITE, 5, 2).then(again -> heard.add("again")));
        io.complete(IoStatus.OK);
        assertThat(io.inFlight()).isTrue();
        assertThat(io.lba()).isEqualTo(5);
        io.complete(IoStatus.OK);
        assertThat(heard).containsExactly("again");
    }

    @Test
    void completingTwiceOrPreparingInFlightOrStackingTooDeepIsABug() {
        Io io = io();
        assertThatThrownBy(() -> io.complete(IoStatus.OK)).isInstanceOf(AssertionError.class);
        for (int depth = 0; depth < Io.COMPLETION_DEPTH_MAX; depth++) {
            io.then(done -> {});
        }
        assertThatThrownBy(() -> io.then(done -> {})).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> io.prepare(IoOperation.READ, 0, 1))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void rangesThatTouchDoNotOverlap() {
        Io first = new Io(1).prepare(IoOperation.READ, 4, 4);
        assertThat(first.overlaps(new Io(1).prepare(IoOperation.READ, 8, 1))).isFalse();
        assertThat(first.overlaps(new Io(1).prepare(IoOperation.READ, 0, 4))).isFalse();
        assertThat(first.overlaps(new Io(1).prepare(IoOperation.READ, 7, 1))).isTrue();
        assertThat(first.overlaps(new Io(1).prepare(IoOperation.READ, 0, 99))).isTrue();
        assertThat(first.overlaps(new Io(1).prepare(IoOperation.FLUSH, 0, 0))).isFalse();
    }

    @Test
    void aQueueKeepsTheOrderAlsoWhenOneIsTakenOutOfTheMiddle() {
        IoQueue queue = new IoQueue();
        Io[] ios = {io(), io(), io(), io()};
        for (Io io : ios) {
            queue.add(io);
        }
        queue.remove(ios[0], ios[1]);
        queue.remove(ios[2], ios[3]);
        queue.add(ios[1]);
        assertThat(queue.count()).isEqualTo(3);
        assertThat(queue.after(ios[2])).isSameAs(ios[1]);
        queue.remove(null, ios[0]);
        assertThat(queue.poll()).isSameAs(ios[2]);
        assertThat(queue.peek()).isSameAs(ios[1]);
        assertThat(queue.poll()).isSameAs(ios[1]);
        assertThat(queue.poll()).isNull();
        assertThat(queue.isEmpty()).isTrue();
        queue.add(ios[3]);
        assertThat(queue.poll()).isSameAs(ios[3]);
    }

    @Test
    void anIoIsInOneQueueAndDoesNotCompleteInIt() {
        IoQueue queue = new IoQueue();
        Io io = io().then(done -> {});
        queue.add(io);
        assertThatThrownBy(() -> new IoQueue().add(io)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> io.complete(IoStatus.OK)).isInstanceOf(AssertionError.class);
    }
}
