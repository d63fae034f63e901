// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

final class NearestTest {
    private static final List<String> KEYS = List.of("shelf", "slot", "sectors", "path");

    @Test
    void theWordWithTheFewestErrorsIsMeant() {
        assertThat(Nearest.to("shlef", KEYS)).contains("shelf");
        assertThat(Nearest.to("selfs", KEYS)).isEmpty();
        assertThat(Nearest.to("pat", KEYS)).contains("path");
        assertThat(Nearest.to("sector", KEYS)).contains("sectors");
        assertThat(Nearest.to("colour", KEYS)).isEmpty();
        assertThat(Nearest.to("", KEYS)).isEmpty();
        assertThat(Nearest.to("x".repeat(100_000), List.of("x".repeat(90_000)))).isPresent();
    }

    @Test
    void distanceCountsLettersAndSwaps() {
        assertThat(Nearest.distance("abc", "abc")).isZero();
        assertThat(Nearest.distance("", "abc")).isEqualTo(3);
        assertThat(Nearest.distance("abc", "acb")).isEqualTo(1);
        assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    }
}
