// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;
import etherbay.volume.PoolModel.Group;
import etherbay.volume.PoolModel.Piece;
import etherbay.volume.PoolModel.Version;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A command of a {@link PoolSequence}: what it does, and what has to come of it. */
final class PoolCommand {
    private static final LvmId NONE = new LvmId("0".repeat(32));

    private final String name;
    private final LvmId group;
    private final Runnable act;

    /** From the version before to the one after. */
    private final BiConsumer<Version, Version> check;

    /** Which refusals are right. */
    private final Predicate<String> excuse;

    /** With what it is done, for people. */
    private final String with;

    private PoolCommand(
            String name,
            String with,
            LvmId group,
            Runnable act,
            BiConsumer<Version, Version> check,
            Predicate<String> excuse) {
        this.name = name;
        this.with = with;
        this.group = group;
        this.act = act;
        this.check = check;
        this.excuse = excuse;
    }

    String name() {
        return name;
    }

    @Override
    public String toString() {
        return with;
    }

    /** The group that it changes. */
    LvmId group() {
        return group;
    }

    void act() {
        act.run();
    }

    void check(Optional<Version> before, Version after) {
        check.accept(before.orElse(after), after);
    }

    boolean excuses(String why) {
        return excuse.test(why);
    }

    /** Whether it makes a group. */
    boolean makes(PoolGroup found) {
        return name.equals("vg create") && found.group().seqno() == 1;
    }

    boolean ends() {
        return name.equals("vg remove");
    }

    boolean mayChangeNothing() {
        return name.equals("vg remove-missing")
                || name.equals("pv extend")
                || name.equals("vg reduce");
    }

    static PoolCommand draw(PoolSequence in) {
        List<Group> groups = in.visible();
        if (groups.isEmpty() || (groups.size() < 2 && in.prng.chance(0.1))) {
            return createGroup(in);
        }
        Group on = in.any(groups);
        Drawer drawer = new Drawer(in, on, on.now.name());
        return in.prng.chance(0.7) && !on.now.volumes().isEmpty()
                ? drawer.ofVolume()
                : drawer.ofGroup();
    }

    private static PoolCommand createGroup(PoolSequence in) {
        List<String> free = in.freeDisks();
        List<String> chosen = free.subList(0, Math.min(free.size(), in.prng.between(1, 3)));
        String name = in.any(List.of("g", "h", "i"));
        return new PoolCommand(
                "vg create",
                name + " " + chosen,
                NONE,
                () -> in.rig.createGroup(name, chosen.toArray(String[]::new)),
                (before, after) -> {
                    assertThat(after.name()).isEqualTo(name);
                    assertThat(after.volumes()).isEmpty();
                    assertThat(after.disks()).hasSize(chosen.size());
                },
                why -> chosen.isEmpty()
                        || why.contains("is there already")
                        || why.contains("marked as belonging")
                        || why.contains("holds old metadata")
                        || why.contains("no disk of the group has a metadata area"));
    }

    /** Draws a command for a group. */
    private record Drawer(PoolSequence in, Group on, String name) {
        private Prng prng() {
            return in.prng;
        }

        private PoolCommand command(
                String what,
                String with,
                Runnable act,
                BiConsumer<Version, Version> check,
                String... excuses) {
            return new PoolCommand(what, with, on.id, act, check, why -> isExcused(why, excuses));
        }

        private boolean isExcused(String why, String... excuses) {
            for (String excuse : excuses) {
                if (why.contains(excuse)) {
                    return true;
                }
            }
            return why.contains("has become too long")
                    || why.contains("several groups are called")
                    || (isIncomplete()
                            && (why.contains("is missing")
                                    || why.contains("there is no volume group")));
        }

        /** Whether one of its disks is away. */
        private boolean isIncomplete() {
            Set<LvmId> there =
                    in.pool().disks().stream().map(PoolDisk::id).collect(Collectors.toSet());
            return !there.containsAll(on.now.disks());
        }

        PoolCommand ofVolume() {
            String volume = in.any(List.copyOf(on.now.volumes().keySet()));
            return switch (prng().below(8)) {
                case 0, 1, 2 -> create();
                case 3 -> extend(volume);
                case 4 -> reduce(volume);
                case 5 -> rename(volume);
                case 6 -> tag(volume);
                default -> remove(volume);
            };
        }

        PoolCommand ofGroup() {
            return switch (prng().below(12)) {
                case 0, 1, 2, 3, 4 -> create();
                case 5 -> extendGroup();
                case 6 -> reduceGroup();
                case 7 -> isIncomplete() ? removeMissing() : tag("");
                case 8 -> renameGroup();
                case 9 -> extendDisk();
                case 10 -> restore();
                default -> prng().chance(0.3) ? removeGroup() : tag("");
            };
        }

        private PoolCommand create() {
            String volume = "v" + prng().below(12);
            int stripes = prng().chance(0.3) ? prng().between(2, 3) : 1;
            int extents = prng().between(1, prng().chance(0.1) ? 120 : 12);
            String policy = prng().chance(0.2) ? "contiguous" : "inherit";
            long rounded = (extents + stripes - 1L) / stripes * stripes;
            VolumeRequest request = new VolumeRequest(
                    VolumeSize.ofExtents("" + extents),
                    stripes,
                    PoolModel.PIECE_SECTORS,
                    policy,
                    List.of(),
                    List.of());
            boolean sure = stripes == 1 && policy.equals("inherit");
            boolean room = on.now.freeExtents() >= rounded;
            return command(
                    "lv create",
                    name + "/" + volume + " " + extents + " on " + stripes + " " + policy,
                    () -> in.rig.create(name, volume, request),
                    (before, after) -> {
                        before.checkSameAs(after.but(volume));
                        assertThat(after.volumes().get(volume)).hasSize((int) rounded * 2);
                    },
                    on.now.volumes().containsKey(volume) ? "is there already" : "has no room",
                    sure && room ? "is there already" : "has no room");
        }

        private PoolCommand extend(String volume) {
            int extents = prng().between(1, 9);
            return command(
                    "lv extend",
                    name + "/" + volume + " +" + extents,
                    () -> in.rig.extend(name, volume, PoolRig.request("+" + extents)),
                    (before, after) -> {
                        before.but(volume).checkSameAs(after.but(volume));
                        List<Piece> was = before.volumes().get(volume);
                        List<Piece> is = after.volumes().get(volume);
                        assertThat(is).startsWith(was.toArray(Piece[]::new));
                        assertThat(is.size() - was.size()).isBetween(2 * extents, 2 * extents + 4);
                        assertThat(after.tags()).isEqualTo(before.tags());
                    },
                    "has no room");
        }

        private PoolCommand reduce(String volume) {
            int extents = prng().between(1, 5);
            return command(
                    "lv reduce",
                    name + "/" + volume + " -" + extents,
                    () -> in.rig.reduce(name, volume, "-" + extents),
                    (before, after) -> {
                        before.but(volume).checkSameAs(after.but(volume));
                        List<Piece> was = before.volumes().get(volume);
                        List<Piece> is = after.volumes().get(volume);
                        assertThat(is).isEqualTo(was.subList(0, is.size()));
                        assertThat(was.size() - is.size()).isBetween(1, 2 * extents);
                    },
                    "would not become smaller");
        }

        private PoolCommand rename(String volume) {
            String next = "v" + prng().below(12);
            return command(
                    "lv rename",
                    name + "/" + volume + " " + next,
                    () -> in.rig.rename(name, volume, next),
                    (before, after) -> {
                        Map<String, List<Piece>> volumes = new TreeMap<>(before.volumes());
                        volumes.put(next, volumes.remove(volume));
                        assertThat(after.volumes()).isEqualTo(volumes);
                    },
                    "is there already");
        }

        private PoolCommand remove(String volume) {
            return command(
                    "lv remove",
                    name + "/" + volume,
                    () -> in.rig.remove(name, volume),
                    (before, after) -> before.but(volume).checkSameAs(after));
        }

        /** Of the group where there is no volume. */
        private PoolCommand tag(String volume) {
            List<String> tags =
                    prng().chance(0.3) ? List.of() : List.of("t" + prng().below(9), "u");
            Runnable act = () -> {
                if (volume.isEmpty()) {
                    in.rig.tagGroup(name, tags.toArray(String[]::new));
                } else {
                    in.rig.tagVolume(name, volume, tags.toArray(String[]::new));
                }
            };
            return command("tag", name + "/" + volume + " " + tags, act, (before, after) -> {
                Map<String, List<String>> all = new TreeMap<>(before.tags());
                all.put(volume, tags);
                assertThat(after.tags()).isEqualTo(all);
                assertThat(after.volumes()).isEqualTo(before.volumes());
            });
        }

        private PoolCommand extendGroup() {
            List<String> free = in.freeDisks();
            List<String> added = free.subList(0, Math.min(free.size(), prng().between(1, 2)));
            return command(
                    "vg extend",
                    name + " " + added,
                    () -> in.rig.extendGroup(name, added.toArray(String[]::new)),
                    (before, after) -> {
                        assertThat(after.volumes()).isEqualTo(before.volumes());
                        assertThat(after.disks())
                                .containsAll(before.disks())
                                .hasSize(before.disks().size() + added.size());
                    },
                    "marked as belonging",
                    "holds old metadata");
        }

        /** A disk of it, or one that it goes on without. */
        private PoolCommand reduceGroup() {
            List<String> there =
                    in.rig.names().stream().filter(disk -> !in.rig.isLost(disk)).toList();
            String left = in.any(there);
            return command(
                    "vg reduce",
                    name + " " + left,
                    () -> in.rig.reduceGroup(name, left),
                    (before, after) -> {
                        assertThat(after.volumes()).isEqualTo(before.volumes());
                        assertThat(before.disks())
                                .containsAll(after.disks())
                                .hasSize(after.disks().size() + 1);
                    },
                    "is not in group",
                    "cannot leave group",
                    "would have no disk left",
                    "no disk of the group has a metadata area");
        }

        private PoolCommand removeMissing() {
            return command(
                    "vg remove-missing",
                    name,
                    () -> in.rig.removeMissing(name, true),
                    (before, after) -> {
                        Set<LvmId> lost = new HashSet<>(before.disks());
                        lost.removeAll(after.disks());
                        assertThat(lost).isNotEmpty();
                        Version left = before;
                        for (String volume : before.volumes().keySet()) {
                            boolean hit = before.disksOf(volume).stream().anyMatch(lost::contains);
                            left = hit ? left.but(volume) : left;
                        }
                        assertThat(after.volumes()).isEqualTo(left.volumes());
                    },
                    "would have no disk left",
                    "no disk of the group has a metadata area");
        }

        private PoolCommand renameGroup() {
            String next = in.any(List.of("g", "h", "i"));
            return command(
                    "vg rename",
                    name + " " + next,
                    () -> in.rig.renameGroup(name, next),
                    (before, after) -> {
                        assertThat(after.name()).isEqualTo(next);
                        assertThat(after.volumes()).isEqualTo(before.volumes());
                        assertThat(after.disks()).isEqualTo(before.disks());
                    },
                    "is there already");
        }

        private PoolCommand removeGroup() {
            return command(
                    "vg remove",
                    name,
                    () -> in.rig.removeGroup(name, true),
                    // What was begun and is not ended has changed nothing.
                    (before, after) -> before.checkSameAs(after));
        }

        /** Some more extents, now and then none. */
        private PoolCommand extendDisk() {
            List<PoolDisk> mine = in.pool().disks().stream()
                    .filter(disk -> on.now.disks().contains(disk.id()))
                    .filter(disk -> disk.areas().size() < 2)
                    .toList();
            if (mine.isEmpty()) {
                return tag("");
            }
            String disk = in.any(mine).name();
            CrashMedium medium = in.rig.medium(disk);
            medium.resize(medium.bytes() + prng().below(4) * 64L * 1024);
            return command(
                    "pv extend",
                    disk,
                    () -> in.rig.extendDisk(disk),
                    (before, after) -> before.checkSameAs(after));
        }

        private PoolCommand restore() {
            List<Long> seqnos = new ArrayList<>(new LinkedHashSet<>(in.pool().groups().stream()
                    .filter(group -> group.group().id().equals(on.id))
                    .flatMap(group -> in.pool().history(group).stream())
                    .map(VolumeGroup::seqno)
                    .filter(seqno -> !on.begun.contains(seqno))
                    .toList()));
            if (seqnos.isEmpty()) {
                return tag("");
            }
            long seqno = in.any(seqnos);
            return command(
                    "vg restore",
                    name + " " + seqno,
                    () -> in.rig.restoreGroup(name, seqno),
                    (before, after) -> on.versions.get(seqno).checkSameAs(after),
                    "cannot be put in force",
                    "is there already",
                    "no disk of the group has a metadata area");
        }
    }
}
