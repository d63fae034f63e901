// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;

import org.junit.jupiter.api.Test;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

final class DurabilityTest {
    private static final OptionalLong FIRST = OptionalLong.of(1);
    private static final OptionalLong SECOND = OptionalLong.of(2);

    private static IdentifyData identify(String model, Capability... capabilities) {
        return new IdentifyData(
                "S",
                "F",
                model,
                8,
                0,
                Set.of(capabilities),
                Optional.of(new IdentifyData.Vendor(true, true, 1, 0)));
    }

    private static Durability opened() {
        Durability durability = new Durability();
        durability.offered(
                identify("disk", Capability.FLUSH_EXT, Capability.WRITE_CACHE, Capability.FUA));
        return durability;
    }

    @Test
    void whatADiskOffersIsReadFromItsIdentify() {
        assertThat(Durability.kindOf(identify("disk", Capability.FLUSH)))
                .isEqualTo(Durability.Kind.FLUSH);
        assertThat(Durability.kindOf(identify("disk", Capability.WRITE_CACHE)))
                .isEqualTo(Durability.Kind.WRITE_THROUGH);
        assertThat(Durability.kindOf(identify("disk"))).isEqualTo(Durability.Kind.UNKNOWN);
    }

    @Test
    void vbladeOffersFlushAndIsNotBelieved() {
        assertThat(Durability.kindOf(identify("Coraid EtherDrive vblade", Capability.FLUSH)))
                .isEqualTo(Durability.Kind.UNKNOWN);
    }

    @Test
    void aFlushHoldsWhileTheIncarnationIsTheSame() {
        Durability durability = opened();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(FIRST)).isFalse();
        assertThat(durability.flushEnds()).isTrue();
        assertThat(durability.isDirty()).isFalse();
    }

    @Test
    void withWritesNotFlushedAnotherIncarnationFailsThisFlushAndEveryLaterOne() {
        Durability durability = opened();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(SECOND)).isTrue();
        assertThat(durability.flushEnds()).isFalse();
        durability.flushBegins();
        assertThat(durability.flushEnds()).isFalse();
    }

    @Test
    void aCleanDiskMayLoseItsPower() {
        Durability durability = opened();
        assertThat(durability.seen(SECOND)).isTrue();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(SECOND)).isFalse();
        assertThat(durability.flushEnds()).isTrue();
    }

    @Test
    void aWriteDuringAFlushIsNotCoveredByIt() {
        Durability durability = opened();
        durability.written();
        durability.flushBegins();
        durability.written();
        assertThat(durability.flushEnds()).isTrue();
        assertThat(durability.isDirty()).isTrue();
        assertThat(durability.seen(SECOND)).isTrue();
        assertThat(durability.isLost()).isTrue();
    }
}
