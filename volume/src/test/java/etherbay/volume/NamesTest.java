// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As {@code lvcreate -n} and {@code vgcreate} of lvm2 2.03.16 take and refuse them. */
final class NamesTest {
    private static EtherbayException refusal(Runnable check) {
        EtherbayException refusal = assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(check::run)
                .actual();
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal.getMessage().chars()).noneMatch(Character::isISOControl);
        return refusal;
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "vg0", "a-b", "a.b_c+d", "+", "_x", "1", "...", ".a", "a--b"})
    void namesThatLvmTakesAreTaken(String name) {
        assertThatNoException().isThrownBy(() -> Names.checkGroup(name));
        assertThatNoException().isThrownBy(() -> Names.checkVolume("vg", name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-a", ".", "..", "a b", "a/b", "\u00e4", "a\n", "a\u001b[2J", "a@b"})
    void otherNamesAreRefused(String name) {
        assertThat(refusal(() -> Names.checkGroup(name)).why()).contains("does not begin with");
        assertThat(refusal(() -> Names.checkVolume("vg", name)).why()).contains("letters");
    }

    @Test
    void aGroupAndAVolumeHaveRoomForTheNameOfTheirDevice() {
        assertThatNoException().isThrownBy(() -> Names.checkGroup("g".repeat(127)));
        refusal(() -> Names.checkGroup("g".repeat(128)));
        assertThatNoException().isThrownBy(() -> Names.checkVolume("g".repeat(60), "v".repeat(65)));
        assertThat(refusal(() -> Names.checkVolume("g".repeat(60), "v".repeat(66)))
                        .why())
                .contains("at most 125 letters together");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "snapshot0",
                "pvmove1",
                "pool_tdata",
                "pool_tmeta",
                "m_mimage_0",
                "m_mlog",
                "r_rimage_1",
                "r_rmeta_10",
                "c_cdata",
                "c_cmeta",
                "c_corig",
                "c_cvol",
                "w_wcorig",
                "v_vdata",
                "v_vorigin",
                "i_imeta",
                "i_iorig",
                "lvol0_pmspare",
                "a_tdatax",
                "_tdata"
            })
    void namesThatLvmKeepsForItselfAreRefused(String name) {
        assertThat(refusal(() -> Names.checkVolume("vg", name)))
                .hasMessage("`" + name + "` is no name of a volume");
        assertThat(refusal(() -> Names.checkVolume("vg", name)).why()).contains("LVM2 keeps");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysnapshot", "xpvmove", "tdata", "data_t", "rimage", "mlog_"})
    void namesThatOnlyResembleThemAreTaken(String name) {
        assertThatNoException().isThrownBy(() -> Names.checkVolume("vg", name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fast", "a/b=c!:#&", "_", ".", "+x", "0"})
    void tagsThatLvmTakesAreTaken(String tag) {
        assertThatNoException().isThrownBy(() -> Names.checkTag(tag));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-x", "a b", "a\"", "@a", "a\n"})
    void otherTagsAreRefused(String tag) {
        assertThat(refusal(() -> Names.checkTag(tag))).hasMessageContaining("is no name of a tag");
    }

    @Test
    void aTagHasAtMost1023Letters() {
        assertThatNoException().isThrownBy(() -> Names.checkTag("t".repeat(1023)));
        refusal(() -> Names.checkTag("t".repeat(1024)));
    }
}
