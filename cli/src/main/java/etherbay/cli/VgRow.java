// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static etherbay.cli.LvmReport.Column.field;
import static etherbay.cli.LvmReport.Column.number;
import static etherbay.cli.LvmReport.Column.text;

import etherbay.base.EtherbayException;
import etherbay.node.SizeText;
import etherbay.volume.GroupLimits;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeGroup;
import etherbay.volume.VolumeTraits;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A volume group as {@code vgs} and {@code vgdisplay} print it. */
record VgRow(PoolGroup in, Map<String, VolumeTraits> traits, SizeText units) {
    static final LvmReport<VgRow> REPORT = new LvmReport<>(
            "vg",
            List.of(
                    text("vg_name", "VG", row -> row.in.name()),
                    number("pv_count", "#PV", row -> Long.toString(row.diskCount())),
                    number("lv_count", "#LV", row -> Long.toString(row.volumeCount())),
                    number("snap_count", "#SN", row -> Long.toString(row.snapshotCount())),
                    text("vg_attr", "Attr", 5, VgRow::attributes),
                    number("vg_size", "VSize", row -> row.inTable(row.extentCount())),
                    number("vg_free", "VFree", row -> row.inTable(row.freeExtents()))),
            List.of(
                    field("vg_fmt", _ -> "lvm2"),
                    field("vg_uuid", row -> row.group().id().toString()),
                    field("vg_seqno", row -> Long.toString(row.group().seqno())),
                    field("vg_extent_size", row -> row.inTable(1)),
                    field("vg_extent_count", row -> Long.toString(row.extentCount())),
                    field("vg_free_count", row -> Long.toString(row.freeExtents())),
                    field("vg_missing_pv_count", row -> Long.toString(row.missingCount())),
                    field("vg_allocation_policy", row -> row.group().allocation()),
                    field("vg_systemid", row -> row.group().systemId()),
                    field("vg_lock_type", row -> row.group().lockType()),
                    field("vg_tags", row -> LvmReport.tags(row.group().tags()))));

    static VgRow of(PoolGroup in, SizeText units) {
        return new VgRow(in, VolumeTraits.of(in), units);
    }

    private VolumeGroup group() {
        return in.group();
    }

    private long diskCount() {
        return group().physicalVolumes().size();
    }

    private long missingCount() {
        return in.missing().size();
    }

    private long volumeCount() {
        return traits.values().stream().filter(VolumeTraits::visible).count();
    }

    private long snapshotCount() {
        return traits.values().stream().filter(VolumeTraits::snapshot).count();
    }

    private long extentCount() {
        return group().extentCount();
    }

    private long freeExtents() {
        return group().freeExtents();
    }

    private String inTable(long extents) {
        return units.inTable(extents * group().extentSectors());
    }

    private String inText(long extents) {
        return units.inText(extents * group().extentSectors());
    }

    private String attributes() {
        boolean shared = !group().lockType().isEmpty() && !group().lockType().equals("none");
        boolean clustered = group().status().contains("CLUSTERED");
        return (isWritable() ? "w" : "r")
                + (group().isResizeable() ? "z" : "-")
                + (group().isExported() ? "x" : "-")
                + (missingCount() > 0 ? "p" : "-")
                + VolumeTraits.letterOf(group().allocation())
                + (clustered ? "c" : shared ? "s" : "-");
    }

    private boolean isWritable() {
        return group().status().contains("WRITE");
    }

    /** What {@code vgdisplay} prints of it, but for the volumes that the kernel has open. */
    List<String> lines() {
        boolean readable = group().status().contains("READ");
        GroupLimits limits = GroupLimits.of(group());
        long used = extentCount() - freeExtents();
        List<String> lines = new ArrayList<>();
        lines.add("--- Volume group ---");
        lines.add("VG Name               " + in.name());
        lines.add("System ID             " + EtherbayException.shown(group().systemId()));
        lines.add("Format                lvm2");
        lines.add("Metadata Areas        " + areaCount());
        lines.add("Metadata Sequence No  " + group().seqno());
        lines.add("VG Access             "
                + (readable ? "read" : "")
                + (readable && isWritable() ? "/" : "")
                + (isWritable() ? "write" : ""));
        lines.add("VG Status             "
                + (group().isExported() ? "exported/" : "")
                + (group().isResizeable() ? "" : "NOT ")
                + "resizable");
        lines.add("MAX LV                " + limits.volumeCountMax());
        lines.add("Cur LV                " + volumeCount());
        lines.add("Max PV                " + limits.diskCountMax());
        lines.add("Cur PV                " + diskCount());
        lines.add("Act PV                " + (diskCount() - missingCount()));
        lines.add("VG Size               " + inText(extentCount()));
        lines.add("PE Size               " + inText(1));
        lines.add("Total PE              " + extentCount());
        lines.add("Alloc PE / Size       " + used + " / " + inText(used));
        lines.add("Free  PE / Size       " + freeExtents() + " / " + inText(freeExtents()));
        lines.add("VG UUID               " + group().id());
        lines.add(" ");
        return lines;
    }

    private long areaCount() {
        return in.present().values().stream()
                .mapToLong(disk -> disk.areas().size())
                .sum();
    }
}
