// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.volume.VolumeSize.Kind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VolumeSizeTest {
    @ParameterizedTest
    @CsvSource({
        "0,            0",
        "1,            1048576",
        "1b,           1",
        "1B,           1",
        "3s,           1536",
        "3S,           1536",
        "2k,           2048",
        "2K,           2048",
        "2KiB,         2048",
        "2kb,          2048",
        "512M,         536870912",
        "10G,          10737418240",
        "10g,          10737418240",
        "10GiB,        10737418240",
        "10GB,         10737418240",
        "1T,           1099511627776",
        "1P,           1125899906842624",
        "7e,           8070450532247928832",
        "9223372036854775807b, 9223372036854775807",
    })
    void bytesAreCountedBy1024WhateverTheCase(String text, long bytes) {
        assertThat(VolumeSize.ofBytes(text)).isEqualTo(new VolumeSize((char) 0, Kind.BYTES, bytes));
        assertThat(VolumeSize.ofBytes("+" + text).sign()).isEqualTo('+');
        assertThat(VolumeSize.ofBytes("-" + text))
                .isEqualTo(new VolumeSize('-', Kind.BYTES, bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "0,        EXTENTS,       0",
        "25,       EXTENTS,       25",
        "9999999999, EXTENTS,     9999999999",
        "100%FREE, PERCENT_FREE,  100",
        "50%free,  PERCENT_FREE,  50",
        "1%VG,     PERCENT_GROUP, 1",
        "0%vg,     PERCENT_GROUP, 0",
    })
    void extentsAreCountedOrAPartOfSomething(String text, Kind kind, long number) {
        assertThat(VolumeSize.ofExtents(text)).isEqualTo(new VolumeSize((char) 0, kind, number));
        assertThat(VolumeSize.ofExtents("+" + text)).isEqualTo(new VolumeSize('+', kind, number));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "G",
                "x",
                "1.5G",
                "1 G",
                "++1G",
                "--1",
                "+-1",
                "1GG",
                "1Gi",
                "1iB",
                "1q",
                "0x10",
                "9223372036854775808b",
                "8E",
                "99999999999999999999",
                "\u0661G",
                "1G\n"
            })
    void whatIsNoSizeInBytesIsRefused(String text) {
        refused(() -> VolumeSize.ofBytes(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "%FREE", "101%FREE", "101%VG", "1%", "1%PVS", "1G", "1.5", "12345678901"
            })
    void whatIsNoNumberOfExtentsIsRefused(String text) {
        refused(() -> VolumeSize.ofExtents(text));
    }

    private static void refused(Runnable parse) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(parse::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal).hasMessageContaining("is no size of a volume");
        assertThat(refusal.correction()).isNotBlank();
    }

    @Test
    void bytesAreWholeExtentsRoundedUp() {
        VolumeGroup group = VolumeGroup.parse(Golden.text("group"), "golden");
        assertThat(VolumeSize.ofBytes("1b").extents(group, 0)).isEqualTo(1);
        assertThat(VolumeSize.ofBytes("4M").extents(group, 0)).isEqualTo(1);
        assertThat(VolumeSize.ofBytes("4097K").extents(group, 0)).isEqualTo(2);
        assertThat(VolumeSize.ofBytes("0").extents(group, 0)).isZero();
        assertThat(VolumeSize.ofBytes("9223372036854775807b").extents(group, 0))
                .isEqualTo(1L << 41);
    }

    @Test
    void percentsAreOfWhatIsFreeOrOfTheGroupRoundedDown() {
        VolumeGroup group = VolumeGroup.parse(Golden.text("group"), "golden");
        assertThat(VolumeSize.ofExtents("100%FREE").extents(group, 7)).isEqualTo(7);
        assertThat(VolumeSize.ofExtents("50%FREE").extents(group, 7)).isEqualTo(3);
        assertThat(VolumeSize.ofExtents("50%VG").extents(group, 7)).isEqualTo(31);
        assertThat(VolumeSize.ofExtents("1%VG").extents(group, 7)).isZero();
        assertThat(VolumeSize.ofExtents("12").extents(group, 7)).isEqualTo(12);
    }
}
