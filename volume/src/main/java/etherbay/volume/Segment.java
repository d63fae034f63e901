// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A stretch of a logical volume that is laid out in one way. */
public sealed interface Segment {
    /** Extents of a physical volume, by its key in the group. */
    record Area(String pv, long firstExtent, long extentCount) {
        /** The first extent behind it. */
        long end() {
            return firstExtent + extentCount;
        }
    }

    /** The first extent of the volume that it holds. */
    long firstExtent();

    /** Extents of the volume that it holds. */
    long extentCount();

    /** What it occupies. */
    List<Area> areas();

    /** As {@code lvs -o segtype} calls it. */
    String type();

    /** The first extent of the volume behind it. */
    default long end() {
        return firstExtent() + extentCount();
    }

    /**
     * One area, or several with the data going round them.
     *
     * @param stripeSectors 512-byte sectors on one area before the next one follows; 0 for linear
     */
    record Striped(long firstExtent, long extentCount, long stripeSectors, List<Area> areas)
            implements Segment {
        public Striped {
            areas = List.copyOf(areas);
        }

        @Override
        public String type() {
            return areas.size() == 1 ? "linear" : "striped";
        }

        /** As LVM2 writes it, under that number. */
        String toText(int number) {
            StringBuilder text = new StringBuilder();
            text.append("segment%d {\nstart_extent = %d\nextent_count = %d\n\n"
                    .formatted(number, firstExtent, extentCount));
            text.append("type = \"striped\"\nstripe_count = %d\n".formatted(areas.size()));
            if (areas.size() > 1) {
                text.append("stripe_size = %d\n".formatted(stripeSectors));
            }
            List<String> stripes = areas.stream()
                    .map(area -> LvmText.quote(area.pv()) + ", " + area.firstExtent())
                    .toList();
            return text.append("\nstripes = [\n")
                    .append(String.join(",\n", stripes))
                    .append("\n]\n}\n")
                    .toString();
        }
    }

    /** One that we know of and leave alone: RAID, thin, snapshot, cache, VDO and what comes yet. */
    record Foreign(String type, long firstExtent, long extentCount, List<Area> areas)
            implements Segment {
        public Foreign {
            areas = List.copyOf(areas);
        }
    }

    /** @param isPv whether a name is that of a physical volume of the group */
    static Segment read(LvmText.Section section, Predicate<String> isPv) {
        long first = section.needWhole("start_extent", VolumeGroup.EXTENT_COUNT_MAX);
        long count = section.needWhole("extent_count", VolumeGroup.EXTENT_COUNT_MAX);
        String type = section.needText("type");
        if (count == 0) {
            throw section.place().wrong("segment `" + section.name() + "` is empty");
        }
        List<Area> stripes = pairs(section, "stripes", count, isPv);
        boolean plain = type.equals("striped") && !stripes.isEmpty();
        if (!plain || 2L * stripes.size() != itemCount(section, "stripes")) {
            return new Foreign(type, first, count, foreignAreas(section, count, isPv));
        }
        long stripeCount = section.needWhole("stripe_count", stripes.size());
        long stripeSectors = section.whole("stripe_size", Integer.MAX_VALUE, 0);
        boolean fits = stripeCount == stripes.size()
                && count % stripeCount == 0
                && (stripeCount == 1 || Long.bitCount(stripeSectors) == 1);
        if (!fits) {
            throw section.place().wrong("the stripes of `" + section.name() + "` do not add up");
        }
        List<Area> areas = stripes.stream()
                .map(area -> new Area(area.pv(), area.firstExtent(), count / stripeCount))
                .toList();
        return new Striped(first, count, stripeCount == 1 ? 0 : stripeSectors, areas);
    }

    /** Whatever names a physical volume and an extent behind it may occupy as much as it holds. */
    private static List<Area> foreignAreas(
            LvmText.Section section, long count, Predicate<String> isPv) {
        List<Area> areas = new ArrayList<>();
        for (String key : section.values().keySet()) {
            long each = key.equals("stripes")
                    ? count / Math.max(1, section.whole("stripe_count", count, 1))
                    : count;
            areas.addAll(pairs(section, key, each, isPv));
        }
        return areas;
    }

    private static long itemCount(LvmText.Section section, String key) {
        LvmText.Assignment found = section.values().get(key);
        return found != null && found.value() instanceof LvmText.Items(List<LvmText.Value> items)
                ? items.size()
                : 0;
    }

    private static List<Area> pairs(
            LvmText.Section section, String key, long extentCount, Predicate<String> isPv) {
        List<Area> areas = new ArrayList<>();
        LvmText.Assignment found = section.values().get(key);
        if (found == null || !(found.value() instanceof LvmText.Items(List<LvmText.Value> items))) {
            return areas;
        }
        for (int index = 0; index + 1 < items.size(); index++) {
            if (items.get(index) instanceof LvmText.Text(String name)
                    && items.get(index + 1) instanceof LvmText.Whole(long first)
                    && isPv.test(name)
                    && first >= 0
                    && first <= VolumeGroup.EXTENT_COUNT_MAX) {
                areas.add(new Area(name, first, extentCount));
            }
        }
        return areas;
    }
}
