// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.base.Timers;

import org.junit.jupiter.api.Test;

final class TagTableTest {
    private final Timers timers = new Timers();

    private Exchange exchange(TagTable tags) {
        return new Exchange(new DiskAddress(1, 0), AoeHeader.COMMAND_ATA, tags, timers) {
            @Override
            void answered(Answer answer) {}

            @Override
            void expired() {}
        };
    }

    @Test
    void everyTagHasBit31AndBelongsToWhoTookIt() {
        TagTable tags = new TagTable(0x7fff_fffeL);
        Exchange one = exchange(tags);
        for (int i = 0; i < 5; i++) {
            long number = tags.take(one);
            int tag = TagTable.tagOf(number);
            assertThat(tag).isNegative();
            assertThat(tags.numberOf(tag)).isEqualTo(number);
            assertThat(tags.owner(number)).isSameAs(one);
        }
    }

    @Test
    void aForgottenTagIsNobodys() {
        TagTable tags = new TagTable(1);
        long number = tags.take(exchange(tags));
        tags.forget(number);
        assertThat(tags.numberOf(TagTable.tagOf(number))).isZero();
        assertThat(tags.owner(number)).isNull();
    }

    @Test
    void aTagOfLongAgoIsNotTakenForTheOneInItsPlace() {
        TagTable tags = new TagTable(1);
        Exchange old = exchange(tags);
        Exchange young = exchange(tags);
        long first = tags.take(old);
        for (int i = 0; i < 1 << 15; i++) {
            tags.take(young);
        }
        assertThat(tags.numberOf(TagTable.tagOf(first))).isZero();
        assertThat(tags.owner(first)).isNull();
    }

    @Test
    void itGoesOnAboveAFloorOfAFormerProcess() {
        TagTable tags = new TagTable(100);
        int floorTag = 0x8000_0000 | 5000;
        tags.skipPast(floorTag, 0);
        assertThat(TagTable.tagOf(tags.next())).isEqualTo(floorTag);
        tags.skipPast(0x8000_0000 | 4000, 0); // behind, and so no reason to move
        assertThat(TagTable.tagOf(tags.next())).isEqualTo(floorTag);
        tags.skipPast(floorTag, 7);
        assertThat(TagTable.tagOf(tags.next())).isEqualTo(floorTag + 7);
        tags.skipPast(floorTag + (1 << 30), 0);
        tags.skipPast(0x8000_0000 | 10, 0); // around the end of the numbers
        assertThat(TagTable.tagOf(tags.next())).isEqualTo(0x8000_0000 | 10);
        assertThat(tags.next()).isGreaterThan(1L << 31);
    }
}
