// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.util.Objects;

class FramePoolTest {
    private final EthernetPort port = new Segment(new HandClock(), 1500, new Counters())
            .port("p", new MacAddress(2), () -> {});
    private final Arena arena = Arena.ofConfined();
    private final FramePool pool = new FramePool(arena, port, 2);

    @AfterEach
    void free() {
        arena.close();
        port.close();
    }

    private Frame taken() {
        return Objects.requireNonNull(pool.take());
    }

    private Frame claimed(int bytes) {
        return Objects.requireNonNull(pool.claim(bytes));
    }

    @Test
    void thePayloadOfEverySlotLiesOnAPageAndTheLongestFrameWithinIt() {
        for (Frame frame : new Frame[] {taken(), taken()}) {
            long payload = frame.memory().address() + frame.at() + Frame.PAYLOAD_AT;
            assertThat(payload % Frame.PAYLOAD_ALIGN_BYTES).isZero();
            assertThat(frame.at() % FramePool.SLOT_BYTES + FramePool.FRAME_BYTES_MAX)
                    .isEqualTo(FramePool.SLOT_BYTES);
            assertThat(frame.port()).isSameAs(port);
        }
        assertThat(pool.take()).isNull();
        assertThat(pool.claim(60)).isNull();
    }

    @Test
    void aPolledFrameIsFreeAgainUnlessItWasRetained() {
        pool.deliver(taken(), frame -> {});
        assertThat(pool.freeCount()).isEqualTo(2);
        Frame[] kept = new Frame[1];
        pool.deliver(taken(), frame -> {
            frame.retain();
            kept[0] = frame;
        });
        assertThat(pool.freeCount()).isEqualTo(1);
        kept[0].release();
        assertThat(pool.freeCount()).isEqualTo(2);
    }

    @Test
    void aRetainedFrameCanBeSentWithAnotherLength() {
        Frame[] reply = new Frame[1];
        pool.deliver(taken(), frame -> {
            frame.retain();
            frame.bytes(60);
            pool.committed(frame);
            reply[0] = frame;
        });
        assertThat(pool.freeCount()).isEqualTo(1);
        pool.sent(reply[0]);
        assertThat(pool.freeCount()).isEqualTo(2);
    }

    @Test
    void whoDoesNotOwnAFrameCannotGiveItAway() {
        Frame frame = claimed(60);
        assertThatThrownBy(frame::retain).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> pool.giveBack(frame)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> pool.sent(frame)).isInstanceOf(AssertionError.class);
        pool.committed(frame);
        assertThatThrownBy(frame::release).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> pool.committed(frame)).isInstanceOf(AssertionError.class);
        pool.sent(frame);
        assertThatThrownBy(() -> pool.sent(frame)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aFrameOfAnotherPoolOrTooLongAFrameIsABug() {
        FramePool other = new FramePool(arena, port, 1);
        Frame foreign = Objects.requireNonNull(other.claim(60));
        assertThatThrownBy(() -> pool.committed(foreign)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> pool.claim(FramePool.FRAME_BYTES_MAX + 1))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void aRetiredPoolLendsNothingAndItsMemoryGoesWithTheLastFrame() {
        int[] ends = new int[1];
        Frame held = claimed(60);
        Frame committed = claimed(60);
        pool.committed(committed);
        pool.retire(() -> ends[0]++);
        pool.sent(committed);
        assertThat(pool.freeCount()).isEqualTo(1);
        assertThat(pool.take()).isNull();
        assertThat(pool.claim(60)).isNull();
        assertThat(ends[0]).isZero();
        held.release();
        assertThat(ends[0]).isEqualTo(1);
    }

    @Test
    void aPoolOfWhichNothingIsOutEndsAtOnce() {
        int[] ends = new int[1];
        pool.retire(() -> ends[0]++);
        assertThat(ends[0]).isEqualTo(1);
    }
}
