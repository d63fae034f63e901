// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;
import etherbay.sim.Property;
import etherbay.sim.Property.Gen;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;

/** Where an export is, is read back from its text, whatever letters its name and socket have. */
final class NbdUriPropertyTest {
    private static final int CASE_COUNT = 2000;
    private static final String LETTERS = "abz09 -._~/?#[]@!$&'()*+,;=%:\\\"<>^`{|}é€\u007f\n";
    private static final List<String> HOSTS =
            List.of("localhost", "a.example.org", "127.0.0.1", "::1", "fe80::1", "h-2");

    private static String letters(Prng prng, int countMax) {
        StringBuilder text = new StringBuilder();
        for (int count = prng.between(0, countMax); count > 0; count--) {
            text.append(LETTERS.charAt(prng.below(LETTERS.length())));
        }
        return text.toString();
    }

    private static final Gen<NbdUri> ANY = (prng, size) -> new NbdUri(
            prng.chance(0.5)
                    ? new NbdAddress.Unix(Path.of("/s" + letters(prng, 20)))
                    : new NbdAddress.Tcp(
                            HOSTS.get(prng.below(HOSTS.size())), prng.between(1, 0xffff)),
            letters(prng, size));

    @Test
    void everyAddressIsReadBackAsItWas() {
        Property.check("uri", CASE_COUNT, ANY, uri -> {
            assertThat(NbdUri.isOne(uri.toString())).isTrue();
            assertThat(NbdUri.parse(uri.toString())).isEqualTo(uri);
            assertThat(NbdAddress.parse(uri.server().toString())).isEqualTo(uri.server());
        });
    }
}
