// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.EtherbayException;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.Test;

import java.util.List;

/** Legs that join and fail before they have said so themselves: none of the others lists them. */
final class MirrorJoinTest {
    private static final int SECTORS = 256;

    /** One leg, {@code s0}, and an empty disk that is about to join it as device 2. */
    private static MirrorRig one() {
        MirrorRig rig = new MirrorRig(2, SECTORS).create();
        rig.addStore(SECTORS);
        rig.open(rig.parts(0, 1), false, false);
        assertThat(rig.write(0, 1, 1)).isEqualTo(IoStatus.OK);
        rig.mirror().fail("s1");
        rig.mirror().remove("s1");
        settle(rig);
        return rig;
    }

    private static void settle(MirrorRig rig) {
        rig.until("clean", () -> events(rig) > 0 && rig.superblock(0).isClean());
        rig.runFor(5 * MirrorRig.SECOND_NS); // nothing is left to be written by itself
    }

    /** 0 while it is half written. */
    private static long events(MirrorRig rig) {
        try {
            return rig.superblock(0).events();
        } catch (EtherbayException halfWritten) {
            return 0;
        }
    }

    private static boolean isListed(MirrorRig rig, int number) {
        Superblock superblock = rig.superblock(0);
        return number < superblock.roles().size()
                && superblock.roles().get(number) < superblock.legCount();
    }

    @Test
    void aLegThatCannotSayThatItJoinsIsListedByNone() {
        try (MirrorRig rig = one()) {
            long before = events(rig);
            rig.stores.get(2).medium().faults().badWrites(SuperblockFormat.SECTOR, 8);
            rig.node.tell(() -> rig.mirror().add(rig.part(2), true, told -> {}));
            rig.until("the round has come to s0", () -> events(rig) > before);
            rig.kill();
            assertThat(isListed(rig, 2)).isFalse();
            assertThat(rig.tryOpen(rig.parts(0), false, false)).isNull();
        }
    }

    /** What stands on it is many versions behind: such a leg could be anybody's. */
    @Test
    void aLegThatComesBackAndCannotSaySoIsListedByNone() {
        try (MirrorRig rig = one()) {
            assertThat(MirrorLegsTest.add(rig, 2, true)).isEmpty();
            rig.untilStanding("s2", "in sync");
            rig.stores.get(2).silence();
            assertThat(rig.write(1, 1, 2)).isEqualTo(IoStatus.OK);
            assertThat(rig.standing("s2")).isEqualTo("faulty");
            settle(rig);
            long before = events(rig);
            rig.stores.get(2).medium().faults().badWrites(SuperblockFormat.SECTOR, 8);
            rig.stores.get(2).answer();
            rig.until("the round has come to s0", () -> events(rig) > before);
            rig.kill();
            rig.stores.get(2).medium().faults().heal();
            rig.parts(0, 1, 2);
            rig.open(List.of(rig.part(0), rig.part(2)), false, false);
            rig.untilStanding("s2", "in sync");
            rig.stop();
            assertThat(rig.peek(2, 1)).isEqualTo(2);
        }
    }
}
