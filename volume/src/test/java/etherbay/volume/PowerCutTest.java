// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static etherbay.volume.PoolRig.request;
import static etherbay.volume.PoolRig.striped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.EtherbayException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Every verb, with the power cut, or an operation failing, at each of its writes and syncs: what is
 * found afterwards is the former version or the next one, whole, and the verb can be done again.
 */
final class PowerCutTest {
    private static final int POWER_SEED_COUNT = 4;

    /**
     * Something that a person does.
     *
     * @param versioned whether it ends in one version of one group: then an error means that the
     *     former one is in force
     */
    record Verb(String name, boolean versioned, Consumer<PoolRig> before, Consumer<PoolRig> act) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Verb> verbs() {
        return List.of(
                new Verb("pv create", false, rig -> {}, rig -> rig.createDisk("b", true, false)),
                new Verb("pv remove", false, rig -> {}, rig -> rig.removeDisk("d4", false)),
                new Verb("pv extend", true, PowerCutTest::growFirst, rig -> rig.extendDisk("d1")),
                new Verb("vg create", true, rig -> {}, rig -> rig.createGroup("h", "d4", "d5")),
                new Verb("vg extend", true, rig -> {}, rig -> rig.extendGroup("g", "d4", "d5")),
                new Verb("vg reduce", true, rig -> {}, rig -> rig.reduceGroup("g", "d3", "d0")),
                new Verb(
                        "vg reduce --remove-missing",
                        true,
                        rig -> rig.lose("d2"),
                        rig -> rig.removeMissing("g", true)),
                new Verb("vg rename", true, rig -> {}, rig -> rig.renameGroup("g", "h")),
                new Verb("vg remove", false, rig -> {}, rig -> rig.removeGroup("g", true)),
                new Verb(
                        "vg remove, where copies are old",
                        false,
                        PowerCutTest::leaveOldCopies,
                        rig -> rig.removeGroup("g", true)),
                new Verb("vg tag", true, rig -> {}, rig -> rig.tagGroup("g", "x", "y")),
                new Verb("lv tag", true, rig -> {}, rig -> rig.tagVolume("g", "a", "x")),
                new Verb("vg restore", true, rig -> {}, rig -> rig.restoreGroup("g", 2)),
                new Verb(
                        "lv create", true, rig -> {}, rig -> rig.create("g", "n", striped("6", 3))),
                new Verb("lv extend", true, rig -> {}, rig -> rig.extend("g", "a", request("9"))),
                new Verb("lv reduce", true, rig -> {}, rig -> rig.reduce("g", "s", "2")),
                new Verb("lv rename", true, rig -> {}, rig -> rig.rename("g", "a", "z")),
                new Verb("lv remove", true, rig -> {}, rig -> rig.remove("g", "a")));
    }

    private static void growFirst(PoolRig rig) {
        rig.medium("d1").resize(PoolRig.DISK_BYTES + (1 << 20));
    }

    /** As after a power cut: two disks do not have the version in force. */
    private static void leaveOldCopies(PoolRig rig) {
        byte[] second = rig.medium("d2").get(4096, PoolRig.AREA_BYTES);
        byte[] third = rig.medium("d3").get(4096, PoolRig.AREA_BYTES);
        rig.tagGroup("g", "newer");
        rig.medium("d2").put(4096, second);
        rig.medium("d3").put(4096, third);
    }

    /** Group g on d0 to d3, of which d0 and d3 are empty; d4 and d5 are free, b is blank. */
    private static PoolRig rig(Verb verb) {
        PoolRig rig = new PoolRig(1);
        for (int number = 0; number < 6; number++) {
            rig.disk("d" + number);
        }
        rig.blank("b", 8 << 20).put(512, new byte[4000]);
        rig.createGroup("g", "d0", "d1", "d2", "d3");
        rig.create("g", "a", request("5", "d1"));
        rig.create("g", "s", striped("4", 2, "d1", "d2"));
        rig.tagGroup("g", "former");
        verb.before().accept(rig);
        return rig;
    }

    /** The texts in force, and the disks: all that a pool is found to be. */
    private static Map<String, String> found(PoolRig rig) {
        Pool pool = rig.open();
        assertThat(pool.warnings()).noneMatch(warning -> warning.contains("cannot be used"));
        Map<String, String> found = new TreeMap<>();
        for (PoolGroup group : pool.groups()) {
            assertThat(group.conflict()).isEmpty();
            assertThat(group.present())
                    .hasSize(group.group().physicalVolumes().size()
                            - group.missing().size());
            found.put(group.name(), group.group().text());
        }
        pool.disks().forEach(disk -> found.put("disk " + disk, disk.id().toString()));
        return found;
    }

    /** Likewise, but for times, numbers and ids, which are others when it is done again. */
    private static SortedSet<String> shape(PoolRig rig) {
        Pool pool = rig.open();
        TreeSet<String> shape = new TreeSet<>();
        for (PoolGroup group : pool.groups()) {
            shape.add("group " + group.name() + " " + group.group().tags());
            group.group()
                    .physicalVolumes()
                    .forEach(pv -> shape.add(
                            group.name() + " on " + pv.deviceHint() + " of " + pv.extentCount()));
            group.group()
                    .logicalVolumes()
                    .forEach(lv ->
                            shape.add(group.name() + "/" + lv.name() + lv.tags() + lv.segments()));
        }
        pool.disks().forEach(disk -> shape.add("disk " + disk));
        return shape;
    }

    /** A verb done without a fault. */
    private record Done(
            PoolRig start,
            Map<String, String> before,
            Map<String, String> after,
            SortedSet<String> shape,
            int ops) {
        static Done of(Verb verb) {
            PoolRig start = rig(verb);
            PoolRig rig = start.copy(0);
            Map<String, String> before = found(rig);
            long from = rig.power().opCount();
            verb.act().accept(rig);
            int ops = (int) (rig.power().opCount() - from);
            assertThat(found(rig)).isNotEqualTo(before);
            return new Done(start, before, found(rig), PowerCutTest.shape(rig), ops);
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void aPowerCutAtAnyMomentLeavesTheFormerOrTheNextVersion(Verb verb) {
        Done done = Done.of(verb);
        int formerCount = 0;
        for (int op = 1; op <= done.ops(); op++) {
            for (int powerSeed = 0; powerSeed < POWER_SEED_COUNT; powerSeed++) {
                PoolRig rig = done.start().copy(powerSeed);
                rig.power().cutAfter(op);
                assertThatExceptionOfType(CrashMedium.PowerCut.class)
                        .isThrownBy(() -> verb.act().accept(rig));
                rig.power().restart();
                Map<String, String> found = found(rig);
                assertThat(found)
                        .as("%s, cut at operation %d, power seed %d", verb, op, powerSeed)
                        .isIn(done.before(), done.after());
                formerCount += found.equals(done.before()) ? 1 : 0;
                again(verb, rig, found.equals(done.after()));
                assertThat(shape(rig)).isEqualTo(done.shape());
                checkClean(rig);
            }
        }
        assertThat(formerCount).isBetween(1, done.ops() * POWER_SEED_COUNT - 1);
    }

    private static void again(Verb verb, PoolRig rig, boolean isDone) {
        try {
            verb.act().accept(rig);
        } catch (EtherbayException already) {
            assertThat(isDone).as("%s: %s", already.getMessage(), already.why()).isTrue();
        }
    }

    /** One more change and one word of a person: nothing is left of the accident. */
    private static void checkClean(PoolRig rig) {
        for (PoolGroup group : rig.open().groups()) {
            rig.tagGroup(group.name(), "healed");
        }
        Pool pool = rig.open();
        for (PoolDisk disk : pool.orphans()) {
            pool.oldGroupOf(disk).ifPresent(old -> rig.reduceGroup(old.name(), disk.name()));
        }
        pool = rig.open();
        assertThat(pool.warnings()).isEmpty();
        for (PoolDisk disk : pool.disks()) {
            assertThat(disk.label().isUsed())
                    .as("%s is marked as used", disk)
                    .isEqualTo(pool.groupOf(disk).isPresent());
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void anErrorOnceLeavesTheFormerVersionOrIsNoted(Verb verb) {
        Done done = Done.of(verb);
        for (int op = 1; op <= done.ops(); op++) {
            for (int powerSeed = 0; powerSeed < POWER_SEED_COUNT; powerSeed++) {
                PoolRig rig = done.start().copy(powerSeed);
                rig.power().failAfter(op);
                boolean failed = fails(verb, rig);
                String as =
                        "%s, error at operation %d, power seed %d".formatted(verb, op, powerSeed);
                check(verb, done, failed, rig, as);
                rig.power().restart();
                check(verb, done, failed, rig, as + ", then a power cut");
            }
        }
    }

    private static boolean fails(Verb verb, PoolRig rig) {
        try {
            verb.act().accept(rig);
            return false;
        } catch (EtherbayException failed) {
            return true;
        }
    }

    private static void check(Verb verb, Done done, boolean failed, PoolRig rig, String as) {
        if (!failed) {
            assertThat(found(rig)).as(as).isEqualTo(done.after());
        } else if (verb.versioned()) {
            assertThat(found(rig)).as(as).isEqualTo(done.before());
        } else {
            assertThat(found(rig)).as(as).isIn(done.before(), done.after());
        }
    }

    /** The disk of an operation breaks: whatever the others say holds, with it or without. */
    @ParameterizedTest
    @MethodSource("verbs")
    void aDiskThatBreaksLeavesTheFormerVersionOrIsNoted(Verb verb) {
        Done done = Done.of(verb);
        for (int op = 1; op <= done.ops(); op++) {
            for (int powerSeed = 0; powerSeed < POWER_SEED_COUNT; powerSeed++) {
                PoolRig rig = done.start().copy(powerSeed);
                rig.power().breakAfter(op);
                boolean failed = fails(verb, rig);
                String as =
                        "%s, broken at operation %d, power seed %d".formatted(verb, op, powerSeed);
                String broken = rig.names().stream()
                        .filter(name -> rig.medium(name).isBroken())
                        .findFirst()
                        .orElseThrow();
                check(verb, done, failed, rig, as);
                rig.power().restart();
                check(verb, done, failed, rig, as + ", then a power cut");
                rig.lose(broken);
                for (PoolGroup group : rig.open().groups()) {
                    Map<String, String> expected = failed ? done.before() : done.after();
                    if (verb.versioned()) {
                        assertThat(group.group().text())
                                .as(as + ", then lost")
                                .isEqualTo(expected.get(group.name()));
                    }
                }
            }
        }
    }
}
