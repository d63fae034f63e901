// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

/**
 * What a dead connection had asked for never lands on what a later one wrote, in whatever order the
 * disk ends it: decision 0014. The disk here ends the newest request first.
 */
final class NbdOrderTest {
    private static final int SECTOR = 512;

    private final TestDisk disk = new TestDisk(2048, TestDisk.ALL, 1);

    private static void write(SessionRig.Peer peer, int at, int bytes, byte value) {
        byte[] data = new byte[bytes];
        Arrays.fill(data, value);
        peer.request(0, NbdWire.CMD_WRITE, at, at, bytes);
        peer.send(data);
    }

    private void endNewestFirst() {
        while (!disk.waiting.isEmpty()) {
            disk.finishNewest();
        }
    }

    @Test
    void aWriteOfADeadConnectionIsOverwrittenByThatOfANewOne() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer dead = rig.transmitting(false);
            write(dead, 8 * SECTOR, SECTOR, (byte) 1);
            dead.session.abandon();
            SessionRig.Peer live = rig.transmitting(false);
            write(live, 8 * SECTOR, SECTOR, (byte) 2);
            endNewestFirst();
            assertThat(live.output()).hasSize(16);
            assertThat(dead.session.isGone()).isTrue();
            assertThat(disk.content[8 * SECTOR]).isEqualTo((byte) 2);
        }
    }

    /** The trim waits at the gate, for the write of a part of a sector, when the new one comes. */
    @Test
    void aTrimOfADeadConnectionThatWaitsForAPartOfASectorIsOverwrittenToo() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer dead = rig.transmitting(false);
            write(dead, 8 * SECTOR + 1, 10, (byte) 1);
            dead.request(0, NbdWire.CMD_TRIM, 1, 0, 16 * SECTOR);
            dead.session.abandon();
            SessionRig.Peer live = rig.transmitting(false);
            write(live, 2 * SECTOR, SECTOR, (byte) 2);
            write(live, 40 * SECTOR, SECTOR, (byte) 3);
            endNewestFirst();
            assertThat(live.output()).hasSize(2 * 16);
            assertThat(dead.session.isGone()).isTrue();
            assertThat(disk.content[2 * SECTOR]).isEqualTo((byte) 2);
            assertThat(disk.content[40 * SECTOR]).isEqualTo((byte) 3);
            assertThat(disk.content[8 * SECTOR + 1]).isZero();
        }
    }

    @Test
    void aConnectionThatHasEndedBeginsNothingAnyMore() {
        try (SessionRig rig = SessionRig.over(disk)) {
            SessionRig.Peer dead = rig.transmitting(false);
            for (int count = 0; count < Limits.REQUEST_COUNT_MAX + 1; count++) {
                dead.request(0, NbdWire.CMD_TRIM, count, (long) count * SECTOR, SECTOR);
            }
            assertThat(disk.waiting).hasSize(Limits.REQUEST_COUNT_MAX);
            dead.session.inputEnded();
            disk.finishNewest();
            assertThat(dead.output()).hasSize(16);
            dead.again();
            endNewestFirst();
            assertThat(disk.done).hasSize(Limits.REQUEST_COUNT_MAX);
            dead.output();
            assertThat(dead.session.endReason()).isEqualTo(EndReason.CLOSED);
        }
    }
}
