// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.BlockDevice;
import etherbay.base.MacAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.SectorHistory;
import etherbay.sim.SimNetwork;
import etherbay.sim.Simulation;

import org.junit.jupiter.api.Test;

/** How long a disk that is gone under load is waited for: as long as was asked, and no shorter. */
final class FailAfterTest {
    static {
        DiskUser.quiet();
    }

    private static final long MS_NS = 1_000_000L;
    private static final long FAIL_AFTER_NS = RemoteDiskSettings.FAIL_AFTER_NS_MIN;

    @Test
    void aDiskThatIsGoneUnderLoadFailsNeitherSoonerNorLaterThanAsked() {
        Simulation.forSeeds("fail-after", 30, FailAfterTest::run);
    }

    private static void run(Simulation simulation) {
        SimNetwork network = new SimNetwork(simulation, "lan");
        TargetBox target =
                new TargetBox(simulation, 64).on(network, new MacAddress(0x02eb_0000_0101L));
        InitiatorBox initiator = new InitiatorBox(
                        simulation,
                        RemoteDiskSettings.DEFAULT.withFailAfterNs(FAIL_AFTER_NS),
                        new SectorHistory(false),
                        0,
                        (port, frame, atNs) -> {})
                .on(network, new MacAddress(0x02eb_0000_0001L));
        target.start();
        initiator.start();
        simulation.runUntil("the disk is open", 2_000 * MS_NS, initiator::isReady);
        // Busy without a pause for longer than the wait, so that no timer was set by its end.
        initiator.user().issue(20_000);
        simulation.runFor(FAIL_AFTER_NS + simulation.prng().below(FAIL_AFTER_NS));
        assertThat(initiator.user().finished()).isFalse();
        target.kill();
        long goneNs = simulation.nowNs();
        simulation.runUntil(
                "an error",
                FAIL_AFTER_NS + 500 * MS_NS,
                () -> initiator.disk().status().state() == BlockDevice.State.OFFLINE);
        assertThat(simulation.nowNs() - goneNs).isGreaterThan(FAIL_AFTER_NS - 50 * MS_NS);
    }
}
