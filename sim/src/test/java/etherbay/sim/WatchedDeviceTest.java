// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

final class WatchedDeviceTest {
    private final Simulation simulation = new Simulation("watched", 1);
    private final SimMedium medium = new SimMedium(simulation, "disk", 8);
    private final WatchedDevice watched = new WatchedDevice(medium.open(simulation.node("host")));
    private final List<IoStatus> outcomes = new ArrayList<>();

    @AfterEach
    void end() {
        simulation.close();
    }

    @Test
    void whatCompletesOnceIsWell() {
        watched.submit(flush());
        assertThat(simulation.runUntilQuiet(1_000_000_000)).isTrue();
        watched.checkNothingInFlight();
        assertThat(watched.completedCount()).isEqualTo(1);
        assertThat(outcomes).containsExactly(IoStatus.OK);
    }

    @Test
    void whatNeverCompletesIsFound() {
        watched.submit(flush());
        assertThatThrownBy(watched::checkNothingInFlight)
                .hasMessageContaining("never completed, as FLUSH");
    }

    @Test
    void aSlotSubmittedTwiceIsFound() {
        Io io = flush();
        watched.submit(io);
        assertThatThrownBy(() -> watched.submit(io)).hasMessageContaining("while in flight");
    }

    private Io flush() {
        return new Io(1)
                .prepare(IoOperation.FLUSH, 0, 0)
                .then(ended -> outcomes.add(ended.status()));
    }
}
