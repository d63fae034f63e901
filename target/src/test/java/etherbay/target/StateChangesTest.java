// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Config string, masks, reservations, fences and floors: durable first, then answered. */
class StateChangesTest {
    private static final MacAddress CAROL = Rig.mac("02:00:00:00:00:0c");
    private static final int GOOD = 0x40;

    // ---- config ----

    private static Rig.Answer config(Rig rig, int command, String string) {
        byte[] bytes = string.getBytes(StandardCharsets.US_ASCII);
        return rig.ask(rig.from(Rig.ALICE).config(ConfigHeader.Fields.request(command, 0), bytes));
    }

    private static boolean isAnswered(Rig rig, int command, String string) {
        byte[] bytes = string.getBytes(StandardCharsets.US_ASCII);
        rig.send(rig.from(Rig.ALICE).config(ConfigHeader.Fields.request(command, 0), bytes));
        return !rig.isSilent();
    }

    private static String string(Rig.Answer answer) {
        return new String(ConfigHeader.string(answer.frame(), 0), StandardCharsets.US_ASCII);
    }

    @Test
    void aConfigStringIsSetOnceAndForcedAlways() {
        Rig rig = new Rig();
        assertThat(string(config(rig, ConfigHeader.SET, "host:a"))).isEqualTo("host:a");
        assertThat(rig.store.stored.config()).isEqualTo("host:a");
        assertThat(config(rig, ConfigHeader.SET, "host:a").aoeError())
                .as("to what it is")
                .isZero();
        Rig.Answer loser = config(rig, ConfigHeader.SET, "host:b");
        assertThat(loser.aoeError()).isEqualTo(AoeHeader.ERROR_CONFIG_PRESENT);
        assertThat(string(loser)).isEqualTo("host:a");
        assertThat(string(config(rig, ConfigHeader.FORCE, "host:b"))).isEqualTo("host:b");
        assertThat(string(config(rig, ConfigHeader.READ, ""))).isEqualTo("host:b");
        assertThat(string(config(rig, ConfigHeader.FORCE, ""))).isEmpty();
        assertThat(rig.store.stored.config()).isEmpty();
    }

    @Test
    void testAndPrefixAreAnsweredWhenTheyHoldElseBySilence() {
        Rig rig = new Rig();
        assertThat(isAnswered(rig, ConfigHeader.TEST, "")).isTrue();
        config(rig, ConfigHeader.SET, "host:a");
        assertThat(isAnswered(rig, ConfigHeader.TEST, "host:a")).isTrue();
        assertThat(isAnswered(rig, ConfigHeader.TEST, "host:")).isFalse();
        assertThat(isAnswered(rig, ConfigHeader.TEST, "host:b")).isFalse();
        assertThat(isAnswered(rig, ConfigHeader.PREFIX, "host:")).isTrue();
        assertThat(isAnswered(rig, ConfigHeader.PREFIX, "")).isTrue();
        assertThat(isAnswered(rig, ConfigHeader.PREFIX, "host:ab")).isFalse();
    }

    @Test
    void aStringMayHave1024BytesAndNotMore() {
        Rig rig = new Rig();
        assertThat(config(rig, ConfigHeader.SET, "x".repeat(1024)).aoeError()).isZero();
        assertThat(string(config(rig, ConfigHeader.READ, ""))).hasSize(1024);
        var frame = rig.from(Rig.ALICE)
                .config(ConfigHeader.Fields.request(ConfigHeader.FORCE, 0), new byte[1024]);
        ConfigHeader.stringBytes(frame, 0, 1025);
        rig.send(frame);
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.count("dropped.malformed")).isEqualTo(1);
    }

    @Test
    void anUnknownConfigCommandIsABadArgument() {
        assertThat(config(new Rig(), 5, "").aoeError()).isEqualTo(AoeHeader.ERROR_ARGUMENT);
    }

    @Test
    void nothingIsAnsweredBeforeItIsDurable() {
        Rig rig = new Rig();
        rig.store.slow = true;
        byte[] bytes = {'a'};
        rig.send(rig.from(Rig.ALICE)
                .config(ConfigHeader.Fields.request(ConfigHeader.SET, 0), bytes));
        assertThat(rig.isSilent()).isTrue();
        assertThat(string(config(rig, ConfigHeader.READ, "")))
                .as("still in force")
                .isEmpty();
        rig.store.finishOne();
        assertThat(string(rig.answer())).isEqualTo("a");
    }

    @Test
    void whatCannotBeStoredIsRefusedAndTheFormerStateStaysInForce() {
        Rig rig = new Rig();
        rig.store.broken = true;
        Rig.Answer answer = config(rig, ConfigHeader.SET, "a");
        assertThat(answer.aoeError()).isEqualTo(AoeHeader.ERROR_UNAVAILABLE);
        assertThat(string(answer)).isEmpty();
        assertThat(reserve(rig, Rig.ALICE, ReserveHeader.SET, Rig.ALICE).aoeError())
                .isEqualTo(AoeHeader.ERROR_UNAVAILABLE);
        assertThat(rig.ask(rig.from(Rig.BOB).read(0, 1)).status()).isEqualTo(GOOD);
        assertThat(MaskHeader.error(mask(rig, add(CAROL)).frame(), 0))
                .isEqualTo(MaskHeader.ERROR_UNSPECIFIED);
        assertThat(fence(rig, Rig.ALICE, 5, Rig.ALICE).error())
                .isEqualTo(FenceHeader.ERROR_NOT_STORED);
        assertThat(write(rig, Rig.BOB).status()).isEqualTo(GOOD);
        assertThat(floor(rig, Rig.BOB, tag(9)).error()).isEqualTo(FloorHeader.ERROR_NOT_STORED);
        assertThat(rig.count("failed.state")).isEqualTo(5);
    }

    @Test
    void changesTakeTurnsAndBeyondTheirQueueTheyAreDropped() {
        Rig rig = new Rig();
        rig.store.slow = true;
        int count = Limits.STATE_REQUEST_COUNT_MAX + 3;
        for (int i = 0; i < count; i++) {
            byte[] string = {(byte) i};
            rig.send(rig.from(Rig.ALICE)
                    .config(ConfigHeader.Fields.request(ConfigHeader.FORCE, 0), string));
        }
        assertThat(rig.count("dropped.full")).isEqualTo(2);
        while (rig.store.waitingCount() > 0) {
            rig.store.finishOne();
        }
        assertThat(rig.port.takeSent()).hasSize(count - 2);
        assertThat(rig.export.state().configBytes()).containsExactly(count - 3);
        assertThat(rig.port.freeCount()).isEqualTo(64);
    }

    // ---- reservation ----

    private static Rig.Answer reserve(Rig rig, MacAddress sender, int command, MacAddress... macs) {
        return rig.ask(rig.from(sender).reserve(ReserveHeader.Fields.of(command, List.of(macs))));
    }

    private static Rig.Answer write(Rig rig, MacAddress sender) {
        return rig.ask(rig.from(sender).write(0, Rig.pattern(1, 1)));
    }

    @Test
    void aReservationRefusesAtaOfOthersButIdentify() {
        Rig rig = new Rig();
        Rig.Answer set = reserve(rig, Rig.ALICE, ReserveHeader.SET, Rig.ALICE);
        assertThat(ReserveHeader.Fields.read(set.frame(), 0).macs()).containsExactly(Rig.ALICE);
        assertThat(rig.ask(rig.from(Rig.BOB).read(0, 1)).aoeError())
                .isEqualTo(AoeHeader.ERROR_RESERVED);
        assertThat(write(rig, Rig.BOB).aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
        assertThat(rig.ask(rig.from(Rig.BOB).identify()).status()).isEqualTo(GOOD);
        assertThat(write(rig, Rig.ALICE).status()).isEqualTo(GOOD);
        assertThat(rig.store.stored.reservations()).containsExactly(Rig.ALICE);
    }

    @Test
    void aReservationIsChangedByItsHoldersOrByForce() {
        Rig rig = new Rig();
        reserve(rig, Rig.ALICE, ReserveHeader.SET, Rig.ALICE);
        Rig.Answer refused = reserve(rig, Rig.BOB, ReserveHeader.SET, Rig.BOB);
        assertThat(refused.aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
        assertThat(ReserveHeader.Fields.read(refused.frame(), 0).macs()).containsExactly(Rig.ALICE);
        assertThat(reserve(rig, Rig.BOB, ReserveHeader.FORCE, Rig.BOB, CAROL).aoeError())
                .isZero();
        assertThat(write(rig, Rig.ALICE).aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
        assertThat(reserve(rig, CAROL, ReserveHeader.SET).aoeError()).isZero();
        assertThat(write(rig, Rig.ALICE).status()).isEqualTo(GOOD);
        assertThat(reserve(rig, CAROL, 3).aoeError()).isEqualTo(AoeHeader.ERROR_ARGUMENT);
    }

    @Test
    void aListLongerThanTheMtuIsAnsweredInPart() {
        Rig rig = new Rig();
        rig.port.mtu = 9000;
        List<MacAddress> macs = new ArrayList<>();
        for (int i = 0; i < 255; i++) {
            macs.add(new MacAddress(0x0200_0000_1000L + i));
        }
        rig.ask(rig.from(Rig.ALICE).reserve(ReserveHeader.Fields.of(ReserveHeader.SET, macs)));
        assertThat(rig.store.stored.reservations()).hasSize(255);
        rig.port.mtu = 1500;
        Rig.Answer read = reserve(rig, Rig.ALICE, ReserveHeader.READ);
        assertThat(ReserveHeader.macCount(read.frame(), 0)).isEqualTo(248);
        assertThat(read.frame().byteSize()).isLessThanOrEqualTo(1514);
    }

    // ---- masks ----

    private static MaskHeader.Directive add(MacAddress mac) {
        return new MaskHeader.Directive(MaskHeader.DIRECTIVE_ADD, mac);
    }

    private static MaskHeader.Directive delete(MacAddress mac) {
        return new MaskHeader.Directive(MaskHeader.DIRECTIVE_DELETE, mac);
    }

    private static Rig.Answer mask(Rig rig, MaskHeader.Directive... directives) {
        return rig.ask(rig.from(Rig.ALICE)
                .mask(MaskHeader.Fields.of(MaskHeader.EDIT, List.of(directives))));
    }

    @Test
    void theMaskListSilencesTheExportForOthers() {
        Rig rig = new Rig();
        Rig.Answer listed = mask(rig, add(Rig.ALICE), add(CAROL), add(CAROL));
        assertThat(MaskHeader.Fields.read(listed.frame(), 0).directives())
                .extracting(MaskHeader.Directive::mac)
                .containsExactly(Rig.ALICE, CAROL);
        rig.send(rig.from(Rig.BOB).configQuery());
        rig.send(rig.from(Rig.BOB).identify());
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.ask(rig.from(CAROL).identify()).status()).isEqualTo(GOOD);
        mask(rig, delete(Rig.ALICE), delete(Rig.BOB), delete(CAROL));
        assertThat(rig.store.stored.masks()).isEmpty();
        assertThat(rig.ask(rig.from(Rig.BOB).identify()).status()).isEqualTo(GOOD);
    }

    @Test
    void directivesTakeEffectUpToTheFirstBadOneWhichIsNamed() {
        Rig rig = new Rig();
        Rig.Answer bad = mask(rig, add(Rig.ALICE), new MaskHeader.Directive(7, CAROL), add(CAROL));
        assertThat(MaskHeader.error(bad.frame(), 0)).isEqualTo(MaskHeader.ERROR_BAD_DIRECTIVE);
        assertThat(MaskHeader.directiveCount(bad.frame(), 0)).isEqualTo(1);
        assertThat(bad.aoeError()).isZero();
        assertThat(rig.store.stored.masks()).containsExactly(Rig.ALICE);
    }

    @Test
    void theMaskListHolds255AddressesAndSaysWhenItIsFull() {
        Rig rig = new Rig();
        rig.port.mtu = 9000;
        MaskHeader.Directive[] most = new MaskHeader.Directive[255];
        most[0] = add(Rig.ALICE);
        for (int i = 1; i < 255; i++) {
            most[i] = add(new MacAddress(0x0200_0000_1000L + i));
        }
        assertThat(MaskHeader.directiveCount(mask(rig, most).frame(), 0)).isEqualTo(255);
        Rig.Answer full = mask(rig, add(CAROL));
        assertThat(MaskHeader.error(full.frame(), 0)).isEqualTo(MaskHeader.ERROR_FULL);
        assertThat(MaskHeader.directiveCount(full.frame(), 0)).isZero();
    }

    // ---- fence ----

    private static FenceHeader.Fields fence(
            Rig rig, MacAddress sender, long epoch, MacAddress... owners) {
        Rig.Answer answer = rig.ask(rig.from(sender)
                .fence(FenceHeader.Fields.of(FenceHeader.SET, 0, epoch, List.of(owners))));
        assertThat(answer.aoeError()).isZero();
        return FenceHeader.Fields.read(answer.frame(), 0);
    }

    @Test
    void aFenceLetsOnlyItsOwnersChangeDataAndEverybodyRead() {
        Rig rig = new Rig();
        FenceHeader.Fields set = fence(rig, Rig.ALICE, 1, Rig.ALICE);
        assertThat(set).isEqualTo(FenceHeader.Fields.of(FenceHeader.SET, 0, 1, List.of(Rig.ALICE)));
        assertThat(rig.store.stored.epoch().value()).isEqualTo(1);
        assertThat(write(rig, Rig.BOB).aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
        assertThat(rig.ask(rig.from(Rig.BOB).trim(0, 8)).aoeError())
                .isEqualTo(AoeHeader.ERROR_RESERVED);
        assertThat(rig.ask(rig.from(Rig.BOB).read(0, 1)).status()).isEqualTo(GOOD);
        assertThat(rig.ask(rig.from(Rig.BOB).flush()).status()).isEqualTo(GOOD);
        assertThat(rig.ask(rig.from(Rig.BOB).identify()).status()).isEqualTo(GOOD);
        assertThat(write(rig, Rig.ALICE).status()).isEqualTo(GOOD);
    }

    @Test
    void ofTwoTakersOfOneEpochTheFirstWinsAndTheOtherLearnsWho() {
        Rig rig = new Rig();
        assertThat(fence(rig, Rig.ALICE, 7, Rig.ALICE).error()).isZero();
        FenceHeader.Fields loser = fence(rig, Rig.BOB, 7, Rig.BOB);
        assertThat(loser.error()).isEqualTo(FenceHeader.ERROR_EPOCH);
        assertThat(loser.macs()).containsExactly(Rig.ALICE);
        assertThat(fence(rig, Rig.BOB, 6, Rig.BOB).error()).isEqualTo(FenceHeader.ERROR_EPOCH);
        assertThat(fence(rig, Rig.BOB, -1, Rig.BOB).error())
                .as("epochs are unsigned")
                .isZero();
        assertThat(fence(rig, Rig.ALICE, 8, Rig.ALICE).error()).isEqualTo(FenceHeader.ERROR_EPOCH);
    }

    @Test
    void aFenceWithoutOwnersShutsEverybodyOut() {
        Rig rig = new Rig();
        fence(rig, Rig.ALICE, 1);
        assertThat(write(rig, Rig.ALICE).aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
    }

    @Test
    void tooManyOwnersAndGroupAddressesAreBadArguments() {
        Rig rig = new Rig();
        MacAddress[] many = new MacAddress[33];
        for (int i = 0; i < many.length; i++) {
            many[i] = new MacAddress(0x0200_0000_1000L + i);
        }
        assertThat(fence(rig, Rig.ALICE, 1, many).error()).isEqualTo(FenceHeader.ERROR_ARGUMENT);
        assertThat(fence(rig, Rig.ALICE, 1, MacAddress.BROADCAST).error())
                .isEqualTo(FenceHeader.ERROR_ARGUMENT);
        assertThat(fence(rig, Rig.ALICE, 1, Rig.ALICE).error()).isZero();
    }

    @Test
    void aFenceIsAnsweredWhenOlderWritesHaveEndedAndItIsDurable() {
        Rig rig = new Rig();
        rig.store.slow = true;
        rig.send(rig.from(Rig.BOB).write(0, Rig.pattern(1, 1)));
        rig.send(rig.from(Rig.ALICE)
                .fence(FenceHeader.Fields.of(FenceHeader.SET, 0, 1, List.of(Rig.ALICE))));
        assertThat(rig.store.waitingCount()).as("the write is still in flight").isZero();
        rig.send(rig.from(Rig.BOB).write(8, Rig.pattern(1, 2)));
        assertThat(rig.answer().aoeError())
                .as("the old owner is out from the moment of the fence")
                .isEqualTo(AoeHeader.ERROR_RESERVED);
        rig.settle();
        assertThat(rig.answer().status()).as("the admitted write is answered").isEqualTo(GOOD);
        assertThat(rig.store.waitingCount()).isEqualTo(1);
        rig.store.finishOne();
        assertThat(FenceHeader.Fields.read(rig.answer().frame(), 0).macs())
                .containsExactly(Rig.ALICE);
    }

    @Test
    void theNewOwnerWritesOnceTheFenceIsDurable() {
        Rig rig = new Rig();
        fence(rig, Rig.BOB, 1, Rig.BOB);
        rig.store.slow = true;
        rig.send(rig.from(Rig.ALICE)
                .fence(FenceHeader.Fields.of(FenceHeader.SET, 0, 2, List.of(Rig.ALICE))));
        assertThat(write(rig, Rig.ALICE).aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
        rig.store.finishOne();
        rig.answer();
        assertThat(write(rig, Rig.ALICE).status()).isEqualTo(GOOD);
    }

    @Test
    void aFenceThatIsNotStoredGivesTheFormerOwnerItsRightBack() {
        Rig rig = new Rig();
        fence(rig, Rig.BOB, 1, Rig.BOB);
        rig.store.broken = true;
        FenceHeader.Fields failed = fence(rig, Rig.ALICE, 2, Rig.ALICE);
        assertThat(failed)
                .isEqualTo(FenceHeader.Fields.of(FenceHeader.SET, 3, 1, List.of(Rig.BOB)));
        assertThat(write(rig, Rig.BOB).status()).isEqualTo(GOOD);
        assertThat(write(rig, Rig.ALICE).aoeError()).isEqualTo(AoeHeader.ERROR_RESERVED);
    }

    // ---- floors ----

    private static int tag(int low) {
        return 0x8000_0000 | low;
    }

    private static FloorHeader.Fields floor(Rig rig, MacAddress sender, int floorTag) {
        Rig.Answer answer = rig.ask(rig.from(sender).floor(new FloorHeader.Fields(0, floorTag)));
        return FloorHeader.Fields.read(answer.frame(), 0);
    }

    private static boolean writes(Rig rig, MacAddress sender, int tag) {
        rig.send(rig.from(sender, tag).write(0, Rig.pattern(1, 1)));
        rig.settle();
        return !rig.isSilent();
    }

    @Test
    void writesOfTheSenderBelowItsFloorAreDropped() {
        Rig rig = new Rig();
        assertThat(floor(rig, Rig.ALICE, tag(100))).isEqualTo(new FloorHeader.Fields(0, tag(100)));
        assertThat(writes(rig, Rig.ALICE, tag(99))).isFalse();
        assertThat(writes(rig, Rig.ALICE, tag(0x7fff_ffff))).as("wraps").isFalse();
        assertThat(writes(rig, Rig.ALICE, tag(100))).isTrue();
        assertThat(writes(rig, Rig.ALICE, 99)).as("a tag of the kernel").isTrue();
        assertThat(writes(rig, Rig.BOB, tag(99))).isTrue();
        assertThat(rig.ask(rig.from(Rig.ALICE, tag(99)).read(0, 1)).status()).isEqualTo(GOOD);
        assertThat(rig.count("dropped.floor")).isEqualTo(2);
        assertThat(rig.store.stored.floors())
                .containsExactly(new ExportState.Floor(Rig.ALICE, tag(100)));
    }

    @Test
    void aFloorOnlyRises() {
        Rig rig = new Rig();
        floor(rig, Rig.ALICE, tag(100));
        int saveCount = rig.store.saveCount;
        assertThat(floor(rig, Rig.ALICE, tag(50)).floorTag()).isEqualTo(tag(100));
        assertThat(floor(rig, Rig.ALICE, tag(100)).floorTag()).isEqualTo(tag(100));
        assertThat(rig.store.saveCount).isEqualTo(saveCount);
        assertThat(floor(rig, Rig.ALICE, tag(101)).floorTag()).isEqualTo(tag(101));
    }

    @Test
    void aFloorIsAnsweredWhenOlderWritesHaveEnded() {
        Rig rig = new Rig();
        rig.send(rig.from(Rig.ALICE, tag(99)).write(0, Rig.pattern(1, 1)));
        rig.send(rig.from(Rig.ALICE, tag(100)).floor(new FloorHeader.Fields(0, tag(100))));
        assertThat(rig.isSilent()).isTrue();
        rig.settle();
        assertThat(rig.port.takeSent())
                .extracting(frame -> AoeHeader.command(frame, 0))
                .containsExactly(AoeHeader.COMMAND_ATA, AoeHeader.COMMAND_FLOOR);
    }

    @Test
    void aTagWithoutBit31IsNoFloor() {
        Rig rig = new Rig();
        Rig.Answer answer = rig.ask(rig.from(Rig.ALICE).floor(new FloorHeader.Fields(0, 5)));
        assertThat(answer.aoeError()).isEqualTo(AoeHeader.ERROR_ARGUMENT);
    }

    @Test
    void theTableHolds16FloorsAndMakesRoomOnlyForThoseOlderThanAMinute() {
        Rig rig = new Rig();
        for (int i = 0; i < 16; i++) {
            assertThat(floor(rig, new MacAddress(0x0200_0000_1000L + i), tag(1)).error())
                    .isZero();
            rig.nowNs += Rig.MS;
            rig.loop.turn(rig.nowNs);
        }
        assertThat(floor(rig, CAROL, tag(1)))
                .isEqualTo(new FloorHeader.Fields(FloorHeader.ERROR_TABLE_FULL, 0));
        rig.nowNs += 60_000 * Rig.MS - 15 * Rig.MS;
        rig.loop.turn(rig.nowNs);
        assertThat(floor(rig, CAROL, tag(1)).error()).isZero();
        assertThat(rig.store.stored.floors())
                .hasSize(16)
                .extracting(ExportState.Floor::mac)
                .doesNotContain(new MacAddress(0x0200_0000_1000L))
                .contains(new MacAddress(0x0200_0000_1001L));
    }

    @Test
    void aNewFenceForgetsTheFloorsOfThoseWhoOwnNothing() {
        Rig rig = new Rig();
        floor(rig, Rig.ALICE, tag(1));
        floor(rig, Rig.BOB, tag(1));
        fence(rig, Rig.ALICE, 1, Rig.ALICE);
        assertThat(rig.store.stored.floors())
                .containsExactly(new ExportState.Floor(Rig.ALICE, tag(1)));
    }
}
