// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.volume.PoolModel.Group;
import etherbay.volume.PoolModel.Version;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Commands, accidents and returns in the order of a seed, against a {@link PoolModel}. After each
 * of them the pool is opened, and every group is what it was or, where the command was for it, what
 * the command says.
 */
final class PoolSequence {
    private static final int DISK_COUNT = 6;
    private static final int LOST_COUNT_MAX = 2;

    /** How a command ended. */
    private enum End {
        DONE,
        REFUSED,
        CUT
    }

    final Prng prng;
    final PoolRig rig;
    final PoolModel model = new PoolModel();
    private Pool pool;
    private final Map<String, Integer> marks;

    /** For whoever reads of a failure. */
    private final List<String> steps = new ArrayList<>();

    /** Whether the last command was done, without a fault. */
    private boolean isClean;

    /** Groups that the model gave up: what disks tell of that were away. */
    private final Set<LvmId> ghosts = new HashSet<>();

    PoolSequence(long seed, Map<String, Integer> marks) {
        this.marks = marks;
        prng = new Prng(seed);
        rig = new PoolRig(prng.nextLong());
        pool = rig.open();
        for (int number = 0; number < DISK_COUNT; number++) {
            rig.blank("d" + number, PoolRig.DISK_BYTES);
            labelAnew("d" + number);
        }
    }

    /** One area, two, of which one is at the end, or none. */
    private void labelAnew(String name) {
        CrashMedium medium = rig.medium(name);
        PvLabel.Range first = new PvLabel.Range(4096, PoolRig.AREA_BYTES);
        PvLabel.Range last = new PvLabel.Range(medium.bytes() - 16384, 16384);
        PoolRig.label(
                medium,
                switch (prng.below(6)) {
                    case 0 -> List.of();
                    case 1 -> List.of(first, last);
                    default -> List.of(first);
                },
                prng);
    }

    void run(int stepCount) {
        try {
            check(Optional.empty());
            for (int step = 0; step < stepCount; step++) {
                step();
            }
        } catch (AssertionError failure) {
            throw new AssertionError(failure.getMessage() + "\n  after " + steps, failure);
        }
    }

    private void step() {
        switch (prng.below(20)) {
            case 0 -> lose();
            case 1, 2 -> bringBack();
            case 3 -> wipeAGhost();
            default -> command();
        }
    }

    private void lose() {
        List<String> there =
                rig.names().stream().filter(name -> !rig.isLost(name)).toList();
        boolean healthy = model.groups.values().stream().allMatch(group -> group.isHealthy);
        if (healthy && there.size() > DISK_COUNT - LOST_COUNT_MAX) {
            String lost = any(there);
            rig.lose(lost);
            mark("lose", lost);
            check(Optional.empty());
        }
    }

    private void bringBack() {
        List<String> lost = rig.names().stream().filter(rig::isLost).toList();
        if (!lost.isEmpty()) {
            String back = any(lost);
            rig.bringBack(back);
            mark("bring back", back);
            check(Optional.empty());
        }
    }

    /** A disk that no group of the model has, and that holds old metadata, is made anew. */
    private void wipeAGhost() {
        for (PoolDisk disk : pool.disks()) {
            boolean ours = model.groups.values().stream()
                    .anyMatch(group -> group.now.disks().contains(disk.id()));
            if (!ours && prng.chance(0.5)) {
                labelAnew(disk.name());
                mark("wipe", disk.name());
            }
        }
        check(Optional.empty());
    }

    private void command() {
        PoolCommand command = PoolCommand.draw(this);
        boolean cut = prng.chance(0.1);
        boolean error = !cut && prng.chance(0.05);
        if (cut) {
            rig.power().cutAfter(prng.between(1, 30));
        } else if (error) {
            rig.power().failAfter(prng.between(1, 30));
        }
        End end = run(command, error);
        if (end == End.CUT || error) {
            Optional.ofNullable(model.groups.get(command.group())).ifPresent(group -> {
                group.isHealthy = false;
                group.begun.add(group.now.group().seqno() + 1);
            });
        }
        rig.power().restart();
        mark(command.name() + " " + end, command + (error ? " with an error" : ""));
        isClean = end == End.DONE && !error;
        // The last copy of a group may be gone although the disk said otherwise.
        boolean begun = end != End.REFUSED || (error && command.ends());
        check(begun ? Optional.of(command) : Optional.empty(), end);
    }

    private End run(PoolCommand command, boolean error) {
        try {
            command.act();
            return End.DONE;
        } catch (CrashMedium.PowerCut cut) {
            return End.CUT;
        } catch (EtherbayException refused) {
            if (!error) {
                String why = refused.getMessage() + ": " + refused.why();
                assertThat(!ghosts.isEmpty() || command.excuses(why))
                        .as("%s is refused: %s", command.name(), why)
                        .isTrue();
            }
            return End.REFUSED;
        }
    }

    private void check(Optional<PoolCommand> command) {
        check(command, End.DONE);
    }

    /** @param command that was carried out, or begun */
    private void check(Optional<PoolCommand> command, End end) {
        pool = rig.open();
        for (Group group : List.copyOf(model.groups.values())) {
            if (isVisible(pool, group)) {
                check(pool, group, command.filter(c -> c.group().equals(group.id)), end);
            }
        }
        Set<LvmId> before = Set.copyOf(ghosts);
        ghosts.clear();
        for (PoolGroup found : pool.groups()) {
            Group known = model.groups.get(found.group().id());
            boolean isNew = known == null && !before.contains(found.group().id());
            if (isNew && command.filter(c -> c.makes(found)).isPresent()) {
                known = new Group(Version.of(found.group()));
                known.isHealthy = isClean;
                command.get().check(Optional.empty(), known.now);
                known.now.checkSound();
                model.groups.put(known.id, known);
            }
            if (known == null || !isVisible(pool, known)) {
                ghosts.add(found.group().id());
            }
        }
        checkDisksBelongToOne(pool);
    }

    /** One of its disks that tells of it is there. */
    private static boolean isVisible(Pool pool, Group group) {
        return pool.disks().stream()
                .anyMatch(disk ->
                        group.now.disks().contains(disk.id()) && !disk.areas().isEmpty());
    }

    private void check(Pool pool, Group group, Optional<PoolCommand> command, End end) {
        Optional<PoolGroup> found = pool.groups().stream()
                .filter(one -> one.group().id().equals(group.id))
                .findFirst();
        if (found.isEmpty()) {
            assertThat(command.filter(PoolCommand::ends))
                    .as("%s is there", group.now.name())
                    .isPresent();
            model.groups.remove(group.id);
            return;
        }
        VolumeGroup now = found.get().group();
        if (!now.text().equals(group.now.group().text())) {
            assertThat(command).as("%s is as it was", group.now.name()).isPresent();
            assertThat(now.seqno()).isEqualTo(group.now.group().seqno() + 1);
            Version next = Version.of(now);
            next.checkSound();
            command.get().check(Optional.of(group.now), next);
            group.adopt(next);
            group.isHealthy = isClean;
            if (isClean) {
                group.clean.add(now.seqno());
            }
        } else if (end == End.DONE) {
            assertThat(command.filter(c -> !c.mayChangeNothing()))
                    .as("did something")
                    .isEmpty();
        }
        Version.of(now).checkSameAs(group.now);
        if (prng.chance(0.1)) {
            checkHistory(pool, found.get(), group);
        }
    }

    private static void checkHistory(Pool pool, PoolGroup found, Group group) {
        List<VolumeGroup> history = pool.history(found);
        assertThat(history.getFirst()).isEqualTo(found.group());
        for (VolumeGroup old : history) {
            assertThat(group.versions).containsKey(old.seqno());
            Version known = group.versions.get(old.seqno());
            // Where as many disks tell of it, what never came to be may look like what did.
            assertThat(old.text().equals(known.group().text()) || group.begun.contains(old.seqno()))
                    .as("version %d of %s is as it was", old.seqno(), known.name())
                    .isTrue();
        }
        Version former = group.versions.get(group.now.group().seqno() - 1);
        boolean kept = former != null
                && group.clean.contains(former.group().seqno())
                && group.clean.contains(group.now.group().seqno())
                && found.present().values().stream()
                        .anyMatch(disk -> former.disks().contains(disk.id())
                                && !disk.areas().isEmpty());
        if (kept) {
            assertThat(history)
                    .extracting(VolumeGroup::seqno)
                    .contains(former.group().seqno());
        }
    }

    /** Whoever may be served: what lies on a disk is of one group alone. */
    private static void checkDisksBelongToOne(Pool pool) {
        Set<LvmId> seen = new HashSet<>();
        for (PoolGroup group : pool.groups()) {
            for (LvmId disk : group.present().keySet()) {
                assertThat(seen.add(disk)).as("%s is in one group", disk).isTrue();
            }
        }
    }

    /** As it was found after the last step. */
    Pool pool() {
        return pool;
    }

    /** Groups that a command can find. */
    List<Group> visible() {
        return model.groups.values().stream()
                .filter(group -> isVisible(pool, group))
                .toList();
    }

    /** Free disks that are there, in some order. */
    List<String> freeDisks() {
        List<String> free = new ArrayList<>();
        for (PoolDisk disk : pool.orphans()) {
            free.add(prng.below(free.size() + 1), disk.name());
        }
        return free;
    }

    <T> T any(List<T> from) {
        return from.get(prng.below(from.size()));
    }

    private void mark(String what, String which) {
        marks.merge(what, 1, Integer::sum);
        steps.add(what + " " + which);
    }
}
