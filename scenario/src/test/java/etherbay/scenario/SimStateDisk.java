// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.Check;
import etherbay.base.Prng;
import etherbay.sim.SimNode;
import etherbay.sim.Simulation;
import etherbay.target.ExportState;
import etherbay.target.StateStore;
import etherbay.target.StateText;

import java.util.Optional;

/**
 * Where simulated targets keep the state of an export: one durable record that outlives them. A
 * save replaces it at a moment between its start and its answer; what a crash interrupts is there
 * whole or not at all, as with a file that is written, synced and renamed; what it holds is the
 * text of such a file.
 */
final class SimStateDisk {
    private final Simulation simulation;
    private final Prng prng;
    private byte[] durable = {};
    private int failingSaveCount;
    private long saveNsMax = 3_000_000;

    SimStateDisk(Simulation simulation) {
        this.simulation = simulation;
        prng = simulation.prng().fork();
    }

    /** What a target finds when it starts. */
    Optional<ExportState> stored() {
        try {
            return durable.length == 0 ? Optional.empty() : Optional.of(StateText.decode(durable));
        } catch (StateText.DamagedException damage) {
            throw new AssertionError("a state that was stored cannot be read", damage);
        }
    }

    /** As a target opens it: replaced whole before the first frame is answered. */
    void store(ExportState state) {
        durable = StateText.encode(state);
    }

    /** The next saves fail. */
    void failSaves(int count) {
        failingSaveCount = count;
    }

    /** Whether the next save fails. */
    boolean isFailing() {
        return failingSaveCount > 0;
    }

    void saveNs(long maxNs) {
        saveNsMax = maxNs;
    }

    /** The store of one process. */
    StateStore open(SimNode node) {
        return new Store(node);
    }

    private final class Store implements StateStore {
        private final SimNode node;
        private boolean saving;

        Store(SimNode node) {
            this.node = node;
        }

        @Override
        public void save(ExportState state, SaveDone done) {
            Check.that(!saving, "one save at a time");
            saving = true;
            boolean fails = failingSaveCount > 0;
            failingSaveCount -= fails ? 1 : 0;
            long answerNs = 1_000 + prng.below(saveNsMax);
            if (fails) {
                simulation.mark("state not stored");
            } else {
                simulation.after(prng.below(answerNs), () -> replace(state));
            }
            simulation.after(answerNs, () -> answer(!fails, done));
        }

        private void replace(ExportState state) {
            if (node.alive()) {
                durable = StateText.encode(state);
                simulation.trace("state stored", state.epoch().value(), state.incarnation());
            }
        }

        private void answer(boolean stored, SaveDone done) {
            if (node.alive()) {
                node.tell(() -> {
                    saving = false;
                    done.saved(stored);
                });
            }
        }
    }
}
