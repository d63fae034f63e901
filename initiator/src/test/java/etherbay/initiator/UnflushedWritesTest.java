// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;

import org.junit.jupiter.api.Test;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

final class UnflushedWritesTest {
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

    private static UnflushedWrites opened() {
        UnflushedWrites durability = new UnflushedWrites();
        durability.offered(
                identify("disk", Capability.FLUSH_EXT, Capability.WRITE_CACHE, Capability.FUA));
        return durability;
    }

    @Test
    void whatADiskOffersIsReadFromItsIdentify() {
        assertThat(opened().isKnown()).isTrue();
        assertThat(opened().flushOffered()).isTrue();
        UnflushedWrites vblade = new UnflushedWrites();
        vblade.offered(identify("Coraid EtherDrive vblade", Capability.FLUSH));
        assertThat(vblade.isKnown()).isFalse();
        assertThat(vblade.flushOffered()).isFalse();
    }

    @Test
    void aFlushHoldsWhileTheIncarnationIsTheSame() {
        UnflushedWrites durability = opened();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(FIRST)).isFalse();
        assertThat(durability.flushEnds()).isTrue();
        assertThat(durability.isDirty()).isFalse();
    }

    @Test
    void aDiskThatIsRenewedIsTrustedWithTheIncarnationThatItHas() {
        UnflushedWrites durability = opened();
        durability.written();
        durability.seen(SECOND);
        durability.renew();
        assertThat(durability.isLost()).isFalse();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(SECOND)).isFalse();
        assertThat(durability.flushEnds()).isTrue();
        durability.written();
        durability.seen(FIRST);
        assertThat(durability.isLost()).isTrue();
    }

    @Test
    void withWritesNotFlushedAnotherIncarnationFailsThisFlushAndEveryLaterOne() {
        UnflushedWrites durability = opened();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(SECOND)).isTrue();
        assertThat(durability.flushEnds()).isFalse();
        durability.flushBegins();
        assertThat(durability.flushEnds()).isFalse();
    }

    @Test
    void aCleanDiskMayLoseItsPower() {
        UnflushedWrites durability = opened();
        assertThat(durability.seen(SECOND)).isTrue();
        durability.written();
        durability.flushBegins();
        assertThat(durability.seen(SECOND)).isFalse();
        assertThat(durability.flushEnds()).isTrue();
    }

    @Test
    void aWriteDuringAFlushIsNotCoveredByIt() {
        UnflushedWrites durability = opened();
        durability.written();
        durability.flushBegins();
        durability.written();
        assertThat(durability.flushEnds()).isTrue();
        assertThat(durability.isDirty()).isTrue();
        assertThat(durability.seen(SECOND)).isTrue();
        assertThat(durability.isLost()).isTrue();
    }
}
