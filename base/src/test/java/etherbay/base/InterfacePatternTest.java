// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterfacePatternTest {
    /** Names between the bars match, those behind do not. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "eth0       | eth0                 | eth1 eth eth00 Eth0 xeth0",
                "eth*       | eth eth0 eth123.4    | et xeth0 ETH0",
                "*          | a eth0 ... lo        | unix:/tmp/s sixteen-letters- unix:",
                "*0         | 0 eth0 00 eth100     | eth01 eth",
                "e*h*0      | eh0 eth0 exhyh00     | eth e0h",
                "**         | a ab                 | unix:x",
                "a*b*c*d    | abcd axbxcxd abcdcd  | abdc abc",
                "eth?       | eth0 ethx eth?       | eth eth10",
                "?          | a ä                  | ab",
                "?*         | a ab                 | a/b",
                "eth[0-3]   | eth0 eth2 eth3       | eth4 eth eth-",
                "eth[!0-3]  | eth4 ethx            | eth0 eth",
                "eth[^0-3]  | eth4 ethx            | eth2 eth",
                "[ae]th0    | ath0 eth0            | bth0 th0",
                "[]a]0      | ]0 a0                | [0 0",
                "[!]a]0     | b0 [0                | ]0 a0",
                "[a-]0      | a0 -0                | b0",
                "[-a]0      | a0 -0                | b0",
                "[a-c-e]0   | a0 c0 -0 e0          | d0",
                "[*?]0      | *0 ?0                | a0",
                "[[]0       | [0                   | ]0 0",
                "[\\]]0     | ]0                   | \\0",
                "[\\a-c]0   | b0                   | \\0",
                "a\\**      | a* a*b               | ab a\\b",
                "\\e[t]h    | eth                  | \\eth",
                "a\\b       | a\\b                 | ab",
                "*.[0-9]*   | eth0.100 .1          | eth0 eth0.x",
                "[ä-ü]*     | ö ü1                 | a",
            })
    void namesMatchAsOfFnmatch(String pattern, String meant, String others) {
        InterfacePattern read = InterfacePattern.parse(pattern);
        assertThat(read).hasToString(pattern);
        assertThat(meant.split(" ", -1)).allMatch(read::matches);
        assertThat(others.split(" ", -1)).noneMatch(read::matches);
    }

    @ParameterizedTest
    @CsvSource({
        "eth0, false",
        "a\\b, false",
        "eth], false",
        "unix:/tmp/*, false",
        "eth*, true",
        "eth?, true",
        "eth[0], true",
        "eth\\*, true"
    })
    void oneOfThreeLettersMakesAGlob(String text, boolean glob) {
        assertThat(InterfacePattern.parse(text).isGlob()).isEqualTo(glob);
    }

    @Test
    void aSegmentIsTakenLetterByLetter() {
        InterfacePattern segment = InterfacePattern.parse("unix:/tmp/[a*");
        assertThat(segment).hasToString("unix:/tmp/[a*");
        assertThat(segment.matches("unix:/tmp/[a*")).isTrue();
        assertThat(segment.matches("unix:/tmp/[ab")).isFalse();
        assertThat(segment).isEqualTo(InterfacePattern.parse("unix:/tmp/[a*"));
        assertThat(segment).isNotEqualTo(InterfacePattern.parse("*"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\"\"                | no interface has such a name | name a NIC",
                "..                  | no interface has such a name | name a NIC",
                "sixteen-letters-    | at most 15                   | name a NIC",
                "sixteen-letters-*   | wants 16 letters             | eth*",
                "????????????????    | wants 16 letters             | eth*",
                "eth[0-9             | not closed                   | [a-z]",
                "eth[                | not closed                   | [a-z]",
                "eth[]               | not closed                   | [a-z]",
                "eth[!]              | not closed                   | [a-z]",
                "eth[a-              | not closed                   | [a-z]",
                "eth[a\\             | nothing follows              | \\\\",
                "eth*\\              | nothing follows              | \\\\",
                "eth[9-0]            | a range ends before          | [a-z]",
                "\"eth0 eth*\"       | no '/', ':' or spaces        | one pattern",
                "/sys/class/net/*    | no '/', ':' or spaces        | one pattern",
                "eth[[:digit:]]      | no '/', ':' or spaces        | one pattern",
                "unix:               | named by its socket          | unix:PATH",
            })
    void whatMatchesNothingIsAnErrorThatSaysWhatToWrite(String text, String why, String cure) {
        assertThatThrownBy(() -> InterfacePattern.parse(text))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(refused.getMessage()).contains("`" + text + "`");
                    assertThat(refused.why()).contains(why);
                    assertThat(refused.correction()).contains(cure);
                });
    }
}
