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

import java.nio.charset.StandardCharsets;
import java.util.List;

final class LvmTextTest {
    private static LvmText.Section parse(String text) {
        return LvmText.parse(text, "disk");
    }

    private static EtherbayException refusal(String text) {
        return assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(() -> parse(text))
                .actual();
    }

    @Test
    void numbersStringsListsAndSectionsAreRead() {
        LvmText.Section root = parse("""
                a = 5
                b = "x y"
                c = ["p", "q"]
                d = []
                e { f = -1 g { h = 2 } }
                """);
        assertThat(root.whole("a", 10, 0)).isEqualTo(5);
        assertThat(root.text("b")).contains("x y");
        assertThat(root.texts("c")).containsExactly("p", "q");
        assertThat(root.texts("d")).isEmpty();
        LvmText.Section e = root.needSection("e");
        assertThat(e.values().get("f").value()).isEqualTo(new LvmText.Whole(-1));
        assertThat(e.needSection("g").needWhole("h", 9)).isEqualTo(2);
    }

    @Test
    void commentsAndAllKindsOfWhiteSpaceSeparate() {
        LvmText.Section root = parse("# one {\n\ta=1#}\r\nb\n=\n[ # in a list\n1 ,\t2 ]c{\0}");
        assertThat(root.values()).containsOnlyKeys("a", "b");
        assertThat(root.sections()).containsOnlyKeys("c");
    }

    @Test
    void aCommentMayBeTheEnd() {
        assertThat(parse("a = 1 # no newline").values()).containsOnlyKeys("a");
        assertThat(parse("").values()).isEmpty();
        assertThat(parse("\0\0").values()).isEmpty();
    }

    @Test
    void aListMayMixAndEndWithAComma() {
        assertThat(parse("s = [ \"pv0\", 7, \"pv1\", 0, ]").values().get("s").value())
                .isEqualTo(new LvmText.Items(List.of(
                        new LvmText.Text("pv0"),
                        new LvmText.Whole(7),
                        new LvmText.Text("pv1"),
                        new LvmText.Whole(0))));
    }

    @Test
    void aBackslashKeepsTheLetterBehindIt() {
        assertThat(parse("a = \"q\\\"b\\\\n\\x # { \"").text("a")).contains("q\"b\\nx # { ");
    }

    @Test
    void whatIsQuotedReadsAsItWas() {
        for (String text : List.of("", "plain", "\"\\\\\"", "a\nb", "gr\u00f6\u00dfe \u5927")) {
            String quoted = LvmText.quote(text);
            assertThat(parse("a = " + quoted).text("a")).contains(text);
            byte[] stored = quoted.getBytes(StandardCharsets.ISO_8859_1);
            String read = new String(stored, StandardCharsets.ISO_8859_1);
            assertThat(parse("a = " + read).text("a")).as("from the disk").contains(text);
        }
    }

    @Test
    void placesAreThoseOfTheText() {
        String text = "vg {\n  seqno = 12 # x\n}\ncontents = 1";
        LvmText.Section vg = parse(text).needSection("vg");
        assertThat(text.substring(vg.from(), vg.to())).isEqualTo("vg {\n  seqno = 12 # x\n}");
        LvmText.Assignment seqno = vg.values().get("seqno");
        assertThat(text.substring(seqno.from(), seqno.to())).isEqualTo("12");
        assertThat(text.charAt(vg.bodyTo())).isEqualTo('}');
        assertThat(text.substring(0, vg.bodyFrom())).isEqualTo("vg {");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a = 1\\nb            | 2 | `=` or `{` is missing behind `b`",
                "a = 1\\na = 2        | 2 | `a` is there twice",
                "a = 1\\n\\na { }     | 3 | `a` is there twice",
                "a {\\n b { }\\n      | 1 | section `a` does not end",
                "a = \"x\\n\\n        | 1 | a string does not end",
                "a = [1, 2            | 1 | `,` or `]` is missing",
                "a = [1 2]            | 1 | `,` or `]` is missing",
                "a = [[1]]            | 1 | a value is missing",
                "a = ,                | 1 | a value is missing",
                "a = -                | 1 | a value is missing",
                "a = x                | 1 | a value is missing",
                "a = 99999999999999999999 | 1 | a value is missing",
                "}                    | 1 | a name is missing",
                "\\n\\n = 1           | 3 | a name is missing",
            })
    void whatIsNoMetadataIsRefusedWithItsLine(String escaped, int line, String why) {
        EtherbayException refusal = refusal(escaped.replace("\\n", "\n"));
        assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(refusal).hasMessage("the metadata of disk cannot be used");
        assertThat(refusal.why()).startsWith("line " + line + ": " + why);
        assertThat(refusal.correction()).contains("nothing was written").contains("pvck(8)");
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 17, 100_000})
    void sectionsMayLieInEachOtherSixteenDeep(int depth) {
        String text = "a {".repeat(depth) + "}".repeat(depth);
        if (depth <= LvmText.DEPTH_MAX) {
            assertThat(parse(text).sections()).hasSize(1);
        } else {
            assertThat(refusal(text).why()).contains("deeper than 16");
        }
    }

    @Test
    void aLongListOfBracketsIsRefusedAtTheFirst() {
        assertThat(refusal("a = " + "[".repeat(100_000)).why()).contains("a value is missing");
    }

    @Test
    void whatWouldMoveACursorIsNotInTheError() {
        assertThat(refusal("a = \"\u001b[2J").why().chars()).noneMatch(Character::isISOControl);
        assertThat(refusal("a \u001b[2J").why().chars()).noneMatch(Character::isISOControl);
    }

    @Test
    void valuesOfAnotherKindAreRefused() {
        LvmText.Section root = parse("n = 1\ns = \"x\"\nl = [1]\nneg = -1\nsec { }");
        assertThat(whyOf(() -> root.text("n"))).isEqualTo("line 1: n is no string");
        assertThat(whyOf(() -> root.needWhole("s", 9)))
                .isEqualTo("line 2: s is no number from 0 to 9");
        assertThat(whyOf(() -> root.texts("l"))).isEqualTo("line 3: l is no list of strings");
        assertThat(whyOf(() -> root.needWhole("neg", 9)))
                .isEqualTo("line 4: neg is no number from 0 to 9");
        assertThat(whyOf(() -> root.needSection("sec").needText("id")))
                .isEqualTo("line 5: section `sec` has no id");
        assertThat(whyOf(() -> root.needSection("none"))).contains("has no none");
    }

    private static String whyOf(Runnable act) {
        return assertThatExceptionOfType(EtherbayException.class)
                .isThrownBy(act::run)
                .actual()
                .why();
    }

    @Test
    void anEditReplacesItsPiecesAndKeepsTheRest() {
        String text = "a = 1 # one\nb { c = 2 }\n\n\nd = 3\n";
        LvmText.Section root = parse(text);
        assertThat(new TextEdit(text)
                        .set(root, "d", "33")
                        .remove(root.needSection("b"))
                        .set(root, "a", "\"x\"")
                        .insert(text.length(), "e = 4\n")
                        .insert(text.length(), "f = 5\n")
                        .apply())
                .isEqualTo("a = \"x\" # one\nd = 33\ne = 4\nf = 5\n");
    }
}
