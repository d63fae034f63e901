// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static etherbay.cli.LvmReport.Column.field;
import static etherbay.cli.LvmReport.Column.number;
import static etherbay.cli.LvmReport.Column.text;

import etherbay.node.SizeText;
import etherbay.volume.PhysicalVolume;
import etherbay.volume.Pool;
import etherbay.volume.PoolDisk;
import etherbay.volume.PoolGroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongBiFunction;

/**
 * A physical volume as {@code pvs} and {@code pvdisplay} print it: one of a group, which may be
 * missing, or a disk that is in none.
 *
 * @param pv what its group tells of it
 */
record PvRow(
        Optional<PoolGroup> group,
        Optional<PhysicalVolume> pv,
        Optional<PoolDisk> disk,
        SizeText units) {
    /** Bit 0 of the extension's flags on a label: it belongs to a group, found or not. */
    private static final int FLAG_USED = 1;

    private static final int SECTOR_BYTES = 512;

    static final LvmReport<PvRow> REPORT = new LvmReport<>(
            "pv",
            List.of(
                    text("pv_name", "PV", 10, PvRow::name),
                    text("vg_name", "VG", PvRow::shownGroup),
                    text("pv_fmt", "Fmt", _ -> "lvm2"),
                    text("pv_attr", "Attr", PvRow::attributes),
                    number("pv_size", "PSize", row -> row.units.inTable(row.sizeSectors())),
                    number("pv_free", "PFree", row -> row.units.inTable(row.freeSectors()))),
            List.of(
                    field("pv_uuid", PvRow::uuid),
                    field("dev_size", row -> row.units.inTable(row.mediumSectors())),
                    field("pe_start", row -> row.units.inTable(row.dataSectors())),
                    field("pv_used", row -> row.units.inTable(row.usedSectors())),
                    field("pv_pe_count", row -> Long.toString(row.extentCount())),
                    field("pv_pe_alloc_count", row -> Long.toString(row.usedExtents())),
                    field("pv_tags", row -> LvmReport.tags(row.tags()))));

    /** All of them: of each group, and then those of none. */
    static List<PvRow> of(Pool pool, SizeText units) {
        List<PvRow> rows = new ArrayList<>();
        for (PoolGroup group : pool.groups()) {
            group.group()
                    .physicalVolumes()
                    .forEach(pv -> rows.add(
                            new PvRow(Optional.of(group), Optional.of(pv), group.disk(pv), units)));
        }
        pool.orphans()
                .forEach(disk -> rows.add(
                        new PvRow(Optional.empty(), Optional.empty(), Optional.of(disk), units)));
        return rows;
    }

    String name() {
        return disk.map(PoolDisk::name).orElse("[unknown]");
    }

    private String groupName() {
        return group.map(PoolGroup::name).orElse("");
    }

    /** Of a disk whose group nobody knows, LVM2 says so in its table, and there only. */
    private String shownGroup() {
        return group.isEmpty() && isUsed() ? "[unknown]" : groupName();
    }

    private boolean isUsed() {
        return disk.filter(PvRow::isMarkedUsed).isPresent();
    }

    /** Whether its label says that it belongs to a group, found or not. */
    static boolean isMarkedUsed(PoolDisk disk) {
        return (disk.label().extensionFlags() & FLAG_USED) != 0;
    }

    private String uuid() {
        return pv.map(PhysicalVolume::id)
                .or(() -> disk.map(PoolDisk::id))
                .orElseThrow()
                .toString();
    }

    private List<String> tags() {
        return pv.map(PhysicalVolume::tags).orElse(List.of());
    }

    private String attributes() {
        boolean allocatable = pv.filter(PhysicalVolume::allocatable).isPresent();
        boolean exported = group.filter(in -> in.group().isExported()).isPresent();
        boolean missing = disk.isEmpty();
        return (allocatable ? "a" : isUsed() ? "u" : "-")
                + (exported ? "x" : "-")
                + (missing ? "m" : "-");
    }

    private long extentSectors() {
        return group.map(in -> in.group().extentSectors()).orElse(0L);
    }

    private long extentCount() {
        return pv.map(PhysicalVolume::extentCount).orElse(0L);
    }

    private long usedExtents() {
        return inGroup((in, one) -> in.group().usedExtents(one));
    }

    private long inGroup(ToLongBiFunction<PoolGroup, PhysicalVolume> count) {
        return group.isEmpty() || pv.isEmpty() ? 0 : count.applyAsLong(group.get(), pv.get());
    }

    /** Of the device: as its group has it, or as it is. */
    private long deviceSectors() {
        return pv.map(PhysicalVolume::deviceSectors)
                .orElseGet(() -> disk.map(PoolDisk::sectors).orElse(0L));
    }

    private long mediumSectors() {
        return disk.map(PoolDisk::sectors).orElse(0L);
    }

    private long dataSectors() {
        Function<PoolDisk, Long> ofLabel =
                found -> found.label().dataAreas().getFirst().offsetBytes() / SECTOR_BYTES;
        return pv.map(PhysicalVolume::dataSectors).or(() -> disk.map(ofLabel)).orElse(0L);
    }

    private long sizeSectors() {
        return extentCount() == 0 ? deviceSectors() : extentCount() * extentSectors();
    }

    private long freeSectors() {
        return group.isEmpty()
                ? isUsed() ? 0 : deviceSectors()
                : (extentCount() - usedExtents()) * extentSectors();
    }

    private long usedSectors() {
        return usedExtents() * extentSectors();
    }

    /** What {@code pvdisplay} prints of it. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        boolean inGroup = group.isPresent();
        if (!inGroup) {
            lines.add("\"%s\" is a new physical volume of \"%s\""
                    .formatted(name(), units.inText(deviceSectors())));
        }
        boolean exported = group.filter(in -> in.group().isExported()).isPresent();
        long freeCount = extentCount() - usedExtents();
        lines.add("--- " + (inGroup ? "" : "NEW ") + "Physical volume ---");
        lines.add("PV Name               " + name());
        lines.add("VG Name               " + groupName() + (exported ? " (exported)" : ""));
        lines.add("PV Size               " + sizeText());
        lines.add("Allocatable           " + allocatable(freeCount));
        lines.add("PE Size               " + units.inText(extentSectors()));
        lines.add("Total PE              " + extentCount());
        lines.add("Free PE               " + freeCount);
        lines.add("Allocated PE          " + usedExtents());
        lines.add("PV UUID               " + uuid());
        lines.add(" ");
        return lines;
    }

    private String allocatable(long freeCount) {
        if (extentCount() == 0 || pv.filter(PhysicalVolume::allocatable).isEmpty()) {
            return "NO";
        }
        return "yes " + (freeCount == 0 ? "(but full)" : "");
    }

    private String sizeText() {
        long dataSectors = extentCount() * extentSectors();
        long needed = dataSectors + (pv.isPresent() ? dataSectors() : 0);
        boolean larger = deviceSectors() > needed;
        String size = units.inText(larger ? deviceSectors() : needed);
        long unusable = larger ? deviceSectors() - dataSectors : needed - deviceSectors();
        return dataSectors == 0 ? size : size + " / not usable " + units.inText(unusable);
    }
}
