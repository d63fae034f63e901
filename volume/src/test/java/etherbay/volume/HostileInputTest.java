// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.sim.Property;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Any bytes, and valid ones with a few changes: what reads them says INVALID or what they mean, and
 * writes nothing. What a pool makes of them is the part of {@link VolumeFuzz}.
 */
final class HostileInputTest {
    private static final int CASE_COUNT = 3000;
    private static final long DISK_BYTES = 1 << 20;
    private static final int AREA_BYTES = 16 * 1024;
    private static final List<String> TEXTS = List.of(
            Golden.text("group"),
            Golden.text("volumes"),
            Golden.text("foreign"),
            "vg{a=[1,\"x\\\"\\\\y\",]b{c{d{e=-1}}}#z\n}q=0");

    private static final List<String> WORDS = List.of(
            "{",
            "}",
            "[",
            "]",
            "=",
            "\"",
            "\\",
            "#",
            ",",
            "\n",
            "\0",
            "\u00ff",
            "-",
            "0",
            "-1",
            "4294967295",
            "4294967296",
            "9223372036854775807",
            "99999999999999999999",
            "pv0",
            "segment1",
            "type",
            "stripes",
            "status",
            "id",
            "logical_volumes {",
            "extent_count = ",
            "[[",
            "{{{{{{{{{{{{{{{{{{{{");

    private static Property.Gen<byte[]> mutated(List<byte[]> valid) {
        return Property.Gen.shrinking((prng, size) -> {
            byte[] bytes = valid.get(prng.below(valid.size())).clone();
            for (int count = prng.between(1, 1 + size / 32); count > 0; count--) {
                bytes = mutatedOnce(prng, bytes);
            }
            return bytes;
        });
    }

    private static byte[] mutatedOnce(Prng prng, byte[] bytes) {
        int at = prng.between(0, bytes.length);
        int to = Math.min(bytes.length, at + prng.between(0, 12));
        byte[] word = WORDS.get(prng.below(WORDS.size())).getBytes(StandardCharsets.ISO_8859_1);
        byte[] between = switch (prng.below(4)) {
            case 0 -> new byte[0];
            case 1 -> word;
            case 2 -> new byte[] {(byte) prng.nextLong()};
            default -> Arrays.copyOfRange(bytes, at / 2, at / 2 + (to - at));
        };
        ByteBuffer joined = ByteBuffer.allocate(at + between.length + bytes.length - to);
        return joined.put(bytes, 0, at)
                .put(between)
                .put(bytes, to, bytes.length - to)
                .array();
    }

    private static List<byte[]> texts() {
        return TEXTS.stream()
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void taken(Runnable read) {
        try {
            read.run();
        } catch (EtherbayException refused) {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(refused.getMessage().chars()).noneMatch(Character::isISOControl);
            assertThat(refused.why().chars()).noneMatch(Character::isISOControl);
            assertThat(refused.correction()).isNotBlank();
        }
    }

    @Test
    void anyBytesAreATextOrInvalid() {
        Property.check(
                "bytes as text",
                CASE_COUNT,
                Property.Gen.bytes(),
                bytes -> taken(() -> LvmText.parse(text(bytes), "disk")));
    }

    @Test
    void mutatedTextsAreTextsOrInvalid() {
        Property.check(
                "mutated text",
                CASE_COUNT,
                mutated(texts()),
                bytes -> taken(() -> LvmText.parse(text(bytes), "disk")));
    }

    @Test
    void mutatedGroupsAreGroupsOrInvalid() {
        Property.check(
                "mutated groups",
                CASE_COUNT,
                mutated(texts()),
                bytes -> taken(() -> VolumeGroup.parse(text(bytes), "disk")));
    }

    /** What stands in a section is where its places say. */
    @Test
    void placesOfWhatIsReadAreWhereItStands() {
        Property.check(
                "places",
                CASE_COUNT,
                mutated(texts()),
                bytes -> taken(() -> {
                    String text = text(bytes);
                    for (LvmText.Section section :
                            LvmText.parse(text, "disk").sections().values()) {
                        String there = text.substring(section.from(), section.to());
                        assertThat(there).startsWith(section.name()).endsWith("}");
                        LvmText.Section again = LvmText.parse(there, "disk");
                        assertThat(again.needSection(section.name()).values().keySet())
                                .isEqualTo(section.values().keySet());
                        section.values()
                                .forEach((key, one) -> assertThat(LvmText.parse(
                                                        "a=" + text.substring(one.from(), one.to()),
                                                        "disk")
                                                .values()
                                                .get("a")
                                                .value())
                                        .isEqualTo(one.value()));
                    }
                }));
    }

    @Test
    void anySectorsAreALabelOrNoneOrInvalid() {
        byte[] label = PvLabel.create(new LvmId("a".repeat(32)), DISK_BYTES).encode();
        List<byte[]> valid = List.of(label, Golden.LABEL_TWO_AREAS, Golden.LABEL_BOOT_AREA);
        Property.check("labels", CASE_COUNT, mutated(valid), bytes -> {
            byte[] sector = Arrays.copyOf(bytes, 512);
            for (byte[] content : List.of(bytes, PvLabelTest.sealed(sector))) {
                CrashMedium medium = CrashMedium.of(DISK_BYTES).put(512, content);
                taken(() -> PvLabel.read(medium).ifPresent(read -> {
                    assertThat(read.encode()).hasSize(512);
                    assertThat(read.used(true).isUsed()).isTrue();
                    PoolDisk.of(medium, read).areas().forEach(MetadataArea::place);
                }));
                assertThat(medium.power().opCount()).isZero();
            }
        });
    }

    @Test
    void anyHeaderAndRingAreATextOrNoneOrInvalid() {
        CrashMedium made = CrashMedium.of(DISK_BYTES);
        MetadataArea area = new MetadataArea(made, new PvLabel.Range(4096, AREA_BYTES));
        area.format();
        TEXTS.forEach(text -> area.commit(area.stage(text)));
        List<byte[]> valid = List.of(made.get(4096, AREA_BYTES));
        Property.check("areas", CASE_COUNT / 3, mutated(valid), bytes -> {
            byte[] content = Arrays.copyOf(bytes, AREA_BYTES);
            byte[] header = Arrays.copyOf(content, 512);
            ByteBuffer.wrap(header)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(0, LvmCrc.of(header, 4, 508));
            for (boolean sealed : new boolean[] {false, true}) {
                CrashMedium medium = CrashMedium.of(DISK_BYTES).put(4096, content);
                medium.put(4096, sealed ? header : new byte[0]);
                MetadataArea read = new MetadataArea(medium, new PvLabel.Range(4096, AREA_BYTES));
                taken(read::place);
                taken(read::read);
                taken(read::history);
                assertThat(medium.power().opCount()).isZero();
            }
        });
    }
}
