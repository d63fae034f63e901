// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records to JSON and back, and what of JSON is refused. */
final class DocumentsTest {
    @Test
    void aRecordIsAnObjectInTheOrderOfItsComponents() {
        Event event = new Event(7, 5, "info", "A", "mirror \"x\"", "é\n");
        assertThat(Documents.json(event))
                .isEqualTo("{\"id\":7,\"atMs\":5,\"severity\":\"info\",\"code\":\"A\","
                        + "\"object\":\"mirror \\\"x\\\"\",\"text\":\"é\\n\"}");
    }

    @Test
    void nothingIsLeftOut() {
        String json = Documents.json(Reports.disk("e1.0", "up"));
        assertThat(json).contains("\"nbd\":null").endsWith("\"trouble\":null}");
        assertThat(Documents.json(Map.of("a", List.of(), "b", Map.of()))).contains("[]", "{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{}}",
                "{} x",
                "{\"a\":1,}",
                "[1,2,]",
                "[1 2]",
                "{\"a\" 1}",
                "{a:1}",
                "{\"a\":truex}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":.5}",
                "{\"a\":NaN}",
                "{\"a\":1e9999}",
                "{\"a\":\"\u0001\"}",
                "{\"a\":\"",
                "{\"a\":\"\\q\"}",
                "{\"a\":1,\"a\":2}",
                "[}",
                "{\"a\":",
                "nul",
                "'a'",
                "[1,,2]",
                "{\"a\"}",
                "{,}",
                "{\"a\":1 \"b\":2}"
            })
    void whatIsNotJsonIsRefused(String text) {
        assertThatThrownBy(() -> Documents.read(text, "the body"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID));
    }

    @Test
    void depthIsBoundedBeforeAnythingIsBuilt() {
        String deep = "[".repeat(Documents.DEPTH_MAX) + "]".repeat(Documents.DEPTH_MAX);
        assertThat(Documents.read(deep, "it")).isInstanceOf(List.class);
        String deeper = "[".repeat(1_000_000);
        assertThatThrownBy(() -> Documents.read(deeper, "it"))
                .isInstanceOf(EtherbayException.class);
    }

    @Test
    void randomTextIsReadOrRefusedAndNothingElse() {
        Prng prng = new Prng(4711);
        String letters = "{}[]\",:\\ \n0123456789.eE+-truefalsn\u0001é";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            int length = prng.below(24);
            for (int index = 0; index < length; index++) {
                text.append(letters.charAt(prng.below(letters.length())));
            }
            try {
                Documents.read(text.toString(), "it");
            } catch (EtherbayException refused) {
                assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
            }
        }
    }

    @Test
    void whatWasWrittenIsReadBack() {
        Prng prng = new Prng(17);
        for (int round = 0; round < 500; round++) {
            Object value = random(prng, 0);
            String json = Documents.json(value);
            assertThat(Documents.json(Documents.read(json, "it"))).isEqualTo(json);
        }
    }

    private static Object random(Prng prng, int depth) {
        return switch (prng.below(depth > 5 ? 3 : 5)) {
            case 0 -> prng.below(1_000_000) - 500_000;
            case 1 -> "s\"\\\u0007\u2028" + prng.below(100);
            case 2 -> prng.below(2) == 0;
            case 3 -> {
                List<Object> list = new ArrayList<>();
                for (int index = prng.below(4); index > 0; index--) {
                    list.add(random(prng, depth + 1));
                }
                yield list;
            }
            default -> {
                Map<String, Object> map = new LinkedHashMap<>();
                for (int index = prng.below(4); index > 0; index--) {
                    map.put("k" + index, random(prng, depth + 1));
                }
                yield map;
            }
        };
    }

    @Test
    void anUnknownKeyNamesTheNearest() {
        assertThatThrownBy(() -> body("{\"one\":1,\"forse\":2}", "one", "force", "leg"))
                .hasMessage("there is no key forse here")
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        failure -> assertThat(failure.correction()).contains("force"));
    }

    @Test
    void aWrongTypeSaysWhatIsNeeded() {
        assertThatThrownBy(() -> body("{\"on\":\"yes\"}", "on").truth("on"))
                .hasMessage("the key on is a string");
        assertThatThrownBy(() -> body("{}", "on").truth("on"))
                .hasMessage("the key on is not there");
        assertThatThrownBy(() -> body("[]", "on")).hasMessage("the body is an array");
        assertThatThrownBy(() -> body("{\"a\":{}}").options()).hasMessage("the key a is an object");
        assertThat(body("{\"a\":1,\"b\":true,\"c\":\"x\"}").options())
                .isEqualTo(Map.of("a", "1", "b", "true", "c", "x"));
        assertThatThrownBy(() -> Body.read(new byte[] {(byte) 0xFF}))
                .hasMessage("the body is no text");
    }

    private static Body body(String text, String... known) {
        return Body.read(text.getBytes(StandardCharsets.UTF_8), known);
    }
}
