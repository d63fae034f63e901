// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.base.MacAddress;
import etherbay.sim.hostile.ExportFacts;
import etherbay.sim.hostile.HostileFrame;
import etherbay.sim.hostile.PortFacts;
import etherbay.sim.hostile.Replies;
import etherbay.sim.hostile.TargetModel;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/** What a READ may be answered with whose sectors are written meanwhile. */
final class HostileRepliesTest {
    private static final MacAddress TARGET = new MacAddress(0x02_00_00_00_00_01L);
    private static final MacAddress SENDER = new MacAddress(0x02_00_00_00_00_02L);
    private static final int SECTOR_BYTES = 512;
    private static final int DATA_AT = 36;

    private final TargetModel model = new TargetModel(
            List.of(new PortFacts(TARGET, 1500)),
            List.of(new ExportFacts(
                    1, 0, 64, 16, 0, List.of(), true, false, true, 1_000_000_000L)));
    private final Replies replies = new Replies();

    private byte[] take(MemorySegment request) {
        HostileFrame frame = new HostileFrame();
        frame.set(request.toArray(ValueLayout.JAVA_BYTE));
        model.take(frame, 1, replies);
        return frame.bytes();
    }

    private static AoeFrames request(int tag) {
        return AoeFrames.request(TARGET, SENDER, 1, 0, tag);
    }

    private static byte[] filled(int sectors, int value) {
        byte[] data = new byte[sectors * SECTOR_BYTES];
        Arrays.fill(data, (byte) value);
        return data;
    }

    /** The answer to the READ of sectors 4 and 5, tag 7. */
    private static byte[] answer(byte[] request, int first, int second) {
        byte[] answer = Arrays.copyOf(request, DATA_AT + 2 * SECTOR_BYTES);
        System.arraycopy(request, 0, answer, 6, 6);
        System.arraycopy(request, 6, answer, 0, 6);
        answer[14] = 0x18; // version 1, response
        answer[25] = 0; // no error
        answer[26] = 0; // all done
        answer[27] = 0x40; // ready
        Arrays.fill(answer, DATA_AT, DATA_AT + SECTOR_BYTES, (byte) first);
        Arrays.fill(answer, DATA_AT + SECTOR_BYTES, answer.length, (byte) second);
        return answer;
    }

    private void readWhileWritten() {
        take(request(6).write(5, filled(2, 0xaa)));
        byte[] request = take(request(7).read(4, 2));
        take(request(8).write(5, filled(1, 0xbb)));
        take(request(9).write(3, filled(2, 0xcc)));
        readRequest = request;
    }

    private byte[] readRequest = {};

    private String said(int first, int second) {
        byte[] answer = answer(readRequest, first, second);
        String wrong = replies.take(answer, answer.length);
        return wrong == null ? "" : wrong;
    }

    @Test
    void aReadMayHoldTheOldOrTheNewOfEachSector() {
        for (int first : new int[] {0, 0xcc}) {
            for (int second : new int[] {0xaa, 0xbb}) {
                readWhileWritten();
                assertThat(said(first, second)).isEmpty();
                take(request(10).write(4, filled(1, 0)));
            }
        }
    }

    @Test
    void nothingElse() {
        readWhileWritten();
        assertThat(said(0xbb, 0xaa)).contains("byte 36 is bb");
        assertThat(said(0xcc, 0xcc)).contains("byte 548 is cc");
    }

    @Test
    void whatWasWrittenBeforeItWasSentIsThere() {
        take(request(6).write(4, filled(2, 0xaa)));
        readRequest = take(request(7).read(4, 2));
        assertThat(said(0, 0xaa)).contains("byte 36 is 00, expected aa");
        assertThat(said(0xaa, 0xaa)).isEmpty();
    }
}
