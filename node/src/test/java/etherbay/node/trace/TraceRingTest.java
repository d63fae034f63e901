// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

class TraceRingTest {
    private static final int RING_BYTES = 1024;

    private final TraceRing ring = new TraceRing(RING_BYTES);
    private final List<String> drained = new ArrayList<>();

    private boolean put(int number, int recordBytes) {
        long at = ring.claim(recordBytes);
        if (at == TraceRing.FULL) {
            return false;
        }
        TraceRecord.tracer(ring.memory(), at, number);
        for (long byteAt = at + TraceRecord.FRAME_AT; byteAt < at + recordBytes; byteAt++) {
            ring.memory().set(ValueLayout.JAVA_BYTE, byteAt, (byte) number);
        }
        ring.publish();
        return true;
    }

    private int drain(int recordCountMax) {
        return ring.drain(
                at -> {
                    int number = TraceRecord.tracer(ring.memory(), at);
                    long end = at + TraceRecord.recordBytes(ring.memory(), at);
                    byte last = ring.memory().get(ValueLayout.JAVA_BYTE, at + TraceRecord.FRAME_AT);
                    drained.add(number + " of " + (end - at) + " bytes, filled with " + last);
                },
                recordCountMax);
    }

    @Test
    void whatIsPublishedIsDrainedInOrder() {
        put(1, 40);
        put(2, 70);
        assertThat(drain(1)).isEqualTo(1);
        assertThat(drain(9)).isEqualTo(1);
        assertThat(drain(9)).isZero();
        assertThat(drained)
                .containsExactly("1 of 64 bytes, filled with 1", "2 of 96 bytes, filled with 2");
    }

    @Test
    void whatIsClaimedAndNotPublishedIsNotDrained() {
        ring.claim(40);
        assertThat(drain(9)).isZero();
        ring.publish();
        assertThat(ring.published()).isEqualTo(64);
    }

    @Test
    void aFullRingRefusesUntilItIsDrained() {
        for (int number = 0; number < RING_BYTES / 64; number++) {
            assertThat(put(number, 64)).isTrue();
        }
        assertThat(put(99, 64)).isFalse();
        assertThat(put(99, 40)).isFalse();
        drain(1);
        assertThat(put(50, 64)).isTrue();
        assertThat(put(99, 40)).isFalse();
        drain(99);
        assertThat(drained)
                .hasSize(RING_BYTES / 64 + 1)
                .noneMatch(record -> record.startsWith("99"));
        assertThat(drained.getLast()).startsWith("50 of");
    }

    @Test
    void recordsOfAnyLengthSurviveTheEndOfTheMemoryForever() {
        List<String> expected = new ArrayList<>();
        for (int number = 0; number < 5000; number++) {
            int recordBytes = 40 + 8 * (number % 36);
            assertThat(put(number % 100, recordBytes)).isTrue();
            int roomBytes = (recordBytes + 31) / 32 * 32;
            expected.add(
                    (number % 100) + " of " + roomBytes + " bytes, filled with " + (number % 100));
            if (number % 2 == 1) {
                drain(9);
            }
        }
        assertThat(drained).isEqualTo(expected);
        assertThat(ring.drained()).isEqualTo(ring.published());
    }

    @Test
    void aRecordThatDoesNotFitBeforeTheEndBeginsAnewOnlyWhenThereIsRoom() {
        put(1, 512);
        put(2, 400);
        drain(1);
        assertThat(put(3, 520)).as("96 bytes before the end, 512 behind it").isFalse();
        assertThat(put(3, 512)).isTrue();
        drain(9);
        assertThat(drained).hasSize(3).last().asString().startsWith("3 of 512");
    }

    @Test
    void itKnowsHowFullItIs() {
        put(1, 512);
        assertThat(ring.holdsMoreThan(511)).isTrue();
        assertThat(ring.holdsMoreThan(512)).isFalse();
        drain(9);
        assertThat(ring.holdsMoreThan(0)).isFalse();
    }
}
