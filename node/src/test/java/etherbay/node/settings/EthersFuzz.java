// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.MacAddress;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The file of names for addresses, which other programs write too: any bytes give names without
 * blanks, and the same ones when those are all that it has.
 */
public final class EthersFuzz {
    private EthersFuzz() {}

    /** One file. */
    public static void fuzzerTestOneInput(byte[] input) {
        Map<String, MacAddress> names = Ethers.parse(new String(input, StandardCharsets.UTF_8));
        String again = names.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey() + "\n")
                .collect(Collectors.joining());
        assertThat(Ethers.parse(again)).isEqualTo(names);
        assertThat(names.keySet()).noneMatch(name -> name.isBlank() || name.contains("#"));
    }
}
