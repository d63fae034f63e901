// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.aoe.IdentifyData.Vendor;

import org.junit.jupiter.api.Test;

import java.util.Optional;
import java.util.Set;

class DurabilityTest {
    private static final Optional<Vendor> OURS = Optional.of(new Vendor(true, true, 1, 0));

    private static Durability of(String model, Optional<Vendor> vendor, Capability... can) {
        return Durability.of(new IdentifyData("S", "1", model, 8, 0, Set.of(can), vendor));
    }

    @Test
    void aCacheInUseNeedsFlushes() {
        assertThat(of("disk", Optional.empty(), Capability.WRITE_CACHE_ENABLED, Capability.FLUSH))
                .isEqualTo(Durability.FLUSH);
        assertThat(of("disk", OURS, Capability.WRITE_CACHE_ENABLED, Capability.FLUSH_EXT))
                .isEqualTo(Durability.FLUSH);
    }

    @Test
    void aFlushThatIsOfferedIsAsked() {
        assertThat(of("disk", Optional.empty(), Capability.FLUSH)).isEqualTo(Durability.FLUSH);
    }

    @Test
    void aCacheThatIsOffIsWrittenThrough() {
        assertThat(of("disk", Optional.empty(), Capability.WRITE_CACHE, Capability.FLUSH))
                .isEqualTo(Durability.WRITE_THROUGH);
        assertThat(of("disk", OURS, Capability.FLUSH)).isEqualTo(Durability.WRITE_THROUGH);
        assertThat(of("disk", Optional.empty(), Capability.WRITE_CACHE))
                .isEqualTo(Durability.WRITE_THROUGH);
    }

    @Test
    void whoDoesNotSayIsUnknown() {
        assertThat(of("disk", Optional.empty())).isEqualTo(Durability.UNKNOWN);
        assertThat(of("disk", OURS, Capability.WRITE_CACHE_ENABLED))
                .as("a cache that nothing flushes")
                .isEqualTo(Durability.UNKNOWN);
    }

    @Test
    void vbladeIsUnknownWhateverItClaims() {
        assertThat(of(
                        "Coraid EtherDrive vblade",
                        Optional.empty(),
                        Capability.WRITE_CACHE,
                        Capability.FLUSH))
                .isEqualTo(Durability.UNKNOWN);
    }

    @Test
    void wordsAreThoseOfTheTable() {
        assertThat(Durability.values())
                .extracting(Durability::word)
                .containsExactly("unknown", "flush", "write-through");
    }
}
