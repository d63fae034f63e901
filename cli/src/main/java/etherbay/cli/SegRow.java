// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static etherbay.cli.LvmReport.Column.field;

import etherbay.node.SizeText;
import etherbay.volume.LogicalVolume;
import etherbay.volume.PhysicalVolume;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;
import etherbay.volume.Segment;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A segment of a volume as {@code lvs --segments} knows it: where its extents lie. */
record SegRow(PoolGroup in, LogicalVolume lv, Segment segment, SizeText units) {
    static final LvmReport<SegRow> REPORT = new LvmReport<>(
            "seg",
            List.of(),
            List.of(
                    field("vg_name", row -> row.in.name()),
                    field("lv_name", row -> row.lv.name()),
                    field("segtype", row -> row.segment.type()),
                    field("stripes", row -> Long.toString(row.segment.areas().size())),
                    field("stripe_size", row -> row.units.inTable(row.stripeSectors())),
                    field("seg_start_pe", row -> Long.toString(row.segment.firstExtent())),
                    field("seg_size_pe", row -> Long.toString(row.segment.extentCount())),
                    field("seg_pe_ranges", SegRow::ranges),
                    field("devices", SegRow::devices)));

    static List<SegRow> of(List<LvRow> volumes) {
        return volumes.stream()
                .flatMap(row -> row.lv().segments().stream()
                        .map(segment -> new SegRow(row.in(), row.lv(), segment, row.units())))
                .toList();
    }

    private long stripeSectors() {
        return segment instanceof Segment.Striped striped ? striped.stripeSectors() : 0;
    }

    /** Extents of each disk, the first and the last: {@code /dev/sdb:0-24 /dev/sdc:0-24}. */
    private String ranges() {
        return areas(
                " ",
                area -> "%s:%d-%d"
                        .formatted(
                                device(area),
                                area.firstExtent(),
                                area.firstExtent() + area.extentCount() - 1));
    }

    private String devices() {
        return areas(",", area -> "%s(%d)".formatted(device(area), area.firstExtent()));
    }

    private String areas(String between, Function<Segment.Area, String> text) {
        return segment.areas().stream().map(text).collect(Collectors.joining(between));
    }

    private String device(Segment.Area area) {
        return in.group().physicalVolumes().stream()
                .filter(pv -> pv.key().equals(area.pv()))
                .findFirst()
                .flatMap((PhysicalVolume pv) -> in.disk(pv))
                .map(PoolDisk::name)
                .orElse("[unknown]");
    }
}
