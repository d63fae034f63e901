// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static etherbay.cli.LvmReport.Column.field;
import static etherbay.cli.LvmReport.Column.number;
import static etherbay.cli.LvmReport.Column.text;

import etherbay.base.EtherbayException;
import etherbay.node.SizeText;
import etherbay.volume.LogicalVolume;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeTraits;
import etherbay.volume.VolumeTraits.Tie;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A logical volume as {@code lvs} and {@code lvdisplay} print it. */
record LvRow(PoolGroup in, LogicalVolume lv, Map<String, VolumeTraits> all, SizeText units) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xx", Locale.ROOT);

    static final LvmReport<LvRow> REPORT = new LvmReport<>(
            "lv",
            List.of(
                    text("lv_name", "LV", 4, LvRow::shownName),
                    text("vg_name", "VG", row -> row.in.name()),
                    text("lv_attr", "Attr", row -> row.traits().attributes()),
                    number("lv_size", "LSize", row -> row.units.inTable(row.sectors(row.lv))),
                    text("pool_lv", "Pool", row -> row.tied(Tie.POOL)),
                    text("origin", "Origin", row -> row.tied(Tie.ORIGIN)),
                    number("data_percent", "Data%", 6, _ -> ""),
                    number("metadata_percent", "Meta%", 6, _ -> ""),
                    text("move_pv", "Move", _ -> ""),
                    text("mirror_log", "Log", row -> row.tied(Tie.LOG)),
                    number("copy_percent", "Cpy%Sync", _ -> ""),
                    text("convert_lv", "Convert", row -> row.tied(Tie.CONVERT))),
            List.of(
                    field("lv_uuid", row -> row.lv.id().toString()),
                    field("lv_full_name", row -> row.in.name() + "/" + row.lv.name()),
                    field("seg_count", row -> Long.toString(row.lv.segments().size())),
                    field("lv_allocation_policy", LvRow::allocation),
                    field("lv_tags", row -> LvmReport.tags(row.lv.tags())),
                    field("lv_time", row -> time(row.lv.creationS())),
                    field("lv_host", row -> row.lv.creationHost())));

    /** Those of some groups, also the parts of others where {@code hidden}; in their order. */
    static List<LvRow> of(List<PoolGroup> groups, boolean hidden, SizeText units) {
        List<LvRow> rows = new ArrayList<>();
        for (PoolGroup group : groups) {
            Map<String, VolumeTraits> traits = VolumeTraits.of(group);
            group.group().logicalVolumes().stream()
                    .filter(lv -> !lv.type().equals("snapshot")) // a tie, which nobody can read
                    .filter(lv -> hidden || traitsOf(lv, traits).visible())
                    .forEach(lv -> rows.add(new LvRow(group, lv, traits, units)));
        }
        return rows;
    }

    private static VolumeTraits traitsOf(LogicalVolume lv, Map<String, VolumeTraits> all) {
        return all.getOrDefault(lv.name(), VolumeTraits.NONE);
    }

    private VolumeTraits traits() {
        return traitsOf(lv, all);
    }

    private String name(Tie tie) {
        return EtherbayException.shown(traits().tied(tie));
    }

    /** In a table those that are not shown by themselves stand in brackets. */
    private String tied(Tie tie) {
        String name = name(tie);
        boolean hidden = in.group()
                .find(name)
                .filter(other -> !traitsOf(other, all).visible())
                .isPresent();
        return hidden ? "[" + name + "]" : name;
    }

    private String shownName() {
        return traits().visible() ? lv.name() : "[" + lv.name() + "]";
    }

    private String allocation() {
        return lv.allocation().orElse("inherit");
    }

    private long sectors(LogicalVolume of) {
        return of.extentCount() * in.group().extentSectors();
    }

    /** As LVM2 writes it, by the clock of this machine. */
    static String time(long seconds) {
        return seconds == 0
                ? ""
                : TIME.format(Instant.ofEpochSecond(seconds).atZone(ZoneId.systemDefault()));
    }

    /** What {@code lvdisplay} prints of it, but for what the kernel knows. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("--- Logical volume ---");
        if (traits().visible()) {
            if (!lv.type().startsWith("thin-pool")) {
                lines.add("LV Path                /dev/" + in.name() + "/" + lv.name());
            }
            lines.add("LV Name                " + lv.name());
        } else {
            lines.add("Internal LV Name       " + lv.name());
        }
        lines.add("VG Name                " + in.name());
        lines.add("LV UUID                " + lv.id());
        lines.add("LV Write Access        " + (lv.isWritable() ? "read/write" : "read only"));
        lines.add("LV Creation host, time %s, %s"
                .formatted(EtherbayException.shown(lv.creationHost()), time(lv.creationS())));
        lines.addAll(tieLines());
        lines.addAll(sizeLines());
        lines.add("Segments               " + lv.segments().size());
        lines.add("Allocation             " + allocation());
        lines.add("Read ahead sectors     auto");
        lines.add(" ");
        return lines;
    }

    private List<String> tieLines() {
        List<String> lines = new ArrayList<>();
        List<String> snapshots = VolumeTraits.snapshotsOf(lv.name(), all);
        if (!snapshots.isEmpty()) {
            lines.add("LV snapshot status     source of");
            snapshots.forEach(name -> lines.add("                       " + name + " [INACTIVE]"));
        } else if (traits().snapshot()) {
            lines.add("LV snapshot status     INACTIVE destination for " + name(Tie.ORIGIN));
        }
        switch (lv.type().replaceFirst("\\+.*", "")) {
            case "thin" -> {
                lines.add("LV Pool name           " + name(Tie.POOL));
                if (!name(Tie.ORIGIN).isEmpty()) {
                    lines.add("LV Thin origin name    " + name(Tie.ORIGIN));
                }
            }
            case "thin-pool", "cache-pool" -> {
                lines.add("LV Pool metadata       " + name(Tie.METADATA));
                lines.add("LV Pool data           " + name(Tie.DATA));
            }
            case "vdo-pool" -> lines.add("LV VDO Pool data       " + name(Tie.DATA));
            case "vdo" -> lines.add("LV VDO Pool name       " + name(Tie.POOL));
            default -> {}
        }
        return lines;
    }

    /** A snapshot is as large as its origin for whoever reads it; what it keeps is told besides. */
    private List<String> sizeLines() {
        LogicalVolume seen =
                traits().snapshot() ? in.group().find(name(Tie.ORIGIN)).orElse(lv) : lv;
        List<String> lines = new ArrayList<>();
        lines.add("LV Size                " + units.inText(sectors(seen)));
        lines.add("Current LE             " + seen.extentCount());
        if (traits().snapshot()) {
            lines.add("COW-table size         " + units.inText(sectors(lv)));
            lines.add("COW-table LE           " + lv.extentCount());
            lines.add("Snapshot chunk size    " + units.inText(traits().chunkSectors()));
        }
        if (traits().legCount() > 0) {
            lines.add("Mirrored volumes       " + traits().legCount());
        }
        return lines;
    }
}
