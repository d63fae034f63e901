// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

class DecorationReaderTest {
    /** What is shown reads back, and is what was written. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "faulty:p=0.01,seed=7:/srv/disk.img",
                "delay:ms=5:faulty:p=0.01,seed=7:/srv/disk.img",
                "delay:ms=0.25,reads-ms=0,writes-ms=60000,flushes-ms=1,jitter-ms=2,iops=200,"
                        + "mib-s=1.5,seed=9223372036854775807:vg/lv",
                "faulty:reads=0.5,writes=1,flushes=0.000000001,lba=0-281474976710655:d",
                "trace:nbd+unix:///x?socket=/s",
                "read-only:trace:delay:iops=10000000:/dev/sda",
                "faulty:p=1:faulty:p=1:faulty:p=1:faulty:p=1:/d"
            })
    void aDecoratedNameIsReadBackAsItWas(String text) {
        BackingName name = BackingName.ofPath(text);
        assertThat(name).isInstanceOf(BackingName.Decorated.class).hasToString(text);
        assertThat(name.prefix() + name.bare()).isEqualTo(text);
    }

    @Test
    void spellingsOfOneMeaningAreEqual() {
        BackingName one = BackingName.ofPath("delay:ms=5,iops=100:/d");
        assertThat(BackingName.ofPath("delay:iops=0100,ms=5.000:/d"))
                .isEqualTo(one)
                .hasSameHashCodeAs(one)
                .hasToString("delay:ms=5,iops=100:/d");
        assertThat(BackingName.ofPath("delay:ms=5,iops=101:/d")).isNotEqualTo(one);
        assertThat(BackingName.ofPath("faulty:lba=7:/d"))
                .isEqualTo(BackingName.ofPath("faulty:lba=7-7:/d"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "./faulty:p=0.01:x",
                "/srv/trace:x",
                "tracer:x",
                "faulty",
                "Delay:ms=5:/d",
                "nbd-delay:ms=5:x"
            })
    void otherNamesWithColonsAreFiles(String text) {
        assertThat(BackingName.ofPath(text)).isEqualTo(new BackingName.AtPath(Path.of(text)));
    }

    @Test
    void aUuidIsDecoratedLikeAPath() {
        BackingName name = BackingName.ofUuid("read-only:delay:ms=1:2f1c9b1e-6f0a");
        assertThat(name.bare()).isEqualTo(new BackingName.WithUuid("2f1c9b1e-6f0a"));
        assertThat(name.prefix()).isEqualTo("read-only:delay:ms=1:");
        assertThat(name.takesNoWrites()).isTrue();
        assertThat(BackingName.ofUuid("a0b1c2d3:e4f5").prefix()).isEmpty(); // an md array's
    }

    @Test
    void onlyWhatDoesHarmIsWarnedOf() {
        assertThat(BackingName.ofPath("trace:read-only:/d").warnings()).isEmpty();
        assertThat(BackingName.ofPath("delay:ms=5:faulty:p=0.01,seed=7:/d").warnings())
                .containsExactly(
                        "delay ms=5: this disk is slow on purpose",
                        "faulty p=0.01,seed=7: this disk fails on purpose");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    faulty:/srv/d | names no disk | faulty:p=0.01:/srv/disk.img
                    faulty:p=0.01: | names no disk | faulty:p=0.01:/srv/disk.img
                    trace: | names no disk | trace:/srv/disk.img
                    faulty:seed=7:/d | says nothing | faulty:p=0.01:/srv/disk.img
                    delay::/d | no option `` | delay:ms=5:/srv/disk.img
                    faulty:read=0.1:/d | no option `read` | did you mean reads?
                    delay:jitter=2:/d | no option `jitter` | delay:ms=5:/srv/disk.img
                    delay:ips=2:/d | no option `ips` | did you mean iops?
                    faulty:p:/d | p has no value | write p=1, or less
                    faulty:p=:/d | p= cannot be | from 0 to 1
                    faulty:p=1.01:/d | p=1.01 cannot be | from 0 to 1
                    faulty:p=-1:/d | p=-1 cannot be | from 0 to 1
                    faulty:p=nan:/d | p=nan cannot be | from 0 to 1
                    faulty:p=1e-3:/d | p=1e-3 cannot be | from 0 to 1
                    faulty:p=0.1,p=0.2:/d | p is there twice | leave one out
                    faulty:lba=9-8:/d | lba=9-8 is no range | write lba=8-9
                    faulty:lba=9-:/d | lba= cannot be | write lba=FROM-TO
                    faulty:lba=1-281474976710656:/d | cannot be | to 281474976710655
                    delay:ms=60001:/d | ms=60001 cannot be | from 0 to 60000
                    delay:iops=0:/d | iops=0 cannot be | from 1 to
                    delay:iops=1.5:/d | iops=1.5 cannot be | from 1 to
                    delay:mib-s=0.001:/d | mib-s=0.001 cannot be | from 0.01 to
                    trace:trace:trace:trace:trace:/d | 5 of | leave some out
                    """)
    void aMistakeIsNamedWithWhatToWriteInstead(String text, String what, String correction) {
        assertThatThrownBy(() -> BackingName.ofPath(text))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refused).hasMessageContaining(what);
                    assertThat(refused.why()).isNotBlank();
                    assertThat(refused.correction()).contains(correction);
                });
    }

    @Test
    void aMissingFileThatLooksLikeADecorationIsExplained() {
        assertThat(DecorationReader.meant("fauty:p=0.01:/srv/d")).contains("faulty:p=0.01:");
        assertThat(DecorationReader.meant("readonly:/srv/d")).contains("read-only:");
        assertThat(DecorationReader.meant("/srv/disk.img")).isEmpty();
        assertThat(DecorationReader.meant("backup:x")).isEmpty();
    }

    /** The page has each kind's options with the bounds of the program. */
    @Test
    void thePageHasEveryOption() throws IOException {
        String page = Files.readString(
                Path.of(System.getProperty("etherbay.home", ".")).resolve("docs/settings.md"));
        for (DecorationKind kind : DecorationKind.values()) {
            assertThat(page).contains("`" + kind.word() + ":");
            for (DecorationKind.Option option : kind.options()) {
                String row = "| `" + kind.word() + "` | `" + option.name() + "` | "
                        + option.min().toPlainString() + " to " + option.max().toPlainString();
                assertThat(page).contains(row);
            }
        }
        List<String> rows = Pattern.compile("(?m)^\\| `(delay|faulty)` \\| `([a-z-]+)`")
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .toList();
        assertThat(rows)
                .hasSize(DecorationKind.DELAY.options().size()
                        + DecorationKind.FAULTY.options().size());
    }
}
