// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.EthernetPort;
import etherbay.base.FrameHandler;
import etherbay.base.Prng;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.sim.Simulation;

/** Of some frames only the beginning arrives: they are as good as lost. */
final class ShortFrames {
    private static final int ETHERNET_BYTES = 14;

    /** What lies in memory behind a frame is anything. */
    private static final byte OTHER = 0x5a;

    private ShortFrames() {}

    /** What the initiator takes for its port: it cuts what arrives. */
    private static final class CutPort extends PortDecorator {
        private final Simulation simulation;
        private final Prng prng;

        CutPort(Simulation simulation, EthernetPort port) {
            super(port);
            this.simulation = simulation;
            prng = simulation.prng().fork();
        }

        @Override
        public void onFrames(FrameHandler handler) {
            below().onFrames(frame -> {
                if (prng.chance(0.05)) {
                    simulation.mark("frame cut short");
                    int bytes = prng.between(ETHERNET_BYTES, frame.bytes() - 1);
                    long at = frame.at() + bytes;
                    frame.memory().asSlice(at, frame.bytes() - bytes).fill(OTHER);
                    frame.arrived(bytes, frame.receivedNs());
                }
                handler.onFrame(frame);
            });
        }
    }

    static void run(Simulation simulation) {
        RemoteRig rig = new RemoteRig(simulation, 8L * simulation.prng().between(1, 8));
        DiskUser user = rig.open(
                RemoteDiskSettings.DEFAULT,
                port -> new CutPort(simulation, port),
                rig.prng.between(1, 12));
        user.issue(60);
        rig.settle(user);
        rig.cutAndLook();
    }
}
