// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Impairment;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.Simulation;

/**
 * Copies of frames that arrive long after the request has been answered, and a user who writes the
 * same few blocks again and again: what floors and the guard of the initiator are for.
 */
final class HeldCopies {
    private HeldCopies() {}

    static void run(Simulation simulation) {
        int blocks = simulation.prng().between(1, 3);
        RemoteRig rig = new RemoteRig(simulation, 8L * blocks);
        DiskUser user = rig.open(
                RemoteDiskSettings.DEFAULT.withFrameLifeNs(40 * RemoteRig.MS_NS),
                port -> port,
                rig.prng.between(1, 6));
        rig.network.conditions(
                new Impairment.Settings(0, 0.5, 0.5, 0, rig.prng.between(2, 25) * RemoteRig.MS_NS));
        user.issue(60);
        simulation.runUntil("all requests ended", 60 * RemoteRig.SECOND_NS, user::finished);
        rig.settle(user);
        rig.cutAndLook();
    }
}
