// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class JsonTextTest {
    @Test
    void mapsKeepTheirOrderAndNest() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("z", 1);
        map.put("a", List.of(true, 1L << 40, "x", Map.of()));
        assertThat(JsonText.of(map)).isEqualTo("{\"z\":1,\"a\":[true,1099511627776,\"x\",{}]}");
    }

    @Test
    void quotesBackslashesAndControlCharactersAreEscaped() {
        assertThat(JsonText.of("a\"b\\c\nd\té")).isEqualTo("\"a\\u0022b\\u005cc\\u000ad\\u0009é\"");
    }

    @Test
    void whatHasNoJsonIsRefused() {
        assertThatThrownBy(() -> JsonText.of(1.5)).isInstanceOf(IllegalArgumentException.class);
    }
}
