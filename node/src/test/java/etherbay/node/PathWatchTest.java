// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.ParkIdler;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus.PathStatus;
import etherbay.sim.IdleClock;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class PathWatchTest {
    private final List<String> told = new ArrayList<>();
    private String standing = "up";
    private long carriedCount;
    private final PathWatch watch = new PathWatch(
            new Loop("watch", new IdleClock(), new ParkIdler(), 0),
            DiskAddress.parse("e1.0"),
            () -> List.of(new PathStatus(
                    "eth0",
                    new MacAddress(0x0200_0000_0001L),
                    standing,
                    16,
                    64,
                    1000,
                    carriedCount,
                    0)),
            told::add);

    private void looks(String... seen) {
        for (String now : seen) {
            standing = now;
            watch.look();
        }
    }

    @Test
    void aMomentOfSilenceIsNotTold() {
        looks("up", "silent", "up", "silent");
        assertThat(told).isEmpty();
        watch.tellAll();
        assertThat(told)
                .containsExactly("e1.0 by eth0 to 02:00:00:00:00:01 is up, 0 frames carried");
    }

    @Test
    void whatLastsIsToldOnce() {
        looks("up", "silent", "silent", "silent");
        carriedCount = 7;
        looks("up", "up", "up", "refused", "refused");
        watch.tellAll();
        assertThat(told)
                .containsExactly(
                        "e1.0 by eth0 to 02:00:00:00:00:01 is silent, 0 frames carried",
                        "e1.0 by eth0 to 02:00:00:00:00:01 is up again, 7 frames carried",
                        "e1.0 by eth0 to 02:00:00:00:00:01 is refused, 7 frames carried",
                        "e1.0 by eth0 to 02:00:00:00:00:01 is refused, 7 frames carried");
    }

    @Test
    void aWayThatIsFoundLaterIsToldAsItIs() {
        standing = "silent";
        watch.tellAll();
        assertThat(told)
                .containsExactly("e1.0 by eth0 to 02:00:00:00:00:01 is silent, 0 frames carried");
    }
}
