// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.MacAddress;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Frames that arrive at a target with one export, each behind a byte of what happens after it and
 * two of its length. Each is answered to its sender or not at all, once; no frame of the pool is
 * lost, nothing stays under way, and the export serves a good request afterwards.
 */
public final class TargetFuzz {
    private static final int FRAME_BYTES_MAX = 1514;
    private static final int FRAME_COUNT_MAX = 24;
    private static final int POOL_COUNT = 64;

    private static final int SETTLE = 1;
    private static final int PASS_TIME = 2;
    private static final int OTHER_PORT = 4;
    private static final int LATE = 8;

    /** Each change of state would be a line. */
    private static final Logger TARGET_LOG = Logger.getLogger("etherbay.target");

    static {
        TARGET_LOG.setLevel(Level.OFF);
    }

    /** Megabytes each: the lives share them, one after the other. */
    private static FakePort port = new FakePort("02:00:00:00:00:01", POOL_COUNT);

    private static FakePort other = new FakePort("02:00:00:00:00:02", POOL_COUNT);

    private final Rig rig = new Rig(
            Rig.settings().withWriteCache(true), new FakeDisk(FakeDisk.FULL, 64), port, other);
    private final byte[] input;
    private int at;

    private TargetFuzz(byte[] input) {
        this.input = input;
    }

    /** The life of one target. */
    public static void fuzzerTestOneInput(byte[] input) {
        port = unplugged(port);
        other = unplugged(other);
        new TargetFuzz(input).run();
    }

    /** A fresh one where a life that failed has kept frames. */
    private static FakePort unplugged(FakePort used) {
        used.unplugged();
        return used.freeCount() == POOL_COUNT
                ? used
                : new FakePort(used.mac().toString(), POOL_COUNT);
    }

    private void run() {
        long[] asked = new long[FRAME_COUNT_MAX];
        int count = 0;
        while (at + 3 <= input.length && count < FRAME_COUNT_MAX) {
            int how = input[at];
            int length = (input[at + 1] & 0xff) << 8 | (input[at + 2] & 0xff);
            length = Math.min(Math.min(length, FRAME_BYTES_MAX), input.length - at - 3);
            MemorySegment frame = MemorySegment.ofArray(input).asSlice(at + 3, length);
            at += 3 + length;
            asked[count++] = length < Ethernet.BYTES ? -1 : Ethernet.src(copied(frame), 0);
            FakePort to = (how & OTHER_PORT) == 0 ? rig.port : rig.otherPort;
            to.receive(frame, rig.nowNs - ((how & LATE) == 0 ? 0 : 100 * Rig.MS));
            if ((how & PASS_TIME) != 0) {
                rig.nowNs += Rig.MS;
            }
            if ((how & SETTLE) != 0) {
                rig.settle();
            }
        }
        rig.settle();
        judge(asked, count);
        assertStillServing();
    }

    /** Native or not, some readers look at eight bytes where six are meant. */
    private static MemorySegment copied(MemorySegment frame) {
        MemorySegment copy = MemorySegment.ofArray(new byte[(int) frame.byteSize() + 8]);
        return copy.copyFrom(frame);
    }

    private void judge(long[] asked, int count) {
        for (FakePort from : List.of(rig.port, rig.otherPort)) {
            for (MemorySegment answer : from.takeSent()) {
                long to = Ethernet.dst(answer, 0);
                assertThat(AoeHeader.malformedMessage(answer, 0, answer.byteSize()))
                        .isFalse();
                assertThat(AoeHeader.response(answer, 0)).isTrue();
                assertThat(Ethernet.src(answer, 0)).isEqualTo(from.mac().bits());
                assertThat(takeOne(asked, count, to))
                        .as("somebody of that address asked")
                        .isTrue();
            }
            assertThat(from.freeCount()).isEqualTo(POOL_COUNT);
        }
        assertThat(rig.export.inFlightCount()).isZero();
    }

    private static boolean takeOne(long[] asked, int count, long to) {
        for (int index = 0; index < count; index++) {
            if (asked[index] == to) {
                asked[index] = -1;
                return true;
            }
        }
        return false;
    }

    /** From whoever is on the mask list by now, and much later than all of it. */
    private void assertStillServing() {
        rig.nowNs += 10_000 * Rig.MS;
        rig.settle();
        rig.port.takeSent();
        List<MacAddress> masks = rig.export.state().masks();
        if (!masks.isEmpty() && masks.stream().allMatch(MacAddress::isGroup)) {
            return; // groups only are heard, and no frame comes from one
        }
        MacAddress known =
                masks.stream().filter(mac -> !mac.isGroup()).findFirst().orElse(Rig.ALICE);
        Rig.Answer answer = rig.ask(rig.from(known, 0x7fff_ffff).identify());
        assertThat(answer.aoeError()).isZero();
        assertThat(answer.status()).isEqualTo(0x40);
    }
}
