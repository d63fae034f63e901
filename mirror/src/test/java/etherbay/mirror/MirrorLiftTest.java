// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.EtherbayException;
import etherbay.base.IoOperation;

import org.junit.jupiter.api.Test;

import java.util.OptionalLong;

/** Crashes between two superblocks of one version, one after the other. */
final class MirrorLiftTest {
    private static OptionalLong events(MirrorRig rig, int store) {
        try {
            return OptionalLong.of(rig.superblock(store).events());
        } catch (EtherbayException halfWritten) {
            return OptionalLong.empty();
        }
    }

    private static long difference(MirrorRig rig) {
        OptionalLong one = events(rig, 0);
        OptionalLong other = events(rig, 1);
        return one.isEmpty() || other.isEmpty() ? 0 : Math.abs(one.getAsLong() - other.getAsLong());
    }

    @Test
    void aLegAVersionBehindNeverFallsTwoBehind() {
        try (MirrorRig rig = new MirrorRig(2).create().open()) {
            rig.stores.forEach(store -> store.delayNs(3_000_000));
            rig.begin(IoOperation.WRITE, 0, 1, 4);
            rig.until("one superblock is written", () -> difference(rig) == 1);
            rig.kill();
            assertThat(difference(rig)).isEqualTo(1);
            long[] most = {0};
            for (int crash = 0; crash < 20 && difference(rig) == 1; crash++) {
                crashWhileOpening(rig, most);
            }
            rig.open();
            assertThat(most[0]).isEqualTo(1);
            rig.write(0, 1, 5);
            assertThat(rig.standing("s0")).isEqualTo("in sync");
            assertThat(rig.standing("s1")).isEqualTo("in sync");
        }
    }

    /** Dies as soon as the legs differ by more, or once all is said. */
    private static void crashWhileOpening(MirrorRig rig, long[] most) {
        boolean[] equal = {false};
        rig.begin(rig.parts(0, 1));
        rig.until("the first round", () -> {
            long now = difference(rig);
            most[0] = Math.max(most[0], now);
            equal[0] |= now == 0 && events(rig, 0).isPresent() && events(rig, 1).isPresent();
            return now > 1 || (equal[0] && now == 1);
        });
        rig.kill();
    }
}
