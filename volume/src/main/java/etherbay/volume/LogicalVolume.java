// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A volume of a group.
 *
 * @param status as the metadata has it: READ, WRITE, VISIBLE and others
 * @param allocation its own policy; empty to inherit the group's
 * @param creationS when it was made, seconds since 1970; 0 if unknown
 * @param segments in the order of their extents, without a gap
 */
public record LogicalVolume(
        String name,
        LvmId id,
        List<String> status,
        List<String> tags,
        Optional<String> allocation,
        long creationS,
        String creationHost,
        List<Segment> segments) {
    private static final Pattern SEGMENT = Pattern.compile("segment[0-9]+");

    public LogicalVolume {
        status = List.copyOf(status);
        tags = List.copyOf(tags);
        segments = List.copyOf(segments);
    }

    static LogicalVolume read(LvmText.Section section, Predicate<String> isPv) {
        List<Segment> segments = section.sections().values().stream()
                .filter(LogicalVolume::isSegment)
                .map(one -> Segment.read(one, isPv))
                .sorted(Comparator.comparingLong(Segment::firstExtent))
                .toList();
        if (section.whole("segment_count", Integer.MAX_VALUE, 0) != segments.size()) {
            throw section.place().wrong("`" + section.name() + "` lacks segments");
        }
        long next = 0;
        for (Segment segment : segments) {
            if (segment.firstExtent() != next) {
                throw section.place()
                        .wrong("the segments of `" + section.name() + "` do not follow each other");
            }
            next = segment.end();
        }
        return new LogicalVolume(
                section.name(),
                LvmId.of(section.needText("id"), section.place()),
                section.texts("status"),
                section.texts("tags"),
                section.text("allocation_policy"),
                section.whole("creation_time", Long.MAX_VALUE, 0),
                section.text("creation_host").orElse(""),
                segments);
    }

    /** Whether a section of a volume's is a segment. */
    static boolean isSegment(LvmText.Section section) {
        return SEGMENT.matcher(section.name()).matches();
    }

    /** Its size. */
    public long extentCount() {
        return segments.isEmpty() ? 0 : segments.getLast().end();
    }

    /** Whether it is there for people; others are parts of these. */
    public boolean isVisible() {
        return status.contains("VISIBLE");
    }

    public boolean isWritable() {
        return status.contains("WRITE");
    }

    /** Whether all of it is laid out in a way that we read and write. */
    public boolean isPlain() {
        return !segments.isEmpty()
                && segments.stream().allMatch(segment -> segment instanceof Segment.Striped);
    }

    /** What it is, where it is not plain: {@code thin-pool}, {@code raid1}; else how it is laid. */
    public String type() {
        return segments.stream()
                .filter(segment -> segment instanceof Segment.Foreign)
                .findFirst()
                .or(() -> segments.stream().findFirst())
                .map(Segment::type)
                .orElse("empty");
    }

    /** As LVM2 writes a new one. */
    String toText() {
        StringBuilder text = new StringBuilder();
        text.append("%s {\nid = %s\nstatus = %s\nflags = []\n"
                .formatted(name, LvmText.quote(id.toString()), LvmText.quote(status)));
        if (!tags.isEmpty()) {
            text.append("tags = %s\n".formatted(LvmText.quote(tags)));
        }
        text.append("creation_time = %d\ncreation_host = %s\n"
                .formatted(creationS, LvmText.quote(creationHost)));
        allocation.ifPresent(
                policy -> text.append("allocation_policy = %s\n".formatted(LvmText.quote(policy))));
        text.append("segment_count = %d\n".formatted(segments.size()));
        text.append(segmentText());
        return text.append("}\n").toString();
    }

    /** Its segments as LVM2 writes them; for a plain one. */
    String segmentText() {
        StringBuilder text = new StringBuilder("\n");
        int number = 1;
        for (Segment segment : segments) {
            if (segment instanceof Segment.Striped striped) {
                text.append(striped.toText(number++));
            }
        }
        return text.toString();
    }
}
