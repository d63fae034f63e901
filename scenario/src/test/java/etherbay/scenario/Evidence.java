// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.sim.Simulation;
import etherbay.target.WriteLog;

import java.util.ArrayList;
import java.util.List;

/** The log of executed writes of one disk over all lives of its target, in their order. */
final class Evidence implements WriteLog {
    /** One executed write, and where the run was then. */
    record Write(long epoch, long mac, long lba, long sectors, int crc32c, long atNs) {}

    private final Simulation simulation;
    private final List<Write> writes = new ArrayList<>();

    Evidence(Simulation simulation) {
        this.simulation = simulation;
    }

    @Override
    public void executed(long epoch, long mac, long lba, long sectors, int crc32c) {
        writes.add(new Write(epoch, mac, lba, sectors, crc32c, simulation.nowNs()));
        simulation.trace("executed", lba, crc32c);
    }

    List<Write> writes() {
        return writes;
    }
}
