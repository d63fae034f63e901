// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What holds in any group, and that a text in which it does not is refused. */
final class VolumeGroupTest {
    private static final String VOLUMES = Golden.text("volumes");

    private static VolumeGroup parse(String text) {
        return VolumeGroup.parse(text, "disk");
    }

    private static String why(String text) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(() -> parse(text))
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal).hasMessage("the metadata of disk cannot be used");
        assertThat(refusal.why()).startsWith("line ");
        return refusal.why();
    }

    /** The golden group with a piece of its text changed, which is there. */
    private static String changed(String from, String to) {
        assertThat(VOLUMES).contains(from);
        return VOLUMES.replaceFirst(java.util.regex.Pattern.quote(from), to);
    }

    @Test
    void aGroupTellsOfItselfAndItsDisks() {
        VolumeGroup group = parse(VOLUMES);
        assertThat(group.id().toString()).isEqualTo("wtYA38-b1FG-TT3U-5LVU-zT0v-JqUF-Nz501B");
        assertThat(group.allocation()).isEqualTo("normal");
        assertThat(group.isExported()).isFalse();
        assertThat(group.isResizeable()).isTrue();
        assertThat(group.lockType()).isEmpty();
        assertThat(group.systemId()).isEmpty();
        assertThat(group.physicalVolumes())
                .extracting(PhysicalVolume::key, PhysicalVolume::deviceHint)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("pv0", "/dev/loop2"),
                        org.assertj.core.groups.Tuple.tuple("pv1", "/dev/loop3"));
        PhysicalVolume first = group.physicalVolumes().getFirst();
        assertThat(first.deviceSectors()).isEqualTo(262_144);
        assertThat(first.dataSectors()).isEqualTo(2048);
        assertThat(first.extentCount()).isEqualTo(31);
        assertThat(first.allocatable()).isTrue();
        assertThat(first.markedMissing()).isFalse();
        assertThat(group.usedExtents(first)).isEqualTo(10);
        assertThat(group.freeExtents(first)).isEqualTo(21);
        assertThat(group.extentCount()).isEqualTo(62);
    }

    @Test
    void whatStandsInTheTextWinsOverWhatIsUsual() {
        VolumeGroup group = parse(changed(
                "status = [\"RESIZEABLE\", \"READ\", \"WRITE\"]",
                "status = [\"EXPORTED\"] system_id = \"a\" lock_type = \"sanlock\""
                        + " allocation_policy = \"cling\""));
        assertThat(group.isExported()).isTrue();
        assertThat(group.isResizeable()).isFalse();
        assertThat(group.systemId()).isEqualTo("a");
        assertThat(group.lockType()).isEqualTo("sanlock");
        assertThat(group.allocation()).isEqualTo("cling");
    }

    @Test
    void aDiskMayBeMarkedMissingByItsStatusOrItsFlags() {
        assertThat(parse(changed("\"ALLOCATABLE\"]\nflags = []", "]\nflags = [\"MISSING\"]"))
                        .physicalVolumes()
                        .getFirst()
                        .markedMissing())
                .isTrue();
        assertThat(parse(changed("\"ALLOCATABLE\"]", "\"MISSING\"]"))
                        .physicalVolumes()
                        .getFirst()
                        .markedMissing())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "seqno = 8            |                        | has no seqno",
                "seqno = 8            | seqno = -8             | seqno is no number",
                "seqno = 8            | seqno = 2147483648     | seqno is no number",
                "extent_size = 8192   |                        | has no extent_size",
                "extent_size = 8192   | extent_size = 0        | have no size",
                "extent_size = 8192   | extent_size = 33554433 | extent_size is no number",
                "pe_start = 2048      |                        | has no pe_start",
                "pe_start = 2048      | pe_start = 99999999999999999 | pe_start is no number",
                "pe_count = 31        |                        | has no pe_count",
                "pe_count = 31        | pe_count = 4294967296  | pe_count is no number",
                "pe_count = 31        | pe_count = 9           | beyond the end of `pv0`",
                "golden {             | 1golden { } golden {   | no group, or several",
                "golden {             | /golden {              | is no name",
                "str {                | a/../../b {            | is no name of a volume",
                "str {                | .. {                   | is no name of a volume",
                "segment_count = 3    | segment_count = 2      | `lin` lacks segments",
                "segment_count = 3    |                        | `lin` lacks segments",
                "start_extent = 5     | start_extent = 6       | do not follow each other",
                "start_extent = 5     | start_extent = 4       | do not follow each other",
                "start_extent = 0     | start_extent = 1       | do not follow each other",
                "extent_count = 5     | extent_count = 0       | is empty",
                "extent_count = 5     | extent_count = 4294967296 | extent_count is no number",
                "stripe_count = 1     | stripe_count = 2       | stripe_count is no number",
                "stripe_count = 2     | stripe_count = 1       | do not add up",
                "stripe_count = 2     |                        | has no stripe_count",
                "stripe_size = 32     |                        | do not add up",
                "stripe_size = 32     | stripe_size = 33       | do not add up",
                "stripe_size = 32     | stripe_size = 16384    | larger than an extent",
                "extent_count = 4     | extent_count = 3       | do not add up",
                "\"pv0\", 0           | \"pv0\", 6             | belongs to two volumes",
                "\"pv0\", 7           | \"pv0\", 4             | extent 4 of `pv0`",
                "\"pv0\", 7           | \"pv0\", 29            | beyond the end of `pv0`",
            })
    void aGroupThatContradictsItselfIsRefused(String from, String to, String why) {
        assertThat(why(changed(from, to == null ? "" : to))).contains(why);
    }

    @Test
    void anIdThatIsThereTwiceIsRefused() {
        assertThat(why(VOLUMES.replace("0000-000002\"", "0000-000001\"")))
                .contains("the UUID 0Golde-nPV0-0000-0000-0000-0000-000001 is there twice");
        assertThat(why(VOLUMES.replace(
                        "Sm33do-PiyF-fJCT-AxKk-fZha-wdHD-KjQgXU",
                        "rXl8Au-96BH-JIWQ-eP9I-AnXd-eiwR-9bpTsM")))
                .contains("is there twice");
    }

    @Test
    void whatIsNoIdIsRefused() {
        assertThat(why(changed("wtYA38-b1FG-TT3U-5LVU-zT0v-JqUF-Nz501B", "../../etc/passwd")))
                .contains("is no UUID");
        assertThat(why(changed("wtYA38-b1FG-", "wtYA38-b1F\u001b-")).chars())
                .noneMatch(Character::isISOControl);
    }

    @Test
    void aDiskThatWouldEndBeyondAnyIsRefused() {
        assertThat(why(VOLUMES.replace("extent_size = 8192", "extent_size = 33554432")
                        .replace("pe_count = 31", "pe_count = 4294967295")))
                .contains("`pv0` ends beyond any disk");
    }

    /** A thin volume is as large as somebody says; its bytes have to count in a long. */
    @Test
    void aVolumeThatIsLargerThanAnyIsRefused() {
        String foreign = Golden.text("foreign");
        String most = foreign.replace("extent_count = 256", "extent_count = 2199023255551");
        assertThat(why(most)).contains("extent_count is no number");
        String large = foreign.replace("extent_count = 256", "extent_count = 4294967295")
                .replace("extent_size = 8192", "extent_size = 33554432")
                .replace("pe_count = 31", "pe_count = 30000");
        assertThat(why(large)).contains("`thin` is larger than any disk");
    }

    @Test
    void aVolumeOfNothingIsRead() {
        VolumeGroup group = parse(changed("lin {", """
                none {
                id = "xXl8Au-96BH-JIWQ-eP9I-AnXd-eiwR-9bpTsM"
                segment_count = 0
                }
                lin {"""));
        LogicalVolume none = group.need("none");
        assertThat(none.extentCount()).isZero();
        assertThat(none.isPlain()).isFalse();
        assertThat(none.type()).isEqualTo("empty");
    }

    @Test
    void aSegmentOfAnUnknownTypeOccupiesWhatItNames() {
        VolumeGroup group = parse(changed(
                "type = \"striped\"\nstripe_count = 2", "type = \"unheard-of\"\nstripe_count = 2"));
        assertThat(group.need("str").type()).isEqualTo("unheard-of");
        assertThat(group.need("str").isPlain()).isFalse();
        assertThat(group.usedExtents(group.physicalVolumes().getFirst())).isEqualTo(10);
    }

    /** What others lay out may be counted twice, or reach too far: nothing is less than free. */
    @Test
    void noDiskHasLessThanNothingFree() {
        VolumeGroup group = parse(changed(
                "type = \"striped\"\nstripe_count = 1\n\nstripes = [\n\"pv0\", 0\n]",
                "type = \"odd\"\na = [\"pv0\", 29]\nb = [\"pv0\", 29, \"pv0\", 30]\n"
                        + "c = [\"pv0\", 99, \"pv0\", 4294967295]"));
        assertThat(group.usedExtents(group.physicalVolumes().getFirst())).isEqualTo(2 + 3 + 2);
        assertThat(group.freeExtents(group.physicalVolumes().getFirst())).isEqualTo(31 - 7);
    }

    @Test
    void aVolumeThatIsNotThereIsToldWithThoseThatAre() {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(() -> parse(VOLUMES).need("li\u001bn"))
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal).hasMessage("group golden has no volume li?n");
        assertThat(refusal.why()).isEqualTo("it has lin, str, z");
        assertThat(refusal.correction()).contains("etherbay lv create golden li?n --size 10G");
        assertThat(assertThatExceptionOfType(EtherbayException.class)
                        .isThrownBy(() -> parse(Golden.text("group")).need("x"))
                        .actual()
                        .why())
                .isEqualTo("it has none yet");
    }

    /** Disks times segments would be some ten million steps of a millisecond's text. */
    @ParameterizedTest
    @ValueSource(ints = {6000})
    void aGroupOfManyDisksAndManySegmentsIsReadInNoTime(int count) {
        String disks = IntStream.range(0, count)
                .mapToObj("p%1$d{id=\"%1$032d\"pe_start=0 pe_count=9}"::formatted)
                .collect(Collectors.joining());
        String segments = IntStream.range(0, count)
                .mapToObj(("segment%1$d{start_extent=%1$d extent_count=1 type=\"striped\""
                        + " stripe_count=1 stripes=[\"p%1$d\",0]}")::formatted)
                .collect(Collectors.joining());
        String text =
                "vg{id=\"%032d\"seqno=1 extent_size=8 physical_volumes{%s}".formatted(0, disks)
                        + "logical_volumes{lv{id=\"%032d\"segment_count=%d %s}}}"
                                .formatted(0, count, segments);
        assertThat(text.length()).isLessThan(1 << 20);
        VolumeGroup group = parse(text);
        assertThat(group.freeExtents()).isEqualTo(8L * count);
    }
}
