// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Epoch;
import etherbay.mirror.LegGate;
import etherbay.mirror.Part;
import etherbay.sim.SimNode;
import etherbay.sim.SimStore;
import etherbay.sim.SimStoreDisk;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Legs without frames: a {@link SimStore} each, always there, as one process uses them. */
final class StoreLegs implements MirrorOwner.LegSource {
    private static final long PATIENCE_NS = 1_000_000_000L;

    private final List<SimStoreDisk> disks = new ArrayList<>();

    StoreLegs(List<SimStore> stores, SimNode node) {
        stores.forEach(store -> disks.add(new SimStoreDisk(store, node, PATIENCE_NS)));
    }

    @Override
    public void await(List<Integer> wanted, Consumer<List<Integer>> there) {
        there.accept(wanted);
    }

    @Override
    public boolean isThere(int index) {
        return true;
    }

    @Override
    public Part part(int index) {
        return new Part("s" + index, disks.get(index), gate(disks.get(index)), "");
    }

    private static LegGate gate(SimStoreDisk disk) {
        return new LegGate() {
            @Override
            public void look(Consumer<Claimed> answer) {
                disk.look(found -> answer.accept(claimed(found)));
            }

            @Override
            public void claim(Epoch epoch, Consumer<Claimed> answer) {
                disk.claim(epoch, found -> answer.accept(claimed(found)));
            }

            @Override
            public void renew() {
                disk.renew();
            }
        };
    }

    private static LegGate.Claimed claimed(SimStore.@Nullable Claimed found) {
        if (found == null) {
            return new LegGate.Claimed(LegGate.Outcome.SILENT, Epoch.NONE);
        }
        return new LegGate.Claimed(
                found.ours() ? LegGate.Outcome.OURS : LegGate.Outcome.OTHERS, found.epoch());
    }
}
