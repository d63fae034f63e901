// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.node.volume.VolumePlaces;
import etherbay.volume.FileMedium;
import etherbay.volume.LogicalVolume;
import etherbay.volume.Medium;
import etherbay.volume.Pool;
import etherbay.volume.PoolChanges;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeGroup;
import etherbay.volume.VolumeRequest;
import etherbay.volume.VolumeSize;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A group that is made on some disks, and what chance does with it; each step is a command. */
final class VolumeSequence {
    private static final int STEP_COUNT = 30;

    /** How an operation may end without having changed anything. */
    private static final Set<ErrorCode> REFUSALS =
            Set.of(ErrorCode.CONFLICT, ErrorCode.INVALID, ErrorCode.NOT_FOUND);

    /** One thing that a person may do. */
    private interface Step {
        void run(PoolChanges changes, Pool pool, PoolGroup in);
    }

    private final String name;
    private final List<String> disks;
    private final Prng prng;
    private final List<Step> steps = List.of(
            this::create,
            this::create,
            this::create,
            this::extend,
            this::extend,
            this::reduce,
            this::remove,
            this::rename,
            this::tag,
            this::extendGroup,
            this::reduceGroup,
            this::renameGroup,
            this::restore);

    private String group;
    private int madeCount;
    private int doneCount;
    private int refusedCount;

    /** @param disks whatever they hold, it is gone */
    VolumeSequence(String name, List<String> disks, Prng prng) {
        this.name = name;
        this.disks = disks;
        this.prng = prng;
        group = name;
    }

    int doneCount() {
        return doneCount;
    }

    int refusedCount() {
        return refusedCount;
    }

    void run() {
        disks.forEach(this::label);
        makeGroup();
        for (int step = 0; step < STEP_COUNT; step++) {
            if (prng.chance(0.05)) {
                loseADisk();
            } else {
                step(pick(steps));
            }
        }
    }

    private <T> T pick(List<T> list) {
        return list.get(prng.below(list.size()));
    }

    private Pool open(List<String> from) {
        return VolumePlaces.of(from).open(true);
    }

    private PoolChanges changes(Pool pool) {
        return new PoolChanges(pool, "systest", 1_800_000_000, "a step", prng::nextLong);
    }

    private void label(String disk) {
        try (Pool pool = open(List.of(disk));
                Medium medium = FileMedium.open(Path.of(disk), true)) {
            PoolChanges.createDisk(medium, pool, true, true, prng::nextLong);
        }
    }

    private void makeGroup() {
        try (Pool pool = open(disks)) {
            int count = prng.between(1, disks.size());
            changes(pool)
                    .createGroup(
                            group,
                            pool.disks().subList(0, count),
                            128L << prng.below(7), // 64 KiB to 4 MiB
                            prng.chance(0.2) ? "contiguous" : "normal");
        }
    }

    private void step(Step step) {
        long before = seqno();
        try (Pool pool = open(disks)) {
            step.run(changes(pool), pool, pool.need(group));
            doneCount++;
        } catch (EtherbayException refused) {
            assertThat(refused.code()).as(refused.toText()).isIn(REFUSALS);
            refusedCount++;
            assertThat(seqno()).isEqualTo(before);
            return;
        }
        assertThat(seqno()).isEqualTo(before + 1);
    }

    private long seqno() {
        try (Pool pool = open(disks)) {
            return pool.groups().getFirst().group().seqno();
        }
    }

    private VolumeSize size(String sign) {
        return switch (prng.below(4)) {
            case 0 -> VolumeSize.ofExtents(sign + prng.between(1, 12));
            case 1 -> VolumeSize.ofBytes(sign + prng.between(1, 9000) + "k");
            case 2 -> VolumeSize.ofBytes(sign + prng.between(1, 20) + "m");
            default -> VolumeSize.ofExtents(sign + prng.between(1, 60) + "%VG");
        };
    }

    private void create(PoolChanges changes, Pool pool, PoolGroup in) {
        List<String> on = prng.chance(0.3) ? List.of(pick(pool.disks()).name()) : List.of();
        boolean rest = prng.chance(0.1);
        LogicalVolume made = changes.createVolume(
                in,
                "v" + madeCount++,
                new VolumeRequest(
                        rest ? VolumeSize.ofExtents("100%FREE") : size(""),
                        prng.between(1, 3),
                        8L << prng.below(5),
                        pick(List.of("inherit", "inherit", "normal", "contiguous")),
                        prng.chance(0.3) ? List.of("new", "t" + madeCount) : List.of(),
                        on));
        PoolChanges.zeroHead(in, made);
    }

    /** A volume of the group; there may be none. */
    private String any(PoolGroup in) {
        List<LogicalVolume> volumes = in.group().logicalVolumes();
        return volumes.isEmpty() ? "none" : pick(volumes).name();
    }

    private void extend(PoolChanges changes, Pool pool, PoolGroup in) {
        changes.extendVolume(in, any(in), VolumeRequest.of(size(prng.chance(0.7) ? "+" : "")));
    }

    private void reduce(PoolChanges changes, Pool pool, PoolGroup in) {
        changes.reduceVolume(in, any(in), size(prng.chance(0.7) ? "-" : ""));
    }

    private void remove(PoolChanges changes, Pool pool, PoolGroup in) {
        changes.removeVolume(in, any(in));
    }

    private void rename(PoolChanges changes, Pool pool, PoolGroup in) {
        changes.renameVolume(in, any(in), prng.chance(0.9) ? "v" + madeCount++ : any(in));
    }

    private void tag(PoolChanges changes, Pool pool, PoolGroup in) {
        List<String> tags = new ArrayList<>();
        for (int count = prng.below(3); count > 0; count--) {
            tags.add("tag" + count + "_" + prng.below(100));
        }
        boolean ofVolume = prng.chance(0.5);
        changes.tag(in, ofVolume ? Optional.of(any(in)) : Optional.empty(), tags);
    }

    private void extendGroup(PoolChanges changes, Pool pool, PoolGroup in) {
        changes.extendGroup(in, List.of(pick(pool.disks())));
    }

    private void reduceGroup(PoolChanges changes, Pool pool, PoolGroup in) {
        changes.reduceGroup(in, List.of(pick(pool.disks())));
    }

    private void renameGroup(PoolChanges changes, Pool pool, PoolGroup in) {
        String next = group.equals(name) ? name + "-x" : name;
        changes.renameGroup(in, next);
        group = next;
    }

    private void restore(PoolChanges changes, Pool pool, PoolGroup in) {
        VolumeGroup old = pick(pool.history(in));
        changes.restoreGroup(in, old);
        group = old.name();
    }

    /** It comes back without its label, as a new one would. */
    private void loseADisk() {
        String lost = pick(disks);
        List<String> left = new ArrayList<>(disks);
        left.remove(lost);
        try (Pool pool = open(left)) {
            if (pool.groups().isEmpty() || pool.groups().getFirst().missing().isEmpty()) {
                return;
            }
            changes(pool).removeMissing(pool.need(group), true);
            doneCount++;
        }
        label(lost);
        try (Pool pool = open(disks)) {
            assertThat(pool.orphans().stream().map(PoolDisk::name)).contains(lost);
        }
    }
}
