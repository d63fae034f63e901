// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Epoch;
import etherbay.base.MacAddress;
import etherbay.initiator.Ownership;
import etherbay.initiator.RemoteDisk;
import etherbay.mirror.LegGate;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Who may write to a leg that is a remote disk: a term is an address ({@link MacAddress#ofTerm}),
 * which the target's fence names as the only owner, and from which the disk is used once it does. A
 * target without fences is reserved for that address, which is weaker; one that knows neither is
 * used as it is. On the disk's loop.
 */
public final class AoeLegGate implements LegGate {
    /** Terms that a reservation is recognised by; the hash of each takes nanoseconds. */
    private static final int TERM_COUNT_MAX = 100_000;

    /** Own terms that may hold a reservation since a crash: so many epochs back. */
    private static final int FORMER_TERM_COUNT = 256;

    private final RemoteDisk disk;
    private final UUID node;
    private final long patienceNs;
    private boolean reserved;

    /**
     * @param node identity of this machine
     * @param patienceNs how long the target may be silent before an answer is SILENT
     */
    public AoeLegGate(RemoteDisk disk, UUID node, long patienceNs) {
        this.disk = disk;
        this.node = node;
        this.patienceNs = patienceNs;
    }

    @Override
    public void look(Consumer<Claimed> answer) {
        disk.ownership().look(patienceNs, said -> {
            switch (said.outcome()) {
                case OURS, OTHERS -> answer.accept(new Claimed(Outcome.OURS, said.epoch()));
                case UNSUPPORTED -> lookAtReservation(answer);
                case SILENT -> answer.accept(new Claimed(Outcome.SILENT, Epoch.NONE));
            }
        });
    }

    private void lookAtReservation(Consumer<Claimed> answer) {
        disk.ownership().reservation(patienceNs, said -> {
            for (long term = 1; !said.owners().isEmpty() && term <= TERM_COUNT_MAX; term++) {
                MacAddress mac = MacAddress.ofTerm(node, new Epoch(term));
                if (said.owners().contains(mac)) {
                    disk.source(mac, false);
                    answer.accept(new Claimed(Outcome.WEAK, new Epoch(term)));
                    return;
                }
            }
            boolean silent = said.outcome() == Ownership.Outcome.SILENT;
            answer.accept(new Claimed(silent ? Outcome.SILENT : Outcome.WEAK, Epoch.NONE));
        });
    }

    @Override
    public void claim(Epoch epoch, Consumer<Claimed> answer) {
        MacAddress term = MacAddress.ofTerm(node, epoch);
        disk.ownership().fence(epoch, List.of(term), patienceNs, said -> {
            switch (said.outcome()) {
                case OURS -> {
                    disk.source(term, true);
                    answer.accept(new Claimed(Outcome.OURS, said.epoch()));
                }
                case OTHERS -> answer.accept(new Claimed(Outcome.OTHERS, said.epoch()));
                case UNSUPPORTED -> reserve(epoch, term, answer);
                case SILENT -> answer.accept(new Claimed(Outcome.SILENT, Epoch.NONE));
            }
        });
    }

    private void reserve(Epoch epoch, MacAddress term, Consumer<Claimed> answer) {
        disk.ownership().reserve(term, mac -> isFormerTerm(mac, epoch), patienceNs, said -> {
            Outcome outcome = switch (said.outcome()) {
                case OURS -> {
                    // Whether it waited for the writes of others is not known: they die of age.
                    disk.source(term, false);
                    reserved = true;
                    yield Outcome.WEAK;
                }
                case OTHERS -> Outcome.OTHERS;
                case UNSUPPORTED -> Outcome.WEAK;
                case SILENT -> Outcome.SILENT;
            };
            answer.accept(new Claimed(outcome, Epoch.NONE));
        });
    }

    private boolean isFormerTerm(MacAddress mac, Epoch epoch) {
        for (long back = 0; back <= FORMER_TERM_COUNT; back++) {
            if (mac.equals(MacAddress.ofTerm(node, new Epoch(epoch.value() - back)))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void confirm(Epoch epoch, Consumer<Claimed> answer) {
        MacAddress term = MacAddress.ofTerm(node, epoch);
        if (reserved) {
            disk.ownership().reservation(patienceNs, said -> answer.accept(confirmed(said, term)));
        } else {
            disk.ownership().look(patienceNs, said -> answer.accept(confirmed(said, term)));
        }
    }

    /** Taken is what names others alone; a list that is empty was forgotten, which is no claim. */
    private static Claimed confirmed(Ownership.Answer said, MacAddress term) {
        Outcome outcome = switch (said.outcome()) {
            case OURS -> Outcome.OURS;
            case OTHERS -> said.owners().contains(term) ? Outcome.OURS : Outcome.OTHERS;
            case UNSUPPORTED -> Outcome.WEAK;
            case SILENT -> Outcome.SILENT;
        };
        return new Claimed(outcome, said.epoch());
    }

    @Override
    public void renew() {
        disk.renew();
    }

    @Override
    public void release(Runnable released) {
        if (reserved) {
            reserved = false;
            disk.ownership().release(patienceNs, said -> released.run());
        } else {
            released.run();
        }
    }
}
