// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.volume.VolumeTraits.Tie;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which volumes of a group are built on which, read from the sections of all segments: the names
 * under which LVM2's own types keep them (lib/&#42;/&#42;.c of LVM2, text_import of each).
 */
final class TieReader {
    /** What a volume is as a part of another one. */
    enum Part {
        THIN_DATA,
        POOL_METADATA,
        CACHE_DATA,
        RAID_IMAGE,
        RAID_METADATA,
        MIRROR_IMAGE,
        MIRROR_LOG,
        CACHE_ORIGIN,
        EXTERNAL_ORIGIN,
        INTEGRITY_METADATA,
        VDO_DATA
    }

    /** A snapshot: the segment of its own that ties what keeps the old to its origin. */
    record Snapshot(String origin, boolean merging, long chunkSectors) {}

    /** Keys of a segment under which another volume stands, of each type. */
    private static final Map<String, Map<String, Tie>> TIES = Map.of(
            "thin", Map.of("thin_pool", Tie.POOL, "origin", Tie.ORIGIN, "merge", Tie.MERGE),
            "thin-pool", Map.of("pool", Tie.DATA, "metadata", Tie.METADATA),
            "cache", Map.of("cache_pool", Tie.POOL, "origin", Tie.ORIGIN),
            "cache-pool", Map.of("data", Tie.DATA, "metadata", Tie.METADATA),
            "writecache", Map.of("writecache", Tie.POOL, "origin", Tie.ORIGIN),
            "integrity", Map.of("origin", Tie.ORIGIN),
            "vdo", Map.of("vdo_pool", Tie.POOL),
            "vdo-pool", Map.of("data", Tie.DATA),
            "mirror", Map.of("mirror_log", Tie.LOG));

    private static final Map<String, Map<String, Part>> PARTS = Map.of(
            "thin", Map.of("external_origin", Part.EXTERNAL_ORIGIN),
            "thin-pool", Map.of("pool", Part.THIN_DATA, "metadata", Part.POOL_METADATA),
            "cache", Map.of("origin", Part.CACHE_ORIGIN),
            "cache-pool", Map.of("data", Part.CACHE_DATA, "metadata", Part.POOL_METADATA),
            "writecache", Map.of("origin", Part.CACHE_ORIGIN),
            "integrity", Map.of("meta_dev", Part.INTEGRITY_METADATA),
            "vdo-pool", Map.of("data", Part.VDO_DATA),
            "mirror", Map.of("mirror_log", Part.MIRROR_LOG));

    private static final LvmText.Section EMPTY = LvmText.parse("", "nothing");

    private final PoolGroup group;
    private final Map<String, LvmText.Section> sections = new HashMap<>();
    private final Map<String, Map<Tie, String>> ties = new HashMap<>();
    private final Map<String, Set<Part>> parts = new HashMap<>();
    private final Map<String, Snapshot> snapshots = new HashMap<>();
    private final Map<String, Set<String>> builtOn = new HashMap<>();

    private TieReader(PoolGroup group) {
        this.group = group;
    }

    static TieReader read(PoolGroup group) {
        TieReader reader = new TieReader(group);
        group.group()
                .section()
                .section("logical_volumes")
                .ifPresent(volumes -> reader.sections.putAll(volumes.sections()));
        reader.sections.forEach((name, volume) -> volume.sections().values().stream()
                .filter(segment -> segment.values().containsKey("type"))
                .forEach(segment -> reader.add(name, segment)));
        return reader;
    }

    private void add(String name, LvmText.Section segment) {
        String type = bare(named(segment, "type").orElse(""));
        segment.values().forEach((key, value) -> dependencies(name, value.value()));
        if (type.equals("snapshot")) {
            addSnapshot(segment);
        }
        TIES.getOrDefault(type, Map.of())
                .forEach((key, tie) ->
                        named(segment, key).ifPresent(other -> tie(name, tie, other)));
        PARTS.getOrDefault(type, Map.of())
                .forEach((key, part) -> named(segment, key).ifPresent(other -> part(other, part)));
        named(segment, "external_origin").ifPresent(other -> tie(name, Tie.ORIGIN, other));
        addLegs(type, segment);
    }

    /** A type without the flags that LVM2 may put behind it: {@code thin-pool+METADATA_FORMAT}. */
    static String bare(String type) {
        return type.replaceFirst("\\+.*", "");
    }

    /** What else stands there is nobody's name, and nothing to fail for. */
    private static Optional<String> named(LvmText.Section segment, String key) {
        LvmText.Assignment found = segment.values().get(key);
        return found != null && found.value() instanceof LvmText.Text(String name)
                ? Optional.of(name)
                : Optional.empty();
    }

    static long number(LvmText.Section segment, String key) {
        LvmText.Assignment found = segment.values().get(key);
        return found != null && found.value() instanceof LvmText.Whole(long number) ? number : 0;
    }

    private void addLegs(String type, LvmText.Section segment) {
        List<String> legs = new ArrayList<>();
        for (String key : List.of("raids", "raid0_lvs", "mirrors")) {
            LvmText.Assignment found = segment.values().get(key);
            if (found != null
                    && found.value() instanceof LvmText.Items(List<LvmText.Value> items)) {
                items.forEach(item -> {
                    if (item instanceof LvmText.Text(String leg)) {
                        legs.add(leg);
                    }
                });
            }
        }
        boolean pairs = segment.values().containsKey("raids");
        for (int index = 0; index < legs.size(); index++) {
            Part image = type.equals("mirror") ? Part.MIRROR_IMAGE : Part.RAID_IMAGE;
            part(legs.get(index), pairs && index % 2 == 0 ? Part.RAID_METADATA : image);
        }
    }

    private void addSnapshot(LvmText.Section segment) {
        String merging = named(segment, "merging_store").orElse("");
        String cow = named(segment, "cow_store").orElse(merging);
        String origin = named(segment, "origin").orElse("");
        snapshots.put(cow, new Snapshot(origin, !merging.isEmpty(), number(segment, "chunk_size")));
        tie(cow, Tie.ORIGIN, origin);
        builtOn.computeIfAbsent(cow, _ -> new HashSet<>()).add(origin);
        builtOn.computeIfAbsent(origin, _ -> new HashSet<>()).add(cow);
    }

    private void tie(String name, Tie tie, String other) {
        ties.computeIfAbsent(name, _ -> new EnumMap<>(Tie.class)).put(tie, other);
    }

    private void part(String name, Part part) {
        parts.computeIfAbsent(name, _ -> new HashSet<>()).add(part);
    }

    private void dependencies(String name, LvmText.Value value) {
        switch (value) {
            case LvmText.Text(String text) -> {
                if (sections.containsKey(text)) {
                    builtOn.computeIfAbsent(name, _ -> new HashSet<>()).add(text);
                }
            }
            case LvmText.Items(List<LvmText.Value> items) ->
                items.forEach(item -> dependencies(name, item));
            case LvmText.Whole _ -> {}
        }
    }

    Map<Tie, String> ties(String name) {
        return ties.getOrDefault(name, Map.of());
    }

    boolean isPart(String name, Part part) {
        return parts.getOrDefault(name, Set.of()).contains(part);
    }

    /** Whether it keeps what an origin held before. */
    boolean isSnapshot(String name) {
        return snapshots.containsKey(name);
    }

    boolean isMerging(String name) {
        return snapshots.get(name) instanceof Snapshot(String _, boolean merging, long _)
                && merging;
    }

    /** What a snapshot keeps at a time; 0 for what is none. */
    long chunkSectors(String name) {
        return snapshots.get(name) instanceof Snapshot(String _, boolean _, long chunkSectors)
                ? chunkSectors
                : 0;
    }

    /** Copies that a mirror keeps, in its first segment. */
    long legCount(String name) {
        LvmText.Section segment = firstSegment(name);
        return switch (bare(named(segment, "type").orElse(""))) {
            case "mirror" -> number(segment, "mirror_count");
            case "raid1" -> number(segment, "device_count");
            default -> 0;
        };
    }

    /** Whether it has snapshots that keep what it held before. */
    boolean isOrigin(String name) {
        return snapshots.values().stream().anyMatch(one -> one.origin().equals(name));
    }

    boolean isMergingOrigin(String name) {
        return snapshots.values().stream()
                .anyMatch(one -> one.merging() && one.origin().equals(name));
    }

    /** The section of a volume. */
    LvmText.Section section(String name) {
        return sections.getOrDefault(name, EMPTY);
    }

    /** The section of its first segment; an empty one for a volume without. */
    LvmText.Section firstSegment(String name) {
        return section(name).section("segment1").orElse(EMPTY);
    }

    /** Whether something that it lies on, or that what it is built on lies on, is missing. */
    boolean isPartial(LogicalVolume lv) {
        return isPartial(lv.name(), new HashSet<>());
    }

    /** @param seen whose answer is known, or on its way */
    private boolean isPartial(String name, Set<String> seen) {
        return seen.add(name)
                && (group.group().find(name).filter(lv -> !group.isWhole(lv)).isPresent()
                        || builtOn.getOrDefault(name, Set.of()).stream()
                                .anyMatch(other -> isPartial(other, seen)));
    }
}
