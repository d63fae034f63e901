// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.volume.TieReader.Part;
import etherbay.volume.VolumeTraits.Tie;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The letters of lv_attr for one volume, in the order in which LVM2 decides them
 * (lv_attr_dup_with_info_and_seg_status() in its lib/metadata/lv.c).
 */
final class TraitLetters {
    /** Types that lie on nothing. */
    private static final Set<String> VIRTUAL = Set.of("zero", "error", "vdo");

    private static final Set<String> KNOWN = Set.of(
            "linear",
            "striped",
            "snapshot",
            "mirror",
            "thin",
            "thin-pool",
            "cache",
            "cache-pool",
            "writecache",
            "integrity",
            "vdo",
            "vdo-pool",
            "zero",
            "error");

    private final TieReader ties;
    private final LogicalVolume lv;
    private final String name;
    private final String type;
    private final List<String> flags;

    TraitLetters(TieReader ties, LogicalVolume lv) {
        this.ties = ties;
        this.lv = lv;
        name = lv.name();
        type = TieReader.bare(lv.type());
        flags = ties.section(name).texts("flags");
    }

    VolumeTraits traits() {
        // Whether it is active and open the kernel knows, not its metadata.
        String letters = ""
                + kind()
                + access()
                + allocation()
                + (lv.status().contains("FIXED_MINOR") ? 'm' : '-')
                + "--"
                + target()
                + (zeroes() ? 'z' : '-')
                + (ties.isPartial(lv) ? 'p' : '-')
                + (flags.contains("ACTIVATION_SKIP") ? 'k' : '-');
        return new VolumeTraits(
                letters,
                isVisible(),
                ties.isSnapshot(name),
                ties.ties(name),
                ties.legCount(name),
                ties.chunkSectors(name));
    }

    /** A snapshot shows where its origin shows, whatever its own status says. */
    private boolean isVisible() {
        if (type.equals("snapshot")) {
            return false;
        }
        if (!ties.isSnapshot(name)) {
            return lv.isVisible();
        }
        String origin = ties.ties(name).getOrDefault(Tie.ORIGIN, "");
        boolean sparse = !ties.section(origin).texts("status").contains("VISIBLE");
        return sparse || !ties.isMerging(name);
    }

    private char kind() {
        if (isMove()) {
            return 'p';
        }
        if (ties.isOrigin(name) || is(Part.EXTERNAL_ORIGIN)) {
            return ties.isMergingOrigin(name) ? 'O' : 'o';
        }
        if (is(Part.POOL_METADATA)
                || is(Part.RAID_METADATA)
                || is(Part.INTEGRITY_METADATA)
                || (!lv.isVisible() && name.contains("_pmspare"))) {
            return 'e';
        }
        boolean cached = type.startsWith("cache") || type.equals("writecache");
        return cached || is(Part.CACHE_DATA) || flags.contains("CACHE_VOL") ? 'C' : kindOfType();
    }

    private char kindOfType() {
        boolean unsynced = lv.status().contains("NOTSYNCED");
        if (type.startsWith("raid")) {
            return unsynced ? 'R' : 'r';
        }
        return switch (type) {
            case "integrity" -> 'g';
            case "mirror" -> unsynced ? 'M' : 'm';
            case "thin" -> ties.ties(name).containsKey(Tie.MERGE) ? 'S' : 'V';
            case "vdo-pool" -> 'd';
            case "zero", "error", "vdo" -> 'v';
            case "thin-pool" -> 't';
            default -> kindOfPart();
        };
    }

    private char kindOfPart() {
        if (is(Part.VDO_DATA)) {
            return 'D';
        }
        if (is(Part.THIN_DATA)) {
            return 'T';
        }
        if (is(Part.MIRROR_IMAGE) || is(Part.RAID_IMAGE)) {
            return 'I'; // in sync or not: the kernel knows
        }
        if (is(Part.MIRROR_LOG)) {
            return 'l';
        }
        if (ties.isSnapshot(name)) {
            return ties.isMerging(name) ? 'S' : 's';
        }
        return is(Part.CACHE_ORIGIN) ? 'o' : '-';
    }

    private boolean is(Part part) {
        return ties.isPart(name, part);
    }

    private boolean isMove() {
        return lv.status().contains("PVMOVE");
    }

    private char access() {
        if (isMove()) {
            return '-';
        }
        boolean writable = lv.isWritable() || flags.contains("WRITE_LOCKED");
        return writable ? 'w' : lv.status().contains("READ") ? 'r' : '-';
    }

    private char allocation() {
        char letter = letterOf(lv.allocation().orElse("inherit"));
        return lv.status().contains("LOCKED") ? Character.toUpperCase(letter) : letter;
    }

    /** The letter of a policy: {@code c} for contiguous. */
    static char letterOf(String policy) {
        return switch (policy.toLowerCase(Locale.ROOT)) {
            case "contiguous" -> 'c';
            case "cling" -> 'l';
            case "cling_by_tags" -> 't';
            case "normal" -> 'n';
            case "anywhere" -> 'a';
            default -> 'i';
        };
    }

    /** What the kernel would drive it with. */
    private char target() {
        if (type.equals("thin") || type.equals("thin-pool")) {
            return 't';
        }
        boolean cached = type.startsWith("cache") || type.equals("writecache");
        if (cached || is(Part.CACHE_ORIGIN) || flags.contains("CACHE_VOL")) {
            return 'C';
        }
        if (type.startsWith("raid") || is(Part.RAID_IMAGE) || is(Part.RAID_METADATA)) {
            return 'r';
        }
        if (type.equals("mirror") || is(Part.MIRROR_IMAGE) || is(Part.MIRROR_LOG) || isMove()) {
            return 'm';
        }
        if (ties.isSnapshot(name) || ties.isOrigin(name)) {
            return 's';
        }
        boolean unknown = !KNOWN.contains(type) && lv.extentCount() > 0;
        return unknown ? 'u' : VIRTUAL.contains(type) ? 'v' : '-';
    }

    /** Whether a thin pool hands out chunks that read as zeroes. */
    private boolean zeroes() {
        String pool = type.equals("thin-pool")
                ? name
                : type.equals("thin") ? ties.ties(name).getOrDefault(Tie.POOL, "") : "";
        return TieReader.number(ties.firstSegment(pool), "zero_new_blocks") == 1;
    }
}
