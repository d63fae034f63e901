// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.BlockCapabilities;
import etherbay.base.EtherbayException;
import etherbay.mirror.CheckRequest;
import etherbay.mirror.Mirror;
import etherbay.sim.SimMedium;
import etherbay.sim.SimNode;
import etherbay.sim.SimStore;
import etherbay.sim.Simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A mirror of two or three legs, each a machine of its own, with a user: legs are silent, lose
 * their power, fail; its process is killed at any instant and another owner takes it over. What was
 * acknowledged is there as long as one leg that was in sync has it, what a FLUSH covered always;
 * once everything is well again all legs are the same by themselves.
 */
final class MirrorLife extends MirrorCase {
    static final long DATA_OFFSET = 2048;
    private final List<SimStore> stores = new ArrayList<>();
    private final long sectors;

    private MirrorLife(Simulation simulation) {
        super(simulation);
        int legCount = prng.chance(0.6) ? 2 : 3;
        sectors = 8L * prng.between(4, 40);
        boolean fua = prng.chance(0.7);
        for (int leg = 0; leg < legCount; leg++) {
            addStore(fua);
        }
        begin(stores.stream().map(SimStore::medium).toList());
    }

    private void addStore(boolean fua) {
        SimMedium medium = new SimMedium(simulation, "leg" + stores.size(), DATA_OFFSET + sectors);
        medium.capabilities(new BlockCapabilities(true, fua, true, true, 512, 4096, false, false));
        medium.faults().tear(prng.unit());
        SimStore store = new SimStore(simulation, medium);
        store.delayNs(prng.chance(0.7) ? 300_000 : 20_000_000);
        store.start();
        stores.add(store);
    }

    static void run(Simulation simulation) {
        new MirrorLife(simulation).run();
    }

    @Override
    int legCount() {
        return stores.size();
    }

    @Override
    MirrorOwner.LegSource source(SimNode node, UUID id) {
        return new StoreLegs(stores, node);
    }

    private void run() {
        int rounds = prng.between(2, 6);
        for (int round = 0; round < rounds; round++) {
            owner.issue(prng.between(10, 60));
            int trouble = prng.between(0, 3);
            simulation.runFor(prng.below(5 * MS_NS));
            for (int count = 0; count < trouble; count++) {
                addBitmap();
                something();
                owner.issue(prng.between(0, 30));
                simulation.runFor(prng.below(prng.chance(0.5) ? 3 * SECOND_NS : 10 * MS_NS));
            }
            if (prng.chance(0.3)) {
                heal();
            }
            if (split) {
                return; // refused, which loses nothing: a person is to decide
            }
        }
        heal();
        if (split) {
            return;
        }
        readAll();
        if (prng.chance(0.3)) {
            rot();
        }
        stop();
        judge.checkSuperblocks();
        judge.checkSame(sectors);
        judge.checkHistory(history, sectors);
    }

    private void something() {
        int leg = prng.below(stores.size());
        SimStore store = stores.get(leg);
        switch (prng.below(12)) {
            case 0, 1, 2 -> silence(store);
            case 3 -> stores.forEach(this::silence);
            case 4 -> powerCut(store);
            case 5 -> {
                disturbed = true;
                store.kill();
                startLater(store);
            }
            case 6, 7 -> kill();
            case 8 -> powerCutAll();
            case 9 -> takeOver();
            case 10 -> {
                if (replace(leg) && prng.chance(0.7)) {
                    powerCut(store);
                }
            }
            default -> damage(store);
        }
    }

    /** One that was made without gets a bitmap while it is used, and whatever comes next. */
    private void addBitmap() {
        Mirror mirror = owner.mirror;
        boolean lacks = mirror != null && owner.isOpen() && !mirror.detail().bitmap();
        if (mirror == null || !lacks || !prng.chance(0.4)) {
            return;
        }
        owner.node.tell(() -> {
            try {
                mirror.addBitmap(added -> simulation.mark("bitmap added"));
            } catch (EtherbayException missing) {
                simulation.mark("no bitmap while a leg is missing");
            }
        });
        simulation.runFor(prng.below(3 * MS_NS));
    }

    /** An instant at which a crash is worth trying. */
    @Override
    void changed(MirrorOwner at) {
        if (at.mirror != null && prng.chance(0.1)) {
            simulation.after(prng.below(3 * MS_NS), () -> {
                if (owner.equals(at) && at.node.alive() && !healing) {
                    simulation.mark("killed when a leg changed");
                    kill();
                }
            });
        }
    }

    private void silence(SimStore store) {
        disturbed = true;
        store.silence();
        simulation.after(prng.below(4 * SECOND_NS), store::answer);
    }

    private void startLater(SimStore store) {
        simulation.after(SECOND_NS + prng.below(3 * SECOND_NS), () -> {
            if (!store.isRunning()) {
                store.start();
            }
        });
    }

    private void powerCut(SimStore store) {
        if (tainted || !owner.isWhole(stores.size())) {
            history.crashed();
        }
        tainted = true;
        disturbed = true;
        store.powerCut();
        startLater(store);
    }

    private void powerCutAll() {
        history.crashed();
        tainted = true;
        disturbed = true;
        stores.forEach(store -> {
            store.powerCut();
            startLater(store);
        });
        kill();
    }

    /** The process is gone; another one of the same node assembles what it finds. */
    private void kill() {
        if (tainted) {
            history.crashed();
        }
        owner.kill();
        owner = newOwner(false);
        List<Integer> legs = all();
        if (prng.chance(0.4)) {
            legs = legs.stream().filter(leg -> prng.chance(0.6)).toList();
            simulation.mark("assembled from some");
        }
        open(legs);
    }

    private void takeOver() {
        MirrorOwner former = owner;
        boolean well = !disturbed && former.isWhole(stores.size());
        MirrorOwner rival = newOwner(true);
        owner = rival;
        former.issue(prng.below(100));
        open(all());
        simulation.runUntil("the rival has opened or not", HEAL_NS, () -> !rival.isOpening());
        if (!rival.isOpen()) {
            former.kill();
            return;
        }
        if (well && !rival.isWhole(stores.size())) {
            throw new AssertionError("a take-over cost a leg: " + rival.detail());
        }
        long openedAtNs = simulation.nowNs();
        List<Integer> legs = rival.legs();
        rival.issue(prng.between(1, 20));
        former.issue(prng.between(1, 20));
        simulation.runFor(prng.below(3 * SECOND_NS));
        if (well && former.legs().size() < stores.size()) {
            throw new AssertionError("a fence was taken for a failed leg: " + former.detail());
        }
        judge.checkOneWriter(
                rival.detail().epoch(),
                openedAtNs,
                legs,
                leg -> stores.get(leg).log().stream()
                        .map(write -> new MirrorJudge.Write(write.atNs(), write.epoch())));
        if (former.mirror != null && former.isFinished() && !former.isFenced()) {
            former.issue(1);
        }
        former.kill();
    }

    private void damage(SimStore store) {
        long lba = prng.below(sectors);
        long count = Math.min(sectors - lba, prng.between(1, 4));
        if (prng.chance(0.5)) {
            store.medium().faults().badReads(DATA_OFFSET + lba, count);
        } else {
            store.medium().faults().badWrites(DATA_OFFSET + lba, count);
        }
        disturbed = true;
        simulation.mark("bad sectors");
    }

    @Override
    void nothingGoesWrong() {
        for (SimStore store : stores) {
            store.medium().faults().heal();
            store.answer();
        }
    }

    /** Bits rot, and a check finds each of the sectors. */
    private void rot() {
        int leg = prng.below(stores.size());
        TreeSet<Long> rotten = new TreeSet<>();
        for (int count = prng.between(1, 5); count > 0; count--) {
            long lba = prng.below(sectors);
            if (rotten.add(lba)) {
                stores.get(leg).medium().rot(DATA_OFFSET + lba);
            }
        }
        Mirror mirror = owner.mirror;
        if (mirror == null) {
            throw new AssertionError("a mirror that is open is there");
        }
        String right = stores.size() > 2 ? "" : "s" + (1 - leg);
        check(mirror, new CheckRequest(false, "", 0));
        if (!new TreeSet<>(mirror.detail().check().sectors()).equals(rotten)) {
            throw new AssertionError(
                    "a check found " + mirror.detail().check() + ", not " + rotten);
        }
        check(mirror, new CheckRequest(true, right, 0));
    }

    private void check(Mirror mirror, CheckRequest request) {
        owner.node.tell(() -> mirror.check(request));
        simulation.runFor(MS_NS);
        simulation.runUntil("checked", HEAL_NS, () -> !mirror.detail().check().running());
    }

    private void stop() {
        stopMirror();
        owner.kill();
    }
}
