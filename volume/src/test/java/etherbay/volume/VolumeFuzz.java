// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.EtherbayException;
import etherbay.base.Prng;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * What stands on a disk: the first byte says whether the rest is the text in force, or label,
 * header and ring; and, by its second bit, whether checksums are put right, since no engine guesses
 * them. A pool is opened without a write and without an error. Of what it finds every verb makes
 * the next version or refuses it, and leaves other volumes as they were.
 */
public final class VolumeFuzz {
    private static final long DISK_BYTES = 64 << 20;
    private static final int AREA_AT = 4096;
    private static final int AREA_BYTES = 64 * 1024;
    private static final int RAW = 1;
    private static final int SEALED = 2;

    private VolumeFuzz() {}

    /** One disk, beside another one whose metadata is empty. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 0) {
            open(media(input));
        }
    }

    static List<CrashMedium> media(byte[] input) {
        CrashMedium.Power power = new CrashMedium.Power(1);
        CrashMedium first = new CrashMedium(power, "first", DISK_BYTES);
        CrashMedium second = new CrashMedium(power, "second", DISK_BYTES);
        label(first, '1');
        label(second, '2');
        byte[] content = Arrays.copyOfRange(input, 1, input.length);
        if ((input[0] & RAW) != 0) {
            putRaw(first, content, (input[0] & SEALED) != 0);
        } else if (content.length > 0) {
            putText(first, content);
        }
        return List.of(first, second);
    }

    /** As the disks of {@link Golden} are. */
    private static void label(CrashMedium medium, char number) {
        LvmId id = new LvmId("0GoldenPV0000000000000000000000" + number);
        PvLabel label = new PvLabel(
                1,
                id,
                DISK_BYTES,
                List.of(new PvLabel.Range(1 << 20, 0)),
                List.of(new PvLabel.Range(AREA_AT, AREA_BYTES)),
                2,
                1,
                List.of());
        medium.put(512, label.encode());
        PoolDisk.of(medium, label).areas().forEach(MetadataArea::format);
    }

    private static void putText(CrashMedium medium, byte[] text) {
        medium.put(AREA_AT + 512, text);
        byte[] header = medium.get(AREA_AT, 512);
        ByteBuffer.wrap(header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(40, 512)
                .putLong(48, text.length)
                .putInt(56, LvmCrc.of(text, 0, text.length))
                .putInt(60, 0);
        medium.put(AREA_AT, sealed(header, 0, 4));
    }

    private static byte[] sealed(byte[] sector, int crcAt, int from) {
        ByteBuffer.wrap(sector)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(crcAt, LvmCrc.of(sector, from, sector.length - from));
        return sector;
    }

    /** A sector of label, one of header, and the beginning of the ring. */
    private static void putRaw(CrashMedium medium, byte[] content, boolean seals) {
        byte[] label = Arrays.copyOf(content, 512);
        byte[] header = Arrays.copyOfRange(content, Math.min(512, content.length), 1024);
        byte[] ring = Arrays.copyOfRange(
                content, Math.min(1024, content.length), Math.max(1024, content.length));
        if (seals) {
            sealPlace(header, ring);
            sealed(label, 16, 20);
            sealed(header, 0, 4);
        }
        medium.put(512, label).put(AREA_AT, header).put(AREA_AT + 512, ring);
    }

    /** The checksum of the text, where all of it is there. */
    private static void sealPlace(byte[] header, byte[] ring) {
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        long at = fields.getLong(40) - 512;
        long count = fields.getLong(48);
        if (at >= 0 && count >= 0 && at < ring.length && count <= ring.length - at) {
            fields.putInt(56, LvmCrc.of(ring, (int) at, (int) count));
        }
    }

    private static void open(List<CrashMedium> media) {
        CrashMedium.Power power = media.getFirst().power();
        long before = power.opCount();
        Pool pool = Pool.open(media);
        pool.warnings().forEach(VolumeFuzz::checkShown);
        for (PoolGroup group : pool.groups()) {
            check(group);
            assertThat(pool.history(group)).startsWith(group.group());
        }
        assertThat(power.opCount()).isEqualTo(before);
        for (PoolGroup group : pool.groups()) {
            for (Verb verb : verbs(group.group())) {
                change(media, group.group(), verb);
            }
        }
    }

    private static void checkShown(String text) {
        assertThat(text).isNotBlank();
        assertThat(text.chars()).noneMatch(Character::isISOControl);
    }

    private static void check(PoolGroup found) {
        VolumeGroup group = found.group();
        checkShown(group.name());
        long used =
                group.physicalVolumes().stream().mapToLong(group::usedExtents).sum();
        assertThat(used).isBetween(0L, group.extentCount());
        assertThat(group.freeExtents()).isEqualTo(group.extentCount() - used);
        for (LogicalVolume lv : group.logicalVolumes()) {
            checkShown(lv.name());
            assertThat(lv.extentCount() * group.extentSectors() * 512).isNotNegative();
            assertThat(lv.type()).isNotNull();
            assertThat(lv.isPlain() && lv.extentCount() == 0).isFalse();
            found.isWhole(lv);
        }
    }

    /** A verb, and the volume that it is for; empty for the group. */
    private record Verb(String volume, BiConsumer<PoolChanges, PoolGroup> act) {}

    private static List<Verb> verbs(VolumeGroup group) {
        String any = group.logicalVolumes().stream()
                .map(LogicalVolume::name)
                .findFirst()
                .orElse("none");
        VolumeRequest more = VolumeRequest.of(VolumeSize.ofExtents("+1"));
        VolumeRequest stripes =
                new VolumeRequest(VolumeSize.ofExtents("4"), 2, 8, "inherit", List.of(), List.of());
        return List.of(
                new Verb("", (on, in) -> on.tag(in, Optional.empty(), List.of())),
                new Verb("", (on, in) -> on.tag(in, Optional.empty(), List.of("t"))),
                new Verb("", (on, in) -> on.renameGroup(in, "renamed")),
                new Verb(
                        "",
                        (on, in) -> on.reduceGroup(in, List.copyOf(in.present().values()))),
                new Verb("new", (on, in) -> on.createVolume(in, "new", more)),
                new Verb("new", (on, in) -> on.createVolume(in, "new", stripes)),
                new Verb(any, (on, in) -> on.tag(in, Optional.of(any), List.of("t"))),
                new Verb(any, (on, in) -> on.tag(in, Optional.of(any), List.of())),
                new Verb(any, (on, in) -> on.extendVolume(in, any, more)),
                new Verb(any, (on, in) -> on.reduceVolume(in, any, VolumeSize.ofExtents("-1"))),
                new Verb(any, (on, in) -> on.renameVolume(in, any, "next")),
                new Verb(any, (on, in) -> on.removeVolume(in, any)),
                new Verb("*", (on, in) -> on.removeMissing(in, true)));
    }

    private static void change(List<CrashMedium> media, VolumeGroup group, Verb verb) {
        CrashMedium.Power power = new CrashMedium.Power(1);
        List<CrashMedium> copies =
                media.stream().map(medium -> medium.copy(power)).toList();
        Pool pool = Pool.open(copies);
        PoolGroup in = pool.groups().stream()
                .filter(one -> one.group().equals(group))
                .findFirst()
                .orElseThrow();
        PoolChanges on = new PoolChanges(pool, "host", 1, "fuzz", new Prng(2)::nextLong);
        try {
            verb.act().accept(on, in);
        } catch (EtherbayException refused) {
            checkShown(refused.getMessage());
            checkShown(refused.why());
            checkShown(refused.correction());
            return;
        }
        VolumeGroup after = Pool.open(copies).groups().stream()
                .map(PoolGroup::group)
                .filter(one -> one.id().equals(group.id()))
                .findFirst()
                .orElseThrow();
        assertThat(after.seqno()).isBetween(group.seqno(), group.seqno() + 1);
        checkOthers(group, after, verb);
    }

    /** Byte for byte, whatever they are. */
    private static void checkOthers(VolumeGroup before, VolumeGroup after, Verb verb) {
        for (LogicalVolume lv : before.logicalVolumes()) {
            if (!lv.name().equals(verb.volume()) && !verb.volume().equals("*")) {
                assertThat(after.find(lv.name())).contains(lv);
                assertThat(textOf(after, lv.name())).isEqualTo(textOf(before, lv.name()));
            }
        }
    }

    private static String textOf(VolumeGroup group, String volume) {
        LvmText.Section section = VolumeGroup.sectionOf(LvmText.parse(group.text(), "fuzz"))
                .needSection("logical_volumes")
                .needSection(volume);
        return group.text().substring(section.from(), section.to());
    }
}
